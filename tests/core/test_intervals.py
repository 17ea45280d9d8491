"""Intervals, against printed tables."""

import itertools

import numpy as np
import pytest

from lib.core.intervals import bootstrap_overall, wilson_interval


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        # statsmodels proportion_confint(method="wilson").
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
    ],
)
def test_wilson_intervals_are_those_of_newcombe(hits, n, low, high):
    assert wilson_interval(hits, n).limits == pytest.approx((low, high), abs=5e-5)


def test_a_wilson_interval_of_nothing_is_none():
    assert wilson_interval(0, 0) is None


def test_the_block_bootstrap_has_the_error_of_all_resamples():
    """Three blocks of 8/10, 2/10 and 20/20: all 27 resamples have a spread of 0.1988."""
    correct = np.repeat([1, 0, 1, 0, 1], [8, 2, 2, 8, 20])
    groups = np.repeat([7, 3, 9], [10, 10, 20])
    blocks = [(8, 10), (2, 10), (20, 20)]
    shares = [
        sum(k for k, _ in p) / sum(n for _, n in p) for p in itertools.product(blocks, repeat=3)
    ]
    assert np.std(shares) == pytest.approx(0.1988243912249032)

    interval = bootstrap_overall(
        correct, groups, np.random.default_rng(0), resamples=40_000, minimum_groups=3
    )

    assert interval.standard_error == pytest.approx(0.1988243912249032, abs=0.002)
    assert interval.group_count == 3
    assert interval.limits == (0.2, 1.0)


def test_fewer_than_ten_groups_have_no_interval():
    assert bootstrap_overall(np.ones(9), np.arange(9), np.random.default_rng(0)) is None


def test_very_many_groups_have_the_interval_of_independent_samples_where_groups_do_not_matter():
    rng = np.random.default_rng(0)
    correct = rng.random(40_000) < 0.8

    interval = bootstrap_overall(correct, np.arange(40_000) // 4, rng)

    assert interval.standard_error == pytest.approx(np.sqrt(0.8 * 0.2 / 40_000), rel=0.03)
    assert interval.limits == pytest.approx(wilson_interval(correct.sum(), 40_000).limits, abs=3e-4)
