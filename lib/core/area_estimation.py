"""Accuracy and area of a map from a probability sample, each stratum counted by its size.

The estimators are those of Stehman 2014 (International Journal of Remote Sensing 35, 4923-4939,
"Estimating area and map accuracy for stratified random sampling when the strata are different from
the map classes"): indicator means (equation 3) and ratios of them (equation 27) with their
variances (equations 25 and 28). Where the strata are the map classes and no finite population
correction is made they are those of Olofsson et al. 2013 and 2014 (Remote Sensing of Environment
129, 122-131 and 148, 42-57).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.errors import SampleError
from lib.core.intervals import Z95

DESIGNS = ("stratified", "simple random", "systematic")
"""Designs whose inclusion probabilities are known; "systematic" is treated as "simple random"."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """An estimated share.

    Attributes:
        value: The share, 0 to 1; None where it is 0/0.
        standard_error: Of the share, in the same unit; None where the share is.
    """

    value: float | None
    standard_error: float | None

    def half_width(self, z: float = Z95) -> float | None:
        """Half the width of the normal interval; papers often use a `z` of 1.96."""
        return None if self.standard_error is None else z * self.standard_error

    @property
    def limits95(self) -> tuple[float, float] | None:
        """The normal 95 % interval, cut off at 0 and 1."""
        if self.value is None or self.standard_error is None:
            return None
        half = Z95 * self.standard_error
        return max(self.value - half, 0.0), min(self.value + half, 1.0)


@dataclass(frozen=True)
class ClassEstimate:
    """What a sample says of one class.

    Attributes:
        name: The class.
        mapped_share: Its share of the map, as far as strata or sample tell.
        share: Its share by the reference: times the area of the map, the adjusted area.
        users_accuracy: Share of what is mapped as it that is it.
        producers_accuracy: Share of what is it that is mapped as it.
        f1: Harmonic mean of the two, with its error as one ratio: the two share a numerator, so
            their errors are not independent.
        iou: Intersection over union.
    """

    name: str
    mapped_share: float
    share: Estimate
    users_accuracy: Estimate
    producers_accuracy: Estimate
    f1: Estimate
    iou: Estimate


@dataclass(frozen=True, eq=False)
class MapEstimates:
    """What a probability sample says of a whole map.

    Attributes:
        proportions: Estimated shares of the map, rows reference, columns map, summing to 1.
        overall_accuracy: Share of the map that is right.
        per_class: The classes in order.
        n: Samples.
        design: One of `DESIGNS`.
    """

    proportions: Floats
    overall_accuracy: Estimate
    per_class: tuple[ClassEstimate, ...]
    n: int
    design: str


def estimate_by_class(
    matrix: ArrayLike,
    mapped: ArrayLike,
    *,
    names: Sequence[str],
    finite: bool = False,
    design: str = "stratified",
) -> MapEstimates:
    """Estimate accuracy and area where the strata are the classes of the map (Olofsson et al.).

    Also for simple random and systematic samples, which are stratified afterwards by mapped class.

    Args:
        matrix: Counts of samples, rows reference, columns map, shape (classes, classes).
        mapped: Size of each class in the whole map, in pixels or any unit of area; 0 for a class
            that the map lacks, shape (classes,).
        names: Class names.
        finite: Whether variances get the finite population correction; sizes must be pixels then.
        design: How the samples were drawn.

    Raises:
        SampleError: The design is no probability design, or a mapped class has fewer than two
            samples.
    """
    counts = np.asarray(matrix, dtype=np.float64)
    k = len(names)
    if counts.shape != (k, k):
        raise _error(
            f"A matrix of the shape {counts.shape} does not fit {k} classes.",
            "Give one row and one column a class.",
        )
    table = np.zeros((k, k, k))
    table[np.arange(k), :, np.arange(k)] = counts.T
    return _estimates(table, mapped, names, strata=names, finite=finite, design=design)


def estimate_by_stratum(
    stratum: ArrayLike,
    reference: ArrayLike,
    mapped: ArrayLike,
    *,
    sizes: ArrayLike,
    names: Sequence[str],
    finite: bool = True,
    design: str = "stratified",
) -> MapEstimates:
    """Estimate accuracy and area where the strata may be others than the classes (Stehman 2014).

    Args:
        stratum: Index of the stratum of each sample, shape (samples,).
        reference: Class index of each sample by the reference.
        mapped: Class index of each sample in the map.
        sizes: Pixels of each stratum in the whole map, shape (strata,).
        names: Class names.
        finite: Whether variances get the finite population correction.
        design: How the samples were drawn.

    Raises:
        SampleError: As for `estimate_by_class`, or an index is no stratum or class.
    """
    shape = (len(np.asarray(sizes)), len(names), len(names))
    indices = [np.asarray(values, dtype=np.int64) for values in (stratum, reference, mapped)]
    for what, values, most in zip(("stratum", "class", "class"), indices, shape, strict=True):
        if values.shape != indices[0].shape or not ((values >= 0) & (values < most)).all():
            raise _error(
                f"The samples have a {what} that is missing or none of {most}.",
                "Leave no label blank, and give every sample its stratum and both classes.",
            )
    table = np.zeros(shape)
    np.add.at(table, tuple(indices), 1.0)
    strata = [f"stratum {number + 1}" for number in range(shape[0])]
    return _estimates(table, sizes, names, strata=strata, finite=finite, design=design)


def refuse_seen(ids: ArrayLike, training_ids: ArrayLike) -> None:
    """Refuse a sample that a map was made from, or that counts a place twice.

    Args:
        ids: Ids of the samples that are to tell how good the map is.
        training_ids: Ids of those that trained it, chose its epoch, or were picked because it was
            unsure of them.

    Raises:
        SampleError: An id is in both, or twice among the first.
    """
    asked = np.asarray(ids)
    seen = int(np.isin(asked, np.asarray(training_ids)).sum())
    if seen:
        raise _error(
            f"{seen:,} of the {asked.size:,} samples were used to make the map.",
            "Assess a map by samples that it has not seen.",
        )
    if len(np.unique(asked)) < asked.size:
        raise _error("Some samples are there twice.", "Leave each place in once.")


def _estimates(
    table: Floats,
    sizes: ArrayLike,
    names: Sequence[str],
    *,
    strata: Sequence[str],
    finite: bool,
    design: str,
) -> MapEstimates:
    """Estimate all from counts by stratum, reference and map."""
    weights = np.asarray(sizes, dtype=np.float64)
    drawn = table.sum(axis=(1, 2))
    _check_design(design)
    _check_strata(weights, drawn, strata, finite=finite)
    engine = _Engine(table, weights, drawn, finite=finite)
    eye = np.eye(len(names))
    per_class = tuple(_of_class(engine, name, index) for index, name in enumerate(names))
    return MapEstimates(engine.proportions, engine.mean(eye), per_class, int(drawn.sum()), design)


def _of_class(engine: "_Engine", name: str, index: int) -> ClassEstimate:
    """Estimate what is told of a class; indicators have rows reference, columns map."""
    k = len(engine.proportions)
    is_it, mapped_so = np.zeros((k, k)), np.zeros((k, k))
    is_it[index], mapped_so[:, index] = 1.0, 1.0
    both = is_it * mapped_so
    return ClassEstimate(
        name=name,
        mapped_share=float(engine.proportions[:, index].sum()),
        share=engine.mean(is_it),
        users_accuracy=engine.ratio(both, mapped_so),
        producers_accuracy=engine.ratio(both, is_it),
        f1=engine.ratio(2 * both, is_it + mapped_so),
        iou=engine.ratio(both, np.maximum(is_it, mapped_so)),
    )


class _Engine:
    """Means and ratios of values that depend on the cell (reference, map) of a sample."""

    def __init__(self, table: Floats, sizes: Floats, drawn: Floats, *, finite: bool) -> None:
        there = drawn > 0
        self._n = drawn[there]
        self._size = sizes[there]
        self._total = float(sizes.sum())
        self._cells = table[there] / self._n[:, None, None]
        left = 1 - self._n / self._size if finite else np.ones_like(self._n)
        # A stratum of one sample is a census here (see `_problem_of`): nothing of it is left.
        self._factor = self._size**2 * left / np.maximum(self._n - 1, 1)

    @property
    def proportions(self) -> Floats:
        """Estimated shares of the map by reference and map."""
        return np.asarray(np.einsum("h,hij->ij", self._size / self._total, self._cells))

    def mean(self, y: Floats) -> Estimate:
        """Estimate the mean of values y over the map."""
        value = float((self.proportions * y).sum())
        return Estimate(value, math.sqrt(self._spread(y)) / self._total)

    def ratio(self, y: Floats, x: Floats) -> Estimate:
        """Estimate the ratio of the totals of y and x; its variance is that of y - R x."""
        below = float((self.proportions * x).sum())
        if below == 0:
            return Estimate(None, None)
        value = float((self.proportions * y).sum()) / below
        return Estimate(value, math.sqrt(self._spread(y - value * x)) / (below * self._total))

    def _spread(self, y: Floats) -> float:
        """Σ N² (1 - n/N) s² / n, with the variance s² of y over the samples of a stratum."""
        means = np.einsum("hij,ij->h", self._cells, y)
        away = (y[None] - means[:, None, None]) ** 2
        return float(self._factor @ np.einsum("hij,hij->h", self._cells, away))


def _check_design(design: str) -> None:
    if design not in DESIGNS:
        raise _error(
            f"Samples of the design “{design}” say nothing of the whole map.",
            f"Areas and intervals need one of {', '.join(DESIGNS)}; of samples chosen by hand the "
            "plain matrix can be shown.",
        )


def _check_strata(weights: Floats, drawn: Floats, names: Sequence[str], *, finite: bool) -> None:
    if weights.shape != drawn.shape or not (np.isfinite(weights) & (weights >= 0)).all():
        raise _error(
            f"Sizes of {weights.tolist()} do not fit {len(drawn)} strata.",
            "Give the size of each in the whole map, 0 or more.",
        )
    if weights.sum() == 0:
        raise _error("No stratum has a size.", "Count the pixels of the map by stratum.")
    for name, size, count in zip(names, weights.tolist(), drawn.tolist(), strict=True):
        problem = _problem_of(size, count, finite=finite)
        if problem:
            raise _error(f"“{name}” {problem}", "Draw samples of every stratum of the map.")


def _problem_of(size: float, count: float, *, finite: bool) -> str:
    if count and not size:
        return f"has {count:.0f} samples and no pixels in the map."
    if finite and count > size:
        return f"has {count:.0f} samples and {size:g} pixels."
    census = finite and count == size
    if size and count < 2 and not census:
        return f"has {count:.0f} samples, and its error cannot be told from fewer than 2."
    return ""


def _error(message: str, hint: str) -> SampleError:
    return SampleError(message, hint=hint, field="samples")
