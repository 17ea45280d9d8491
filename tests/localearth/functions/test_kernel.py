"""Kernels (semantics 6.1): shapes, distances, edge filters, and what normalising does."""

from typing import Any

import numpy as np
import pytest

from lib.localearth.errors import EarthError

ROWS, COLUMNS = np.mgrid[-3:4, -3:4]
RADIUS_3 = {
    "square": np.ones((7, 7)),
    "circle": ROWS**2 + COLUMNS**2 <= 9,
    "diamond": abs(ROWS) + abs(COLUMNS) <= 3,
    "plus": (ROWS == 0) | (COLUMNS == 0),
    "cross": abs(ROWS) == abs(COLUMNS),
}
DISTANCES = {
    "euclidean": np.sqrt(ROWS**2 + COLUMNS**2),
    "manhattan": abs(ROWS) + abs(COLUMNS),
    "chebyshev": np.maximum(abs(ROWS), abs(COLUMNS)),
}
EDGES = {  # as the reference prints them
    "sobel": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "prewitt": [[1, 0, -1], [1, 0, -1], [1, 0, -1]],
    "roberts": [[1, 0], [0, -1]],
    "laplacian4": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "laplacian8": [[1, 1, 1], [1, -8, 1], [1, 1, 1]],
    "kirsch": [[5, -3, -3], [5, 0, -3], [5, -3, -3]],
    "compass": [[1, 1, -1], [1, -2, -1], [1, 1, -1]],
}


@pytest.mark.parametrize("name", RADIUS_3)
def test_shape_when_made_weighs_its_cells_alike_and_sums_to_its_magnitude(
    lab: Any, name: str
) -> None:
    cells = RADIUS_3[name] * 1.0

    plain = lab.call(f"Kernel.{name}", 3, "pixels", False, 2)
    normalised = lab.call(f"Kernel.{name}", 3, magnitude=5)

    np.testing.assert_array_equal(plain.weights, 2 * cells)
    np.testing.assert_allclose(normalised.weights, 5 * cells / cells.sum())
    assert (plain.x, plain.y) == (3, 3)


@pytest.mark.parametrize("name", DISTANCES)
def test_distance_when_made_measures_from_the_focus_and_is_not_normalised(
    lab: Any, name: str
) -> None:
    kernel = lab.call(f"Kernel.{name}", 3)
    in_metres = lab.call(f"Kernel.{name}", 30, "meters").at(10.0)

    np.testing.assert_allclose(kernel.weights, DISTANCES[name])
    np.testing.assert_allclose(in_metres.weights, 10 * DISTANCES[name])


@pytest.mark.parametrize("name", EDGES)
def test_edge_filter_when_made_is_as_printed_and_sums_to_zero_when_normalised(
    lab: Any, name: str
) -> None:
    kernel = lab.call(f"Kernel.{name}", 2)
    normalised = lab.call(f"Kernel.{name}", 1, True)

    np.testing.assert_array_equal(kernel.weights, 2 * np.array(EDGES[name]))
    assert normalised.weights.sum() == pytest.approx(0)  # "any negative weight": sums to zero


def test_rectangle_when_made_has_its_radii_apart(lab: Any) -> None:
    np.testing.assert_allclose(lab.call("Kernel.rectangle", 2, 1).weights, np.full((3, 5), 1 / 15))


def test_gaussian_when_made_follows_the_bell_over_five_by_five_cells(lab: Any) -> None:
    kernel = lab.call("Kernel.gaussian", 3, 1)

    bell = np.exp(-(ROWS**2 + COLUMNS**2) / 2)[1:-1, 1:-1]  # the sample prints 5 x 5
    np.testing.assert_allclose(kernel.weights, bell / bell.sum())


def test_kernels_when_added_lie_focus_on_focus(lab: Any) -> None:
    first = lab.call("Kernel.fixed", weights=[[1, 2, 3]], x=0, y=0)
    second = lab.call("Kernel.fixed", weights=[[10], [20]], x=0, y=1)

    total = lab.call("Kernel.add", first, second)

    np.testing.assert_array_equal(total.weights, [[10, 0, 0], [21, 2, 3]])
    assert (total.x, total.y) == (0, 1)


def test_kernel_when_inverted_has_reciprocals_and_keeps_zeros(lab: Any) -> None:
    kernel = lab.call("Kernel.inverse", lab.call("Kernel.manhattan", 1))

    np.testing.assert_array_equal(kernel.weights, [[0.5, 1, 0.5], [1, 0, 1], [0.5, 1, 0.5]])


def test_kernel_when_rotated_backwards_turns_counterclockwise(lab: Any) -> None:
    kernel = lab.call("Kernel.rotate", lab.call("Kernel.prewitt"), -1)

    np.testing.assert_array_equal(kernel.weights, np.rot90(EDGES["prewitt"]))


def test_kernel_when_too_large_is_refused(lab: Any) -> None:
    with pytest.raises(EarthError, match="The kernel is too large: a radius of 100000 pixels"):
        lab.call("Kernel.plus", 100000)
