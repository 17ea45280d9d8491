"""Reducers (semantics 5.2 and 5.3) by their names, over lists of values and over pixels.

Sources of truth: NumPy and scipy.stats; the signature list's words where those have no such thing.
"""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from scipy import stats

VALUES = [3.0, -1.0, 4.5, 0.5, 9.0, 2.0, 6.0, 5.5]
ANGLES = [0.2, 1.1, -0.7, 2.9, 0.4, -3.0, 1.9, 0.1]
BITS = [12, 10, 15, 8, 14, 44, 12, 9]
WITH_NULLS = [None, 7, 7, None, 0, 7.0, 3]

OVER_VALUES: dict[str, tuple[str, list[Any], Any]] = {
    "allNonZero": ("allNonZero", [1, -2, 3], 1),
    "allNonZero with a zero": ("allNonZero", [1, 0, 3], 0),
    "and": ("and", WITH_NULLS, 0),
    "anyNonZero": ("anyNonZero", WITH_NULLS, 1),
    "anyNonZero of zeros": ("anyNonZero", [0, 0.0], 0),
    "or": ("or", [0, 0], 0),
    "bitwiseAnd": ("bitwiseAnd", BITS, int(np.bitwise_and.reduce(BITS))),
    "bitwiseOr": ("bitwiseOr", BITS, int(np.bitwise_or.reduce(BITS))),
    "circularMean": ("circularMean", ANGLES, stats.circmean(ANGLES, high=np.pi, low=-np.pi)),
    "circularVariance": ("circularVariance", ANGLES, stats.circvar(ANGLES)),
    "circularStddev": ("circularStddev", ANGLES, stats.circstd(ANGLES)),
    "countDistinct": ("countDistinct", WITH_NULLS, 4),  # null, 7, 0 and 3
    "countDistinctNonNull": ("countDistinctNonNull", WITH_NULLS, 3),
    "countEvery": ("countEvery", WITH_NULLS, 7),
    "count": ("count", WITH_NULLS, 5),
    "first": ("first", WITH_NULLS, None),
    "firstNonNull": ("firstNonNull", WITH_NULLS, 7),
    "last": ("last", [*WITH_NULLS, None], None),
    "lastNonNull": ("lastNonNull", [*WITH_NULLS, None], 3),
    "frequencyHistogram": ("frequencyHistogram", ["b", "a", "b"], {"a": 1, "b": 2}),
    "kurtosis": ("kurtosis", VALUES, stats.kurtosis(VALUES)),
    "skew": ("skew", VALUES, stats.skew(VALUES)),
    "variance": ("variance", VALUES, np.var(VALUES)),
    "sampleVariance": ("sampleVariance", VALUES, np.var(VALUES, ddof=1)),
    "stdDev": ("stdDev", VALUES, np.std(VALUES)),
    "sampleStdDev": ("sampleStdDev", VALUES, np.std(VALUES, ddof=1)),
    "median": ("median", VALUES, np.median(VALUES)),
    "product": ("product", VALUES, np.prod(VALUES)),
    "minMax": ("minMax", VALUES, {"min": -1.0, "max": 9.0}),
}


@pytest.mark.parametrize(("name", "values", "expected"), OVER_VALUES.values(), ids=OVER_VALUES)
def test_reducer_of_a_list_when_called_agrees_with_its_source(
    lab: Any, name: str, values: list[Any], expected: Any
) -> None:
    found = lab.call("List.reduce", values, lab.call(f"Reducer.{name}"))

    assert found == (expected if expected is None else pytest.approx(expected, rel=1e-12))


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("countEvery", 0),
        ("countDistinct", 0),
        ("lastNonNull", None),
        ("skew", None),
        ("circularMean", None),
        ("frequencyHistogram", {}),
        ("autoHistogram", None),
        ("covariance", None),
        ("pearsonsCorrelation", {"correlation": None, "p-value": None}),
        ("sensSlope", {"slope": None, "offset": None}),
    ],
)
def test_reducer_of_an_empty_list_when_called_counts_nothing_or_is_null(
    lab: Any, name: str, expected: Any
) -> None:
    assert lab.call("List.reduce", [], lab.call(f"Reducer.{name}")) == expected


OUTPUTS = {
    "allNonZero": ["all"], "and": ["all"], "anyNonZero": ["any"], "or": ["any"],
    "bitwiseAnd": ["bitwiseAnd"], "bitwiseOr": ["bitwiseOr"], "circularMean": ["circularMean"],
    "circularStddev": ["circularStdDev"], "circularVariance": ["circularVariance"],
    "countDistinct": ["count"], "countDistinctNonNull": ["count"], "countEvery": ["count"],
    "firstNonNull": ["first"], "lastNonNull": ["last"], "last": ["last"],
    "frequencyHistogram": ["histogram"], "histogram": ["histogram"], "kurtosis": ["kurtosis"],
    "skew": ["skew"], "variance": ["variance"], "sampleVariance": ["variance"],
    "pearsonsCorrelation": ["correlation", "p-value"], "sensSlope": ["slope", "offset"],
}  # fmt: skip


@pytest.mark.parametrize("name", OUTPUTS)
def test_outputs_of_a_reducer_when_asked_for_have_the_documented_names(lab: Any, name: str) -> None:
    assert lab.call("Reducer.getOutputs", lab.call(f"Reducer.{name}")) == OUTPUTS[name]


PIXELS = np.random.default_rng(8).integers(1, 6, (7, 4, 5)).astype(np.float64)
MASKS = np.random.default_rng(9).random((7, 4, 5)) > 0.3
MASKS[:2] = True
PIXELS[1] = PIXELS[0] + 1  # so that every pixel varies
PIXELS[3, 1, 2], PIXELS[5, 0, 0] = 0, 0
VALID = np.where(MASKS, PIXELS, np.nan)


def _moment(order: int) -> Any:
    return np.nanmean((VALID - np.nanmean(VALID, axis=0)) ** order, axis=0)


OF_PIXELS: dict[str, Any] = {
    "allNonZero": np.nanmin(VALID, axis=0) > 0,
    "and": np.nanmin(VALID, axis=0) > 0,
    "anyNonZero": np.nanmax(VALID, axis=0) > 0,
    "or": np.nanmax(VALID, axis=0) > 0,
    "count": MASKS.sum(axis=0),
    "countDistinctNonNull": np.apply_along_axis(
        lambda column: len(set(column[~np.isnan(column)])), 0, VALID
    ),
    "firstNonNull": np.apply_along_axis(lambda column: column[~np.isnan(column)][0], 0, VALID),
    "lastNonNull": np.apply_along_axis(lambda column: column[~np.isnan(column)][-1], 0, VALID),
    "product": np.nanprod(VALID, axis=0),
    "variance": np.nanvar(VALID, axis=0),
    "skew": _moment(3) / _moment(2) ** 1.5,
    "kurtosis": _moment(4) / _moment(2) ** 2 - 3,
    "bitwiseOr": np.bitwise_or.reduce(np.where(MASKS, PIXELS, 0).astype(int), axis=0),
    "bitwiseAnd": np.bitwise_and.reduce(np.where(MASKS, PIXELS, 255).astype(int), axis=0),
    "circularMean": np.angle(np.nanmean(np.exp(1j * VALID), axis=0)),
    "circularVariance": 1 - abs(np.nanmean(np.exp(1j * VALID), axis=0)),
}


def _collection(lab: Any) -> Any:
    images = [lab.image(values, masks=[mask]) for values, mask in zip(PIXELS, MASKS, strict=True)]
    return lab.call("ImageCollection.fromImages", images)


@pytest.mark.parametrize("name", OF_PIXELS)
def test_reducer_of_images_when_pixels_are_masked_agrees_with_its_source(
    lab: Any, name: str
) -> None:
    image = lab.call("ImageCollection.reduce", _collection(lab), lab.call(f"Reducer.{name}"))

    (plane,) = lab.planes(image, lab.grid(5, 4)).values()
    np.testing.assert_allclose(plane.data, OF_PIXELS[name], atol=1e-12)


@pytest.mark.parametrize("name", ["and", "or", "count", "product"])
def test_shortcut_over_images_when_called_keeps_band_names(lab: Any, name: str) -> None:
    image = lab.call(f"reduce.{name}", _collection(lab))

    assert image.names == ("B1",)
    np.testing.assert_allclose(
        lab.planes(image, lab.grid(5, 4))["B1"].data, OF_PIXELS[name], atol=1e-12
    )


def test_frequency_histogram_of_a_region_when_unmasked_counts_values(lab: Any) -> None:
    image = lab.image(PIXELS[0].astype(np.uint8))

    found = lab.call("Image.reduceRegion", image, lab.call("Reducer.frequencyHistogram"), scale=10)

    expected = Counter(str(int(value)) for value in PIXELS[0].ravel())
    assert found["B1"] == expected


def test_interval_mean_when_called_averages_between_percentiles(lab: Any) -> None:
    reducer = lab.call("Reducer.intervalMean", 25, 75)

    low, high = np.percentile(VALUES, [25, 75])
    inside = [value for value in VALUES if low <= value <= high]
    assert lab.call("List.reduce", VALUES, reducer) == pytest.approx(np.mean(inside))


X = [0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 7.0, 9.0]
PAIRS = [list(pair) for pair in zip(X, VALUES, strict=True)]
TIED = [[1, 1], [2, 1], [2, 3], [4, 2], [5, 6], [6, 6]]


@pytest.mark.parametrize(
    ("name", "pairs", "function"),
    [
        ("pearsonsCorrelation", PAIRS, stats.pearsonr),
        ("spearmansCorrelation", PAIRS, stats.spearmanr),
        ("spearmansCorrelation", TIED, stats.spearmanr),
    ],
)
def test_correlation_when_called_is_that_of_scipy(
    lab: Any, name: str, pairs: list[list[float]], function: Any
) -> None:
    found = lab.call("List.reduce", pairs, lab.call(f"Reducer.{name}"))

    expected = function(*np.transpose(pairs))
    assert found["correlation"] == pytest.approx(expected.statistic)
    assert found["p-value"] == pytest.approx(expected.pvalue)


def test_kendalls_correlation_when_values_are_tied_is_tau_b(lab: Any) -> None:
    pairs = np.array(TIED)
    signs = [np.sign(np.subtract.outer(column, column)) for column in pairs.T]
    tau_b = (signs[0] * signs[1]).sum() / np.sqrt((signs[0] ** 2).sum() * (signs[1] ** 2).sum())

    found = lab.call("List.reduce", TIED, lab.call("Reducer.kendallsCorrelation", 2))
    trend = lab.call("List.reduce", VALUES, lab.call("Reducer.kendallsCorrelation"))

    assert found["correlation"] == pytest.approx(tau_b)
    expected = stats.kendalltau(*pairs.T, method="asymptotic")
    assert found["p-value"] == pytest.approx(expected.pvalue)
    assert trend["correlation"] == pytest.approx(stats.kendalltau(range(8), VALUES).statistic)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("pearsonsCorrelation", stats.pearsonr),
        ("spearmansCorrelation", stats.spearmanr),
        ("kendallsCorrelation", lambda x, y: stats.kendalltau(x, y, method="asymptotic")),
    ],
)
def test_correlation_of_images_when_pixels_are_masked_is_scipys_at_each(
    lab: Any, name: str, function: Any
) -> None:
    other = np.random.default_rng(10).integers(0, 4, PIXELS.shape) + PIXELS.round(0) / 2
    images = [
        lab.image(*pair, masks=[m, None]) for *pair, m in zip(PIXELS, other, MASKS, strict=True)
    ]
    reducer = lab.call(f"Reducer.{name}", *([2] if name.startswith("k") else []))

    image = lab.call(
        "ImageCollection.reduce", lab.call("ImageCollection.fromImages", images), reducer
    )

    planes = lab.planes(image, lab.grid(5, 4))
    for place in np.ndindex(4, 5):
        kept = MASKS[(slice(None), *place)]
        expected = function(*(each[(slice(None), *place)][kept] for each in (PIXELS, other)))
        assert planes["correlation"].data[place] == pytest.approx(expected.statistic)
        if kept.sum() > 2:
            assert planes["p-value"].data[place] == pytest.approx(expected.pvalue)


def test_sens_slope_when_called_is_that_of_theil_and_sen(lab: Any) -> None:
    found = lab.call("List.reduce", PAIRS, lab.call("Reducer.sensSlope"))

    pairs = [(i, j) for i in range(8) for j in range(i)]
    slope = np.median([(VALUES[i] - VALUES[j]) / (X[i] - X[j]) for i, j in pairs])
    assert found["slope"] == pytest.approx(slope)
    assert found["offset"] == pytest.approx(np.median(np.array(VALUES) - slope * np.array(X)))


@pytest.mark.parametrize("at_once", [1, 50, 10**6])
def test_sens_slope_of_images_when_pixels_are_many_is_the_same_in_parts(
    lab: Any, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr("lib.localearth.reducers.regression.PAIRS_AT_ONCE", at_once)
    times = np.arange(7.0)
    images = [
        lab.image(np.full((4, 5), time), values, masks=[None, mask])
        for time, values, mask in zip(times, PIXELS, MASKS, strict=True)
    ]

    image = lab.call(
        "ImageCollection.reduce",
        lab.call("ImageCollection.fromImages", images),
        lab.call("Reducer.sensSlope"),
    )

    found = lab.planes(image, lab.grid(5, 4))["slope"].data
    for place in np.ndindex(4, 5):
        kept = MASKS[(slice(None), *place)]
        values = PIXELS[(slice(None), *place)][kept]
        assert found[place] == pytest.approx(stats.theilslopes(values, times[kept]).slope)
