"""The area of applicability, beyond the worked examples."""

import numpy as np
import pytest

from lib.core.applicability import applicability
from lib.core.errors import SampleError

GRID = np.stack(np.meshgrid(range(5), range(5)), axis=-1).reshape(-1, 2).astype(float)


def test_training_samples_are_inside_and_what_lies_far_is_not():
    found = applicability(GRID)

    assert found.dissimilarity(GRID).max() == 0
    assert found.inside(GRID).all()
    assert found.inside([[2.5, 2.5], [40.0, 2.0]]).tolist() == [True, False]


def test_pixels_without_a_predictor_have_no_index_and_lie_outside():
    found = applicability(GRID)
    pixels = np.array([[[2.0, 2.0], [np.nan, 2.0]]])

    assert found.dissimilarity(pixels).shape == (1, 2)
    assert np.isnan(found.dissimilarity(pixels)[0, 1])
    assert found.inside(pixels).tolist() == [[True, False]]


def test_a_predictor_that_the_model_does_not_use_does_not_matter():
    found = applicability(GRID, importance=[1.0, -0.2])

    assert found.dissimilarity([[2.0, 900.0]]) == 0


def test_folds_widen_the_area():
    """Rows of the grid as folds: the nearest sample outside is as near; halves are not."""
    alone = applicability(GRID)
    halves = applicability(GRID, folds=(GRID[:, 0] > 1).astype(int))

    assert halves.mean_distance == alone.mean_distance
    assert (halves.index >= alone.index - 1e-12).all()
    assert halves.index.max() > 1.5 * alone.index.max()
    assert halves.threshold > alone.threshold


def test_units_of_predictors_do_not_matter():
    one, other = (applicability(GRID * scale) for scale in (1, [1e4, 1e-3]))

    assert one.dissimilarity([[1.3, 7.0]]) == pytest.approx(
        other.dissimilarity([[1.3e4, 7e-3]]), rel=1e-9
    )


def test_very_many_samples_have_about_the_same_mean_distance():
    """Between two points of a unit square: (2 + √2 + 5 asinh 1) / 15 = 0.5214."""
    x = np.random.default_rng(0).random((12_000, 2))
    found = applicability(x)

    assert found.mean_distance * x.std(ddof=1) == pytest.approx(0.5214, abs=5e-3)


@pytest.mark.parametrize(
    ("x", "settings", "words"),
    [
        ([[1.0, 2], [1, 3]], {"names": ("B2", "B3")}, "“B2” has one value only"),
        ([[1.0, 2], [np.nan, 3]], {}, "“predictor 1” is missing"),
        ([[1.0, 2], [2, 3]], {"importance": [0, -1]}, "leave no predictor"),
        ([[1.0, 2]], {}, "too few samples"),
        ([[1.0, 2], [2, 3]], {"folds": [0, 0]}, "have nothing outside"),
    ],
)
def test_what_cannot_be_compared_is_refused(x, settings, words):
    with pytest.raises(SampleError, match=words):
        applicability(x, **settings)
