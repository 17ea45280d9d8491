"""Reducers whose answers are tables, arrays or features, and reducers made of reducers.

Sources of truth: NumPy (histograms, least squares, covariance), the guides' examples.
"""

from typing import Any

import numpy as np
import pytest

from lib.localearth.encode import encode
from lib.localearth.errors import EarthError
from lib.localearth.values import Array

VALUES = [0.5, 1.0, 3.75, 5.0, 5.5, 6.25, 7.75, 7.9]
RNG = np.random.default_rng(4)
ROWS = RNG.normal(size=(12, 3)) @ [[2.0, 0.5, 0], [0, 1, 0.3], [0, 0, 0.2]]


def _reduced(lab: Any, values: Any, name: str, *arguments: Any) -> Any:
    return encode(lab.call("List.reduce", values, lab.call(f"Reducer.{name}", *arguments)))


def test_histogram_when_buckets_are_few_doubles_their_width(lab: Any) -> None:
    found = _reduced(lab, VALUES, "histogram", 4, 1)

    counts, edges = np.histogram(VALUES, 4, (0, 8))
    sums, _ = np.histogram(VALUES, 4, (0, 8), weights=VALUES)
    assert (found["bucketMin"], found["bucketWidth"]) == (edges[0], edges[1] - edges[0])
    assert found["histogram"] == counts.tolist()
    assert found["bucketMeans"] == pytest.approx((sums / counts).tolist())


@pytest.mark.parametrize(("buckets", "width"), [(3, 2), (4, 2), (8, 1), (16, 0.5)])
def test_histogram_when_buckets_are_limited_rounds_up_to_a_power_of_two(
    lab: Any, buckets: int, width: float
) -> None:
    assert _reduced(lab, VALUES, "histogram", buckets)["bucketWidth"] == width


@pytest.mark.parametrize("cumulative", [False, True])
def test_auto_histogram_when_called_lists_edges_and_counts(lab: Any, cumulative: bool) -> None:
    found = _reduced(lab, VALUES, "autoHistogram", 4, 1, None, cumulative)

    counts, edges = np.histogram(VALUES, 4, (0, 8))
    counts = counts.cumsum() if cumulative else counts
    assert found == np.column_stack([edges[:-1], counts]).tolist()


def test_auto_histogram_when_of_images_is_made_at_every_pixel(lab: Any) -> None:
    stack = RNG.integers(0, 8, (9, 2, 3))
    images = [lab.image(layer) for layer in stack]
    collection = lab.call("ImageCollection.fromImages", images)

    image = lab.call("ImageCollection.reduce", collection, lab.call("Reducer.autoHistogram", 4, 1))

    found = lab.values(image, lab.grid(3, 2))["B1_histogram"]  # "suitable for use per-pixel"
    for row, column in np.ndindex(2, 3):
        alone = _reduced(lab, stack[:, row, column].tolist(), "autoHistogram", 4, 1)
        assert found[row][column] == alone


def test_covariance_when_called_is_numpys(lab: Any) -> None:
    arrays = [Array.of(row) for row in ROWS]

    found = _reduced(lab, arrays, "covariance")
    centred = _reduced(
        lab, [Array.of(row) for row in ROWS - ROWS.mean(axis=0)], "centeredCovariance"
    )

    np.testing.assert_allclose(found, np.cov(ROWS.T))
    np.testing.assert_allclose(centred, np.cov(ROWS.T))


def test_covariance_when_of_an_array_image_is_that_of_its_pixels(lab: Any) -> None:
    # The guide on eigen analysis reduces toArray() with centeredCovariance over a region
    bands = RNG.normal(size=(3, 6, 7))
    centred = bands - bands.mean(axis=(1, 2), keepdims=True)
    image = lab.call("Image.toArray", lab.image(*centred))

    found = lab.call("Image.reduceRegion", image, lab.call("Reducer.centeredCovariance"), scale=10)

    np.testing.assert_allclose(encode(found)["array"], np.cov(bands.reshape(3, -1)))


def test_linear_regression_when_of_two_dependent_variables_is_least_squares(lab: Any) -> None:
    x = np.column_stack([np.ones(12), ROWS[:, 0]])
    y = ROWS[:, 1:]
    rows = np.column_stack([x, y]).tolist()

    found = _reduced(lab, rows, "linearRegression", 2, 2)

    expected, squares, *_ = np.linalg.lstsq(x, y, rcond=None)
    np.testing.assert_allclose(found["coefficients"], expected, atol=1e-12)
    np.testing.assert_allclose(found["residuals"], np.sqrt(squares / 12))


@pytest.mark.parametrize("beta", [None, 30.0])
def test_robust_regression_when_some_points_are_far_off_is_the_others_least_squares(
    lab: Any, beta: float | None
) -> None:
    x = np.arange(20.0)
    y = 3 * x - 5 + RNG.normal(0, 0.3, 20)
    y[[4, 17]] += 80
    kept = np.delete(np.arange(20), [4, 17])

    found = _reduced(
        lab, np.column_stack([x, np.ones(20), y]).tolist(), "robustLinearRegression", 2, 1, beta
    )

    expected = np.polyfit(x[kept], y[kept], 1)
    np.testing.assert_allclose(np.ravel(found["coefficients"]), expected, rtol=1e-6)


def test_repeat_when_called_lists_one_answer_for_each_input(lab: Any) -> None:
    reducer = lab.call("Reducer.repeat", lab.call("Reducer.mean"), 3)

    found = lab.call("List.reduce", ROWS.tolist(), reducer)

    np.testing.assert_allclose(found, ROWS.mean(axis=0))  # one output, so the bare list


def test_split_weights_when_called_takes_the_weight_as_second_input(lab: Any) -> None:
    pairs = [[1, 1], [2, 2], [3, 3]]  # foo and weight of the guide on columns
    reducer = lab.call("Reducer.splitWeights", lab.call("Reducer.mean"))

    assert lab.call("List.reduce", pairs, reducer) == pytest.approx(2.333333333333333)
    assert lab.call("Reducer.getOutputs", reducer) == ["mean"]


def test_for_each_band_when_called_names_outputs_by_bands(lab: Any) -> None:
    image = lab.image([[1]], [[2]], names=["red", "nir"])

    plain = lab.call("Reducer.forEachBand", lab.call("Reducer.sum"), image)
    both = lab.call("Reducer.forEachBand", lab.call("Reducer.minMax"), image)

    assert lab.call("List.reduce", [[1, 10], [2, 20]], plain) == {"red": 3, "nir": 30}
    assert lab.call("Reducer.getOutputs", both) == ["red_min", "red_max", "nir_min", "nir_max"]


def test_for_each_element_when_called_reduces_arrays_place_by_place(lab: Any) -> None:
    arrays = RNG.integers(0, 99, (5, 2, 2))  # the reference's example: five arrays of 2 x 2
    reducer = lab.call("Reducer.forEachElement", lab.call("Reducer.sum"))

    found = lab.call("List.reduce", [Array.of(each) for each in arrays], reducer)

    assert found.data.tolist() == arrays.sum(axis=0).tolist()


DISAGGREGATED: dict[str, tuple[list[Any], int | None, str, Any]] = {
    "lists, dictionaries and numbers": ([[1, 2], {"b": 3, "a": 4}, 5], None, "sum", 15),
    "arrays completely": ([Array.of([[1, 2], [3, 4]]), 10], None, "max", 10),
    "arrays along an axis": ([Array.of([[1, 2], [3, 4]])], 0, "toList", [[1, 2], [3, 4]]),
    "arrays along the other": ([Array.of([[1, 2], [3, 4]])], 1, "toList", [[1, 3], [2, 4]]),
}


@pytest.mark.parametrize(
    ("values", "axis", "name", "expected"), DISAGGREGATED.values(), ids=DISAGGREGATED
)
def test_disaggregate_when_called_passes_on_the_items(
    lab: Any, values: list[Any], axis: int | None, name: str, expected: Any
) -> None:
    reducer = lab.call("Reducer.disaggregate", lab.call(f"Reducer.{name}"), axis)

    assert encode(lab.call("List.reduce", values, reducer)) == expected


def test_to_collection_when_called_makes_a_feature_of_each_tuple(lab: Any) -> None:
    reducer = lab.call("Reducer.toCollection", ["a", "b"], 1)

    found = lab.call("List.reduce", [[1, "x"], [None, "y"], [3, None]], reducer).elements

    rows = [{"a": 1, "b": "x"}, {"a": 3}]  # b may be null, a may not
    assert [{k: v for k, v in f.properties.items() if k in "ab"} for f in found] == rows


@pytest.mark.parametrize("name", ["toCollection", "histogram", "frequencyHistogram"])
def test_reducer_when_its_answers_are_no_pixels_is_refused_over_images(lab: Any, name: str) -> None:
    reducer = lab.call(f"Reducer.{name}", *([["a"]] if name == "toCollection" else []))
    image = lab.image(*([[[1.0]]] * reducer.inputs))

    with pytest.raises(EarthError, match=r"does not give numbers or arrays"):
        lab.planes(
            lab.call(
                "ImageCollection.reduce", lab.call("ImageCollection.fromImages", [image]), reducer
            ),
            lab.grid(1),
        )
