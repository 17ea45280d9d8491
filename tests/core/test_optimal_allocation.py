"""Neyman's allocation within bounds, beyond the worked examples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.core.balance import largest_remainder
from lib.core.errors import PlanError
from lib.core.optimal_allocation import allocation_variance, optimal_allocation

strata = st.lists(
    st.tuples(st.integers(1, 500), st.integers(0, 40), st.integers(0, 200), st.floats(0.1, 9)),
    min_size=1,
    max_size=8,
)


@given(strata, st.floats(0, 1))
def test_an_allocation_adds_up_within_its_bounds_also_when_rounded(rows, share):
    sizes, least, more, spreads = (np.array(column) for column in zip(*rows, strict=True))
    most = least + more
    total = int(least.sum() + share * more.sum())

    found = optimal_allocation(total, sizes, spreads, least=least, most=most)
    whole = largest_remainder(found, total)

    assert found.sum() == pytest.approx(total)
    assert ((found >= least) & (found <= most)).all()
    assert whole.sum() == total
    assert ((whole >= least) & (whole <= most)).all()


def test_no_other_allocation_has_a_smaller_variance():
    sizes, spreads = [300, 500, 200], [4.0, 1.0, 9.0]
    settings = {"least": [10, 30, 5], "most": [60, 200, 40]}
    best = optimal_allocation(120, sizes, spreads, **settings)
    least = allocation_variance(sizes, spreads, best)

    for shift in ([1, -1, 0], [-1, 1, 0], [1, 0, -1], [0, 1, -1]):
        other = best + np.multiply(0.5, shift)
        if (other >= settings["least"]).all() and (other <= settings["most"]).all():
            assert allocation_variance(sizes, spreads, other) > least


def test_a_stratum_without_expected_error_gets_its_least():
    found = optimal_allocation(50, [10, 10, 10], [0.0, 1.0, 3.0], least=[4, 2, 2])

    assert found == pytest.approx([4, 11.5, 34.5])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: optimal_allocation(9, [1, 1], [0, 0]), "cannot be weighed"),
        (lambda: optimal_allocation(9, [1, -1], [1, 1]), "cannot be weighed"),
        (lambda: optimal_allocation(9, [1, 1], [1, 1], least=[5, 5]), "need 10"),
        (lambda: optimal_allocation(9, [1, 1], [1, 1], most=[4, 4]), "allow 8"),
        (lambda: optimal_allocation(9, [1, 1], [1, 1], least=[5, 5], most=[4, 9]), "bounds do not"),
    ],
)
def test_bounds_that_cannot_be_kept_are_refused(call, words):
    with pytest.raises(PlanError, match=words):
        call()
