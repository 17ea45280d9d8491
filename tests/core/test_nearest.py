"""Distances to the nearest sample, beyond the worked examples."""

import numpy as np
import pytest

from lib.core.errors import SampleError
from lib.core.nearest import (
    fold_match,
    nearest_distance,
    next_distance,
    outside_distance,
    points_of,
)


def test_places_in_degrees_are_apart_in_metres_even_across_the_antimeridian():
    """A hundredth of a degree of the equator of a sphere of 6,371,008.8 m is 1,111.95 m."""
    points = points_of([179.995, -179.995], [0.0, 0.0])

    assert next_distance(points) == pytest.approx([1111.95, 1111.95], abs=0.01)


def test_block_folds_match_a_map_beside_the_samples_better_than_random_ones():
    """Four clusters 10 apart, and a map that begins 9 away from two of them."""
    rng = np.random.default_rng(0)
    corners = rng.integers(0, 4, 200)
    points = rng.random((200, 2)) + 10.0 * np.stack([corners // 2, corners % 2], axis=1)
    places = rng.random((500, 2)) + np.array([20.0, 0.0])

    blocks = fold_match(points, corners, places)
    shuffled = fold_match(points, rng.permutation(corners), places)

    assert blocks.folds < 1 < 8 < shuffled.folds
    assert shuffled.folds == pytest.approx(shuffled.leave_one_out, rel=0.1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: next_distance([[0.0, 0.0]]), "two points or more"),
        (lambda: nearest_distance([[0.0], [np.nan]], [[1.0], [2.0]]), "with coordinates"),
        (lambda: outside_distance([[0.0], [1.0]], [0, 0]), "1 folds of 2 points"),
    ],
)
def test_points_without_others_or_places_are_refused(call, words):
    with pytest.raises(SampleError, match=words):
        call()
