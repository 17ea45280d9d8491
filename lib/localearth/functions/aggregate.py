"""Statistics of one property over a collection: `AggregateFeatureCollection.*`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lib.localearth.functions.collection_columns import columns_of
from lib.localearth.reducers import histogram, moments, order, simple
from lib.localearth.reducers.base import Reducer
from lib.localearth.registry import implements, register
from lib.localearth.values import Collection

_REDUCERS: dict[str, Reducer] = {
    "count": simple.Count(),
    "min": simple.Extremes("min"),
    "max": simple.Extremes("max"),
    "mean": simple.Mean(),
    "product": simple.Product(),
    "sum": simple.Sum(),
    "sample_sd": moments.Spread("sampleStdDev", root=True, sample=True),
    "sample_var": moments.Spread("sampleVariance", root=False, sample=True),
    "total_sd": moments.Spread("stdDev", root=True, sample=False),
    "total_var": moments.Spread("variance", root=False, sample=False),
    "histogram": histogram.FrequencyHistogram(),
    "count_distinct": order.CountDistinct(skip=True),
}


def _aggregate(reducer: Reducer) -> Callable[[Collection, str], Any]:
    def apply(collection: Collection, property: str) -> Any:  # noqa: A002
        return reducer.reduce([columns_of(collection.elements, property)])[0]

    return apply


for _name, _reducer in _REDUCERS.items():
    register(f"AggregateFeatureCollection.{_name}", _aggregate(_reducer))


@implements("AggregateFeatureCollection.array")
def array(collection: Collection, property: str) -> list[Any]:  # noqa: A002
    """All values that are there, in order."""
    return columns_of(collection.elements, property)


@implements("AggregateFeatureCollection.first")
def first(collection: Collection, property: str) -> Any:  # noqa: A002
    """The first element's value."""
    return next(iter(columns_of(collection.elements[:1], property)), None)


@implements("AggregateFeatureCollection.stats")
def stats(collection: Collection, property: str) -> dict[str, Any]:  # noqa: A002
    """Common statistics by name."""
    values = columns_of(collection.elements, property)
    names = ("max", "mean", "min", "sample_sd", "sample_var", "sum", "total_sd", "total_var")
    found = {name: _REDUCERS[name].reduce([values])[0] for name in names}
    numbers = np.asarray(values, np.float64)
    return {
        **found,
        "sum_sq": float((numbers**2).sum()),
        "total_count": len(collection.elements),
        "valid_count": len(values),
        "weight_sum": len(values),
        "weighted_sum": found["sum"],
    }
