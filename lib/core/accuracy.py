"""How well a map agrees with reference labels: matrix, measures and intervals.

Rows of every matrix are reference classes, columns are mapped classes, as in scikit-learn and
Earth Engine. A measure that would be 0/0 is None, never 0. The counts are taken as they are:
where samples were drawn by class, shares of the matrix are not shares of the map.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.errors import SampleError
from lib.core.intervals import Interval, bootstrap_overall, wilson_interval
from lib.core.legend import Legend

Matrix = NDArray[np.int64]


@dataclass(frozen=True)
class ClassScores:
    """Figures of one class.

    Attributes:
        name: The class.
        users_accuracy: Share of the pixels mapped as this class that are it (precision).
        producers_accuracy: Share of the pixels of this class that are mapped as it (recall).
        f1: Harmonic mean of the two.
        iou: Intersection over union.
        reference_count: Samples of this class.
        mapped_count: Samples mapped as this class.
        interval95: 95 % interval of the producer's accuracy, or None.
    """

    name: str
    users_accuracy: float | None
    producers_accuracy: float | None
    f1: float | None
    iou: float | None
    reference_count: int
    mapped_count: int
    interval95: tuple[float, float] | None


@dataclass(frozen=True)
class Scores:
    """Figures of a map against reference labels.

    Attributes:
        matrix: Counts, rows reference, columns map.
        n: Samples.
        overall_accuracy: Share that agrees.
        macro_f1: Mean F1 of the classes that are in the reference.
        kappa: Agreement beyond chance; not for ranking maps (Foody 2020).
        quantity_disagreement: Disagreement because class totals differ (Pontius and Millones 2011).
        allocation_disagreement: Disagreement because places differ.
        interval95: 95 % interval of the overall accuracy, or None.
        interval_kind: "wilson", "block bootstrap", or "none".
        group_count: Blocks or polygons that the interval rests on; 0 without.
        per_class: Figures of each class, in legend order.
    """

    matrix: tuple[tuple[int, ...], ...]
    n: int
    overall_accuracy: float | None
    macro_f1: float | None
    kappa: float | None
    quantity_disagreement: float | None
    allocation_disagreement: float | None
    interval95: tuple[float, float] | None
    interval_kind: str
    group_count: int
    per_class: tuple[ClassScores, ...]

    def to_json(self) -> dict[str, Any]:
        """Return plain data that `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Scores":
        """Read what `to_json` gave, also after a way through JSON text."""
        rows = [
            ClassScores(**{**r, "interval95": _pair(r["interval95"])}) for r in data["per_class"]
        ]
        matrix = tuple(tuple(row) for row in data["matrix"])
        plain = {**data, "matrix": matrix, "per_class": tuple(rows)}
        return cls(**{**plain, "interval95": _pair(data["interval95"])})


def confusion_matrix(reference: ArrayLike, predicted: ArrayLike, n_classes: int) -> Matrix:
    """Count pairs of reference and mapped class.

    Args:
        reference: Class indices, shape (samples,).
        predicted: Class indices, shape (samples,).
        n_classes: Number of classes.

    Returns:
        Shape (classes, classes), rows reference, columns map.

    Raises:
        SampleError: The two differ in length, or an index is not a class.
    """
    rows, cols = np.asarray(reference), np.asarray(predicted)
    if rows.shape != cols.shape:
        raise _error(
            f"{rows.size:,} reference labels and {cols.size:,} mapped classes do not fit.",
            "Give one of each a sample.",
        )
    for what, values in (("reference label", rows), ("mapped class", cols)):
        if values.size and not (values.min() >= 0 and values.max() < n_classes):
            odd = values.min() if values.min() < 0 else values.max()
            raise _error(
                f"A {what} has the index {odd}, and there are {n_classes} classes.",
                "Leave out samples without a class.",
            )
    cells = rows.astype(np.int64) * n_classes + cols.astype(np.int64)
    return np.bincount(cells, minlength=n_classes**2).reshape(n_classes, n_classes)


def score(
    reference: ArrayLike,
    predicted: ArrayLike,
    legend: Legend,
    *,
    groups: ArrayLike | None = None,
    seed: int = 0,
) -> Scores:
    """Return all figures of a map at some samples.

    Args:
        reference: Class indices, shape (samples,).
        predicted: Class indices, shape (samples,).
        legend: The classes.
        groups: Block or polygon of each sample where samples of a group were kept together; the
            intervals then come from a bootstrap of whole groups.
        seed: Seed of that bootstrap.
    """
    matrix = confusion_matrix(reference, predicted, len(legend))
    if groups is None:
        return score_matrix(matrix, legend.names)
    correct = np.asarray(reference) == np.asarray(predicted)
    ids = np.unique(np.asarray(groups), return_inverse=True)[1]
    rng = np.random.default_rng(seed)
    overall = bootstrap_overall(correct, ids, rng)
    by_class = []
    for index in range(len(legend)):
        mine = np.asarray(reference) == index
        by_class.append(bootstrap_overall(correct[mine], ids[mine], rng))
    return _scores(
        matrix,
        legend.names,
        overall,
        by_class,
        kind="block bootstrap" if overall else "none",
        group_count=int(ids.max()) + 1 if ids.size else 0,
    )


def score_matrix(matrix: ArrayLike, names: Sequence[str]) -> Scores:
    """Return all figures of a confusion matrix, with intervals for independent samples.

    Args:
        matrix: Counts, rows reference, columns map.
        names: Class names.
    """
    counts = np.asarray(matrix)
    hits = np.diag(counts)
    overall = wilson_interval(hits.sum(), counts.sum())
    by_class = [wilson_interval(h, n) for h, n in zip(hits, counts.sum(axis=1), strict=True)]
    return _scores(counts, names, overall, by_class, kind="wilson" if overall else "none")


def _scores(
    matrix: NDArray[Any],
    names: Sequence[str],
    overall: Interval | None,
    by_class: Sequence[Interval | None],
    *,
    kind: str,
    group_count: int = 0,
) -> Scores:
    hits, n = np.diag(matrix), matrix.sum()
    reference, mapped = matrix.sum(axis=1), matrix.sum(axis=0)
    f1 = [_ratio(2 * h, r + m) for h, r, m in zip(hits, reference, mapped, strict=True)]
    present = [
        value for value, count in zip(f1, reference, strict=True) if count and value is not None
    ]
    quantity, allocation = _disagreement(hits, reference, mapped)
    chance = float(reference @ mapped) / float(n) ** 2 if n else 1.0
    accuracy = _ratio(hits.sum(), n)
    return Scores(
        matrix=tuple(tuple(row) for row in matrix.tolist()),
        n=int(n),
        overall_accuracy=accuracy,
        macro_f1=float(np.mean(present)) if present else None,
        kappa=None if accuracy is None else _ratio(accuracy - chance, 1 - chance),
        quantity_disagreement=_ratio(quantity, n),
        allocation_disagreement=_ratio(allocation, n),
        interval95=overall.limits if overall else None,
        interval_kind=kind,
        group_count=group_count,
        per_class=_class_scores(matrix, names, f1, by_class),
    )


def _class_scores(
    matrix: NDArray[Any],
    names: Sequence[str],
    f1: Sequence[float | None],
    intervals: Sequence[Interval | None],
) -> tuple[ClassScores, ...]:
    hits, reference, mapped = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    return tuple(
        ClassScores(
            name=name,
            users_accuracy=_ratio(hits[i], mapped[i]),
            producers_accuracy=_ratio(hits[i], reference[i]),
            f1=f1[i],
            iou=_ratio(hits[i], reference[i] + mapped[i] - hits[i]),
            reference_count=int(reference[i]),
            mapped_count=int(mapped[i]),
            interval95=interval.limits if (interval := intervals[i]) else None,
        )
        for i, name in enumerate(names)
    )


def _disagreement(
    hits: NDArray[Any], reference: NDArray[Any], mapped: NDArray[Any]
) -> tuple[float, float]:
    """Return quantity and allocation disagreement as numbers of samples."""
    quantity = np.abs(mapped - reference).sum() / 2
    allocation = np.minimum(mapped - hits, reference - hits).sum()
    return float(quantity), float(allocation)


def _ratio(part: Any, whole: Any) -> float | None:
    return None if whole == 0 else float(part) / float(whole)


def _pair(values: Sequence[float] | None) -> tuple[float, float] | None:
    return None if values is None else (values[0], values[1])


def _error(message: str, hint: str) -> SampleError:
    return SampleError(message, hint=hint, field="samples")
