"""Signatures, outliers and suspicious labels."""

import numpy as np
import pytest

from lib.core.errors import SampleError
from lib.core.quality import outliers, signatures, suspicious
from tests.core.sample_sets import make


def test_signatures_are_mean_spread_and_quantiles_of_each_class():
    """Of 0, 10, …, 100: mean 50, deviation √1100, quantiles 5, 25, 50, 75, 95."""
    x = np.array([*range(0, 101, 10), 7.0])[:, None] * [1, 2]
    found = signatures(make([0] * 11 + [1], predictors=x))

    assert found.counts.tolist() == [11, 1]
    assert found.mean.tolist() == [[50, 100], [7, 14]]
    assert found.standard_deviation[0] == pytest.approx([1100**0.5, 2 * 1100**0.5])
    assert np.isnan(found.standard_deviation[1]).all()
    assert found.quantiles[:, 0, 0] == pytest.approx([5, 25, 50, 75, 95])
    assert found.quantiles.shape == (5, 2, 2)


def test_signatures_of_series_are_by_step_and_pass_over_what_was_not_observed():
    series = np.array([[[2.0], [0], [0]], [[4], [8], [0]], [[5], [5], [5]]])
    valid = [[True, False, False], [True, True, False], [True] * 3]

    found = signatures(make([0, 0, 1], predictors=series, valid=valid))

    assert found.mean[0, :2, 0].tolist() == [3, 8]
    assert np.isnan(found.mean[0, 2, 0])
    assert found.standard_deviation[0, 0, 0] == pytest.approx(2**0.5)
    assert found.quantiles.shape == (5, 2, 3, 1)


def test_signatures_of_a_class_without_samples_are_missing():
    found = signatures(make([0, 2]).take([0, 1]))

    assert found.counts.tolist() == [1, 0, 1]
    assert np.isnan(found.mean[1]).all()


def test_signatures_of_a_large_class_use_samples_spread_over_it():
    x = np.arange(200_002.0)[:, None]
    found = signatures(make([0] * 200_001 + [1], predictors=x))

    assert found.counts[0] == 40_001
    assert found.mean[0, 0] == 100_000


def test_outliers_of_a_gaussian_class_are_1_in_1000():
    rng = np.random.default_rng(0)
    mixed = rng.normal(size=(40_000, 3)) @ [[5, 2, 0], [0, 1, 0.3], [0, 0, 0.01]]
    found = outliers(make(np.arange(40_000) % 2, predictors=mixed))

    assert found.bound == pytest.approx(16.266, abs=1e-3)  # chi-squared table, 3 degrees, 0.999
    assert 25 <= len(found.indices) <= 70  # 40 expected


def test_planted_outliers_are_found_even_where_they_are_many():
    """A fifth of Trees lies 30 deviations off; a plain covariance would hide them."""
    x = np.random.default_rng(0).normal(size=(400, 2))
    x[360:] += 30

    found = outliers(make([0] * 200 + [1] * 200, predictors=x))

    assert set(range(360, 400)) <= set(found.indices.tolist())
    assert len(found.indices) < 46
    assert (np.diff(found.distance[found.indices]) <= 0).all()


def test_an_outlier_against_the_correlation_is_found():
    """Each value is ordinary, their combination is not."""
    first = np.random.default_rng(0).normal(size=300)
    x = np.stack([first, first + np.random.default_rng(1).normal(0, 0.05, 300)], axis=1)
    x[10] = [1.5, -1.5]

    assert outliers(make([0] * 299 + [1], predictors=x)).indices[0] == 10


def test_a_class_that_is_nearly_constant_has_no_outliers_by_rounding():
    x = np.concatenate([np.zeros(60), [1e-9] * 20, np.linspace(1, 2, 80)])[:, None]

    found = outliers(make([0] * 80 + [1] * 80, predictors=x))

    assert len(found.indices) == 0


def test_a_class_of_few_samples_is_left_out_of_the_outliers_and_named():
    x = np.random.default_rng(0).normal(size=(44, 2))
    found = outliers(make([0] * 40 + [1] * 4, predictors=x))

    assert np.isnan(found.distance[40:]).all()
    assert found.notes == ("“Trees” has fewer than 6 samples and was left out.",)


# The worked example of cleanlab's tests (test_filter_count.py,
# test_removing_class_consistent_results): the third sample is rather a 2 than a 0.
LABELS = [0, 0, 0, 0, 1, 2, 2, 2]
PROBABILITIES = [
    [0.9, 0.1, 0.0],
    [0.8, 0.1, 0.1],
    [0.1, 0.0, 0.9],
    [0.9, 0.0, 0.1],
    [0.1, 0.3, 0.6],
    [0.1, 0.0, 0.9],
    [0.1, 0.0, 0.9],
    [0.1, 0.0, 0.9],
]


def test_suspicious_labels_are_those_of_the_published_example():
    found = suspicious(make(LABELS), PROBABILITIES, least=1)

    assert found.thresholds == pytest.approx([0.675, 0.3, 0.9])
    assert found.indices.tolist() == [2]
    assert found.suggested.tolist() == [2]
    assert found.confidence.tolist() == [0.9, 0.8, 0.1, 0.9, 0.3, 0.9, 0.9, 0.9]


def test_planted_errors_are_found_the_least_believed_first():
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 600)
    p = np.full((600, 3), 0.05)
    p[np.arange(600), truth] = 0.9
    p[7] = np.roll([0.98, 0.01, 0.01], truth[7])
    given = truth.copy()
    wrong = np.array([7, 100, 200, 300])
    given[wrong] = (truth[wrong] + 1) % 3

    found = suspicious(make(given), p)

    assert sorted(found.indices) == wrong.tolist()
    assert found.indices[0] == 7
    assert (found.suggested == truth[found.indices]).all()


def test_samples_without_probabilities_are_passed_over():
    p = np.array(PROBABILITIES)
    p[2] = np.nan

    found = suspicious(make(LABELS), p, least=1)

    assert found.indices.tolist() == []
    assert np.isnan(found.confidence[2])


def test_a_small_class_is_not_questioned_and_named():
    found = suspicious(make(LABELS), PROBABILITIES, least=2)

    assert found.indices.tolist() == [2]
    assert found.notes == ("“Trees” has fewer than 2 samples and was left out.",)
    assert suspicious(make(LABELS), PROBABILITIES).indices.tolist() == []


@pytest.mark.parametrize(
    ("p", "words"),
    [
        (np.ones((8, 2)) / 2, r"shape \(8, 2\), and \(8, 3\)"),
        (np.ones((8, 3)), "do not add up to 1"),
        (np.full((8, 3), np.nan), "No sample has probabilities"),
    ],
)
def test_probabilities_that_do_not_fit_are_refused(p, words):
    with pytest.raises(SampleError, match=words):
        suspicious(make(LABELS), p)
