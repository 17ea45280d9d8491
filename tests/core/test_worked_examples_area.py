"""Worked examples E10 to E26: accuracy and area from samples drawn by stratum.

The papers print rows map, columns reference; they are turned on entry. "Published" numbers were
read in packages and test-suites that transcribe the papers, "derived" ones follow from the formula.
"""

import numpy as np
import pytest

from lib.core.area_estimation import estimate_by_class, estimate_by_stratum

LETTERS = ("A", "B", "C", "D")
Z_OF_PAPERS = 1.96

# Olofsson et al. 2013, Remote Sensing of Environment 129:122, example 1, pixels (E10, E11).
OLOFSSON_2013 = np.array([[97, 0, 3], [3, 279, 18], [2, 1, 97]])
PIXELS_2013 = np.array([22_353, 1_122_543, 610_228])
# Olofsson et al. 2014, Remote Sensing of Environment 148:42, table 8, pixels of 0.09 ha (E13-E18).
OLOFSSON_2014 = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
PIXELS_2014 = np.array([200_000, 150_000, 3_200_000, 6_450_000])
HECTARES_2014 = 0.09 * PIXELS_2014
# Stehman 2014, International Journal of Remote Sensing 35:4923, numerical example (E20 to E25).
STRATUM = "AAAAAAAAAABBBBBBBBBBCCCCCCCCCCDDDDDDDDDD"
MAPPED = "AAAAAAABBBABBBBBBBBBBBCCCCCCBBDDDDDDDDDD"
REFERENCE = "AAAAACBABCABBBBBAABBCCCCCDDBBADDDDDDDCCB"
STEHMAN_PIXELS = [40_000, 30_000, 20_000, 10_000]


def values(estimates, measure):
    return [getattr(row, measure).value for row in estimates.per_class]


def errors(estimates, measure):
    return [getattr(row, measure).standard_error for row in estimates.per_class]


def halves(estimates, measure, z=1.959964):
    return [getattr(row, measure).half_width(z) for row in estimates.per_class]


def by_class(matrix, mapped, **settings):
    return estimate_by_class(np.transpose(matrix), mapped, names=LETTERS[: len(matrix)], **settings)


def stehman(**settings):
    drawn = [[LETTERS.index(c) for c in text] for text in (STRATUM, REFERENCE, MAPPED)]
    return estimate_by_stratum(*drawn, sizes=STEHMAN_PIXELS, names=LETTERS, **settings)


def test_e10_e11_first_example_of_olofsson_2013():
    """Published; 22,353 mapped pixels of class 1 become 45,112 ± 21,072."""
    found = by_class(OLOFSSON_2013, PIXELS_2013)

    total = PIXELS_2013.sum()
    share = found.per_class[0].share
    assert share.value == pytest.approx(0.02570326, abs=5e-9)
    assert share.value * total == pytest.approx(45_112.4, abs=0.1)
    assert share.standard_error * total == pytest.approx(10_751.88, abs=1)
    assert share.half_width(1.959964) * total == pytest.approx(21_072.37, abs=1)
    assert found.overall_accuracy.value == pytest.approx(0.9444168, abs=1e-6)
    assert values(found, "users_accuracy") == pytest.approx([0.97, 0.93, 0.97], abs=1e-6)
    assert values(found, "producers_accuracy") == pytest.approx(
        [0.4806308, 0.9941887, 0.8969259], abs=1e-6
    )
    assert halves(found, "users_accuracy") == pytest.approx(
        [0.03360292, 0.02892031, 0.03360292], abs=1e-6
    )
    assert halves(found, "producers_accuracy") == pytest.approx(
        [0.22453045, 0.01132522, 0.04120541], abs=1e-6
    )


def test_e12_second_example_of_olofsson_2013_by_shares():
    """Published, table 6."""
    found = by_class([[127, 66, 54], [2, 322, 17], [0, 15, 540]], [0.007, 0.295, 0.698])

    assert found.overall_accuracy.value == pytest.approx(0.96, abs=4e-3)
    assert values(found, "users_accuracy") == pytest.approx([0.51417, 0.94428, 0.97297], abs=5e-6)
    assert values(found, "producers_accuracy") == pytest.approx(
        [0.67535, 0.93072, 0.97664], abs=1e-5
    )
    assert halves(found, "users_accuracy") == pytest.approx([0.06246, 0.02438, 0.0135], abs=5e-6)
    assert halves(found, "producers_accuracy") == pytest.approx(
        [0.30458, 0.02938, 0.0096], abs=5e-6
    )


def test_e13_matrix_of_area_shares_of_olofsson_2014():
    """Published, table 9, rows map."""
    printed = [
        [0.0176, 0, 0.0013, 0.0011],
        [0, 0.011, 0.0016, 0.0024],
        [0.0019, 0, 0.2967, 0.0213],
        [0.004, 0.002, 0.0179, 0.6212],
    ]
    found = by_class(OLOFSSON_2014, PIXELS_2014).proportions.T

    assert found == pytest.approx(np.array(printed), abs=5e-5)
    assert found.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize(
    ("z", "areas", "half_widths", "tolerance"),
    [
        pytest.param(
            1.959964,
            [21157.76, 11686.15, 285769.9, 581386.2],
            [6157.521, 3755.757, 15509.55, 16281.36],
            0.1,
            id="E14",
        ),
        pytest.param(
            Z_OF_PAPERS,
            [21158, 11686, 285770, 581386],
            [6158, 3756, 15510, 16282],
            0.5,
            id="E15 as printed",
        ),
    ],
)
def test_e14_e15_adjusted_areas_of_olofsson_2014(z, areas, half_widths, tolerance):
    """Published, hectares."""
    found = by_class(OLOFSSON_2014, HECTARES_2014)

    total = HECTARES_2014.sum()
    assert np.multiply(values(found, "share"), total) == pytest.approx(areas, abs=tolerance)
    assert np.multiply(halves(found, "share", z), total) == pytest.approx(
        half_widths, abs=tolerance
    )


def test_e16_accuracies_of_olofsson_2014():
    """Published, but for the half widths 0.254 and 0.018 that the paper prints as .23 and .01."""
    found = by_class(OLOFSSON_2014, PIXELS_2014)

    assert found.overall_accuracy.value == pytest.approx(0.9465119, abs=1e-6)
    assert found.overall_accuracy.half_width() == pytest.approx(0.01848328, abs=1e-6)
    assert values(found, "users_accuracy") == pytest.approx(
        [0.88, 0.7333333, 0.9272727, 0.9630769], abs=1e-6
    )
    assert halves(found, "users_accuracy") == pytest.approx(
        [0.07403962, 0.10075516, 0.03974464, 0.02053312], abs=1e-6
    )
    assert values(found, "producers_accuracy") == pytest.approx(
        [0.7486614, 0.8471564, 0.9345089, 0.961609], abs=1e-6
    )
    assert halves(found, "producers_accuracy") == pytest.approx(
        [0.21330593, 0.25440369, 0.03432379, 0.0183612], abs=1e-6
    )


def test_e17_error_of_the_deforested_area_in_pixels():
    """Published 68,418; the 34,097 beside it is 34,907 with two digits swapped."""
    share = by_class(OLOFSSON_2014, PIXELS_2014).per_class[0].share

    assert share.standard_error * PIXELS_2014.sum() == pytest.approx(34_907, abs=1)
    assert share.half_width(Z_OF_PAPERS) * PIXELS_2014.sum() == pytest.approx(68_418, abs=1)


def test_e18_shares_of_the_sample_are_not_shares_of_the_map():
    """Derived: without weights 97,031 ha are deforested, 4.6 times what there is."""
    unweighted = OLOFSSON_2014.sum(axis=0)[0] / OLOFSSON_2014.sum() * 900_000
    found = by_class(OLOFSSON_2014, HECTARES_2014).per_class[0].share.value * 900_000

    assert unweighted == pytest.approx(97_031.25)
    assert unweighted / found == pytest.approx(4.586, abs=1e-3)


def test_e19_a_class_that_the_map_lacks_has_an_area_and_no_users_accuracy():
    """Published: PyMapAccuracy, test_olofsson_extra_ref_class."""
    matrix = [[97, 0, 3, 0], [3, 279, 18, 0], [2, 1, 95, 2], [0, 0, 0, 0]]
    last = by_class(matrix, [*PIXELS_2013, 0]).per_class[3]

    assert last.share.value == pytest.approx(0.006953674, abs=1e-8)
    assert last.share.standard_error == pytest.approx(0.004892094, abs=1e-8)
    assert last.producers_accuracy.value == 0
    assert last.users_accuracy.value is last.users_accuracy.limits95 is None


def test_e20_e21_e23_example_of_stehman_2014():
    """Published, but for the error 0.116 that the paper prints as 0.114 after a slip."""
    found = stehman()
    a, b, c, _ = found.per_class

    estimates = [a.share, c.share, found.overall_accuracy, b.users_accuracy, b.producers_accuracy]
    assert [e.value for e in estimates] == pytest.approx([0.35, 0.2, 0.63, 0.574, 0.794], abs=5e-4)
    assert [e.standard_error for e in estimates] == pytest.approx(
        [0.082, 0.064, 0.085, 0.125, 0.116], abs=6e-4
    )
    cells = [0.23, 0.04, 0.04, 0, 0.12, 0.27, 0.08, 0, 0, 0.02, 0.06, 0.04, 0, 0.01, 0.02, 0.07]
    assert found.proportions.T.ravel() == pytest.approx(cells, abs=1e-9)


def test_e22_example_of_stehman_2014_without_the_finite_correction():
    """Published: output of the R package mapac; user's and producer's accuracy with errors."""
    found = stehman(finite=False)

    assert values(found, "users_accuracy") == pytest.approx(
        [0.7419355, 0.5744681, 0.5, 0.7], abs=1e-6
    )
    assert errors(found, "users_accuracy") == pytest.approx(
        [0.1645627, 0.1248023, 0.2151657, 0.1527525], abs=1e-6
    )
    assert values(found, "producers_accuracy") == pytest.approx(
        [0.6571429, 0.7941176, 0.3, 0.6363636], abs=1e-6
    )
    assert errors(found, "producers_accuracy") == pytest.approx(
        [0.1477318, 0.1165671, 0.1504438, 0.1623242], abs=1e-6
    )


def test_e24_e25_the_error_of_f1_is_that_of_one_ratio():
    """E25, derived. E24 is what mapac prints: user's and producer's taken as independent."""
    found = stehman(finite=False)
    too_small = [0.1103462, 0.09354009, 0.13219833, 0.11284328]

    assert values(found, "f1") == pytest.approx([0.6969697, 0.6666667, 0.375, 0.6666667], abs=1e-6)
    assert errors(found, "f1") == pytest.approx(
        [0.128296, 0.1002029, 0.1613113, 0.1287357], abs=1e-6
    )
    assert (np.array(errors(found, "f1")) > np.multiply(too_small, 1.05)).all()


def test_e26_strata_that_are_the_classes_give_the_errors_of_olofsson():
    """Identity, to 12 digits; samples one by one and their matrix give the same."""
    mapped, reference = np.repeat(np.indices((4, 4)).reshape(2, -1), OLOFSSON_2014.ravel(), axis=1)
    settings = {"sizes": PIXELS_2014, "names": LETTERS, "finite": False}

    for found in (
        by_class(OLOFSSON_2014, PIXELS_2014),
        estimate_by_stratum(mapped, reference, mapped, **settings),
    ):
        first = found.per_class[0]
        assert found.overall_accuracy.standard_error == pytest.approx(
            0.009430417215588906, abs=1e-12
        )
        assert first.producers_accuracy.standard_error == pytest.approx(
            0.1088315576455449, abs=1e-12
        )
        assert first.share.standard_error == pytest.approx(0.0034907224410811637, abs=1e-12)
