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
        users_interval95: The same of the user's accuracy.
        f1_interval95: The same of F1.
        iou_interval95: The same of the intersection over union.
    """

    name: str
    users_accuracy: float | None
    producers_accuracy: float | None
    f1: float | None
    iou: float | None
    reference_count: int
    mapped_count: int
    interval95: tuple[float, float] | None
    users_interval95: tuple[float, float] | None = None
    f1_interval95: tuple[float, float] | None = None
    iou_interval95: tuple[float, float] | None = None


@dataclass(frozen=True)
class Scores:
    """Figures of a map against reference labels.

    Macro means are over the classes that are in the reference; weighted means count each of them
    by its reference samples. The weighted producer's accuracy is the overall accuracy. Figures
    that an older file lacks are None.

    Attributes:
        matrix: Counts, rows reference, columns map.
        n: Samples.
        overall_accuracy: Share that agrees.
        macro_f1: Mean F1 of the classes that are in the reference.
        kappa: Agreement beyond chance, to be shown on request only: it is no accuracy, depends on
            how common the classes are (from -0.03 to 0.90 at an overall accuracy of 95 %), and
            must not rank maps or choose a model (Foody 2020, Remote Sensing of Environment 239).
        quantity_disagreement: Disagreement because class totals differ (Pontius and Millones 2011).
        allocation_disagreement: Disagreement because places differ.
        interval95: 95 % interval of the overall accuracy, or None.
        interval_kind: "wilson", "block bootstrap", or "none".
        group_count: Blocks or polygons that the interval rests on; 0 without.
        per_class: Figures of each class, in legend order.
        macro_users_accuracy: Mean user's accuracy; a class that is never mapped is left out.
        macro_producers_accuracy: Mean producer's accuracy, also called average accuracy.
        macro_iou: Mean intersection over union.
        weighted_f1: Mean F1, weighted.
        weighted_users_accuracy: Mean user's accuracy, weighted.
        weighted_iou: Mean intersection over union, weighted.
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
    macro_users_accuracy: float | None = None
    macro_producers_accuracy: float | None = None
    macro_iou: float | None = None
    weighted_f1: float | None = None
    weighted_users_accuracy: float | None = None
    weighted_iou: float | None = None

    def to_json(self) -> dict[str, Any]:
        """Return plain data that `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Scores":
        """Read what `to_json` gave, also after a way through JSON text."""
        rows = [
            ClassScores(**{**row, **{name: _pair(row.get(name)) for name in _INTERVALS}})
            for row in data["per_class"]
        ]
        matrix = tuple(tuple(row) for row in data["matrix"])
        plain = {**data, "matrix": matrix, "per_class": tuple(rows)}
        return cls(**{**plain, "interval95": _pair(data["interval95"])})


_INTERVALS = ("interval95", "users_interval95", "f1_interval95", "iou_interval95")


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
    truth, said = np.asarray(reference), np.asarray(predicted)
    ids = np.unique(np.asarray(groups), return_inverse=True)[1]
    rng = np.random.default_rng(seed)
    overall = bootstrap_overall(truth == said, ids, rng)

    def share_right(among: NDArray[np.bool_]) -> Interval | None:
        return bootstrap_overall((truth == said)[among], ids[among], rng)

    classes = range(len(legend))
    by_class = _ClassIntervals(
        producers=[share_right(truth == index) for index in classes],
        users=[share_right(said == index) for index in classes],
        iou=[share_right((truth == index) | (said == index)) for index in classes],
    )
    return _scores(
        matrix,
        legend.names,
        overall,
        by_class,
        kind="block bootstrap" if overall else "none",
        group_count=int(ids.max()) + 1 if ids.size else 0,
    )


def score_matrix(matrix: ArrayLike, names: Sequence[str]) -> Scores:
    """Return all figures of a confusion matrix, with Wilson's intervals for independent samples.

    Those of user's accuracy, F1 and IoU are for samples drawn at random from the whole map; where
    they were drawn by reference class they hold for the mix of classes in the sample.

    Args:
        matrix: Counts, rows reference, columns map.
        names: Class names.
    """
    counts = np.asarray(matrix)
    hits, reference, mapped = np.diag(counts), counts.sum(axis=1), counts.sum(axis=0)
    overall = wilson_interval(hits.sum(), counts.sum())

    def shares(among: NDArray[Any]) -> list[Interval | None]:
        return [wilson_interval(h, n) for h, n in zip(hits, among, strict=True)]

    by_class = _ClassIntervals(
        producers=shares(reference), users=shares(mapped), iou=shares(reference + mapped - hits)
    )
    return _scores(counts, names, overall, by_class, kind="wilson" if overall else "none")


@dataclass(frozen=True)
class _ClassIntervals:
    """Intervals of the three shares of right samples that a class has, in legend order."""

    producers: Sequence[Interval | None]
    users: Sequence[Interval | None]
    iou: Sequence[Interval | None]


def _scores(
    matrix: NDArray[Any],
    names: Sequence[str],
    overall: Interval | None,
    by_class: _ClassIntervals,
    *,
    kind: str,
    group_count: int = 0,
) -> Scores:
    hits, n = np.diag(matrix), matrix.sum()
    reference, mapped = matrix.sum(axis=1), matrix.sum(axis=0)
    quantity, allocation = _disagreement(hits, reference, mapped)
    chance = float(reference @ mapped) / float(n) ** 2 if n else 1.0
    accuracy = _ratio(hits.sum(), n)
    rows = _class_scores(matrix, names, by_class)
    return Scores(
        matrix=tuple(tuple(row) for row in matrix.tolist()),
        n=int(n),
        overall_accuracy=accuracy,
        macro_f1=_mean([row.f1 for row in rows], reference > 0),
        kappa=None if accuracy is None else _ratio(accuracy - chance, 1 - chance),
        quantity_disagreement=_ratio(quantity, n),
        allocation_disagreement=_ratio(allocation, n),
        interval95=_limits(overall),
        interval_kind=kind,
        group_count=group_count,
        per_class=rows,
        macro_users_accuracy=_mean([row.users_accuracy for row in rows], reference > 0),
        macro_producers_accuracy=_mean([row.producers_accuracy for row in rows], reference > 0),
        macro_iou=_mean([row.iou for row in rows], reference > 0),
        weighted_f1=_mean([row.f1 for row in rows], reference),
        weighted_users_accuracy=_mean([row.users_accuracy for row in rows], reference),
        weighted_iou=_mean([row.iou for row in rows], reference),
    )


def _class_scores(
    matrix: NDArray[Any], names: Sequence[str], intervals: _ClassIntervals
) -> tuple[ClassScores, ...]:
    hits, reference, mapped = np.diag(matrix), matrix.sum(axis=1), matrix.sum(axis=0)
    return tuple(
        ClassScores(
            name=name,
            users_accuracy=_ratio(hits[i], mapped[i]),
            producers_accuracy=_ratio(hits[i], reference[i]),
            f1=_ratio(2 * hits[i], reference[i] + mapped[i]),
            iou=_ratio(hits[i], reference[i] + mapped[i] - hits[i]),
            reference_count=int(reference[i]),
            mapped_count=int(mapped[i]),
            interval95=_limits(intervals.producers[i]),
            users_interval95=_limits(intervals.users[i]),
            f1_interval95=_f1_limits(intervals.iou[i]),
            iou_interval95=_limits(intervals.iou[i]),
        )
        for i, name in enumerate(names)
    )


def _limits(interval: Interval | None) -> tuple[float, float] | None:
    return interval.limits if interval else None


def _f1_limits(of_iou: Interval | None) -> tuple[float, float] | None:
    """Give the limits of F1 = 2 IoU / (1 + IoU), which rises with IoU, so that they go along."""
    if of_iou is None:
        return None
    low, high = of_iou.limits
    return 2 * low / (1 + low), 2 * high / (1 + high)


def _mean(values: Sequence[float | None], weights: NDArray[Any]) -> float | None:
    """Give the mean over the classes that have a value and a weight."""
    pairs = [(v, w) for v, w in zip(values, weights, strict=True) if v is not None and w]
    if not pairs:
        return None
    found, weight = np.array(pairs, dtype=np.float64).T
    return float(np.average(found, weights=weight))


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
