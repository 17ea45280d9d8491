"""Worked examples E52 to E63: label errors, separability, calibration, importance.

"Published" numbers were read in the test-suites and documentation named, "derived" ones follow
from the formula, "recalled" ones were checked for their arithmetic only.
"""

import numpy as np
import pytest
from cleanlab import count
from sklearn.linear_model import LogisticRegression

from lib.core.calibration import calibration, fit_temperature, top_label
from lib.core.divergence import divergence, transformed_divergence
from lib.core.importance import permutation_importance
from lib.core.legend import Legend
from lib.core.quality import suspicious
from lib.core.separability import bhattacharyya, jeffries_matusita
from tests.core.sample_sets import make

# cleanlab, tests/test_filter_count.py (E52).
GIVEN = [0, 0, 0, 0, 1, 2, 2, 2]
SAID = np.array(
    [
        [0.9, 0.1, 0.0],
        [0.8, 0.1, 0.1],
        [0.1, 0.0, 0.9],
        [0.9, 0.0, 0.1],
        [0.1, 0.3, 0.6],
        [0.1, 0.0, 0.9],
        [0.1, 0.0, 0.9],
        [0.1, 0.0, 0.9],
    ]
)
# R function separability.measures, stats.stackexchange 78849 (E58).
ONE_BAND = np.array([1362.0, 1411, 1457, 1735, 1621, 1621, 1791, 1863, 1863, 1838])
OTHER_BAND = np.where(np.arange(10) == 3, 10_030, ONE_BAND)


def test_e52_the_confident_joint_finds_the_wrong_label():
    """Published; the joint itself is computed by cleanlab, on which `suspicious` rests."""
    found = suspicious(make(GIVEN), SAID, least=1)

    assert found.thresholds == pytest.approx([0.675, 0.3, 0.9], abs=1e-9)
    assert found.indices.tolist() == [2]
    assert found.suggested.tolist() == [2]
    joint = count.compute_confident_joint(np.array(GIVEN), SAID)
    assert joint.tolist() == [[3, 0, 1], [0, 1, 0], [0, 0, 3]]


def test_e53_classes_without_labels_do_not_matter():
    """Published: cleanlab, test_missing_classes; only the fourth label is wrong."""
    p = [[0.9, 0, 0.1, 0], [0.8, 0, 0.2, 0], [0.1, 0, 0.9, 0], [0.95, 0, 0.05, 0]]
    samples = make([0, 0, 2, 2], legend=Legend.from_values(range(4)))

    assert suspicious(samples, p, least=1).indices.tolist() == [3]


def test_e54_labels_that_are_not_the_most_probable_class():
    """Published: cleanlab, test_predicted_neq_given_filter; a filter that Loam does not use."""
    p = [[0.9, 0.1, 0], [0.6, 0.2, 0.2], [0.3, 0.3, 0.4], [0.1, 0.1, 0.8], [0.4, 0.5, 0.1]]

    assert top_label(p, [0, 0, 1, 1, 2])[1].tolist() == [True, True, False, False, False]


def test_e55_shares_of_the_confident_joint():
    """Recalled: Northcutt et al. 2021, figure 1; computed by cleanlab."""
    counts = np.array([[100, 40, 20], [56, 60, 0], [32, 12, 80]])
    labels = np.repeat([0, 1, 2], counts.sum(axis=1))

    joint = count.estimate_joint(labels, np.full((400, 3), 1 / 3), confident_joint=counts)

    assert joint.ravel() == pytest.approx(
        [0.25, 0.1, 0.05, 0.14, 0.15, 0, 0.08, 0.03, 0.2], abs=1e-12
    )


@pytest.mark.parametrize(
    ("one", "other", "distance", "jm"),
    [([0, 0], [0, 0.1], 0.00125, 0.002498438), ([0, 0.1], [10, 10], 24.75125, 2.0)],
)
def test_e56_equal_covariances(one, other, distance, jm):
    """Derived, with the inputs of the R function fpc::bhattacharyya.matrix."""
    found = bhattacharyya(one, np.eye(2), other, np.eye(2))

    assert found == pytest.approx(distance, abs=1e-8)
    assert jeffries_matusita(found) == pytest.approx(jm, abs=1e-8)


def test_e57_the_closed_hellinger_form_gives_the_same():
    """Two formulas that agree, with the inputs of the R function dad::hellingerpar."""
    gaussians = ([1, 1], [[4, 1], [1, 9]], [0, 1], np.eye(2))
    found = bhattacharyya(*gaussians)

    assert found == pytest.approx(0.4149463612862799, abs=1e-12)
    assert jeffries_matusita(found) == pytest.approx(0.6792485970835782, abs=1e-12)
    assert jeffries_matusita(found) ** 0.5 == pytest.approx(0.824165394252621, abs=1e-12)
    assert divergence(*gaussians) == pytest.approx(5.314285714285713, abs=1e-12)
    assert transformed_divergence(divergence(*gaussians)) == pytest.approx(0.970718, abs=5e-7)


def test_e58_one_outlier_drives_the_divergence_to_its_end():
    """Derived by scalar formulas; the divergence saturates, the Jeffries-Matusita does not."""
    gaussians = [
        moment
        for band in (ONE_BAND, OTHER_BAND)
        for moment in ([band.mean()], [[band.var(ddof=1)]])
    ]

    assert bhattacharyya(*gaussians) == pytest.approx(0.9940818170340232, abs=1e-9)
    assert jeffries_matusita(bhattacharyya(*gaussians)) == pytest.approx(1.2598738516, abs=1e-9)
    assert divergence(*gaussians) == pytest.approx(104.17207173662602, abs=1e-9)
    assert transformed_divergence(divergence(*gaussians)) == pytest.approx(1.9999955755, abs=1e-9)


def test_e59_calibration_error_of_two_classes():
    """Published: torchmetrics, BinaryCalibrationError (confidence is that of class 1)."""
    found = calibration([0.25, 0.25, 0.55, 0.75, 0.75], [0, 0, 1, 1, 1], bins=2)

    errors = (found.expected_error, found.root_mean_square_error, found.largest_error)
    assert errors == pytest.approx((0.29, 0.2918, 0.3167), abs=5e-5)


def test_e60_calibration_error_of_the_top_label():
    """Published: torchmetrics, MulticlassCalibrationError."""
    p = [[0.25, 0.2, 0.55], [0.55, 0.05, 0.4], [0.1, 0.3, 0.6], [0.9, 0.05, 0.05]]
    found = calibration(*top_label(p, [0, 1, 2, 0]), bins=3)

    errors = (found.expected_error, found.root_mean_square_error, found.largest_error)
    assert errors == pytest.approx((0.2, 0.2082, 0.2333), abs=5e-5)


def test_e61_points_of_a_reliability_diagram():
    """Published: scikit-learn, test_calibration_curve."""
    bins = calibration([0, 0.1, 0.2, 0.8, 0.9, 1.0], [0, 0, 0, 1, 1, 1], bins=2).bins

    assert [row.accuracy for row in bins] == [0, 1]
    assert [row.confidence for row in bins] == pytest.approx([0.1, 0.9], abs=1e-12)


def test_e62_temperature_makes_confidence_the_accuracy():
    """Derived: sums 2 and 0, of ten 7 right, so T = 2 / ln(7 / 3)."""
    p = np.exp([2.0, 0.0]) / np.exp([2.0, 0.0]).sum()

    found = fit_temperature(np.tile(p, (10, 1)), [0] * 7 + [1] * 3)

    assert found.value == pytest.approx(2.360445002287657, abs=1e-5)
    assert found.loss_after < found.loss_before


def test_e63_permutation_importance():
    """Published: scikit-learn, permutation_importance, .4666 ± .2211 from ten permutations.

    The permutations are its own. Expected over all are .5 ± √.05 (hypergeometric), which ours
    approach; the printed mean is half a standard error of ten below.
    """
    x = np.array([[1, 9, 9]] * 3 + [[0, 9, 9]] * 3, dtype=float)
    y = np.array([1, 1, 1, 0, 0, 0])
    model = LogisticRegression().fit(x, y)

    def accuracy(rows):
        sums = rows @ model.coef_[0] + model.intercept_[0]
        return float(((sums > 0) == y).mean())

    found = permutation_importance(x, accuracy, ("a", "b", "c"), repeats=2000)

    assert (found[0].mean, found[0].standard_deviation) == pytest.approx(
        (0.5, 0.05**0.5), abs=0.015
    )
    assert abs(0.4666 - found[0].mean) < found[0].standard_deviation / 10**0.5
    assert [(row.mean, row.standard_deviation) for row in found[1:]] == [(0, 0), (0, 0)]
