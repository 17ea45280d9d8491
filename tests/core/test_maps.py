"""Windows, uncertainty, patches and cleaning of maps, beyond the worked examples."""

import numpy as np
import pytest

from lib.core.blending import Blend, blending_window
from lib.core.errors import PlanError, RasterError, SampleError
from lib.core.grid import Grid
from lib.core.receptive import Window, receptive_field, unet_sizes
from lib.core.sieve import least_pixels, majority, sieve
from lib.core.uncertainty import entropy, least_confidence, margin


def test_tiles_of_the_same_give_the_same_to_the_edges():
    blend = Blend((50, 41), 2)
    for row in range(-8, 50, 8):
        for col in range(-8, 41, 8):
            blend.add(np.full((16, 16, 2), [0.3, 0.7]), row, col)

    assert blend.probabilities() == pytest.approx(np.full((50, 41, 2), [0.3, 0.7]), abs=1e-12)


def test_a_tile_that_lies_outside_adds_nothing_and_the_rest_has_no_value():
    blend = Blend((4, 4), 1)
    blend.add(np.ones((2, 2, 1)), 4, 0)
    blend.add(np.ones((2, 2, 1)), -1, -1)

    found = blend.probabilities()[..., 0]
    assert found[0, 0] == 1
    assert np.isnan(found).sum() == 15


def test_pixels_without_data_weigh_nothing():
    blend = Blend((4, 4), 1)
    valid = np.ones((4, 4), dtype=bool)
    valid[1, 1] = False
    broken = np.where(valid, 0.0, np.nan)[..., None]
    blend.add(broken, 0, 0, valid)
    assert np.isnan(blend.probabilities()[1, 1, 0])

    blend.add(np.ones((4, 4, 1)), 0, 0)

    assert blend.probabilities()[1, 1, 0] == 1
    assert blend.probabilities()[2, 2, 0] == pytest.approx(0.5)


def test_a_tile_of_one_pixel_is_refused():
    with pytest.raises(RasterError, match="1 pixel cannot be blended"):
        blending_window(1)


def test_two_classes_rank_alike_by_all_measures():
    p = np.linspace(0.02, 0.98, 30)[np.newaxis, :, np.newaxis] * [1, -1] + [0, 1]
    ranks = [
        np.argsort(np.round(values, 9), kind="stable")
        for values in (least_confidence(p)[0], 1 - margin(p)[0], entropy(p)[0])
    ]

    assert (ranks[0] == ranks[1]).all()
    assert (ranks[0] == ranks[2]).all()


@pytest.mark.parametrize("measure", [least_confidence, margin, entropy])
@pytest.mark.parametrize(
    ("p", "words"),
    [([1.0], "nothing to be unsure of"), ([0.5, 0.4], "add up to 1"), ([1.2, -0.2], "below 0")],
)
def test_what_is_no_probability_is_refused(measure, p, words):
    with pytest.raises(SampleError, match=words):
        measure(p)


def test_strides_widen_what_later_layers_see():
    assert receptive_field([]) == 1
    assert receptive_field([Window(3), Window(2, 2), Window(3)]) == 8


@pytest.mark.parametrize("side", [570, 571, 44], ids=["odd below", "odd", "too small"])
def test_patches_that_do_not_go_through_a_unet_are_refused(side):
    with pytest.raises(PlanError, match=f"{side} pixels does not go through 4 poolings"):
        unet_sizes(side, 4)


def test_half_a_hectare_is_50_pixels_of_ten_metres():
    grid = Grid("EPSG:32633", (10.0, 0.0, 500_000.0, 0.0, -10.0, 5_000_000.0), (40, 40))

    assert least_pixels(0.5, grid) == 50
    assert least_pixels(0.501, grid) == 51


def test_pixels_in_degrees_have_no_common_area():
    grid = Grid("EPSG:4326", (0.001, 0.0, 12.0, 0.0, -0.001, 48.0), (400, 40))

    with pytest.raises(RasterError, match="differ in area"):
        least_pixels(0.5, grid)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sieve(np.zeros((3, 3)), 4), "float64 has no patches"),
        (lambda: sieve(np.zeros((3, 3), np.uint8), 1), "smaller than 1 pixels"),
        (lambda: majority(np.zeros((3, 3), np.uint8), side=4), "4 pixels has no centre"),
    ],
)
def test_maps_and_windows_that_make_no_sense_are_refused(call, words):
    with pytest.raises(RasterError, match=words):
        call()


def test_ties_go_to_the_centre_else_to_the_lowest_code():
    """Of 3 x 3 around the middle: four 5, four 2 and the centre 9; then the centre is a 5."""
    around = np.array([[5, 2, 5], [2, 9, 2], [5, 2, 5]], dtype=np.int16)
    other = np.array([[5, 2, 2], [2, 5, 2], [5, 2, 5]], dtype=np.int16)
    other[2, 1] = 5

    assert majority(around)[1, 1] == 2
    assert majority(other)[1, 1] == 5


def test_pixels_without_data_do_not_vote_and_stay():
    before = np.array([[0, 0, 0], [0, 1, 2], [0, 2, 2]], dtype=np.uint8)

    found = majority(before, valid=before > 0)

    assert found.tolist() == [[0, 0, 0], [0, 2, 2], [0, 2, 2]]
