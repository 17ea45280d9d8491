"""What came of cross-validation: scores of each fold, their mean and spread; without TensorFlow."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from lib.core.accuracy import Scores

MEASURES = (
    "overall_accuracy",
    "macro_f1",
    "macro_users_accuracy",
    "macro_producers_accuracy",
    "macro_iou",
    "weighted_f1",
    "weighted_iou",
)
"""Scores whose mean and spread over folds are told."""


@dataclass(frozen=True)
class Spread:
    """A score over folds.

    Attributes:
        mean: Mean over the folds that have it.
        standard_deviation: Of the folds (n - 1); None for a single fold. Folds share most of their
            training samples, so it is no standard error of the mean.
        least: Smallest.
        most: Largest.
        count: Folds that have it.
    """

    mean: float
    standard_deviation: float | None
    least: float
    most: float
    count: int


@dataclass(frozen=True)
class FoldScores:
    """What came of one fold.

    Attributes:
        fold: Its number, from 0.
        network: Scores of the network on the test samples of the fold.
        forest: Those of the forest on the same.
        predicted: Class index by the network of each test sample, in the order of the split.
        forest_predicted: The same by the forest.
        training: Number of training samples.
        validation: Number of validation samples.
        best_epoch: Epoch whose weights were scored.
        epochs: Epochs that were done.
        seconds: Time spent on epochs.
        notes: What is odd about the fold, as sentences.
    """

    fold: int
    network: Scores
    forest: Scores
    predicted: tuple[int, ...]
    forest_predicted: tuple[int, ...]
    training: int
    validation: int
    best_epoch: int
    epochs: int
    seconds: float
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain data that `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "FoldScores":
        """Read what `to_json` gave, also after a way through JSON text."""
        lists = {name: tuple(value) for name, value in data.items() if isinstance(value, list)}
        both = {name: Scores.from_json(data[name]) for name in ("network", "forest")}
        return cls(**{**data, **lists, **both})


@dataclass(frozen=True)
class CrossValidation:
    """What came of all folds that were done.

    Attributes:
        k: Folds asked for.
        kind: How samples were dealt to them.
        seed: Seed of the folds.
        block_size_m: Side of the smallest blocks in metres; 0 for other kinds.
        folds: The folds that were done, in order.
        network: Mean and spread over the folds of each of `MEASURES` that a fold has.
        forest: The same of the forest.
        pooled_network: Scores over all tested samples at once; the ones to quote, because small
            folds that lack a class do not distort them.
        pooled_forest: The same of the forest.
        notes: What is odd, as sentences.
    """

    k: int
    kind: str
    seed: int
    block_size_m: float
    folds: tuple[FoldScores, ...]
    network: dict[str, Spread]
    forest: dict[str, Spread]
    pooled_network: Scores
    pooled_forest: Scores
    notes: tuple[str, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether every fold was done."""
        return len(self.folds) == self.k


def spread_of(values: Sequence[float]) -> Spread:
    """Give mean and spread of a score over folds, of which there is one at least."""
    found = np.asarray(values, dtype=np.float64)
    deviation = float(found.std(ddof=1)) if len(found) > 1 else None
    return Spread(
        float(found.mean()), deviation, float(found.min()), float(found.max()), len(found)
    )


def spreads(scores: Sequence[Scores]) -> dict[str, Spread]:
    """Give mean and spread over folds of each of `MEASURES` that a fold has."""
    found = {name: [getattr(row, name) for row in scores] for name in MEASURES}
    known = {name: [v for v in values if v is not None] for name, values in found.items()}
    return {name: spread_of(values) for name, values in known.items() if values}
