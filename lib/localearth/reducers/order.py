"""Reducers of order: median, percentiles, mode, and counts of what is distinct."""
# ruff: noqa: ARG002 - every reducer takes the same arguments

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth import assumptions
from lib.localearth.raster.projection import PixelType
from lib.localearth.reducers.base import (
    Columns,
    Floats,
    Numeric,
    Reducer,
    Stacked,
    plain,
    shared_weights,
)
from lib.localearth.reducers.simple import COUNT
from lib.localearth.reducers.workspace import DOUBLING, LISTING, MOMENTS, SORTING


class Percentiles(Numeric):
    """Percentiles of the inputs; the median is one of them.

    Weights tell validity only: the documentation gives no rule for weighted percentiles.
    """

    weighted = True
    workspace = SORTING

    def __init__(self, name: str, percentiles: Sequence[float], outputs: Sequence[str]) -> None:
        """Take percentages in 0..100 and a name for each."""
        self.name = name
        self.outputs = tuple(outputs)
        self._shares = np.asarray(percentiles, np.float64) / 100.0

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Interpolate between the sorted values along the stack."""
        valid = shared_weights(weights) > 0
        some = valid.any(axis=0)
        if not len(valid):
            return [(np.zeros(some.shape), some) for _ in self.outputs]
        ordered = np.sort(np.where(valid, stacks[0], _greatest(stacks[0])), axis=0)
        count = valid.sum(axis=0)
        return [(_between(ordered, count, share), some) for share in self._shares]


def _greatest(stack: Floats) -> Any:
    """What sorts behind every value, in the stack's own type."""
    kind = stack.dtype
    if kind.kind == "f":
        return kind.type(np.inf)
    return kind.type(True) if kind.kind == "b" else kind.type(np.iinfo(kind.name).max)


def _between(ordered: Floats, count: NDArray[np.int64], share: float) -> Floats:
    """Read sorted stacks, valid up to `count`, at a share of their length."""
    place = np.maximum(count - 1, 0) * share
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(count - 1, 0))
    below = np.take_along_axis(ordered, low[None], axis=0)[0].astype(np.float64)
    above = np.take_along_axis(ordered, high[None], axis=0)[0].astype(np.float64)
    fraction = place - low
    if assumptions.PERCENTILE_RULE != "linear":
        fraction = np.where(fraction < 0.5, 0.0, 1.0)
    below, above = np.where(count > 0, below, 0.0), np.where(count > 0, above, 0.0)
    value: Floats = below + (above - below) * fraction
    return value


class Mode(Numeric):
    """The most frequent value, counted by weight."""

    name = "mode"
    outputs = ("mode",)
    weighted = True
    workspace = MOMENTS

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Find the most frequent value along the stack."""
        shares = shared_weights(weights).astype(np.float64)
        stack = np.asarray(stacks[0])
        some = (shares > 0).any(axis=0)
        if not len(stack):
            return [(np.zeros(some.shape, stack.dtype), some)]
        if stack.ndim == 1:
            return [(np.asarray(_mode_of(stack, shares)), some)]
        order = np.argsort(stack, axis=0, kind="stable")
        values = np.take_along_axis(stack, order, axis=0)
        votes = _votes(values, np.take_along_axis(shares, order, axis=0))
        best = votes.argmax(axis=0)
        return [(np.take_along_axis(values, best[None], axis=0)[0], some)]

    def types(self, inputs: Sequence[PixelType]) -> list[PixelType]:
        """The mode keeps the input's type."""
        return [inputs[0]]


def _votes(values: Floats, shares: Floats) -> Floats:
    """Running weight of equal values in sorted stacks: the last of a run has its whole weight."""
    votes = shares.copy()
    for level in range(1, len(values)):
        same = values[level] == values[level - 1]
        votes[level] += np.where(same, votes[level - 1], 0.0)
    return votes


def _mode_of(values: Floats, shares: Floats) -> Any:
    found, first, index = np.unique(values, return_index=True, return_inverse=True)
    votes = np.bincount(index, weights=shares)
    best = np.flatnonzero(votes == votes.max())
    return found[best[first[best].argmin() if assumptions.MODE_TIE == "first" else 0]]


class IntervalMean(Numeric):
    """The mean of the inputs between two percentiles, both included."""

    name = "intervalMean"
    outputs = ("mean",)
    weighted = True
    workspace = DOUBLING

    def __init__(self, low: float, high: float) -> None:
        """Take percentages in 0..100."""
        self._bounds = Percentiles("percentile", [low, high], ("low", "high"))

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Average what lies between the percentiles along the stack."""
        shares = shared_weights(weights).astype(np.float64)
        (low, some), (high, _) = self._bounds.over_stack(stacks, shares)
        inside = np.where((stacks[0] >= low) & (stacks[0] <= high), shares, 0.0)
        total = inside.sum(axis=0)
        value = (inside * stacks[0]).sum(axis=0) / np.where(total > 0, total, 1.0)
        return [(value, some & (total > 0))]


class CountDistinct(Reducer):
    """How many distinct inputs there are, nulls included unless `skip`."""

    outputs = ("count",)
    workspace = DOUBLING

    def __init__(self, *, skip: bool) -> None:
        """Choose whether nulls are passed over."""
        self.name = "countDistinctNonNull" if skip else "countDistinct"
        self.optional = int(not skip)

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Count distinct values of any type."""
        if isinstance(columns[0], np.ndarray):
            return [len(np.unique(columns[0]))]
        return [len({_identity(value) for value in columns[0]})]

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Count distinct valid values along the stack."""
        valid = shared_weights(weights) > 0
        ordered = np.sort(np.where(valid, np.asarray(stacks[0], np.float64), np.nan), axis=0)
        steps = (ordered[1:] != ordered[:-1]) & ~np.isnan(ordered[1:])
        count = steps.sum(axis=0) + valid.any(axis=0)
        return [(count, np.ones(count.shape, bool))]

    def types(self, inputs: Sequence[PixelType]) -> list[PixelType]:
        """Counts are integers."""
        return [COUNT]


def _identity(value: Any) -> Any:
    """What equal values have in common: numbers compare by value, containers by their text."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    return type(value).__name__, repr(plain(value))


class CountRuns(Reducer):
    """How many runs of equal consecutive values there are; nulls are passed over."""

    name = "countRuns"
    outputs = ("count",)
    workspace = LISTING

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Count runs of values of any type."""
        values = list(columns[0])
        steps = sum(left != right for left, right in itertools.pairwise(values))
        return [steps + 1 if values else 0]

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Count runs along the stack, looking past masked pixels."""
        valid = shared_weights(weights) > 0
        count = np.zeros(valid.shape[1:], np.int64)
        last = np.zeros(valid.shape[1:])
        for values, seen in zip(stacks[0], valid, strict=True):
            count += seen & ((count == 0) | (values != last))
            last = np.where(seen, values, last)
        return [(count, np.ones(count.shape, bool))]

    def types(self, inputs: Sequence[PixelType]) -> list[PixelType]:
        """Counts are integers."""
        return [COUNT]
