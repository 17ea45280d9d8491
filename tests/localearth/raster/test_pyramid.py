"""Levels of pyramids: mask-weighted means, modes, and how many there are."""

import numpy as np
import pytest

from lib.localearth.raster.pyramid import (
    blocks,
    level_count,
    reduce_mask,
    reduce_mean,
    reduce_mode,
)


def four(*values, dtype=np.uint8):
    return np.array(values, dtype).reshape(4, 1, 1)


FULL = four(255, 255, 255, 255)


@pytest.mark.parametrize(
    ("width", "height", "count"), [(1, 1, 1), (256, 200, 1), (257, 1, 2), (2048, 100, 4)]
)
def test_level_count_ends_when_the_whole_fits_in_one_tile(width, height, count):
    assert level_count(width, height) == count


def test_blocks_when_sides_are_odd_repeats_the_edge():
    found = blocks(np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]]))

    assert found[:, 0, 0].tolist() == [1, 2, 4, 5]
    assert found[:, 1, 1].tolist() == [9, 9, 9, 9]


def test_reduce_mean_when_integers_meet_rounds_half_up():
    assert reduce_mean(four(1, 2, 2, 1), FULL).item() == 2
    assert reduce_mean(four(-1, -2, -2, -1, dtype=np.int16), FULL).item() == -1


def test_reduce_mean_when_some_are_masked_weighs_by_the_mask():
    """(10 * 1 + 40 * 0.2) / 1.2 = 15."""
    values = four(10.0, 40.0, 99.0, np.nan, dtype=np.float32)

    assert reduce_mean(values, four(255, 51, 0, 0)).item() == pytest.approx(15.0)


def test_reduce_mode_when_classes_meet_takes_the_most_frequent_of_the_valid():
    assert reduce_mode(four(3, 7, 7, 3), four(255, 255, 255, 0)).item() == 7
    assert reduce_mode(four(3, 7, 7, 7), four(255, 0, 0, 0)).item() == 3
    assert reduce_mode(four(5, 7, 7, 5), FULL).item() == 5


def test_reduce_mask_when_some_are_masked_gives_the_mean_never_zero():
    assert reduce_mask(four(255, 255, 0, 0)).item() == 128
    assert reduce_mask(four(1, 0, 0, 0)).item() == 1
    assert reduce_mask(four(0, 0, 0, 0)).item() == 0
