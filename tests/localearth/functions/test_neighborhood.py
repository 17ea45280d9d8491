"""Kernels on images (semantics 6). Reference: SciPy's filters and generic NumPy loops."""

from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from lib.localearth.values import Kernel


def _values(seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=(9, 8))


def test_neighbours_when_made_into_bands_are_named_by_column_and_row_offset(lab: Any) -> None:
    image = lab.image(np.arange(25).reshape(5, 5), np.zeros((5, 5)))

    bands = lab.call("Image.neighborhoodToBands", image, lab.call("Kernel.square", 1))

    assert len(bands.bands) == 18  # 6.4
    assert bands.names[:4] == ("B1_-1_-1", "B1_0_-1", "B1_1_-1", "B1_-1_0")
    centre = {n: v[2][2] for n, v in lab.values(bands, lab.grid(5, 5)).items() if n[:2] == "B1"}
    assert centre == {
        "B1_-1_-1": 6, "B1_0_-1": 7, "B1_1_-1": 8, "B1_-1_0": 11, "B1_0_0": 12, "B1_1_0": 13,
        "B1_-1_1": 16, "B1_0_1": 17, "B1_1_1": 18,
    }  # fmt: skip


def test_neighbours_when_masked_mask_their_own_band(lab: Any) -> None:
    image = lab.image([[1, 2, 3]], masks=[np.array([True, False, True])])

    bands = lab.call("Image.neighborhoodToBands", image, lab.call("Kernel.rectangle", 1, 0))

    assert lab.values(bands, lab.grid(3)) == {
        "B1_-1_0": [[None, 1, None]], "B1_0_0": [[1, None, 3]], "B1_1_0": [[None, 3, None]],
    }  # fmt: skip


def test_neighbourhood_as_array_when_masked_takes_the_default_and_the_inputs_mask(lab: Any) -> None:
    image = lab.image([[1, 2, 3]], masks=[np.array([True, False, True])])

    arrays = lab.call("Image.neighborhoodToArray", image, lab.call("Kernel.rectangle", 1, 0), 9.7)

    assert lab.row(arrays) == [[[9, 1, 9]], None, [[9, 3, 9]]]  # 6.4: fractions discarded


@pytest.mark.parametrize(
    ("reducer", "filtered"),
    [
        ("mean", lambda v, k: ndimage.correlate(v, k / k.sum())),
        ("max", lambda v, k: ndimage.maximum_filter(v, footprint=k > 0)),
        ("median", lambda v, k: ndimage.median_filter(v, footprint=k > 0)),
        ("sum", lambda v, k: ndimage.correlate(v, k / k.sum())),
    ],
)
def test_reduced_neighbourhood_when_inside_equals_scipys_filter(
    lab: Any, reducer: str, filtered: Any
) -> None:
    values = _values()
    kernel = lab.call("Kernel.circle", 2)

    image = lab.call(
        "Image.reduceNeighborhood", lab.image(values), lab.call(f"Reducer.{reducer}"), kernel
    )

    found = lab.planes(image, lab.grid(8, 9))[f"B1_{reducer}"].data[2:-2, 2:-2]
    expected = filtered(values, np.asarray(kernel.weights))[2:-2, 2:-2]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_reduced_neighbourhood_when_centre_is_masked_is_masked_unless_told(lab: Any) -> None:
    image = lab.image([[1.0, 2.0, 6.0]], masks=[np.array([True, False, True])])
    mean, kernel = lab.call("Reducer.mean"), lab.call("Kernel.square", 1)

    skipped = lab.call("Image.reduceNeighborhood", image, mean, kernel)
    filled = lab.call("Image.reduceNeighborhood", image, mean, kernel, "kernel", False)

    assert lab.row(skipped) == [1.0, None, 6.0]  # 6.3: masked neighbours are not reduced
    assert lab.row(filled) == [1.0, pytest.approx(3.5), 6.0]


def test_focal_max_when_default_kernel_is_three_by_three(lab: Any) -> None:
    values = np.zeros((5, 5), np.uint8)
    values[2, 2] = 1

    image = lab.call("Image.focalMax", lab.image(values))

    expected = np.zeros((5, 5), int)
    expected[1:4, 1:4] = 1  # 6.1: radius 1.5 holds the diagonals
    assert image.names == ("B1",)
    assert lab.values(image) == {"B1": expected.tolist()}


def test_focal_median_gives_doubles_and_repeats_iterations(lab: Any) -> None:
    values = _values(3)

    image = lab.call("Image.focal_median", lab.image(values), 1, "square", "pixels", 2)

    once = ndimage.median_filter(values, size=3)
    expected = ndimage.median_filter(once, size=3)[2:-2, 2:-2]
    found = lab.planes(image, lab.grid(8, 9))["B1"].data
    assert found.dtype == np.float64
    np.testing.assert_allclose(found[2:-2, 2:-2], expected)


def test_kernel_in_metres_when_the_grid_is_finer_covers_more_pixels(lab: Any) -> None:
    image = lab.call(
        "Image.focalMax", lab.image([[0, 0, 0, 0, 9, 0, 0, 0, 0]]), 10, "square", "meters"
    )
    fine = lab.grid(18, transform=(5.0, 0, 500000.0, 0, -5.0, 5300000.0))

    assert lab.row(image) == [0, 0, 0, 9, 9, 9, 0, 0, 0]
    assert lab.row(image, fine) == [0] * 6 + [9] * 6 + [0] * 6


def test_convolution_when_kernel_is_asymmetric_lays_it_as_printed(lab: Any) -> None:
    values = _values(1)
    weights = np.array([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [0.0, 0.0, 7.0]])

    image = lab.call("Image.convolve", lab.image(values), Kernel(weights, 1, 1))

    found = lab.planes(image, lab.grid(8, 9))["B1"].data[1:-1, 1:-1]
    np.testing.assert_allclose(found, ndimage.correlate(values, weights)[1:-1, 1:-1])


def test_convolution_when_focus_is_off_the_middle_follows_it(lab: Any) -> None:
    image = lab.call(
        "Image.convolve", lab.image([[1.0, 2.0, 4.0, 8.0]]), Kernel(np.array([[1.0, 10.0]]), 0, 0)
    )

    assert lab.row(image)[:3] == [21.0, 42.0, 84.0]


def test_convolution_when_neighbours_are_masked_weighs_the_others_more(lab: Any) -> None:
    image = lab.image([[1.0, 2.0, 6.0, 7.0]], masks=[np.array([True, True, False, True])])

    smooth = lab.call("Image.convolve", image, lab.call("Kernel.rectangle", 1, 0))

    assert lab.row(smooth) == [pytest.approx(1.5), pytest.approx(1.5), None, pytest.approx(7.0)]


def test_gradient_of_a_plane_when_in_metres_is_its_slope(lab: Any) -> None:
    rows, columns = np.mgrid[0:5, 0:5]
    image = lab.call("Image.gradient", lab.image(3.0 * columns - 2.0 * rows))

    found = lab.values(image)

    assert (found["x"][2][2], found["y"][2][2]) == (pytest.approx(0.3), pytest.approx(0.2))
    assert found["x"][0][0] is None


def test_derivative_when_in_pixels_is_half_the_difference(lab: Any) -> None:
    rows, columns = np.mgrid[0:5, 0:5]

    found = lab.values(lab.call("Image.derivative", lab.image(3.0 * columns - 2.0 * rows)))

    assert (found["B1_x"][2][2], found["B1_y"][2][2]) == (3.0, -2.0)


def test_nested_neighbourhoods_when_cut_into_blocks_agree(lab: Any) -> None:
    image = lab.image(np.random.default_rng(0).normal(size=(40, 40)))
    for _ in range(3):
        image = lab.call("Image.focalMean", image, 2)
    grid = lab.grid(40, 40)

    whole = lab.planes(image, grid)["B1"].data
    block = lab.planes(image, grid.window(13, 17, 9, 8))["B1"].data

    np.testing.assert_allclose(block, whole[17:25, 13:22], rtol=1e-12)
