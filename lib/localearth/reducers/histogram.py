"""Reducers that count how often values occur."""
# ruff: noqa: ARG002 - every reducer takes the same arguments

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.sources import regular
from lib.localearth.reducers.base import (
    Columns,
    Floats,
    Numeric,
    Reducer,
    Stacked,
    as_numbers,
    shared_weights,
)
from lib.localearth.reducers.listing import Listing
from lib.localearth.reducers.workspace import DOUBLING, TABLES
from lib.localearth.text import text_of
from lib.localearth.values import Array

DEFAULT_BUCKETS = 256  # undocumented


class FrequencyHistogram(Listing):
    """The weight of every distinct value, by its text."""

    name = "frequencyHistogram"
    outputs = ("histogram",)
    weighted = True
    workspace = DOUBLING

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Count values of any type."""
        if isinstance(columns[0], np.ndarray) and columns[0].dtype != object:
            values, index = np.unique(columns[0], return_inverse=True)
            totals = np.bincount(index, weights=weights, minlength=len(values))
            pairs = zip(values.tolist(), totals.tolist(), strict=True)
            return [{text_of(value): total for value, total in pairs}]
        table: dict[str, float] = {}
        for value, weight in zip(columns[0], weights, strict=True):
            key = text_of(value)
            table[key] = table.get(key, 0) + float(weight)
        return [table]


class Histogram(Listing):
    """Buckets of one width, a power of two times the least width that is allowed."""

    name = "histogram"
    outputs = ("histogram",)
    weighted = True
    workspace = DOUBLING

    def __init__(self, max_buckets: int | None, min_bucket_width: float | None) -> None:
        """Take the greatest number of buckets and the least width, None for any power of 2."""
        wanted = max_buckets or DEFAULT_BUCKETS
        self._max_buckets = 2 ** math.ceil(math.log2(wanted))
        self._min_width = min_bucket_width or 0.0

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Count values in buckets; null without any."""
        if not len(columns[0]):
            return [None]
        low, width, counts, sums = self.buckets(as_numbers(columns[0]), weights)
        means = [
            float(total / count) if count else None
            for total, count in zip(sums, counts, strict=True)
        ]
        table = {"bucketMin": low, "bucketWidth": width, "bucketMeans": means}
        return [{**table, "histogram": counts.tolist()}]

    def buckets(self, values: Floats, weights: Floats) -> tuple[float, float, Floats, Floats]:
        """First edge, width, and by bucket the weight and the weighted sum of its values."""
        low, high = float(values.min()), float(values.max())
        width = self._width(low, high)
        index = np.floor(values / width).astype(np.int64) - math.floor(low / width)
        counts = np.bincount(index, weights=weights)
        sums = np.bincount(index, weights=weights * values)
        return math.floor(low / width) * width, width, counts, sums

    def _width(self, low: float, high: float) -> float:
        unit = self._min_width or 1.0
        power = math.ceil(math.log2((high - low) / self._max_buckets / unit)) if high > low else 0
        width: float = unit * 2.0 ** (max(power, 0) if self._min_width else power)
        while math.floor(high / width) - math.floor(low / width) >= self._max_buckets:
            width *= 2.0
        return width


class AutoHistogram(Reducer):
    """Lower edges and counts of the buckets of `Histogram`, as an array `(buckets, 2)`."""

    name = "autoHistogram"
    outputs = ("histogram",)
    weighted = True
    workspace = TABLES

    def __init__(
        self, max_buckets: int | None, min_bucket_width: float | None, *, cumulative: bool
    ) -> None:
        """Take what `Histogram` takes, and whether counts accumulate."""
        self._histogram = Histogram(max_buckets, min_bucket_width)
        self._cumulative = cumulative

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Count values in buckets; null without any."""
        if not len(columns[0]):
            return [None]
        low, width, counts, _ = self._histogram.buckets(as_numbers(columns[0]), weights)
        edges = low + width * np.arange(len(counts))
        return [Array.of(np.stack([edges, _accumulated(counts, self._cumulative)], axis=1))]

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Count at each pixel; arrays differ in length, so that pixels are Python objects."""
        shares = shared_weights(weights)
        shape = shares.shape[1:]
        tables = np.empty(shape, object)
        for pixel in np.ndindex(*shape):
            column = (slice(None), *pixel)
            (found,) = self.reduce([np.asarray(stacks[0])[column]], shares[column])
            tables[pixel] = np.zeros((0, 2)) if found is None else found.data.astype(np.float64)
        valid = np.asarray((shares > 0).any(axis=0))
        return [(regular(tables, valid), valid)]

    def types(self, inputs: Sequence[PixelType]) -> list[PixelType]:
        """A table is an array of doubles."""
        return [PixelType("double", dimensions=2)]


class FixedHistogram(Numeric):
    """Lower edges and counts of given buckets, as an array `(buckets, 2)`."""

    name = "fixedHistogram"
    outputs = ("histogram",)
    weighted = True
    workspace = DOUBLING

    def __init__(self, low: float, high: float, steps: int, *, cumulative: bool) -> None:
        """Take the range `[low, high)`, the number of buckets, and whether counts accumulate."""
        self._low, self._high, self._steps = low, high, steps
        self._cumulative = cumulative

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Count along the stack, bucket by bucket."""
        shares = shared_weights(weights)
        width = (self._high - self._low) / self._steps
        inside = (stacks[0] >= self._low) & (stacks[0] < self._high) & (shares > 0)
        index = np.floor((np.where(inside, stacks[0], self._low) - self._low) / width)
        index = np.minimum(index, self._steps - 1)
        counts = np.stack(
            [
                np.where(inside & (index == step), shares, 0.0).sum(axis=0)
                for step in range(self._steps)
            ],
            axis=-1,
        )
        edges = np.broadcast_to(self._low + width * np.arange(self._steps), counts.shape)
        table = np.stack([edges, _accumulated(counts, self._cumulative)], axis=-1)
        return [(table, np.ones(counts.shape[:-1], bool))]

    def types(self, inputs: Sequence[PixelType]) -> list[PixelType]:
        """A table is an array of doubles."""
        return [PixelType("double", dimensions=2)]


def _accumulated(counts: Floats, cumulative: bool) -> Floats:
    return counts.cumsum(axis=-1) if cumulative else counts
