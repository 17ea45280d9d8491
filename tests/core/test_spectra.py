"""One vector of predictors a sample, of pixels, series and patches."""

import numpy as np
import pytest

from lib.core.spectra import pixel_vectors, scaled_vectors
from tests.core.sample_sets import make


def test_pixels_are_their_vectors():
    assert pixel_vectors(make([0, 1], predictors=[[1, 2], [3, 4]])).tolist() == [[1, 2], [3, 4]]


def test_a_series_is_the_mean_of_the_steps_that_were_observed():
    series = np.array([[[1, 10], [3, 30], [0, 0]], [[5, 50], [0, 0], [0, 0]], [[0, 0]] * 3])
    valid = [[True, True, False], [True, False, False], [False] * 3]

    vectors = pixel_vectors(make([0, 1, 1], predictors=series, valid=valid))

    assert vectors[:2].tolist() == [[2, 20], [5, 50]]
    assert np.isnan(vectors[2]).all()


def test_a_patch_is_its_centre():
    patches = np.arange(36.0).reshape(2, 3, 3, 2)
    valid = np.ones((2, 3, 3), dtype=bool)
    valid[1, 1, 1] = False

    vectors = pixel_vectors(make([0, 1], predictors=patches, valid=valid))

    assert vectors[0].tolist() == [8, 9]
    assert np.isnan(vectors[1]).all()


def test_scaled_vectors_leave_out_predictors_that_never_change():
    scaled = scaled_vectors(make([0, 1, 1], predictors=[[1, 7, 0], [2, 7, 9], [3, 7, 0]]))

    assert scaled.shape == (3, 2)
    assert scaled.mean(axis=0) == pytest.approx([0, 0])
    assert scaled.std(axis=0) == pytest.approx([1, 1])
