"""Array images (semantics 7.2): shapes, names, masks, and products as one large product."""

from typing import Any

import numpy as np
import pytest

from lib.localearth.errors import EarthError
from lib.localearth.raster.projection import PixelType
from lib.localearth.values import Array, Collection


def _array(*rows: Any) -> Array:
    return Array.of(np.array(rows))


def test_to_array_when_bands_are_plain_makes_a_vector_and_then_a_column(lab: Any) -> None:
    image = lab.image([[1]], [[2]], [[3]])

    vector = lab.call("Image.toArray", image)
    column = lab.call("Image.toArray", vector, 1)

    assert lab.values(vector) == {"array": [[[1, 2, 3]]]}
    assert lab.values(column) == {"array": [[[[1], [2], [3]]]]}
    assert column.bands[0].type.dimensions == 2


def test_to_array_when_any_band_is_masked_is_masked(lab: Any) -> None:
    image = lab.image([[1, 2]], [[3, 4]], masks=[None, np.array([True, False])])

    assert lab.row(lab.call("Image.toArray", image)) == [[1, 3], None]  # 2.2


def test_array_flatten_when_two_dimensional_names_rows_first(lab: Any) -> None:
    image = lab.call("Image.constant", _array([1, 2], [3, 4]))

    flat = lab.call("Image.arrayFlatten", image, [["monday", "tuesday"], ["red", "green"]])

    assert {name: rows[0][0] for name, rows in lab.values(flat, lab.grid(1)).items()} == {
        "monday_red": 1, "monday_green": 2, "tuesday_red": 3, "tuesday_green": 4,
    }  # fmt: skip


def test_array_project_when_a_dropped_axis_is_long_is_refused(lab: Any) -> None:
    image = lab.call("Image.constant", _array([1, 2], [3, 4]))

    with pytest.raises(EarthError, match="Cannot discard axis 1 of length 2"):
        lab.planes(lab.call("Image.arrayProject", image, [0]), lab.grid(1))


def test_array_get_when_position_differs_between_pixels_takes_each_its_own(lab: Any) -> None:
    vector = lab.call("Image.toArray", lab.image([[1, 2, 3]], [[4, 5, 6]]))

    found = lab.call("Image.arrayGet", vector, lab.image([[0, 1, 2]]))

    assert lab.row(found) == [1, 5, None]


def test_array_argmax_when_tied_takes_the_first(lab: Any) -> None:
    image = lab.call("Image.constant", _array([1, 9], [9, 2]))

    assert lab.row(lab.call("Image.arrayArgmax", image), lab.grid(1)) == [[0, 1]]


def test_array_reduce_when_along_an_axis_keeps_the_rank(lab: Any) -> None:
    image = lab.call("Image.constant", _array([1, 2, 3], [2, 3, 4]))
    total, both = lab.call("Reducer.sum"), lab.call("Reducer.minMax")

    def reduced(reducer: Any, axes: list[int], field: int | None = None) -> Any:
        return lab.row(lab.call("Image.arrayReduce", image, reducer, axes, field), lab.grid(1))[0]

    assert reduced(total, [0, 1]) == [[15]]
    assert reduced(total, [0]) == [[3, 5, 7]]
    assert reduced(total, [1]) == [[6], [9]]
    assert reduced(both, [0], 0) == [[1, 2, 3], [2, 3, 4]]


def test_array_cat_repeat_slice_and_transpose_shape_as_numpy_does(lab: Any) -> None:
    image = lab.call("Image.constant", _array([1, 2], [3, 4]))
    grid = lab.grid(1)

    def shaped(name: str, *arguments: Any) -> Any:
        return lab.row(lab.call(f"Image.{name}", image, *arguments), grid)[0]

    assert shaped("arrayCat", image, 1) == [[1, 2, 1, 2], [3, 4, 3, 4]]
    assert shaped("arrayRepeat", 0, 2) == [[1, 2], [3, 4], [1, 2], [3, 4]]
    assert shaped("arrayRepeat", 0, 0) == []
    assert shaped("arrayRepeat", 2, 2) == [[[1, 1], [2, 2]], [[3, 3], [4, 4]]]
    assert shaped("arraySlice", 1, 1) == [[2], [4]]
    assert shaped("arraySlice", 0, -1, None, 1) == [[3, 4]]
    assert shaped("arrayTranspose") == [[1, 3], [2, 4]]
    assert shaped("arrayReshape", lab.call("Image.constant", Array.of([4])), 1) == [1, 2, 3, 4]
    assert shaped("arrayPad", [3, 2], 9) == [[1, 2], [3, 4], [9, 9]]
    assert shaped("arrayLengths") == [2, 2]
    assert shaped("arrayLength", 1) == 2
    assert shaped("arrayDimensions") == 2


def test_array_slice_when_ends_differ_between_pixels_is_ragged(lab: Any) -> None:
    vector = lab.call("Image.toArray", lab.image([[1, 2]], [[3, 4]]))

    cut = lab.call("Image.arraySlice", vector, 0, 0, lab.image([[1, 2]]))

    assert lab.row(cut) == [[1], [2, 4]]
    assert lab.row(lab.call("Image.arrayLength", cut, 0)) == [1, 2]
    doubled = lab.call("Image.multiply", cut, 2)
    assert lab.row(doubled) == [[2], [4, 8]]


def test_array_mask_when_elements_are_dropped_keeps_the_others(lab: Any) -> None:
    image = lab.call("Image.constant", _array(1, 2, 3))
    mask = lab.call("Image.constant", _array(1, 0, 1))

    assert lab.row(lab.call("Image.arrayMask", image, mask), lab.grid(1)) == [[1, 3]]


def test_array_sort_when_keys_are_given_orders_by_them(lab: Any) -> None:
    image, keys = (lab.call("Image.constant", _array(*v)) for v in ((10, 20, 30), (3, 1, 2)))

    assert lab.row(lab.call("Image.arraySort", image, keys), lab.grid(1)) == [[20, 30, 10]]


def test_array_accum_when_no_reducer_sums_up(lab: Any) -> None:
    image = lab.call("Image.constant", _array(1, 2, 3))
    largest = lab.call("Reducer.max")

    assert lab.row(lab.call("Image.arrayAccum", image, 0), lab.grid(1)) == [[1, 3, 6]]
    assert lab.row(lab.call("Image.arrayAccum", image, 0, largest), lab.grid(1)) == [[1, 2, 3]]


def test_arrays_when_shapes_differ_are_refused_and_numbers_broadcast(lab: Any) -> None:
    two, three = (lab.call("Image.constant", _array(*v)) for v in ((1, 2), (1, 2, 3)))

    with pytest.raises(EarthError, match="shapes do not match"):
        lab.planes(lab.call("Image.add", two, three), lab.grid(1))
    assert lab.row(lab.call("Image.max", two, 1.5), lab.grid(1)) == [[1.5, 2.0]]


@pytest.mark.parametrize("side", ["left", "right"])
def test_matrix_multiply_when_one_factor_is_constant_equals_numpys(lab: Any, side: str) -> None:
    rng = np.random.default_rng(4)
    weights, pixels = rng.normal(size=(3, 4)), rng.normal(size=(4, 5, 6)).astype(np.float32)
    column = lab.call("Image.toArray", lab.call("Image.toArray", lab.image(*pixels)), 1)
    if side == "left":
        image = lab.call("Image.matrixMultiply", Array.of(weights), column)
        expected = np.einsum("ok,khw->hwo", weights, pixels)[..., None]
    else:
        row = lab.call("Image.arrayTranspose", column)
        image = lab.call("Image.matrixMultiply", row, Array.of(weights.T))
        expected = np.einsum("ok,khw->hwo", weights, pixels)[..., None, :]

    (plane,) = lab.planes(image, lab.grid(6, 5)).values()
    np.testing.assert_allclose(plane.data, expected, rtol=1e-6)
    assert image.bands[0].type == PixelType("double", dimensions=2)


def test_matrix_multiply_when_both_vary_multiplies_pixel_by_pixel(lab: Any) -> None:
    column = lab.call("Image.toArray", lab.call("Image.toArray", lab.image([[1, 2]], [[3, 4]])), 1)

    product = lab.call("Image.matrixMultiply", column, lab.call("Image.arrayTranspose", column))

    assert lab.row(product) == [[[1, 3], [3, 9]], [[4, 8], [8, 16]]]


def test_matrix_multiply_when_a_factor_is_a_vector_is_refused(lab: Any) -> None:
    vector = lab.call("Image.toArray", lab.image([[1]], [[2]]))
    image = lab.call("Image.matrixMultiply", Array.of(np.eye(2)), vector)

    with pytest.raises(EarthError, match=r"Both inputs must be 2-D arrays. Got 2 and 1"):
        lab.planes(image)


def test_matrix_solve_when_overdetermined_is_least_squares(lab: Any) -> None:
    left, right = _array([1.0, 0.0], [1.0, 1.0], [1.0, 2.0]), _array([1.0], [3.0], [5.0])

    found = lab.row(lab.call("Image.matrixSolve", left, right), lab.grid(1))[0]

    np.testing.assert_allclose(found, [[1.0], [2.0]], atol=1e-12)


def test_network_of_three_layers_on_a_tile_equals_the_matrix_products(lab: Any) -> None:
    rng = np.random.default_rng(0)
    bands = rng.random((12, 256, 256)).astype(np.float32)
    image = lab.image(*bands)
    value = lab.call("Image.toArray", lab.call("Image.toArray", image), 1)
    truth = bands.reshape(12, -1).astype(np.float64)
    for rows, columns in ((64, 12), (64, 64), (9, 64)):
        weights = rng.normal(size=(rows, columns))
        value = lab.call("Image.matrixMultiply", Array.of(weights), value)
        value = lab.call("Image.max", value, 0)
        truth = np.maximum(weights @ truth, 0)

    (plane,) = lab.planes(value, lab.grid(256, 256)).values()

    np.testing.assert_allclose(plane.data.reshape(-1, 9).T, truth, rtol=1e-5)


def test_collection_to_array_when_an_image_is_masked_leaves_it_out(lab: Any) -> None:
    images = Collection.of(
        [
            lab.image([[1, 2]], [[3, 4]]),
            lab.image([[5, 6]], [[7, 8]], masks=[None, np.array([True, False])]),
        ],
        of_images=True,
    )

    stacked = lab.call("ImageCollection.toArray", images)

    assert lab.row(stacked, lab.grid(2)) == [[[1, 3], [5, 7]], [[2, 4]]]  # 2.2
