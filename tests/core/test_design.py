"""Allocations and sample sizes, against the worked example of Olofsson et al. 2014."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.core.design import (
    allocation,
    expected_standard_error,
    recommended_allocation,
    sample_size,
)
from lib.core.errors import PlanError
from lib.core.plan import SamplingPlan

# Olofsson et al. 2014, section 5.1.1 and table 5: four strata, target standard error 0.01.
SHARES = [0.02, 0.015, 0.32, 0.645]
ACCURACIES = [0.7, 0.6, 0.9, 0.95]


def plan(how, per_class=100, **settings):
    return SamplingPlan(per_class=per_class, allocation=how, **settings)


def test_equal_asks_the_same_of_each_class():
    assert allocation(plan("equal"), SHARES).tolist() == [100] * 4


def test_a_floor_above_the_samples_a_class_raises_an_equal_allocation():
    assert allocation(plan("equal", floor=120), SHARES).tolist() == [120] * 4


def test_proportional_spreads_the_mean_over_the_shares():
    assert allocation(plan("proportional"), SHARES).tolist() == [8, 6, 128, 258]


def test_square_root_lies_between_equal_and_proportional():
    """641 samples go 55.5, 48.1, 222.1, 315.3 by the power 0.5 (derived); these are 4 x 100."""
    counts = allocation(plan("square root"), SHARES)

    assert counts.tolist() == [35, 30, 138, 197]
    assert counts * 641 / 400 == pytest.approx([55.5222, 48.0836, 222.0888, 315.3054], abs=1.5)


def test_neyman_weighs_shares_by_the_spread_expected():
    """641 samples go 23.21, 18.61, 243.14, 356.04 (a minimum of the variance found by SLSQP)."""
    counts = allocation(plan("neyman", 10_000), SHARES, expected_accuracy=ACCURACIES)

    assert counts * 641 / 40_000 == pytest.approx([23.2127, 18.6116, 243.1406, 356.0351], abs=0.01)


def test_neyman_without_expectations_is_proportional():
    assert (
        allocation(plan("neyman"), SHARES).tolist()
        == allocation(plan("proportional"), SHARES).tolist()
    )


def test_a_class_without_expected_error_still_gets_the_floor():
    counts = allocation(
        plan("neyman", floor=10), [0.5, 0.3, 0.2], expected_accuracy=[1.0, 0.8, 0.8]
    )

    assert counts.tolist() == [10, 174, 116]


def test_by_hand_asks_what_was_typed():
    counts = allocation(plan("by hand", counts=(5, 0, 70, 9), floor=50), SHARES)

    assert counts.tolist() == [5, 0, 70, 9]


@pytest.mark.parametrize("how", ["equal", "proportional", "square root", "neyman", "by hand"])
def test_a_class_without_pixels_gets_nothing(how):
    counts = allocation(plan(how, floor=3, counts=(7, 7, 7)), [0, 30, 70])

    assert counts[0] == 0
    assert (counts[1:] > 0).all()


@pytest.mark.parametrize("how", ["equal", "by hand"])
def test_classes_of_unknown_share_are_asked_for(how):
    assert allocation(plan(how, 7, counts=(7, 7)), [np.nan, np.nan]).tolist() == [7, 7]


def test_nothing_is_asked_where_no_class_has_pixels():
    assert allocation(plan("proportional", floor=5), [0.0, 0.0]).tolist() == [0, 0]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: allocation(plan("by hand", counts=(1, 2)), SHARES), "2 counts for 4 classes"),
        (lambda: allocation(plan("by hand", counts=(1, -2)), [1, 1]), "-2 samples of a class"),
        (lambda: allocation(plan("neyman"), [np.nan, 1.0]), "1 of 2 are not known"),
        (lambda: allocation(plan("equal"), [-1.0, 1.0]), "no shares of classes"),
        (lambda: allocation(plan("proportional", floor=200), SHARES), "too few to give each"),
        (
            lambda: allocation(plan("neyman"), SHARES, expected_accuracy=[0.8]),
            "1 expected accuracies for 4 classes",
        ),
        (lambda: allocation(plan("neyman"), SHARES, expected_accuracy=80), "are not shares"),
        (lambda: sample_size([0.5, 0.4], 0.8, 0.01), "add up to 0.9"),
        (lambda: sample_size(SHARES, ACCURACIES, 0), "standard error of 0 "),
        (lambda: sample_size(SHARES, 1.0, 0.01), "nothing to estimate"),
        (lambda: sample_size(SHARES, 0.8, 0.01, population=0), "map of 0 pixels"),
        (lambda: expected_standard_error(SHARES, 0.8, [1, 2]), "2 counts for 4 classes"),
    ],
)
def test_an_impossible_design_is_refused(call, words):
    with pytest.raises(PlanError, match=words):
        call()


def test_the_sample_size_is_that_of_olofsson_2014():
    """Printed in section 5.1.1: n = 641."""
    assert sample_size(SHARES, ACCURACIES, 0.01) == 641


def test_a_small_map_needs_fewer_samples():
    """Cochran 5.25: 640.493 of ten million pixels, 564.610 of 5,000 (derived)."""
    assert sample_size(SHARES, ACCURACIES, 0.01, population=1e7) == 641
    assert sample_size(SHARES, ACCURACIES, 0.01, population=5000) == 565


@pytest.mark.parametrize(
    ("minimum", "expected"), [(100, [100, 100, 146, 295]), (50, [50, 50, 179, 362])]
)
def test_the_recommended_allocation_keeps_a_minimum_for_rare_classes(minimum, expected):
    assert recommended_allocation(641, SHARES, minimum=minimum).tolist() == expected


def test_a_small_total_lowers_the_minimum():
    assert recommended_allocation(40, SHARES).tolist() == [10, 10, 10, 10]


def test_neyman_allocation_of_the_sample_size_achieves_the_target():
    counts = allocation(plan("neyman", 161), SHARES, expected_accuracy=ACCURACIES)

    assert counts.sum() == 644
    assert expected_standard_error(SHARES, ACCURACIES, counts) == pytest.approx(0.01, abs=5e-5)


def test_another_allocation_has_a_larger_standard_error():
    """By hand: √((8.4e-5 + 5.4e-5 + 9.216e-3 + 1.97612e-2) / 160)."""
    assert expected_standard_error(SHARES, ACCURACIES, [160] * 4) == pytest.approx(
        0.0134896, abs=1e-7
    )


def test_a_class_without_samples_has_no_standard_error():
    assert expected_standard_error([0.5, 0.5], 0.8, [10, 0]) is None


@given(
    shares=st.lists(st.integers(0, 10**6), min_size=2, max_size=12),
    how=st.sampled_from(["proportional", "square root", "neyman"]),
    floor=st.integers(0, 20),
)
def test_an_allocation_adds_up_and_keeps_the_floor(shares, how, floor):
    counts = allocation(plan(how, 20, floor=floor), shares)

    assert counts.sum() == (20 * len(shares) if any(shares) else 0)
    assert (counts[np.array(shares) > 0] >= floor).all()
    assert (counts[np.array(shares) == 0] == 0).all()
