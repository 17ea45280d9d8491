"""Classifiers (semantics 9): modes, training tables, trees of text. Reference: scikit-learn."""

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from lib.localearth.classifiers.tree_text import parse_tree
from lib.localearth.errors import EarthError
from lib.localearth.values import Collection, Feature

TREE = """1) root 100 9999 9999 (0.5)
2) ndvi <= 0.25 60 0.1 1 *
3) ndvi > 0.25 40 0.2 0
6) nir <= 1200 30 0.1 2 *
7) nir > 1200 10 0.1 3 *"""


def _features(count: int = 200) -> tuple[Collection, Any, Any]:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(count, 2))
    labels = (table[:, 0] + table[:, 1] > 0).astype(int) + (table[:, 0] > 1)
    features = [
        Feature(None, {"a": float(x), "b": float(y), "class": int(label)})
        for (x, y), label in zip(table, labels, strict=True)
    ]
    collection = Collection.of(features, of_images=False, properties={"band_order": ["a", "b"]})
    return collection, table, labels


def _trained(lab: Any, name: str, *arguments: Any, mode: str = "CLASSIFICATION") -> Any:
    classifier = lab.call(f"Classifier.{name}", *arguments)
    classifier = lab.call("Classifier.setOutputMode", classifier, mode)
    return lab.call("Classifier.train", classifier, _features()[0], "class")


def _image(lab: Any) -> tuple[Any, Any]:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(2, 6, 7))
    return lab.image(values[1], values[0], names=["b", "a"]), values


def test_forest_when_applied_takes_bands_by_name_and_equals_scikit_learn(lab: Any) -> None:
    image, values = _image(lab)

    classified = lab.call("Image.classify", image, _trained(lab, "smileRandomForest", 20))

    _, table, labels = _features()
    forest = RandomForestClassifier(20, max_features=1, max_samples=0.5, random_state=0)
    expected = forest.fit(table, labels).predict(values.reshape(2, -1).T).reshape(6, 7)
    assert classified.names == ("classification",)
    np.testing.assert_array_equal(lab.planes(classified)["classification"].data, expected)
    assert classified.bands[0].type.dtype == np.int32


def test_forest_when_in_multiprobability_mode_gives_arrays_that_sum_to_one(lab: Any) -> None:
    image, _ = _image(lab)
    classifier = _trained(lab, "smileRandomForest", 10, mode="MULTIPROBABILITY")

    plane = lab.planes(lab.call("Image.classify", image, classifier, "p"))["p"]

    assert plane.data.shape == (6, 7, 3)
    np.testing.assert_allclose(plane.data.sum(axis=2), 1, atol=1e-6)


def test_classify_when_an_input_is_masked_is_masked(lab: Any) -> None:
    image = lab.image(
        [[0.0, 1.0]], [[0.0, 1.0]], names=["a", "b"], masks=[np.array([True, False]), None]
    )

    found = lab.row(lab.call("Image.classify", image, _trained(lab, "smileCart")))

    assert found[1] is None


def test_nearest_neighbour_when_asked_at_a_sample_gives_its_class(lab: Any) -> None:
    features, table, labels = _features()
    classifier = _trained(lab, "smileKNN", 1)

    found = lab.call("FeatureCollection.classify", features, classifier)

    assert [f.properties["classification"] for f in found.elements] == labels.tolist()
    assert table.shape == (200, 2)


@pytest.mark.parametrize(
    ("metric", "expected"), [("euclidean", 1), ("manhattan", 0), ("cosine", 1)]
)
def test_minimum_distance_when_metrics_differ_picks_the_nearest_mean(
    lab: Any, metric: str, expected: int
) -> None:
    """Means (0, 0.1 away from 0) and (3, 3): the point (3, 0.5) is 2.5 or 3.04 euclidean."""
    rows = [(0.0, 0.1, 0), (3.0, 3.0, 1)]
    if metric == "manhattan":
        rows = [(2.0, 0.1, 0), (3.0, 3.0, 1)]
    if metric == "cosine":
        rows = [(0.0, 0.1, 0), (30.0, 3.0, 1)]
    features = [Feature(None, {"a": a, "b": b, "c": c}) for a, b, c in rows]
    classifier = lab.call("Classifier.minimumDistance", metric)
    trained = lab.call(
        "Classifier.train", classifier, Collection.of(features, of_images=False), "c", ["a", "b"]
    )

    image = lab.image([[3.0]], [[0.5]], names=["a", "b"])

    assert lab.row(lab.call("Image.classify", image, trained)) == [expected]


def test_minimum_distance_when_raw_gives_all_distances(lab: Any) -> None:
    features = [Feature(None, {"a": a, "c": c}) for a, c in ((0.0, 0), (10.0, 1))]
    classifier = lab.call("Classifier.setOutputMode", lab.call("Classifier.minimumDistance"), "RAW")
    trained = lab.call(
        "Classifier.train", classifier, Collection.of(features, of_images=False), "c", ["a"]
    )

    found = lab.row(lab.call("Image.classify", lab.image([[4.0]], names=["a"]), trained))

    assert found == [[4.0, 6.0]]


def test_mode_when_the_algorithm_cannot_give_it_is_refused(lab: Any) -> None:
    knn = lab.call("Classifier.smileKNN")

    with pytest.raises(EarthError, match=r"'REGRESSION' is not supported by Classifier.smileKNN"):
        lab.call("Classifier.setOutputMode", knn, "REGRESSION")


def test_classify_when_not_trained_is_refused(lab: Any) -> None:
    with pytest.raises(EarthError, match="has not been trained"):
        lab.call("Image.classify", lab.image([[1]]), lab.call("Classifier.smileCart"))


def test_training_matrix_when_asked_has_actual_classes_as_rows(lab: Any) -> None:
    matrix = lab.call("Classifier.confusionMatrix", _trained(lab, "smileCart"))

    _, _, labels = _features()
    assert matrix.counts.sum(axis=1).tolist() == np.bincount(labels).tolist()
    assert np.trace(matrix.counts) == len(labels)  # a full-grown tree knows its samples


def test_tree_of_text_when_applied_follows_its_splits(lab: Any) -> None:
    image = lab.image([[0.1, 0.3, 0.3]], [[0.0, 1200.0, 1201.0]], names=["ndvi", "nir"])

    found = lab.call("Image.classify", image, lab.call("Classifier.decisionTree", TREE))

    assert lab.row(found) == [1, 2, 3]


def test_trees_of_text_when_several_vote(lab: Any) -> None:
    other = TREE.replace("0.1 1 *", "0.1 3 *")
    image = lab.image([[0.1]], [[0.0]], names=["ndvi", "nir"])

    ensemble = lab.call("Classifier.decisionTreeEnsemble", [TREE, other, other])

    assert lab.row(lab.call("Image.classify", image, ensemble)) == [3]


def test_tree_when_nodes_are_out_of_order_names_line_and_expected_node() -> None:
    text = "1) root 9 9 9 (1)\n2) a <= 1 9 0 0\n4) a <= 0 1 0 1 *\n3) a > 1 1 0 2 *"

    with pytest.raises(EarthError, match=r"Error parsing line 4: expected 5, got 3\."):
        parse_tree(text)  # geemap#2297 shows the wording


def test_training_when_features_miss_inputs_leaves_them_out(lab: Any) -> None:
    features = [Feature(None, {"a": a, "c": c}) for a, c in ((0.0, 0), (None, 1), (1.0, 1))]
    classifier = lab.call(
        "Classifier.train", lab.call("Classifier.smileCart"),
        Collection.of(features, of_images=False), "c", ["a"],
    )  # fmt: skip

    assert classifier.training[1].tolist() == [0.0, 1.0]
