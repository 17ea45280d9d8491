"""Focal functions and their names as windows. Source of truth: scipy.ndimage, cell by cell."""

from typing import Any

import numpy as np
import pytest
from scipy import ndimage

from lib.localearth.signatures import signatures

VALUES = np.random.default_rng(5).integers(0, 9, (9, 11)).astype(np.float64)
KEPT = np.random.default_rng(6).random((9, 11)) > 0.25


def _mode(cells: Any) -> float:
    values, counts = np.unique(cells[~np.isnan(cells)], return_counts=True)
    return float(values[counts.argmax()])  # the smallest of the most frequent


STATISTICS = {
    "max": np.nanmax,
    "mean": np.nanmean,
    "median": np.nanmedian,
    "min": np.nanmin,
    "mode": _mode,
}
NAMES = [
    (name, statistic)
    for statistic in STATISTICS
    for name in (
        f"Image.focal{statistic.capitalize()}",
        f"Image.focal_{statistic}",
        f"Window.{statistic}",
    )
    if name in signatures()
]
ROWS, COLUMNS = np.mgrid[-3:4, -3:4]
SHAPES = {  # cells within a radius of 2.5 pixels
    "circle": ROWS**2 + COLUMNS**2 <= 2.5**2,
    "square": np.maximum(abs(ROWS), abs(COLUMNS)) <= 2.5,
    "diamond": abs(ROWS) + abs(COLUMNS) <= 2.5,
    "plus": (ROWS == 0) & (abs(COLUMNS) <= 2.5) | (COLUMNS == 0) & (abs(ROWS) <= 2.5),
    "cross": (abs(ROWS) == abs(COLUMNS)) & (abs(ROWS) <= 2.5),
}


def _filtered(values: Any, statistic: str, cells: Any) -> Any:
    """Apply a statistic to the valid pixels under the cells; NaN stands for a masked pixel."""

    def value_of(found: Any) -> float:
        return float("nan") if np.isnan(found).all() else float(STATISTICS[statistic](found))

    return ndimage.generic_filter(
        values, value_of, footprint=cells, mode="constant", cval=float("nan")
    )


def _found(lab: Any, image: Any) -> Any:
    (plane,) = lab.planes(image).values()
    return np.where(plane.valid, plane.data, np.nan)


@pytest.mark.parametrize(("name", "statistic"), NAMES, ids=[name for name, _ in NAMES])
def test_focal_function_when_left_to_its_defaults_takes_three_by_three_pixels(
    lab: Any, name: str, statistic: str
) -> None:
    image = lab.image(VALUES, masks=[KEPT])

    found = _found(lab, lab.call(name, image))

    expected = _filtered(np.where(KEPT, VALUES, np.nan), statistic, np.ones((3, 3), bool))
    np.testing.assert_allclose(found, expected, atol=1e-12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("statistic", ["mean", "max"])
def test_focal_function_when_given_a_shape_takes_its_cells(
    lab: Any, shape: str, statistic: str
) -> None:
    found = _found(lab, lab.call(f"Window.{statistic}", lab.image(VALUES), 2.5, shape))

    np.testing.assert_allclose(found, _filtered(VALUES, statistic, SHAPES[shape]), atol=1e-12)


def test_focal_function_when_given_metres_takes_as_many_pixels(lab: Any) -> None:
    found = _found(lab, lab.call("Image.focalMin", lab.image(VALUES), 25, "diamond", "meters"))

    np.testing.assert_allclose(found, _filtered(VALUES, "min", SHAPES["diamond"]))


def test_focal_function_when_repeated_filters_the_result_again(lab: Any) -> None:
    found = _found(lab, lab.call("Image.focal_median", lab.image(VALUES), iterations=3))

    expected = np.pad(VALUES, 3, constant_values=np.nan)  # each round also fills beyond the edge
    for _ in range(3):
        expected = _filtered(expected, "median", np.ones((3, 3), bool))
    np.testing.assert_allclose(found, expected[3:-3, 3:-3])


def test_focal_function_when_given_a_kernel_weighs_the_mean_by_it(lab: Any) -> None:
    weights = [[1.0, 2.0, 1.0], [0.0, 4.0, 3.0], [1.0, 0.0, 2.0]]
    kernel = lab.call("Kernel.fixed", weights=weights)

    found = _found(lab, lab.call("Window.mean", lab.image(VALUES), kernel=kernel))

    inside = (slice(1, -1), slice(1, -1))
    expected = ndimage.correlate(VALUES, np.array(weights)) / np.sum(weights)
    np.testing.assert_allclose(found[inside], expected[inside])


@pytest.mark.parametrize(
    ("name", "expected"), [("focalMode", np.uint8), ("focal_min", np.uint8), ("focalMedian", float)]
)
def test_focal_function_when_pixels_are_bytes_keeps_names_and_documented_types(
    lab: Any, name: str, expected: Any
) -> None:
    image = lab.call(f"Image.{name}", lab.image(VALUES.astype(np.uint8), names=["red"]))

    assert image.names == ("red",)  # 6.3: names unchanged, medians are double
    assert image.bands[0].type.dtype == expected
