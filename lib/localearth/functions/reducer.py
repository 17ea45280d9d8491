"""Constructors of reducers: `Reducer.*`."""

from collections.abc import Callable, Sequence

from lib.localearth.errors import EarthError
from lib.localearth.raster.image import Image
from lib.localearth.reducers import (
    combine,
    correlation,
    histogram,
    listing,
    moments,
    order,
    regression,
    simple,
)
from lib.localearth.reducers.base import Reducer
from lib.localearth.registry import implements, register
from lib.localearth.text import text_of

_PLAIN: dict[str, Callable[[], Reducer]] = {
    "minMax": lambda: simple.Extremes("minMax"),
    "countEvery": lambda: simple.Count(every=True),
    "count": lambda: simple.Count(),
    "sum": simple.Sum,
    "mean": simple.Mean,
    "product": simple.Product,
    "bitwiseOr": lambda: simple.Bits("bitwiseOr"),
    "bitwiseAnd": lambda: simple.Bits("bitwiseAnd"),
    "allNonZero": lambda: simple.NonZero("allNonZero", "all"),
    "anyNonZero": lambda: simple.NonZero("anyNonZero", "any"),
    "and": lambda: simple.NonZero("and", "all"),
    "or": lambda: simple.NonZero("or", "any"),
    "linearFit": regression.LinearFit,
    "stdDev": lambda: moments.Spread("stdDev", root=True, sample=False),
    "sampleStdDev": lambda: moments.Spread("sampleStdDev", root=True, sample=True),
    "variance": lambda: moments.Spread("variance", root=False, sample=False),
    "sampleVariance": lambda: moments.Spread("sampleVariance", root=False, sample=True),
    "skew": lambda: moments.Shape("skew"),
    "kurtosis": lambda: moments.Shape("kurtosis"),
    "first": lambda: simple.Pick("first", skip=False),
    "firstNonNull": lambda: simple.Pick("first", skip=True),
    "last": lambda: simple.Pick("last", skip=False),
    "lastNonNull": lambda: simple.Pick("last", skip=True),
    "circularMean": lambda: moments.Circular("circularMean"),
    "circularVariance": lambda: moments.Circular("circularVariance"),
    "circularStddev": lambda: moments.Circular("circularStddev"),
    "frequencyHistogram": histogram.FrequencyHistogram,
    "countDistinct": lambda: order.CountDistinct(skip=False),
    "countDistinctNonNull": lambda: order.CountDistinct(skip=True),
    "countRuns": order.CountRuns,
    "covariance": lambda: regression.Covariance(centred=False),
    "centeredCovariance": lambda: regression.Covariance(centred=True),
    "pearsonsCorrelation": lambda: correlation.Correlation("pearsonsCorrelation"),
    "spearmansCorrelation": lambda: correlation.Correlation("spearmansCorrelation"),
    "sensSlope": regression.SensSlope,
}

for _name, _make in _PLAIN.items():
    register(f"Reducer.{_name}", _make)


@implements("Reducer.max")
def maximum(num_inputs: int) -> Reducer:
    """The greatest of the first input, and the other inputs there."""
    return simple.Extremes("max", inputs=int(num_inputs))


@implements("Reducer.min")
def minimum(num_inputs: int) -> Reducer:
    """The least of the first input, and the other inputs there."""
    return simple.Extremes("min", inputs=int(num_inputs))


@implements("Reducer.median")
def median(max_buckets: int | None, min_bucket_width: float | None, max_raw: int | None) -> Reducer:
    """The median, always computed directly."""
    return order.Percentiles("median", [50], ["median"])


@implements("Reducer.mode")
def mode(max_buckets: int | None, min_bucket_width: float | None, max_raw: int | None) -> Reducer:
    """The most frequent value, always computed directly."""
    return order.Mode()


@implements("Reducer.percentile")
def percentile(
    percentiles: Sequence[float],
    output_names: Sequence[str] | None,
    max_buckets: int | None,
    min_bucket_width: float | None,
    max_raw: int | None,
) -> Reducer:
    """Percentiles, always computed directly; named p5, p50 … by default."""
    if any(not 0 <= each <= 100 for each in percentiles):
        raise EarthError(f"Percentiles must be between 0 and 100. Got {list(percentiles)}.")
    names = output_names or [f"p{text_of(float(each))}" for each in percentiles]
    if len(names) != len(percentiles):
        raise EarthError(f"Got {len(percentiles)} percentiles and {len(names)} output names.")
    return order.Percentiles("percentile", percentiles, names)


@implements("Reducer.intervalMean")
def interval_mean(
    min_percentile: float,
    max_percentile: float,
    max_buckets: int | None,
    min_bucket_width: float | None,
    max_raw: int | None,
) -> Reducer:
    """The mean between two percentiles, always computed directly."""
    return order.IntervalMean(min_percentile, max_percentile)


@implements("Reducer.histogram")
def bucket_histogram(
    max_buckets: int | None, min_bucket_width: float | None, max_raw: int | None
) -> Reducer:
    """Counts in buckets of a power of two."""
    return histogram.Histogram(max_buckets, min_bucket_width)


@implements("Reducer.autoHistogram")
def auto_histogram(
    max_buckets: int | None,
    min_bucket_width: float | None,
    max_raw: int | None,
    cumulative: bool,
) -> Reducer:
    """Counts in buckets of a power of two, as an array."""
    return histogram.AutoHistogram(max_buckets, min_bucket_width, cumulative=bool(cumulative))


@implements("Reducer.fixedHistogram")
def fixed_histogram(min: float, max: float, steps: int, cumulative: bool) -> Reducer:  # noqa: A002
    """Counts in given buckets, as an array."""
    return histogram.FixedHistogram(min, max, int(steps), cumulative=bool(cumulative))


@implements("Reducer.toList")
def to_list(tuple_size: int | None, num_optional: int) -> Reducer:
    """All inputs in a list."""
    return listing.ToList(None if tuple_size is None else int(tuple_size), int(num_optional))


@implements("Reducer.toCollection")
def to_collection(property_names: Sequence[str], num_optional: int) -> Reducer:
    """All inputs as features."""
    return listing.ToCollection(property_names, int(num_optional))


@implements("Reducer.linearRegression")
def linear_regression(num_x: int, num_y: int) -> Reducer:
    """Least squares."""
    return regression.LinearRegression(int(num_x), int(num_y))


@implements("Reducer.robustLinearRegression")
def robust_linear_regression(num_x: int, num_y: int, beta: float | None) -> Reducer:
    """Least squares without outliers."""
    return regression.LinearRegression(int(num_x), int(num_y), robust=True, beta=beta)


@implements("Reducer.kendallsCorrelation")
def kendalls_correlation(num_inputs: int) -> Reducer:
    """Kendall's tau-b; one input is correlated with its order."""
    return correlation.Correlation("kendallsCorrelation", inputs=int(num_inputs))


@implements("Reducer.combine")
def combined(
    reducer1: Reducer, reducer2: Reducer, output_prefix: str, shared_inputs: bool
) -> Reducer:
    """Two reducers side by side."""
    if shared_inputs and reducer1.inputs != reducer2.inputs:
        raise EarthError(
            "Reducers that share inputs must have the same number of them. "
            f"Got {reducer1.inputs} and {reducer2.inputs}."
        )
    second = tuple(f"{output_prefix}{name}" for name in reducer2.outputs)
    return combine.Combined(
        [reducer1, reducer2], reducer1.outputs + second, shared=bool(shared_inputs)
    )


@implements("Reducer.repeat")
def repeated(reducer: Reducer, count: int) -> Reducer:
    """Copies of a reducer."""
    return combine.Repeated(reducer, int(count))


@implements("Reducer.forEach")
def for_each(reducer: Reducer, output_names: Sequence[str]) -> Reducer:
    """A copy of a reducer for each name."""
    if len(reducer.outputs) == 1:
        outputs = list(output_names)
    else:
        outputs = [f"{name}_{output}" for name in output_names for output in reducer.outputs]
    return combine.Combined([reducer] * len(output_names), outputs)


@implements("Reducer.forEachBand")
def for_each_band(reducer: Reducer, image: Image) -> Reducer:
    """A copy of a reducer for each band of an image."""
    return for_each(reducer, image.names)


@implements("Reducer.forEachElement")
def for_each_element(reducer: Reducer) -> Reducer:
    """A reducer of arrays, place by place."""
    return combine.ForEachElement(reducer)


@implements("Reducer.group")
def grouped(reducer: Reducer, group_field: int, group_name: str) -> Reducer:
    """A reducer of each group."""
    return combine.Grouped(reducer, int(group_field), group_name)


@implements("Reducer.setOutputs")
def set_outputs(reducer: Reducer, outputs: Sequence[str | None]) -> Reducer:
    """A reducer with other output names."""
    if len(outputs) != len(reducer.outputs):
        raise EarthError(f"Expected {len(reducer.outputs)} output names, got {len(outputs)}.")
    return combine.Renamed(reducer, outputs)


@implements("Reducer.unweighted")
def unweighted(reducer: Reducer) -> Reducer:
    """A reducer without weights."""
    return combine.Unweighted(reducer)


@implements("Reducer.splitWeights")
def split_weights(reducer: Reducer) -> Reducer:
    """A reducer whose weights are inputs."""
    return combine.SplitWeights(reducer)


@implements("Reducer.disaggregate")
def disaggregated(reducer: Reducer, axis: int | None) -> Reducer:
    """A reducer of the items of its inputs."""
    return combine.Disaggregated(reducer, axis)


@implements("Reducer.getOutputs")
def get_outputs(reducer: Reducer) -> list[str]:
    """The names of a reducer's outputs."""
    return list(reducer.outputs)
