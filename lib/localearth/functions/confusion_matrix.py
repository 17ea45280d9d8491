"""Confusion matrices: `ConfusionMatrix`, `ConfusionMatrix.*`, `Collection.errorMatrix`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth import assumptions
from lib.localearth.errors import EarthError
from lib.localearth.fields import value_of
from lib.localearth.registry import implements
from lib.localearth.values import Array, Collection, ConfusionMatrix

Floats = NDArray[np.float64]


@implements("ConfusionMatrix")
def confusion_matrix(array: Any, order: Sequence[int] | None) -> ConfusionMatrix:
    """A matrix of counts; rows are actual, columns predicted."""
    counts = np.asarray(array.data if isinstance(array, Array) else array)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise EarthError(f"A confusion matrix must be square. Found shape {list(counts.shape)}.")
    values = range(len(counts)) if order is None else order
    return ConfusionMatrix(counts, tuple(int(value) for value in values))


@implements("Collection.errorMatrix")
def error_matrix(
    collection: Collection, actual: str, predicted: str, order: Sequence[int] | None
) -> ConfusionMatrix:
    """Count pairs of two properties; without an order from 0 to the greatest value."""
    pairs = [(value_of(each, actual), value_of(each, predicted)) for each in collection.elements]
    complete = [(int(a), int(p)) for a, p in pairs if a is not None and p is not None]
    values = list(order) if order is not None else list(range(_greatest(complete) + 1))
    places = {int(value): place for place, value in enumerate(values)}
    counts = np.zeros((len(values), len(values)), np.int64)
    for left, right in complete:
        if left in places and right in places:
            counts[places[left], places[right]] += 1
    return ConfusionMatrix(counts, tuple(places))


def _greatest(pairs: Sequence[tuple[int, int]]) -> int:
    return max((max(pair) for pair in pairs), default=-1)


@implements("ConfusionMatrix.accuracy")
def accuracy(confusion_matrix: ConfusionMatrix) -> float:
    """The share on the diagonal."""
    total = confusion_matrix.counts.sum()
    return float(np.trace(confusion_matrix.counts) / total) if total else 0.0


@implements("ConfusionMatrix.array")
def array(confusion_matrix: ConfusionMatrix) -> Array:
    """The counts."""
    return Array.of(confusion_matrix.counts)


@implements("ConfusionMatrix.order")
def order(confusion_matrix: ConfusionMatrix) -> list[int]:
    """The class value of each row and column."""
    return list(confusion_matrix.order)


@implements("ConfusionMatrix.kappa")
def kappa(confusion_matrix: ConfusionMatrix) -> float:
    """Agreement beyond chance."""
    counts = confusion_matrix.counts.astype(np.float64)
    total = counts.sum()
    if not total:
        return 0.0
    expected = float((counts.sum(axis=0) * counts.sum(axis=1)).sum() / total**2)
    observed = float(np.trace(counts) / total)
    return (observed - expected) / (1 - expected) if expected != 1 else 0.0


@implements("ConfusionMatrix.producersAccuracy")
def producers_accuracy(confusion_matrix: ConfusionMatrix) -> Array:
    """By row, the share that was found, as a column."""
    return Array.of(_shares(confusion_matrix, axis=1)[:, None])


@implements("ConfusionMatrix.consumersAccuracy")
def consumers_accuracy(confusion_matrix: ConfusionMatrix) -> Array:
    """By column, the share that is right, as a row."""
    return Array.of(_shares(confusion_matrix, axis=0)[None])


@implements("ConfusionMatrix.fscore")
def f_score(confusion_matrix: ConfusionMatrix, beta: float) -> Array:
    """By class, the weighted harmonic mean of both accuracies."""
    recall, precision = _shares(confusion_matrix, axis=1), _shares(confusion_matrix, axis=0)
    square = beta**2
    return Array.of(_divided((1 + square) * precision * recall, square * precision + recall))


def _shares(matrix: ConfusionMatrix, *, axis: int) -> Floats:
    return _divided(np.diagonal(matrix.counts).astype(np.float64), matrix.counts.sum(axis=axis))


def _divided(above: Floats, below: Floats) -> Floats:
    missing = np.full(above.shape, assumptions.ZERO_OVER_ZERO_ACCURACY)
    shares: Floats = np.divide(above, below, out=missing, where=below != 0)
    return shares
