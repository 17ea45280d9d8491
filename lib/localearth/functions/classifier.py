"""Constructors, training and use of classifiers: `Classifier.*` and `classify`."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lib.localearth.classifiers.base import CLASSIFICATION, Algorithm, Classifier, Matrix, Model
from lib.localearth.classifiers.distance import MinimumDistance
from lib.localearth.classifiers.learners import FOREST_MODES, Cart, Forest, Nearest
from lib.localearth.classifiers.tree_text import TreeModel, parse_tree
from lib.localearth.errors import EarthError
from lib.localearth.functions.image_bands import one_band
from lib.localearth.raster.elementwise import place
from lib.localearth.raster.hashing import combine, uniform
from lib.localearth.raster.image import Image, Plane, intersect
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.sources import Whole, band_like
from lib.localearth.registry import implements
from lib.localearth.values import Array, Collection, ConfusionMatrix, Feature

INTEGER = PixelType("int", -(2**31), 2**31 - 1)
CACHED_MODELS = 8
_models: OrderedDict[str, Model] = OrderedDict()


def _new(algorithm: Algorithm, **options: Any) -> Classifier:
    return Classifier(algorithm.name, algorithm, options, modes=algorithm.modes)


@implements("Classifier.smileRandomForest")
def random_forest(
    number_of_trees: int,
    variables_per_split: int | None,
    min_leaf_population: int,
    bag_fraction: float,
    max_nodes: int | None,
    seed: int,
) -> Classifier:
    """A random forest."""
    if not 0 < bag_fraction <= 1:
        raise EarthError(f"The bagFraction must be within (0, 1]. Got {bag_fraction}.")
    forest = Forest(
        int(number_of_trees),
        variables_per_split,
        int(min_leaf_population),
        bag_fraction,
        max_nodes,
        seed,
    )
    return _new(forest, numberOfTrees=number_of_trees, seed=seed)


@implements("Classifier.smileCart")
def cart(max_nodes: int | None, min_leaf_population: int) -> Classifier:
    """A decision tree."""
    return _new(Cart(max_nodes, int(min_leaf_population)), minLeafPopulation=min_leaf_population)


@implements("Classifier.smileKNN")
def nearest_neighbours(k: int, search_method: str, metric: str) -> Classifier:
    """The k nearest samples."""
    return _new(Nearest(int(k), metric), k=k, metric=metric)


@implements("Classifier.minimumDistance")
def minimum_distance(metric: str, k_nearest: int) -> Classifier:
    """The nearest class mean."""
    return _new(MinimumDistance(metric, int(k_nearest)), metric=metric)


@implements("Classifier.decisionTree")
def decision_tree(tree_string: str) -> Classifier:
    """A tree written as text."""
    return _of_text("Classifier.decisionTree", [tree_string])


@implements("Classifier.decisionTreeEnsemble")
def decision_tree_ensemble(tree_strings: Sequence[str]) -> Classifier:
    """Trees written as text, which vote."""
    return _of_text("Classifier.decisionTreeEnsemble", tree_strings)


def _of_text(name: str, texts: Sequence[str]) -> Classifier:
    trees = tuple(parse_tree(text) for text in texts)
    if not trees:
        raise EarthError("At least one tree is needed.")
    names = tuple(dict.fromkeys(name for tree in trees for name in tree.variables()))
    model = TreeModel(trees, names)
    options = {"numberOfTrees": len(trees)}
    return Classifier(name, None, options, modes=FOREST_MODES, schema=names, model=model)


@implements("Classifier.setOutputMode")
def set_output_mode(classifier: Classifier, mode: str) -> Classifier:
    """Choose what results are."""
    if mode not in classifier.modes:
        raise EarthError(
            f"Output mode '{mode}' is not supported by {classifier.name}. "
            f"It supports {', '.join(classifier.modes)}."
        )
    changed = replace(classifier, mode=mode)
    if classifier.training is None or classifier.algorithm is None:
        return changed
    return replace(changed, model=_fitted(classifier.algorithm, *classifier.training, mode))


@implements("Classifier.train")
def train(
    classifier: Classifier,
    features: Collection,
    class_property: str,
    input_properties: Sequence[str] | None,
    subsampling: float,
    subsampling_seed: int,
) -> Classifier:
    """Train on the features that have all properties."""
    if classifier.algorithm is None:
        raise EarthError(f"The classifier {classifier.name} cannot be trained.")
    names = input_properties
    if names is None:
        names = [n for n in features.properties.get("band_order", ()) if n != class_property]
        if not names:
            raise EarthError("Input properties are needed: the collection has no 'band_order'.")
    inputs, labels = _table(features, list(names), class_property)
    if subsampling < 1:
        words = combine(int(subsampling_seed), np.arange(len(inputs)))
        kept = uniform(words) < subsampling
        inputs, labels = inputs[kept], labels[kept]
    if not len(inputs):
        raise EarthError("No valid training data were found.")
    model = _fitted(classifier.algorithm, inputs, labels, classifier.mode)
    return replace(classifier, schema=tuple(names), model=model, training=(inputs, labels))


def _table(features: Collection, names: list[str], label: str) -> tuple[Matrix, Matrix]:
    """Inputs `(n, names)` and labels `(n,)` of the features without nulls.

    Raises:
        EarthError: A feature has no class, or a property that is not a number.
    """
    rows, labels = [], []
    for element in features.elements:
        properties = element.properties
        row = [properties.get(name) for name in names]
        value = properties.get(label)
        if value is None:
            raise EarthError(f"Property '{label}' of feature '{_index(element)}' is missing.")
        if all(number is not None for number in row):
            rows.append(row)
            labels.append(value)
    try:
        return np.array(rows, np.float64).reshape(-1, len(names)), np.array(labels, np.float64)
    except (TypeError, ValueError):
        raise EarthError("All training properties must be numbers.") from None


def _index(element: Any) -> Any:
    return element.properties.get("system:index")


def _fitted(algorithm: Algorithm, inputs: Matrix, labels: Matrix, mode: str) -> Model:
    """Train, or take the model that was trained on the same data before."""
    kind = "regression" if "REGRESSION" in mode else "classification"
    digest = hashlib.sha256(repr((algorithm, inputs.shape, kind)).encode())
    digest.update(np.ascontiguousarray(inputs).tobytes())
    digest.update(np.ascontiguousarray(labels).tobytes())
    key = digest.hexdigest()
    if key not in _models:
        _models[key] = algorithm.fit(inputs, labels, mode)
        while len(_models) > CACHED_MODELS:
            _models.popitem(last=False)
    return _models[key]


@implements("Image.classify")
def classify(image: Image, classifier: Classifier, output_name: str) -> Image:
    """Classify each pixel; masked where any input is."""
    model = classifier.trained()
    inputs = image.with_bands([one_band(image, name) for name in classifier.schema])
    kind = _result_type(classifier)

    def compute(planes: list[Plane], indices: tuple[int, ...]) -> list[Plane]:
        mask = intersect(*(plane.mask for plane in planes))
        valid = Plane(planes[0].data, mask).valid
        table = np.stack([plane.data[valid] for plane in planes], axis=1)
        return [_spread(model, table, classifier.mode, (valid, mask), kind)]

    base = place(*inputs.bands)
    return image.with_bands([band_like(base, output_name, kind, Whole(inputs, compute), 0)])


def _spread(
    model: Model, table: Matrix, mode: str, where: tuple[Matrix, Any], kind: PixelType
) -> Plane:
    valid, mask = where
    if not len(table):
        return Plane(
            np.zeros(valid.shape + (1,) * kind.dimensions, kind.dtype), np.zeros(valid.shape, bool)
        )
    found = np.asarray(model.predict(table, mode))
    data = np.zeros(valid.shape + found.shape[1:], kind.dtype)
    data[valid] = found
    return Plane(data, mask)


def _result_type(classifier: Classifier) -> PixelType:
    several = classifier.gives_arrays or int(getattr(classifier.model, "nearest", 1)) > 1
    if classifier.mode == CLASSIFICATION:
        return replace(INTEGER, dimensions=int(several))
    return PixelType("float", dimensions=int(several))


@implements("FeatureCollection.classify")
def classify_features(features: Collection, classifier: Classifier, output_name: str) -> Collection:
    """Classify each feature by its properties; those that miss one get no class."""
    model = classifier.trained()

    def one(feature: Feature) -> Feature:
        row = [feature.properties.get(name) for name in classifier.schema]
        if any(value is None for value in row):
            return feature
        found = np.asarray(model.predict(np.array([row], np.float64), classifier.mode))[0]
        value: Any = Array.of(found) if found.ndim else found.item()
        if classifier.mode == CLASSIFICATION and not found.ndim:
            value = int(value)
        return replace(feature, properties={**feature.properties, output_name: value})

    return Collection(
        lambda: [one(f) for f in features.elements if isinstance(f, Feature)],
        of_images=False,
        properties=features.properties,
    )


@implements("Classifier.mode")
def mode(classifier: Classifier) -> str:
    """The output mode."""
    return classifier.mode


@implements("Classifier.schema")
def schema(classifier: Classifier) -> list[str] | None:
    """Names of the inputs; null before there is training data."""
    return list(classifier.schema) or None


@implements("Classifier.explain")
def explain(classifier: Classifier) -> dict[str, Any]:
    """What there is to tell about a trained classifier."""
    return classifier.trained().explain(classifier.schema)


@implements("Classifier.confusionMatrix")
def confusion_matrix(classifier: Classifier) -> ConfusionMatrix:
    """The confusion matrix of the training data: rows actual, columns predicted."""
    if classifier.training is None:
        raise EarthError("The classifier has not been trained.")
    inputs, labels = classifier.training
    predicted = np.asarray(classifier.trained().predict(inputs, CLASSIFICATION)).astype(np.int64)
    actual = labels.astype(np.int64)
    size = int(max(actual.max(), predicted.max())) + 1
    counts = np.bincount(actual * size + predicted, minlength=size * size).reshape(size, size)
    return ConfusionMatrix(counts, tuple(range(size)))
