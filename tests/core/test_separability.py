"""The Jeffries-Matusita distance against values computed by other formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.core.separability import bhattacharyya, jeffries_matusita, separability
from tests.core.sample_sets import make

EYE = np.eye(2)


@pytest.mark.parametrize(
    ("one", "other", "distance", "jm"),
    [([0, 0], [0, 0.1], 0.00125, 0.002498438), ([0, 0.1], [10, 10], 24.75125, 2.0)],
)
def test_equal_covariances_leave_an_eighth_of_the_squared_gap(one, other, distance, jm):
    """Inputs of the R function fpc::bhattacharyya.matrix; B = |Δ|² / 8."""
    found = bhattacharyya(one, EYE, other, EYE)

    assert found == pytest.approx(distance, abs=1e-12)
    assert jeffries_matusita(found) == pytest.approx(jm, abs=1e-8)


def test_it_is_that_of_the_closed_hellinger_form():
    """Inputs of the R function dad::hellingerpar, whose formula is another one."""
    found = bhattacharyya([1, 1], [[4, 1], [1, 9]], [0, 1], EYE)

    assert found == pytest.approx(0.4149463612862799, abs=1e-12)
    assert jeffries_matusita(found) == pytest.approx(0.6792485970835782, abs=1e-12)


@pytest.mark.parametrize(("gap", "jm"), [(1, 0.235), (2, 0.787), (3, 1.351), (4, 1.729)])
def test_one_band_with_equal_spread_depends_on_the_gap(gap, jm):
    """By hand: 2 (1 - exp(-gap² / 8))."""
    found = jeffries_matusita(bhattacharyya([0], [[1]], [gap], [[1]]))

    assert found == pytest.approx(jm, abs=5e-4)


def test_samples_of_one_band_give_the_distance_of_their_moments():
    """Inputs of the R function separability.measures; by scalar formulas JM is 1.2598739."""
    one = [1362, 1411, 1457, 1735, 1621, 1621, 1791, 1863, 1863, 1838]
    other = [*one[:3], 10030, *one[4:]]
    samples = make([0] * 10 + [1] * 10, predictors=np.array([*one, *other])[:, None])

    (pair,) = separability(samples).pairs

    assert (pair.first, pair.second, pair.words) == (0, 1, "poor")
    assert pair.distance == pytest.approx(1.2598739, abs=2e-4)


def test_pairs_come_with_the_least_separable_first():
    rng = np.random.default_rng(0)
    index = np.repeat([0, 1, 2], 4000)
    shift = np.array([[0, 0], [1, 0], [9, 0]])[index]
    samples = make(index, predictors=rng.normal(size=(12_000, 2)) + shift)

    found = separability(samples)

    assert [(p.first, p.second) for p in found.pairs] == [(0, 1), (1, 2), (0, 2)]
    assert found.pairs[0].distance == pytest.approx(0.235, abs=0.03)
    assert [p.words for p in found.pairs] == ["poor", "good", "good"]
    assert found.notes == ()


def test_units_of_predictors_do_not_matter():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 3)) + np.repeat([0, 1], 100)[:, None]
    one, other = (
        separability(make(np.repeat([0, 1], 100), predictors=x * scale)).pairs[0].distance
        for scale in (1, [1e4, 1e-3, 7])
    )

    assert one == pytest.approx(other, rel=1e-4)


def test_a_predictor_that_is_constant_within_a_class_is_no_obstacle():
    x = np.array([[0.0, 1], [0, 2], [0, 3], [0, 4], [5, 1], [6, 2], [7, 4], [8, 3]])

    (pair,) = separability(make([0] * 4 + [1] * 4, predictors=x)).pairs

    assert pair.distance == pytest.approx(2, abs=1e-3)


def test_few_samples_are_shrunk_or_left_out_and_named():
    x = np.random.default_rng(0).normal(size=(34, 5))
    samples = make([0] * 30 + [1] * 3 + [2], predictors=x)

    found = separability(samples)

    assert [(p.first, p.second) for p in found.pairs] == [(0, 1)]
    assert 0 < found.pairs[0].distance < 2
    assert found.notes == (
        "“Town” has fewer than 2 samples and was left out.",
        "“Trees” has 3 samples for 5 predictors, so its spread is a rough estimate.",
    )


def test_samples_whose_predictors_never_change_have_no_distance():
    assert separability(make([0, 0, 1, 1])).pairs == ()


@given(
    mean=st.lists(st.floats(-50, 50), min_size=3, max_size=3),
    factors=st.lists(st.floats(-3, 3), min_size=9, max_size=9),
)
def test_the_distance_is_symmetric_and_within_0_and_2(mean, factors):
    root = np.reshape(factors, (3, 3))
    covariance = root @ root.T + 0.1 * np.eye(3)
    there = bhattacharyya(mean, covariance, np.zeros(3), np.eye(3))
    back = bhattacharyya(np.zeros(3), np.eye(3), mean, covariance)

    assert there == pytest.approx(back, rel=1e-6, abs=1e-9)
    assert -1e-9 <= jeffries_matusita(there) <= 2
