"""Estimates of accuracy and area: what they refuse, and what must not matter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.core.area_estimation import (
    DESIGNS,
    Estimate,
    estimate_by_class,
    estimate_by_stratum,
    refuse_seen,
)
from lib.core.errors import SampleError

NAMES = ("Water", "Trees", "Town")
# Rows reference, columns map.
MATRIX = np.array([[48, 2, 0], [2, 45, 1], [0, 3, 29]])
PIXELS = [10_000, 60_000, 30_000]


def test_a_perfect_sample_has_no_error_and_the_mapped_area():
    found = estimate_by_class(np.diag([10, 20, 30]), PIXELS, names=NAMES)

    assert [row.share.value for row in found.per_class] == pytest.approx([0.1, 0.6, 0.3])
    assert [row.share.standard_error for row in found.per_class] == [0, 0, 0]
    assert found.overall_accuracy == Estimate(1.0, 0.0)
    assert found.n == 60


def test_a_transposed_matrix_gives_other_areas():
    """Orientation matters: rows are reference."""
    found, turned = (
        estimate_by_class(m, PIXELS, names=NAMES).per_class[0].share.value
        for m in (MATRIX, MATRIX.T)
    )

    assert found == pytest.approx(0.1 * 48 / 50 + 0.6 * 2 / 50)
    assert turned == pytest.approx(0.1 * 48 / 50 + 0.6 * 2 / 48)


def test_mapped_shares_are_those_of_the_map():
    found = estimate_by_class(MATRIX, PIXELS, names=NAMES)

    assert [row.mapped_share for row in found.per_class] == pytest.approx([0.1, 0.6, 0.3])


def test_units_of_area_do_not_matter_without_the_finite_correction():
    in_pixels, in_shares = (
        estimate_by_class(MATRIX, np.multiply(PIXELS, unit), names=NAMES) for unit in (1, 1e-5)
    )

    for one, other in zip(in_pixels.per_class, in_shares.per_class, strict=True):
        assert one.share.standard_error == pytest.approx(other.share.standard_error)
        assert one.iou.standard_error == pytest.approx(other.iou.standard_error)


def test_the_finite_correction_shrinks_errors_and_a_census_has_none():
    drawn = MATRIX.sum(axis=0)
    infinite, finite, census = (
        estimate_by_class(MATRIX, sizes, names=NAMES, finite=on).overall_accuracy.standard_error
        for sizes, on in ((2 * drawn, False), (2 * drawn, True), (drawn, True))
    )

    assert finite == pytest.approx(infinite * np.sqrt(0.5))
    assert census == 0


@given(order=st.permutations(range(3)))
def test_permuted_classes_move_the_estimates_with_their_labels(order):
    plain = estimate_by_class(MATRIX, PIXELS, names=NAMES)
    moved = estimate_by_class(
        MATRIX[np.ix_(order, order)], np.array(PIXELS)[order], names=[NAMES[i] for i in order]
    )

    for row, old in zip(moved.per_class, [plain.per_class[i] for i in order], strict=True):
        assert row.name == old.name
        assert row.producers_accuracy.value == pytest.approx(old.producers_accuracy.value)
        assert row.f1.standard_error == pytest.approx(old.f1.standard_error)


def test_iou_is_f1_over_two_less_f1_with_the_error_of_the_delta_method():
    for row in estimate_by_class(MATRIX, PIXELS, names=NAMES).per_class:
        f1 = row.f1.value
        assert row.iou.value == pytest.approx(f1 / (2 - f1))
        assert row.iou.standard_error == pytest.approx(row.f1.standard_error * 2 / (2 - f1) ** 2)


def test_limits_stay_within_0_and_1():
    assert Estimate(0.99, 0.05).limits95 == (pytest.approx(0.892, abs=1e-3), 1.0)
    assert Estimate(None, None).limits95 is Estimate(None, None).half_width() is None


@pytest.mark.parametrize(
    ("matrix", "sizes", "settings", "words"),
    [
        (MATRIX, PIXELS, {"design": "purposive"}, "“purposive” say nothing of the whole map"),
        (np.diag([5, 0, 5]), PIXELS, {}, "“Trees” has 0 samples"),
        (np.diag([5, 1, 5]), PIXELS, {}, "“Trees” has 1 samples"),
        (MATRIX, [10, 0, 10], {}, "“Trees” has 50 samples and no pixels"),
        (MATRIX, [10, 60_000, 30_000], {"finite": True}, "“Water” has 50 samples and 10 pixels"),
        (MATRIX, [np.nan, 1, 1], {}, "do not fit 3 strata"),
        (MATRIX, [1, 1], {}, "do not fit 3 strata"),
        (np.zeros((3, 3)), [0, 0, 0], {}, "No stratum has a size"),
        (MATRIX[:2], PIXELS, {}, "does not fit 3 classes"),
    ],
)
def test_samples_that_tell_nothing_of_the_map_are_refused(matrix, sizes, settings, words):
    with pytest.raises(SampleError, match=words):
        estimate_by_class(matrix, sizes, names=NAMES, **settings)


def test_blank_labels_and_unknown_strata_are_refused():
    for stratum, reference in (([0, 0, 2], [0, 1, 1]), ([0, 0, 1], [0, -1, 1])):
        with pytest.raises(SampleError, match="is missing or none of"):
            estimate_by_stratum(stratum, reference, [0, 1, 1], sizes=[5, 5], names=NAMES)


def test_each_probability_design_is_taken():
    for design in DESIGNS:
        assert estimate_by_class(MATRIX, PIXELS, names=NAMES, design=design).design == design


def test_samples_that_the_map_was_made_from_or_that_repeat_are_refused():
    refuse_seen([1, 2], [3, 4])
    with pytest.raises(SampleError, match="2 of the 3 samples were used to make the map"):
        refuse_seen([1, 2, 3], [3, 2])
    with pytest.raises(SampleError, match="there twice"):
        refuse_seen([1, 1], [])
