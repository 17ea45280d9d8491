"""Forests, trees and neighbours, with scikit-learn inside."""

# ruff: noqa: ARG002 - all sources are read alike

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lib.localearth.assumptions import choice
from lib.localearth.classifiers.base import Algorithm, Matrix, Model, whole_labels
from lib.localearth.errors import EarthError

FOREST_MODES = (
    "CLASSIFICATION", "REGRESSION", "PROBABILITY", "MULTIPROBABILITY", "RAW", "RAW_REGRESSION",
)  # fmt: skip


@dataclass(frozen=True)
class Learned(Model):
    """A model of scikit-learn's."""

    estimator: Any
    classes: tuple[int, ...] = ()

    def predict(self, inputs: Matrix, mode: str) -> Matrix:
        """Ask the estimator in the way that the mode wants."""
        if mode in ("REGRESSION", "RAW_REGRESSION"):
            return self._regress(inputs, mode)
        if mode == "RAW":
            return self._votes(inputs)
        if mode == "CLASSIFICATION" and not hasattr(self.estimator, "estimators_"):
            return np.asarray(self.estimator.predict(inputs))
        shares = np.asarray(self.estimator.predict_proba(inputs))
        if mode == "MULTIPROBABILITY":
            return shares
        if mode == "PROBABILITY":
            return _probability(shares)
        return np.asarray(np.asarray(self.classes)[shares.argmax(axis=1)])

    def _regress(self, inputs: Matrix, mode: str) -> Matrix:
        if mode == "RAW_REGRESSION":
            return np.stack([tree.predict(inputs) for tree in self.estimator.estimators_], axis=1)
        return np.asarray(self.estimator.predict(inputs))

    def _votes(self, inputs: Matrix) -> Matrix:
        votes = [tree.predict(inputs).astype(int) for tree in self.estimator.estimators_]
        return np.asarray(np.asarray(self.classes)[np.stack(votes, axis=1)])

    def explain(self, names: Sequence[str]) -> dict[str, Any]:
        """Classes, importance of each property, and the number of trees."""
        found: dict[str, Any] = {"classes": list(self.classes)}
        if hasattr(self.estimator, "feature_importances_"):
            importance = self.estimator.feature_importances_.tolist()
            found["importance"] = dict(zip(names, importance, strict=True))
        if hasattr(self.estimator, "estimators_"):
            found["numberOfTrees"] = len(self.estimator.estimators_)
        return found


def _probability(shares: Matrix) -> Matrix:
    if shares.shape[1] == 2 and choice("forest_binary_probability") == "last":
        return shares[:, 1]
    return np.asarray(shares.max(axis=1))


@dataclass(frozen=True)
class Forest(Algorithm):
    """Trees on parts of the data that vote."""

    trees: int
    variables: int | None
    min_leaf: int
    bag: float
    max_nodes: int | None
    seed: int
    name = "Classifier.smileRandomForest"
    modes = FOREST_MODES

    def fit(self, inputs: Matrix, labels: Matrix, mode: str) -> Model:
        """Grow the forest."""
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor  # slow import

        tried = self.variables or max(1, math.isqrt(inputs.shape[1]))
        options = {
            "n_estimators": self.trees,
            "max_features": min(tried, inputs.shape[1]),
            "min_samples_leaf": self.min_leaf,
            "max_samples": min(self.bag, 1.0),
            "max_leaf_nodes": self.max_nodes,
            "random_state": self.seed % 2**32,
        }
        if mode in ("REGRESSION", "RAW_REGRESSION"):
            return Learned(RandomForestRegressor(**options).fit(inputs, labels))
        return _classes(RandomForestClassifier(**options), inputs, labels)


@dataclass(frozen=True)
class Cart(Algorithm):
    """One tree."""

    max_nodes: int | None
    min_leaf: int
    name = "Classifier.smileCart"
    modes = ("CLASSIFICATION", "REGRESSION", "PROBABILITY", "MULTIPROBABILITY")

    def fit(self, inputs: Matrix, labels: Matrix, mode: str) -> Model:
        """Grow the tree."""
        from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor  # slow import

        options = {
            "max_leaf_nodes": self.max_nodes,
            "min_samples_leaf": self.min_leaf,
            "random_state": 0,
        }
        if mode == "REGRESSION":
            return Learned(DecisionTreeRegressor(**options).fit(inputs, labels))
        return _classes(DecisionTreeClassifier(**options), inputs, labels)


@dataclass(frozen=True)
class Nearest(Algorithm):
    """The most frequent class of the nearest samples."""

    k: int
    metric: str
    name = "Classifier.smileKNN"
    modes = ("CLASSIFICATION", "PROBABILITY")

    def fit(self, inputs: Matrix, labels: Matrix, mode: str) -> Model:
        """Keep the samples."""
        from sklearn.neighbors import KNeighborsClassifier  # slow import

        metrics = {
            "EUCLIDEAN": "euclidean",
            "MANHATTAN": "manhattan",
            "COSINE_SIMILARITY": "cosine",
        }
        metric = metrics.get(self.metric.upper())
        if metric is None:
            raise EarthError(f"Local Earth's smileKNN does not know the metric '{self.metric}'.")
        return _classes(
            KNeighborsClassifier(min(self.k, len(inputs)), metric=metric), inputs, labels
        )


def _classes(estimator: Any, inputs: Matrix, labels: Matrix) -> Learned:
    fitted = estimator.fit(inputs, whole_labels(labels))
    return Learned(fitted, tuple(int(value) for value in fitted.classes_))
