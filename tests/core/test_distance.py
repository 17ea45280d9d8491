"""Distances between test and training samples."""

import numpy as np
import pytest

from lib.core import distance
from lib.core.errors import SampleError
from lib.core.split import Split
from tests.core.sample_sets import make


def split_of(training, test):
    none = np.array([], dtype=np.int64)
    return Split(np.array(training, dtype=np.int64), none, np.array(test), "random", 0)


def distances(lon, lat, training, test):
    samples = make([0, 1] + [0] * (len(lon) - 2), lon=lon, lat=lat)
    return distance.test_distance(samples, split_of(training, test))


def test_a_degree_on_the_mean_sphere_is_111195_metres():
    """2 π 6,371,008.8 m / 360; the nearer of two training samples counts."""
    assert distances([10, 11, 13.5], [0, 0, 0], [0, 2], [1]) == pytest.approx([111_195.08], abs=0.1)


def test_distances_cross_the_antimeridian_and_the_pole():
    across = distances([179.95, -179.95], [0, 0], [0], [1])
    polar = distances([0, 180], [89.5, 89.5], [0], [1])

    assert across == pytest.approx([11_119.508], abs=0.01)
    assert polar == pytest.approx([111_195.08], abs=0.1)


def test_antipodes_are_half_of_the_girth_apart():
    assert distances([0, 180], [0, 0], [0], [1]) == pytest.approx([20_015_114.4], abs=1)


def test_the_same_place_is_0_metres_away_and_a_pixel_10():
    """10 m are 8.9932e-5 degrees of latitude."""
    found = distances([5, 5, 5], [45, 45, 45 + 8.9932e-5], [0], [1, 2])

    assert found == pytest.approx([0, 10], abs=1e-3)


def test_without_training_samples_there_is_no_distance():
    with pytest.raises(SampleError, match="training set is empty"):
        distances([0, 1], [0, 0], [], [1])


def test_samples_without_a_place_are_refused_with_their_number():
    with pytest.raises(SampleError, match="2 samples have no place"):
        distances([0, np.nan, np.nan], [0, 0, np.nan], [0], [1, 2])


def test_bins_are_fixed_and_hold_every_distance():
    bins = distance.distance_histogram([0, 9.99, 10, 250, 1e5, 2e7])

    assert [(b.low_m, b.high_m) for b in bins[:2]] == [(0, 10), (10, 30)]
    assert [b.count for b in bins] == [2, 1, 0, 1, 0, 0, 0, 0, 0, 2]
    assert bins[-1].high_m == np.inf
