"""The nearest class mean."""

# ruff: noqa: ARG002 - all sources are read alike

from dataclasses import dataclass

import numpy as np

from lib.localearth.classifiers.base import Algorithm, Matrix, Model, whole_labels
from lib.localearth.errors import EarthError

METRICS = ("euclidean", "cosine", "mahalanobis", "manhattan")


@dataclass(frozen=True, eq=False)
class ClassMeans(Model):
    """Means of the classes, `(classes, properties)`, and the inverse covariance of each."""

    means: Matrix
    inverses: Matrix
    metric: str
    nearest: int
    classes: tuple[int, ...] = ()

    def predict(self, inputs: Matrix, mode: str) -> Matrix:
        """The nearest class, its distance, or all distances."""
        distances = self._distances(np.asarray(inputs, np.float64))
        if mode == "RAW":
            return distances
        count = min(self.nearest, len(self.classes))
        order = np.argsort(distances, axis=1, kind="stable")[:, :count]
        if mode == "REGRESSION":
            found = np.take_along_axis(distances, order, axis=1)
        else:
            found = np.asarray(self.classes)[order]
        return found if self.nearest > 1 else found[:, 0]

    def _distances(self, inputs: Matrix) -> Matrix:
        away = inputs[:, None, :] - self.means[None]
        if self.metric == "manhattan":
            return np.asarray(np.abs(away).sum(axis=2))
        if self.metric == "mahalanobis":
            return np.asarray(np.sqrt(np.einsum("nci,cij,ncj->nc", away, self.inverses, away)))
        if self.metric == "cosine":
            lengths = np.linalg.norm(inputs, axis=1)[:, None] * np.linalg.norm(self.means, axis=1)
            return np.asarray(
                np.arccos(np.clip(inputs @ self.means.T / np.maximum(lengths, 1e-30), -1, 1))
            )
        return np.asarray(np.sqrt((away**2).sum(axis=2)))


@dataclass(frozen=True)
class MinimumDistance(Algorithm):
    """Distance to class means."""

    metric: str
    nearest: int
    name = "Classifier.minimumDistance"
    modes = ("CLASSIFICATION", "REGRESSION", "RAW")

    def fit(self, inputs: Matrix, labels: Matrix, mode: str) -> Model:
        """Take means, and covariances where the metric needs them."""
        if self.metric not in METRICS:
            raise EarthError(f"Unknown metric '{self.metric}'. Use one of {', '.join(METRICS)}.")
        labels = whole_labels(labels)
        classes = np.unique(labels)
        groups = [np.asarray(inputs[labels == value], np.float64) for value in classes]
        means = np.stack([group.mean(axis=0) for group in groups])
        inverses = np.stack([self._inverse(group) for group in groups])
        return ClassMeans(means, inverses, self.metric, self.nearest, tuple(classes.tolist()))

    def _inverse(self, group: Matrix) -> Matrix:
        size = group.shape[1]
        if self.metric != "mahalanobis" or len(group) < 2:
            return np.eye(size)
        return np.linalg.pinv(np.cov(group, rowvar=False).reshape(size, size))
