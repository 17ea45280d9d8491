"""Worked examples E01 to E09: measures of a matrix and their intervals.

The papers print rows map, columns reference; `.T` turns them. "Published" numbers were read in
packages and test-suites that transcribe the papers, "derived" ones follow from the formula.
"""

import numpy as np
import pytest

from lib.core.accuracy import score_matrix
from lib.core.intervals import bootstrap_overall, wilson_interval

# Congalton 1991, Remote Sensing of Environment 37:35, table 1 (E01 to E03).
CONGALTON = np.array([[65, 4, 22, 24], [6, 81, 5, 8], [0, 11, 85, 19], [4, 7, 3, 90]])
LETTERS = ("A", "B", "C", "D")


def names(matrix):
    return [f"class {i}" for i in range(len(matrix))]


def test_e01_accuracies_of_congalton():
    """Published."""
    scores = score_matrix(CONGALTON.T, LETTERS)

    assert scores.overall_accuracy == pytest.approx(0.7396313364, abs=1e-9)
    assert [c.users_accuracy for c in scores.per_class] == pytest.approx(
        [0.57, 0.81, 0.74, 0.87], abs=5e-3
    )
    assert [c.producers_accuracy for c in scores.per_class] == pytest.approx(
        [0.87, 0.79, 0.74, 0.64], abs=5e-3
    )
    assert scores.kappa == pytest.approx(0.6535, abs=5e-5)


def test_e03_means_and_disagreement_of_congalton():
    """Derived; F1 and IoU equal those of scikit-learn, the disagreements are 40 and 73 of 434."""
    scores = score_matrix(CONGALTON.T, LETTERS)

    assert [c.f1 for c in scores.per_class] == pytest.approx(
        [0.6842105263, 0.7980295567, 0.7391304348, 0.7346938776], abs=5e-7
    )
    assert [c.iou for c in scores.per_class] == pytest.approx(
        [0.52, 0.6639344262, 0.5862068966, 0.5806451613], abs=5e-7
    )
    found = (scores.macro_f1, scores.weighted_f1, scores.macro_iou)
    assert found == pytest.approx((0.7390160988, 0.7421766602, 0.587696621), abs=5e-7)
    assert scores.quantity_disagreement == pytest.approx(0.0921658986, abs=5e-7)
    assert scores.allocation_disagreement == pytest.approx(0.168202765, abs=5e-7)


@pytest.mark.parametrize(
    ("matrix", "kappa", "tolerance"),
    [
        pytest.param(CONGALTON.T, 0.6535162707888824, 1e-12, id="E02 published, 92500/141542"),
        pytest.param([[20, 20], [10, 50]], 0.348, 5e-4, id="E04 Artstein and Poesio 2008, table 1"),
        pytest.param(
            [[46, 0, 0], [6, 32, 6], [0, 0, 10]], 0.8013, 5e-5, id="E05 the same, table 4"
        ),
        pytest.param([[95, 2.5], [2.5, 0]], -0.026, 5e-4, id="E06 Foody 2020, lower end"),
        pytest.param([[47.5, 2.5], [2.5, 47.5]], 0.900, 5e-4, id="E06 Foody 2020, upper end"),
    ],
)
def test_e02_e04_e05_e06_kappa(matrix, kappa, tolerance):
    assert score_matrix(matrix, names(matrix)).kappa == pytest.approx(kappa, abs=tolerance)


@pytest.mark.parametrize(
    ("matrix", "quantity", "allocation", "kappa"),
    [([[1, 14], [0, 1]], 0.875, 0, 0.01), ([[0, 1], [1, 14]], 0, 0.125, -0.07)],
)
def test_e07_disagreement_is_all_quantity_or_all_allocation(matrix, quantity, allocation, kappa):
    """Published, after Pontius and Millones 2011."""
    scores = score_matrix(matrix, ["a", "b"])

    assert (scores.quantity_disagreement, scores.allocation_disagreement) == (quantity, allocation)
    assert scores.kappa == pytest.approx(kappa, abs=5e-3)
    assert 1 - scores.overall_accuracy == quantity + allocation


@pytest.mark.parametrize(
    ("hits", "n", "limits"),
    [
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
        (0, 10, (0, 0.2775)),
        (10, 10, (0.7225, 1)),
    ],
)
def test_e08_wilson_intervals_of_newcombe(hits, n, limits):
    """Published: Newcombe 1998, Statistics in Medicine 17:857, table I, method 3."""
    assert wilson_interval(hits, n).limits == pytest.approx(limits, abs=5e-5)


def test_e09_blocks_make_the_error_three_times_as_large():
    """Derived: all 27 resamples of blocks with 8/10, 2/10, 20/20 have an error of 0.198824."""
    correct = np.repeat([1, 0, 1, 0, 1], [8, 2, 2, 8, 20])
    groups = np.repeat([0, 1, 2], [10, 10, 20])
    rng = np.random.default_rng(1)

    found = bootstrap_overall(correct, groups, rng, resamples=40_000, minimum_groups=3)

    assert correct.mean() == 0.75
    assert found.standard_error == pytest.approx(0.1988243912, abs=2e-3)
    assert found.limits == (0.2, 1.0)
    assert wilson_interval(30, 40).standard_error == pytest.approx(0.0684653197, abs=1e-9)
