"""Kernels: `Kernel.*`."""
# ruff: noqa: ARG005 - arguments are those of the signature

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth import assumptions
from lib.localearth.errors import EarthError
from lib.localearth.registry import implements, register
from lib.localearth.values import Kernel

Floats = NDArray[Any]
Rule = Callable[[Floats, Floats, float], Floats]
EDGE = 1e-9  # a cell exactly on the radius belongs to the shape
LARGEST_RADIUS = 2048  # in pixels

_SHAPES: dict[str, Rule] = {
    "square": lambda x, y, r: (np.maximum(x, y) <= r + EDGE) * 1.0,
    "circle": lambda x, y, r: (x**2 + y**2 <= r**2 + EDGE) * 1.0,
    "diamond": lambda x, y, r: (x + y <= r + EDGE) * 1.0,
    "octagon": lambda x, y, r: (x + y <= r * np.sqrt(2.0) + EDGE) * 1.0,
    "plus": lambda x, y, r: ((x == 0) | (y == 0)) * 1.0,
    "cross": lambda x, y, r: (x == y) * 1.0,
}
_DISTANCES: dict[str, Rule] = {
    "euclidean": lambda x, y, r: np.hypot(x, y),
    "manhattan": lambda x, y, r: x + y,
    "chebyshev": lambda x, y, r: np.maximum(x, y),
}
_EDGES: dict[str, list[list[float]]] = {
    "laplacian4": [[0, 1, 0], [1, -4, 1], [0, 1, 0]],
    "laplacian8": [[1, 1, 1], [1, -8, 1], [1, 1, 1]],
    "sobel": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "roberts": [[1, 0], [0, -1]],
    "prewitt": [[1, 0, -1], [1, 0, -1], [1, 0, -1]],
    "compass": [[1, 1, -1], [1, -2, -1], [1, 1, -1]],
    "kirsch": [[5, -3, -3], [5, 0, -3], [5, -3, -3]],
}


def centred(weights: Floats) -> Kernel:
    """A kernel whose focus is its middle."""
    height, width = weights.shape
    return Kernel(weights, (width - 1) // 2, (height - 1) // 2)


def weighed(weights: Floats, *, normalize: bool, magnitude: float) -> Floats:
    """Scale weights; normalised ones sum to 1, or to 0 where some are negative."""
    if normalize and weights.size:
        if (weights < 0).any():
            weights = weights - weights.mean()
        elif weights.sum() > 0:
            weights = weights / weights.sum()
    return weights * magnitude


def offsets(x_radius: float, y_radius: float) -> tuple[Floats, Floats]:
    """Distances of cells from the focus along x and y, `(rows, columns)` each."""
    columns, rows = int(x_radius + EDGE), int(y_radius + EDGE)
    if max(columns, rows) > LARGEST_RADIUS:
        raise EarthError(f"The kernel is too large: a radius of {max(columns, rows)} pixels.")
    y, x = np.mgrid[-rows : rows + 1, -columns : columns + 1].astype(np.float64)
    return np.abs(x), np.abs(y)


def in_units(units: str, make: Callable[[float], Kernel]) -> Kernel:
    """A kernel of pixels, or one of metres that is made when a pixel's size is known.

    Args:
        units: "pixels" or "meters".
        make: Makes the kernel, given how many units one pixel has.
    """
    if units in ("pixels", "pixel"):
        return make(1.0)
    if units in ("meters", "metres", "meter", "m"):
        return replace(make(np.inf), sized=make)
    raise EarthError(f"Unknown units '{units}'. Expected 'pixels' or 'meters'.")


def _from_rule(rule: Rule) -> Callable[[float, str, bool, float], Kernel]:
    def construct(radius: float, units: str, normalize: bool, magnitude: float) -> Kernel:
        def make(pixel: float) -> Kernel:
            reach = radius / pixel
            weights = rule(*offsets(reach, reach), reach)
            return centred(weighed(weights, normalize=bool(normalize), magnitude=magnitude))

        return in_units(units, make)

    return construct


def _from_distance(rule: Rule) -> Callable[[float, str, bool, float], Kernel]:
    def construct(radius: float, units: str, normalize: bool, magnitude: float) -> Kernel:
        def make(pixel: float) -> Kernel:
            x, y = offsets(radius / pixel, radius / pixel)
            weights = rule(x, y, radius) * (pixel if np.isfinite(pixel) else 1.0)
            return centred(weighed(weights, normalize=bool(normalize), magnitude=magnitude))

        return in_units(units, make)

    return construct


def _from_table(table: list[list[float]]) -> Callable[[float, bool], Kernel]:
    def construct(magnitude: float, normalize: bool) -> Kernel:
        weights = np.asarray(table, np.float64)
        return centred(weighed(weights, normalize=bool(normalize), magnitude=magnitude))

    return construct


for _name, _rule in _SHAPES.items():
    register(f"Kernel.{_name}", _from_rule(_rule))
for _name, _rule in _DISTANCES.items():
    register(f"Kernel.{_name}", _from_distance(_rule))
for _name, _table in _EDGES.items():
    register(f"Kernel.{_name}", _from_table(_table))


@implements("Kernel.rectangle")
def rectangle(
    x_radius: float, y_radius: float, units: str, normalize: bool, magnitude: float
) -> Kernel:
    """A rectangle of equal weights."""

    def make(pixel: float) -> Kernel:
        x, _ = offsets(x_radius / pixel, y_radius / pixel)
        weights = np.ones_like(x)
        return centred(weighed(weights, normalize=bool(normalize), magnitude=magnitude))

    return in_units(units, make)


@implements("Kernel.gaussian")
def gaussian(radius: float, sigma: float, units: str, normalize: bool, magnitude: float) -> Kernel:
    """A Gaussian, cut at two sigmas where its radius reaches further."""

    def make(pixel: float) -> Kernel:
        width = max(sigma / pixel, 1e-12)
        reach = min(radius / pixel, np.ceil(assumptions.GAUSSIAN_REACH_SIGMAS * width))
        x, y = offsets(reach, reach)
        weights = np.exp(-(x**2 + y**2) / (2 * width**2))
        return centred(weighed(weights, normalize=bool(normalize), magnitude=magnitude))

    return in_units(units, make)


@implements("Kernel.fixed")
def fixed(
    width: int, height: int, weights: Sequence[Sequence[Any]], x: int, y: int, normalize: bool
) -> Kernel:
    """Given weights; the focus is the middle unless it is given."""
    table = np.asarray(weights, np.float64)
    if table.ndim != 2:
        raise EarthError("Weights must be a list of rows of the same length.")
    rows, columns = table.shape
    if width not in (-1, columns) or height not in (-1, rows):
        raise EarthError(
            f"Weights have {columns} columns and {rows} rows, not {width} and {height}."
        )
    kernel = centred(weighed(table, normalize=bool(normalize), magnitude=1.0))
    return replace(kernel, x=kernel.x if x < 0 else int(x), y=kernel.y if y < 0 else int(y))


@implements("Kernel.rotate")
def rotate(kernel: Kernel, rotations: int) -> Kernel:
    """Turned clockwise by quarter turns."""
    if kernel.sized is not None:
        sized = kernel.sized
        return replace(kernel, sized=lambda pixel: rotate(sized(pixel), rotations))
    turned = kernel
    for _ in range(int(rotations) % 4):
        height = turned.weights.shape[0]
        weights = np.ascontiguousarray(np.rot90(turned.weights, -1))
        turned = Kernel(weights, height - 1 - turned.y, turned.x)
    return turned


@implements("Kernel.add")
def add(kernel1: Kernel, kernel2: Kernel, normalize: bool) -> Kernel:
    """The sum of two kernels, focus on focus."""
    if kernel1.sized is not None or kernel2.sized is not None:
        return replace(
            kernel1, sized=lambda pixel: add(kernel1.at(pixel), kernel2.at(pixel), normalize)
        )
    left, top = max(kernel1.x, kernel2.x), max(kernel1.y, kernel2.y)
    sizes = [
        (each.weights.shape[1] - each.x, each.weights.shape[0] - each.y)
        for each in (kernel1, kernel2)
    ]
    right, bottom = (max(each) for each in zip(*sizes, strict=True))
    total = np.zeros((top + bottom, left + right))
    for each in (kernel1, kernel2):
        rows, columns = each.weights.shape
        first_row, first_column = top - each.y, left - each.x
        total[first_row : first_row + rows, first_column : first_column + columns] += each.weights
    return Kernel(weighed(total, normalize=bool(normalize), magnitude=1.0), left, top)


@implements("Kernel.inverse")
def inverse(kernel: Kernel) -> Kernel:
    """Each weight's reciprocal; zeros stay."""
    if kernel.sized is not None:
        sized = kernel.sized
        return replace(kernel, sized=lambda pixel: inverse(sized(pixel)))
    weights = kernel.weights
    return replace(
        kernel, weights=np.divide(1.0, weights, out=np.zeros_like(weights), where=weights != 0)
    )
