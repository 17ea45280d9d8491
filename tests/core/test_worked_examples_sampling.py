"""Worked examples E27 to E47 and E51: sample size, allocation, folds, balance.

"Published" numbers were read in packages and test-suites that transcribe the papers, "derived"
ones follow from the formula.
"""

import numpy as np
import pytest

from lib.core.applicability import applicability, dissimilarity_threshold
from lib.core.balance import allocate, class_weights, effective_number, largest_remainder
from lib.core.design import recommended_allocation, sample_size
from lib.core.folds import folds
from lib.core.intervals import Z95
from lib.core.nearest import fold_match, next_distance, outside_distance, wasserstein
from lib.core.optimal_allocation import allocation_variance, optimal_allocation
from lib.core.plan import BalancePlan
from lib.core.resampling import resample
from tests.core.sample_sets import make

# Olofsson et al. 2014, section 5.1.1 and table 5 (E27 to E33).
SHARES = [0.02, 0.015, 0.32, 0.645]
ACCURACIES = [0.7, 0.6, 0.9, 0.95]
SPREADS = np.sqrt(np.multiply(ACCURACIES, np.subtract(1, ACCURACIES)))
# README of the R package stratallo (E35 to E38).
SIZES, DEVIATIONS = [3000, 4000, 5000, 2000], [48, 79, 76, 16]


def test_e27_e28_sample_size_of_olofsson_2014():
    """Published 641, from spreads rounded to three digits (640.697) or exact ones (640.536)."""
    n = sample_size(SHARES, ACCURACIES, 0.01)

    assert n == 641
    exact = optimal_allocation(640.5359220665348, SHARES, SPREADS)
    assert np.sum(np.multiply(SHARES, SPREADS) ** 2 / exact) == pytest.approx(0.01**2, rel=1e-9)
    assert np.multiply(SHARES, [0.458, 0.49, 0.3, 0.218]).sum() ** 2 / 0.01**2 == pytest.approx(
        640.7, abs=5e-3
    )


@pytest.mark.parametrize(
    ("population", "raw"), [(1e7, 640.4928569280671), (5000, 564.6099932272944)]
)
def test_e29_sample_size_of_a_finite_map(population, raw):
    """Derived (Cochran 5.25): the optimal allocation of so many has just the error wanted."""
    pixels = np.multiply(SHARES, population)
    counts = optimal_allocation(raw, pixels, SPREADS)

    assert sample_size(SHARES, ACCURACIES, 0.01, population=population) == np.ceil(raw)
    assert allocation_variance(pixels, SPREADS, counts) / population**2 == pytest.approx(1e-4)


def test_e30_equal_and_proportional_allocation():
    """Published; the four times 160 of the paper lose one of 641, which ours gives to a class."""
    assert allocate(641, SHARES).tolist() == [13, 10, 205, 413]
    assert sorted(allocate(641, SHARES, "equal").tolist()) == [160, 160, 160, 161]


@pytest.mark.parametrize(
    ("minimum", "counts"),
    [(100, [100, 100, 146, 295]), (75, [75, 75, 163, 328]), (50, [50, 50, 179, 362])],
)
def test_e31_a_minimum_for_rare_classes(minimum, counts):
    """Rule of sits_sampling_design; 149 and 292 in the paper's table do not follow from it."""
    assert recommended_allocation(641, SHARES, minimum=minimum).tolist() == counts


@pytest.mark.parametrize(
    ("sizes", "spreads", "counts", "tolerance"),
    [
        pytest.param(
            SHARES, SPREADS, [23.2127, 18.6116, 243.1406, 356.0351], 1e-3, id="E32 Neyman, derived"
        ),
        pytest.param(
            np.sqrt(SHARES),
            np.ones(4),
            [55.52218955115768, 48.08362662503747, 222.08875820463072, 315.30542561917406],
            1e-9,
            id="E33 square root, derived",
        ),
    ],
)
def test_e32_e33_allocations_before_they_are_rounded(sizes, spreads, counts, tolerance):
    found = optimal_allocation(641, sizes, spreads)

    assert found == pytest.approx(counts, abs=tolerance)
    weights = np.multiply(sizes, spreads)
    assert np.abs(allocate(641, weights) - found).max() < 1


def test_e34_sample_size_of_one_share_is_rounded_up():
    """The raw number is 306.12; AcATaMa rounds it to 306, which falls short of what was asked."""
    assert sample_size([1.0], [0.85], 0.04 / Z95) == 307


@pytest.mark.parametrize(
    ("n", "bounds", "counts"),
    [
        pytest.param(190, {}, [31.376147, 68.853211, 82.798165, 6.972477], id="E35"),
        pytest.param(
            190, {"most": [100, 90, 70, 80]}, [35.121951, 77.073171, 70, 7.804878], id="E36"
        ),
        pytest.param(190, {"least": [50, 120, 1, 2]}, [50, 120, 18, 2], id="E37"),
        pytest.param(
            1284,
            {"least": [100, 90, 500, 50], "most": [300, 400, 800, 90]},
            [228.9496, 400, 604.1727, 50.8777],
            id="E38",
        ),
    ],
)
def test_e35_to_e38_neyman_within_bounds(n, bounds, counts):
    """Published: README of stratallo."""
    found = optimal_allocation(n, SIZES, DEVIATIONS, **bounds)

    assert found == pytest.approx(counts, abs=1e-4)
    assert found.sum() == pytest.approx(n)


def test_e35_variance_of_the_allocation():
    """Published: README of stratallo."""
    counts = optimal_allocation(190, SIZES, DEVIATIONS)

    assert allocation_variance(SIZES, DEVIATIONS, counts) == pytest.approx(3_940_753_053, abs=1)


def test_e39_rounding_an_allocation_keeps_the_total():
    """Published: vignette of junco; plain rounding gives 189."""
    quotas = optimal_allocation(190, SIZES, [48, 179, 176, 16])

    assert quotas == pytest.approx([15.440181, 76.772009, 94.356659, 3.431151], abs=1e-5)
    assert np.round(quotas).sum() == 189
    assert largest_remainder(quotas, 190).tolist() == [16, 77, 94, 3]


def test_e40_threshold_of_the_area_of_applicability():
    """Published: CAST, test-trainDI.R."""
    index = [
        *(0.0904358, 0.14046341, 0.16584582, 0.57617177, 0.26840303, 0.14353894, 0.19768329),
        *(0.24022059, 0.06832037, 0.29150668, 0.18471625, 0.57617177, 0.12344463, 0.0904358),
        *(0.14353894, 0.26896008, 0.22713731, 0.24022059, 0.20388725, 0.06832037, 0.23604264),
        *(0.20388725, 0.91513568, 0.09558666, 0.14046341, 0.16214832, 0.37107762, 0.16214832),
        *(0.18471625, 0.12344463),
    ]
    assert dissimilarity_threshold(index) == pytest.approx(0.38986, abs=5e-6)


def test_e41_dissimilarity_by_hand():
    """Derived; scaling one predictor changes no index, so that by hand it can be left out."""
    train = np.array([[0.0], [1], [2], [10]])
    found = applicability(train)

    deviation = train.std(ddof=1)
    assert found.mean_distance * deviation == pytest.approx(5.166666667, abs=1e-8)
    assert found.index == pytest.approx([0.193548387] * 3 + [1.548387097], abs=1e-8)
    assert found.dissimilarity([[1.5], [6], [20]]) == pytest.approx(
        [0.096774194, 0.774193548, 1.935483871], abs=1e-8
    )


def test_e42_distances_and_how_well_folds_match_them():
    """Derived, with the six points of CAST, test-knndm.R."""
    points = [[1.0, 1], [1, 2], [2, 2], [2, 3], [1, 4], [5, 4]]
    numbers = [0, 0, 1, 1, 1, 2]
    grid = np.stack(np.meshgrid(np.arange(0.5, 10), np.arange(0.5, 10)), axis=-1).reshape(-1, 2)

    assert next_distance(points) == pytest.approx([1, 1, 1, 1, 2**0.5, 10**0.5], abs=1e-9)
    assert outside_distance(points, numbers) == pytest.approx(
        [2**0.5, 1, 1, 2**0.5, 2, 10**0.5], abs=1e-9
    )
    match = fold_match(points, numbers, grid)
    assert match.leave_one_out == pytest.approx(1.8300957880008635, abs=1e-9)
    assert match.folds == pytest.approx(1.5943935276053478, abs=1e-9)


def test_e43_wasserstein_distance():
    """Published: scipy.stats.wasserstein_distance."""
    assert wasserstein([0, 1, 3], [5, 6, 8]) == pytest.approx(5.0, abs=1e-12)


def test_e44_folds_by_group_keep_groups_whole_and_classes_in_every_fold():
    """The input of scikit-learn's StratifiedGroupKFold, whose folds of 6, 6 and 5 have both.

    Which groups go together is another matter: ours are dealt after Sechidis et al. 2011.
    """
    y = [0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    groups = np.array([1, 1, 2, 2, 3, 3, 3, 4, 5, 5, 5, 5, 6, 6, 7, 8, 8])

    found = folds(make(y, group=groups), 3, "polygon", 0)

    tested = [split.test.tolist() for split in found]
    assert sorted(i for part in tested for i in part) == list(range(17))
    assert all(
        set(groups[part]).isdisjoint(groups[np.setdiff1d(range(17), part)]) for part in tested
    )
    assert all({y[i] for i in part} == {0, 1} for part in tested)
    assert max(len(part) for part in tested) <= 7


def test_e45_balanced_weights():
    """Published: scikit-learn, compute_class_weight."""
    assert class_weights([1, 1, 1, 1, 0, 0], 2).tolist() == [1.5, 0.75]


def test_e46_weights_by_the_effective_number():
    """Derived from the rule of Cui et al. 2019, scaled to a sum of 5 as the paper does."""
    weights = 1 / effective_number([2, 3, 1, 2, 2], beta=0.9999)

    assert weights / weights.sum() * 5 == pytest.approx(
        [0.8823633217, 0.5882716276, 1.7646384072, 0.8823633217, 0.8823633217], abs=1e-9
    )


@pytest.mark.parametrize(
    ("n", "beta", "expected"),
    [
        (1, 0.9999, 1),
        (5000, 0, 1),
        (100, 0.99, 63.396765873),
        (5000, 0.999, 993.279),
        (5000, 0.9999, 3934.837),
    ],
)
def test_e47_effective_numbers(n, beta, expected):
    """Derived from Cui et al. 2019; the last was worked out to two digits."""
    assert effective_number(n, beta=beta) == pytest.approx(expected, abs=0.01)


def test_e51_smote_lies_on_the_line_between_neighbours():
    """Derived from Chawla et al. 2002: (1.5, 3) is a quarter of the way from (1, 2) to (3, 6)."""
    x = np.array([[1.0, 2], [3, 6], *np.arange(40).reshape(20, 2)])
    samples = make([1, 1] + [0] * 20, predictors=x)

    made = resample(samples, np.arange(22), BalancePlan(resample="smote")).synthetic

    way = (made[:, 0] - 1) / 2
    assert len(made) == 18
    assert ((way >= 0) & (way <= 1)).all()
    assert made[:, 1] == pytest.approx(2 + 4 * way, abs=1e-5)
