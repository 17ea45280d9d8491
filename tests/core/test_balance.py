"""Weights and allocations, against printed examples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.core.balance import allocate, class_weights, effective_number, largest_remainder
from lib.core.errors import PlanError, SampleError

# Olofsson et al. 2014, section 5.1.1 and table 5: mapped shares of four strata, n = 641.
OLOFSSON = [0.02, 0.015, 0.32, 0.645]


def test_class_weights_are_those_of_scikit_learn():
    """The docstring example of sklearn.utils.class_weight.compute_class_weight."""
    assert class_weights([1, 1, 1, 1, 0, 0], 2).tolist() == [1.5, 0.75]


def test_class_weights_have_a_mean_of_one_over_the_samples():
    index = np.repeat([0, 1, 2], [5, 70, 925])

    assert class_weights(index, 3)[index].mean() == pytest.approx(1)


def test_effective_numbers_are_those_of_the_formula():
    """(1 - 0.99^100) / 0.01 and (1 - 0.999^5000) / 0.001; no effect at beta 0 (derived)."""
    assert effective_number(100, beta=0.99) == pytest.approx(63.396766, abs=1e-6)
    assert effective_number([1, 5000]) == pytest.approx([1, 993.279], abs=1e-3)
    assert effective_number([1, 10, 5000], beta=0.0).tolist() == [1, 1, 1]


def test_square_root_weights_have_a_mean_of_one_and_go_by_the_root_of_the_counts():
    # 1 : 4 : 25 samples weigh as 1 : 1/2 : 1/5, scaled by 30 / (1 + 2 + 5).
    index = np.repeat([0, 1, 2], [1, 4, 25])
    weights = class_weights(index, 3, how="square root")

    assert weights.tolist() == pytest.approx([3.75, 1.875, 0.75])
    assert weights[index].mean() == pytest.approx(1)


def test_effective_number_weights_have_a_mean_of_one_and_level_off():
    """By hand E is 95.2079 for 100 samples and 999.9548 for 10,000: 10.503 times as much."""
    index = np.repeat([0, 1, 2], [100, 10_000, 20_000])

    weights = class_weights(index, 3, how="effective number")

    assert weights[index].mean() == pytest.approx(1)
    assert weights[0] / weights[1] == pytest.approx(10.503, abs=1e-3)
    assert weights[1] / weights[2] == pytest.approx(1, abs=1e-4)


def test_effective_number_weights_of_small_classes_are_balanced_weights():
    index = np.repeat([0, 1], [2, 3])

    assert class_weights(index, 2, how="effective number") == pytest.approx(
        class_weights(index, 2), rel=1e-3
    )


def test_an_unknown_weighting_is_refused():
    with pytest.raises(PlanError, match="“focal”"):
        class_weights([0, 1], 2, how="focal")


def test_class_weights_without_samples_of_a_class_are_refused_by_name():
    with pytest.raises(SampleError, match="“Snow” has no samples"):
        class_weights([0, 0, 1], 3, names=["Water", "Trees", "Snow"])
    with pytest.raises(SampleError, match="“class 2”"):
        class_weights([0, 0], 2)


def test_proportional_allocation_is_that_of_olofsson_2014():
    assert allocate(641, OLOFSSON).tolist() == [13, 10, 205, 413]


def test_equal_allocation_spreads_the_rest():
    assert sorted(allocate(641, OLOFSSON, "equal").tolist()) == [160, 160, 160, 161]


@pytest.mark.parametrize(
    ("minimum", "expected"),
    [(100, [100, 100, 146, 295]), (75, [75, 75, 163, 328]), (50, [50, 50, 179, 362])],
)
def test_a_minimum_for_rare_classes_leaves_the_rest_proportional(minimum, expected):
    """Rule of sits_sampling_design (e-sensing/sits), strata of Olofsson et al. 2014."""
    assert allocate(641, OLOFSSON, minimum=minimum).tolist() == expected


def test_largest_remainder_is_that_of_stratallo():
    """Vignette of the R packages stratallo and junco: plain rounding gives 189, not 190."""
    quotas = [15.440180586907449, 76.77200902934537, 94.3566591422122, 3.4311512415349887]

    assert largest_remainder(quotas, 190).tolist() == [16, 77, 94, 3]


def test_a_class_without_pixels_gets_no_samples():
    assert allocate(10, [0.0, 0.4, 0.6], minimum=2).tolist() == [0, 4, 6]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: allocate(10, [0.0, 0.0]), "shares of"),
        (lambda: allocate(10, [np.nan, 1.0]), "shares of"),
        (lambda: allocate(10, [1.0], "neyman"), "“neyman”"),
        (lambda: allocate(10, [1, 1], minimum=6), "10 samples are too few"),
    ],
)
def test_an_impossible_allocation_is_refused(call, words):
    with pytest.raises(PlanError, match=words):
        call()


@given(
    total=st.integers(0, 10_000),
    shares=st.lists(st.floats(0, 1e6), min_size=1, max_size=20).filter(lambda s: sum(s) > 1e-6),
    minimum=st.integers(0, 30),
    how=st.sampled_from(["equal", "proportional"]),
)
def test_an_allocation_adds_up_and_keeps_the_minimum(total, shares, minimum, how):
    drawn = [share for share in shares if share > 0] if how == "proportional" else shares
    if total < minimum * len(drawn):
        return

    counts = allocate(total, shares, how, minimum=minimum)

    assert counts.sum() == total
    assert (counts >= 0).all()
    if how == "equal":
        assert counts.max() - counts.min() <= 1
    else:
        assert (counts[np.array(shares) > 0] >= minimum).all()
