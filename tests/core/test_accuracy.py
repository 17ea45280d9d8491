"""Confusion matrices and measures, against printed examples."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score, jaccard_score, precision_score, recall_score

from lib.core.accuracy import Scores, confusion_matrix, score, score_matrix
from lib.core.errors import SampleError
from lib.core.intervals import wilson_interval
from lib.core.legend import Legend

# Congalton 1991, Remote Sensing of Environment 37:35, table 1: rows map, columns reference.
CONGALTON = np.array([[65, 4, 22, 24], [6, 81, 5, 8], [0, 11, 85, 19], [4, 7, 3, 90]])
NAMES = ("Deciduous", "Conifer", "Agriculture", "Shrub")
LEGEND = Legend.from_values(range(4), NAMES)


def column(scores, name):
    return [getattr(row, name) for row in scores.per_class]


@pytest.fixture
def congalton():
    return score_matrix(CONGALTON.T, NAMES)


def test_accuracies_are_those_printed_by_congalton(congalton):
    assert congalton.n == 434
    assert congalton.overall_accuracy == pytest.approx(321 / 434)
    assert column(congalton, "users_accuracy") == pytest.approx([0.57, 0.81, 0.74, 0.87], abs=5e-3)
    assert column(congalton, "producers_accuracy") == pytest.approx(
        [0.87, 0.79, 0.74, 0.64], abs=5e-3
    )


def test_a_transposed_matrix_swaps_users_and_producers_accuracy(congalton):
    turned = score_matrix(CONGALTON, NAMES)

    assert column(turned, "users_accuracy") == column(congalton, "producers_accuracy")
    assert column(turned, "producers_accuracy") == column(congalton, "users_accuracy")
    assert column(turned, "users_accuracy") != column(turned, "producers_accuracy")


def test_f1_iou_and_disagreement_of_the_same_matrix(congalton):
    """Derived from the formulas; F1 and IoU agree with scikit-learn."""
    assert column(congalton, "f1") == pytest.approx(
        [0.6842105263, 0.7980295567, 0.7391304348, 0.7346938776], abs=5e-11
    )
    assert column(congalton, "iou") == pytest.approx(
        [0.52, 0.6639344262, 0.5862068966, 0.5806451613], abs=5e-11
    )
    assert congalton.macro_f1 == pytest.approx(0.7390160988, abs=5e-11)
    assert congalton.quantity_disagreement == pytest.approx(40 / 434)
    assert congalton.allocation_disagreement == pytest.approx(73 / 434)


@pytest.mark.parametrize(
    ("matrix", "kappa", "tolerance"),
    [
        (CONGALTON.T, 92_500 / 141_542, 1e-12),
        # Artstein and Poesio 2008, tables 1 and 4, as asserted by scikit-learn.
        ([[20, 20], [10, 50]], 0.348, 5e-4),
        ([[46, 0, 0], [6, 32, 6], [0, 0, 10]], 0.8013, 5e-5),
        # The two ends that Foody 2020 (RSE 239:111630) gives for an accuracy of 95 %.
        ([[95, 2.5], [2.5, 0]], -0.026, 5e-4),
        ([[47.5, 2.5], [2.5, 47.5]], 0.900, 5e-4),
    ],
)
def test_kappa_is_the_published_one(matrix, kappa, tolerance):
    names = [f"Class {i}" for i in range(len(matrix))]

    assert score_matrix(matrix, names).kappa == pytest.approx(kappa, abs=tolerance)


@pytest.mark.parametrize(
    ("matrix", "quantity", "allocation", "kappa"),
    [
        # Pontius and Millones 2011: disagreement that is all quantity, and all allocation.
        ([[1, 14], [0, 1]], 14 / 16, 0, 0.01),
        ([[0, 1], [1, 14]], 0, 2 / 16, -0.07),
    ],
)
def test_disagreement_is_split_as_pontius_and_millones_do(matrix, quantity, allocation, kappa):
    scores = score_matrix(matrix, ["a", "b"])

    assert scores.quantity_disagreement == quantity
    assert scores.allocation_disagreement == allocation
    assert scores.kappa == pytest.approx(kappa, abs=5e-3)


def test_the_interval_of_a_class_is_that_of_its_producers_accuracy():
    """0 of 20 and 15 of 148: Newcombe 1998, table I, method 3."""
    scores = score_matrix([[0, 20], [133, 15]], ["a", "b"])

    assert scores.per_class[0].interval95 == pytest.approx((0, 0.1611), abs=5e-5)
    assert scores.per_class[1].interval95 == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert scores.interval_kind == "wilson"


def test_a_class_that_the_map_never_uses_has_no_users_accuracy():
    scores = score_matrix([[5, 0, 0], [5, 0, 0], [0, 0, 0]], ["a", "b", "c"])

    assert column(scores, "users_accuracy") == [0.5, None, None]
    assert column(scores, "producers_accuracy") == [1.0, 0.0, None]
    assert column(scores, "f1") == [pytest.approx(2 / 3), 0.0, None]
    assert column(scores, "iou") == [0.5, 0.0, None]
    assert scores.per_class[2].interval95 is None


def test_macro_f1_is_the_mean_of_the_classes_in_the_reference():
    """Class c is mapped but not in the reference: its F1 of 0 does not count."""
    scores = score_matrix([[5, 0, 1], [0, 4, 0], [0, 0, 0]], ["a", "b", "c"])

    assert scores.macro_f1 == pytest.approx((10 / 11 + 1) / 2)


def test_no_samples_have_no_figures():
    scores = score([], [], LEGEND)

    assert scores.n == 0
    assert scores.overall_accuracy is scores.macro_f1 is scores.kappa is None
    assert scores.interval95 is None
    assert scores.interval_kind == "none"


def test_one_class_only_has_no_kappa():
    assert score([1, 1], [1, 1], LEGEND).kappa is None


def test_a_matrix_counts_pairs_with_reference_in_rows():
    assert confusion_matrix([0, 0, 1], [0, 1, 1], 3).tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]


@pytest.mark.parametrize(
    ("reference", "predicted", "words"),
    [
        ([0, 1], [0], "2 reference labels and 1 mapped classes"),
        ([0, -1], [0, 0], "reference label has the index -1"),
        ([0, 0], [0, 4], "mapped class has the index 4"),
    ],
)
def test_pairs_that_cannot_be_counted_are_refused(reference, predicted, words):
    with pytest.raises(SampleError, match=words):
        confusion_matrix(reference, predicted, 4)


def test_scores_of_grouped_samples_rest_on_the_groups():
    rng = np.random.default_rng(0)
    reference = rng.integers(0, 4, 3000)
    groups = np.arange(3000) // 100
    wrong = rng.random(30)[groups] < 0.2  # whole groups are wrong
    predicted = np.where(wrong, (reference + 1) % 4, reference)

    grouped = score(reference, predicted, LEGEND, groups=groups)
    alone = score(reference, predicted, LEGEND)

    assert grouped.interval_kind == "block bootstrap"
    assert grouped.group_count == 30
    width = grouped.interval95[1] - grouped.interval95[0]
    assert width > 4 * (alone.interval95[1] - alone.interval95[0])
    assert grouped == score(reference, predicted, LEGEND, groups=groups)


def test_scores_of_few_groups_have_no_interval():
    scores = score([0, 1, 2, 3], [0, 1, 2, 3], LEGEND, groups=[1, 1, 2, 2])

    assert scores.interval95 is None
    assert scores.interval_kind == "none"
    assert scores.group_count == 2


def test_scores_survive_the_way_through_json(congalton):
    assert Scores.from_json(json.loads(json.dumps(congalton.to_json()))) == congalton
    empty = score([], [], LEGEND)
    assert Scores.from_json(json.loads(json.dumps(empty.to_json()))) == empty


pairs = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=200)


@given(pairs)
def test_the_marginals_of_a_matrix_are_the_counts_of_both_sides(samples):
    reference, predicted = np.array(samples).T

    matrix = confusion_matrix(reference, predicted, 4)

    assert matrix.sum(axis=1).tolist() == np.bincount(reference, minlength=4).tolist()
    assert matrix.sum(axis=0).tolist() == np.bincount(predicted, minlength=4).tolist()


@given(pairs, st.permutations(range(4)))
def test_permuted_classes_move_the_figures_with_their_labels(samples, order):
    reference, predicted = np.array(samples).T
    turned = np.array(order)
    plain = score(reference, predicted, LEGEND)

    moved = score(turned[reference], turned[predicted], LEGEND)

    assert moved.overall_accuracy == plain.overall_accuracy
    assert moved.macro_f1 == pytest.approx(plain.macro_f1)
    assert [moved.per_class[order[i]].f1 for i in range(4)] == column(plain, "f1")


@given(pairs)
def test_disagreement_is_what_accuracy_leaves(samples):
    reference, predicted = np.array(samples).T
    scores = score(reference, predicted, LEGEND)

    left = scores.quantity_disagreement + scores.allocation_disagreement
    assert left == pytest.approx(1 - scores.overall_accuracy)


def test_means_are_those_of_scikit_learn(congalton):
    """sklearn.metrics: precision, recall and jaccard scores, macro and weighted."""
    found = (
        congalton.macro_users_accuracy,
        congalton.macro_producers_accuracy,
        congalton.macro_iou,
        congalton.weighted_f1,
        congalton.weighted_users_accuracy,
        congalton.weighted_iou,
    )
    matrix = CONGALTON.T
    truth, said = np.repeat(np.indices((4, 4)).reshape(2, -1), matrix.ravel(), axis=1)
    expected = [
        *(call(truth, said, average="macro") for call in (precision_score, recall_score)),
        jaccard_score(truth, said, average="macro"),
        *(f(truth, said, average="weighted") for f in (f1_score, precision_score, jaccard_score)),
    ]

    assert found == pytest.approx(expected, abs=1e-12)


def test_each_measure_of_a_class_has_its_interval():
    """Wilson's of 15 in 148 and 81 in 263 (Newcombe 1998); 2 IoU / (1 + IoU) for F1."""
    users, iou = (
        score_matrix(m, ["a", "b"]).per_class[0]
        for m in ([[15, 0], [133, 5]], [[81, 82], [100, 0]])
    )

    assert users.users_interval95 == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert users.interval95 == pytest.approx(wilson_interval(15, 15).limits)
    assert iou.iou_interval95 == pytest.approx((0.2553, 0.3662), abs=5e-5)
    low, high = iou.iou_interval95
    assert iou.f1_interval95 == pytest.approx((2 * low / (1 + low), 2 * high / (1 + high)))
    assert low < iou.iou < high
    assert iou.f1_interval95[0] < iou.f1 < iou.f1_interval95[1]


def test_the_intervals_of_classes_rest_on_groups_where_there_are_some():
    """Groups that are right or wrong as a whole: some √100 = 10 times as wide, less 40 groups."""
    rng = np.random.default_rng(0)
    reference = rng.integers(0, 2, 4000)
    wrong = rng.random(40)[np.arange(4000) // 100] < 0.3
    predicted = np.where(wrong, 1 - reference, reference)
    legend = Legend.from_values(range(2))

    grouped, alone = (
        score(reference, predicted, legend, groups=ids) for ids in (np.arange(4000) // 100, None)
    )

    for name in ("interval95", "users_interval95", "f1_interval95", "iou_interval95"):
        widths = [
            np.subtract(*getattr(scores.per_class[0], name)[::-1]) for scores in (grouped, alone)
        ]
        assert 5 < widths[0] / widths[1] < 12


def test_scores_of_an_older_file_are_read_without_the_figures_that_it_lacks(congalton):
    data = congalton.to_json()
    for name in [
        key for key in data if key.startswith(("macro_", "weighted_")) and key != "macro_f1"
    ]:
        del data[name]
    for row in data["per_class"]:
        for name in ("users_interval95", "f1_interval95", "iou_interval95"):
            del row[name]

    old = Scores.from_json(json.loads(json.dumps(data)))

    assert old.macro_f1 == congalton.macro_f1
    assert old.weighted_f1 is old.per_class[0].iou_interval95 is None
    assert old.per_class[0].interval95 == congalton.per_class[0].interval95
