"""Which pixel of a stored raster each pixel of a grid takes: the one that contains its centre.

Between coordinate systems the exact transformation is computed on a lattice that is anchored in
the grid's CRS, not in the request, and interpolated between; so requests that overlap agree.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasterio.windows import Window

from lib.localearth.raster.grid import Grid
from lib.localearth.raster.projection import Projection, Transform, metres_per_unit, transformer

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]
_SNAP = 1e-6  # of a pixel: a centre this close to the next pixel's edge belongs to that pixel
_TOLERANCE = 1e-3  # of a pixel, for interpolated coordinates
_CHECKED = 0.02  # of a pixel: more at a check point, and all pixels are computed exactly
_EARTH_RADIUS = 6_371_000.0
_LONGEST_CELL = 32


@dataclass(frozen=True)
class Picks:
    """Which pixels of a raster to read and where they go.

    Attributes:
        window: What to read.
        rows, columns: Within the window: `(height,)` and `(width,)` where they are separable,
            else `(height, width)` each.
        inside: Where the grid lies on the raster; None where it does everywhere.
    """

    window: Window
    rows: Indices
    columns: Indices
    inside: NDArray[np.bool_] | None

    def take(self, bands: NDArray[Any]) -> NDArray[Any]:
        """Place what was read: `(bands, rows, columns)` of the window become those of the grid."""
        if self.rows.ndim > 1:
            return bands[:, self.rows, self.columns]
        rows, columns = _as_slice(self.rows), _as_slice(self.columns)
        if rows is not None and columns is not None:
            return bands[:, rows, columns]
        return bands[:, self.rows[:, None], self.columns[None, :]]


def _as_slice(indices: Indices) -> slice | None:
    if indices.size > 1 and (np.diff(indices) != 1).any():
        return None
    return slice(int(indices[0]), int(indices[-1]) + 1)


def pick(grid: Grid, source: Projection, width: float, height: float) -> Picks | None:
    """Find the source pixel of every pixel of a grid; None where the grid misses the raster.

    Args:
        grid: What is asked for.
        source: CRS and transform of the raster.
        width: Of the raster in pixels; a level of a pyramid may end within its last pixel.
        height: The same.
    """
    if _separable(grid, source):
        return _separable_picks(grid, source.transform, width, height)
    columns, rows = _positions(grid, source)
    with np.errstate(invalid="ignore"):
        known = np.isfinite(columns) & np.isfinite(rows)
        inside = known & (columns >= 0) & (rows >= 0) & (columns < width) & (rows < height)
    if not inside.any():
        return None
    picked_rows = np.where(inside, rows, 0).astype(np.int64)
    picked_columns = np.where(inside, columns, 0).astype(np.int64)
    top, bottom = picked_rows[inside].min(), picked_rows[inside].max()
    left, right = picked_columns[inside].min(), picked_columns[inside].max()
    window = Window(int(left), int(top), int(right - left + 1), int(bottom - top + 1))
    return Picks(
        window,
        np.where(inside, picked_rows - top, 0),
        np.where(inside, picked_columns - left, 0),
        None if inside.all() else inside,
    )


def pixel_step(grid: Grid, source: Projection) -> float:
    """Side of the grid's pixels counted in those of the source, at the grid's centre.

    It is the mean of the steps across and down, and does not depend on how a request is cut
    where both CRSs are the same; elsewhere it follows the nominal scales.
    """
    if grid.crs == source.crs:
        return math.sqrt(_area(grid.transform) / _area(source.transform))
    return grid.projection.nominal_scale / source.nominal_scale


def _area(transform: Transform) -> float:
    a, b, _, d, e, _ = transform
    return abs(a * e - b * d)


def _separable(grid: Grid, source: Projection) -> bool:
    straight = not any(
        (grid.transform[1], grid.transform[3], source.transform[1], source.transform[3])
    )
    return straight and grid.crs == source.crs


def _separable_picks(grid: Grid, source: Transform, width: float, height: float) -> Picks | None:
    a, _, c, _, e, f = grid.transform
    exact_columns = _steps(c, a, grid.width, source[2], source[0])
    exact_rows = _steps(f, e, grid.height, source[5], source[4])
    columns, rows = (np.floor(exact).astype(np.int64) for exact in (exact_columns, exact_rows))
    in_columns, in_rows = _within(exact_columns, width), _within(exact_rows, height)
    if not (in_columns.any() and in_rows.any()):
        return None
    left, right = int(columns[in_columns].min()), int(columns[in_columns].max())
    top, bottom = int(rows[in_rows].min()), int(rows[in_rows].max())
    everywhere = bool(in_columns.all() and in_rows.all())
    return Picks(
        Window(left, top, right - left + 1, bottom - top + 1),
        np.clip(rows, top, bottom) - top,
        np.clip(columns, left, right) - left,
        None if everywhere else in_rows[:, None] & in_columns[None, :],
    )


def _steps(start: float, size: float, count: int, origin: float, pixel: float) -> Floats:
    centres = start + (np.arange(count) + 0.5) * size
    positions: Floats = np.add((centres - origin) / pixel, _SNAP)
    return positions


def _within(positions: Floats, size: float) -> NDArray[np.bool_]:
    return (positions >= 0) & (positions < size)


def _positions(grid: Grid, source: Projection) -> tuple[Floats, Floats]:
    """Column and row of every pixel centre within the source."""
    cell = _cell(grid)
    exact = None
    if cell > 1:
        exact = _interpolated(grid, source, cell)
    x, y = exact or grid.centres_in(source.crs)
    columns, rows = _to_pixels(x, y, source.transform)
    return columns + _SNAP, rows + _SNAP


def _to_pixels(x: Floats, y: Floats, transform: Transform) -> tuple[Floats, Floats]:
    a, b, c, d, e, f = transform
    if not b and not d:
        return (x - c) / a, (y - f) / e
    determinant = a * e - b * d
    x, y = x - c, y - f
    return (e * x - b * y) / determinant, (a * y - d * x) / determinant


def _cell(grid: Grid) -> int:
    """Pixels between two points of the lattice; 1 where every pixel must be computed."""
    if grid.transform[1] or grid.transform[3]:
        return 1
    pixel = max(abs(grid.transform[0]), abs(grid.transform[4])) * metres_per_unit(grid.crs)
    longest = math.sqrt(_TOLERANCE * 8 * _EARTH_RADIUS / pixel)
    return 1 if longest < 4 else 2 ** min(int(math.log2(longest)), int(math.log2(_LONGEST_CELL)))


def _interpolated(grid: Grid, source: Projection, cell: int) -> tuple[Floats, Floats] | None:
    """Coordinates in the source's CRS from the lattice, or None where that is not exact enough."""
    x, y = (
        _axis(grid.transform[2], grid.transform[0], grid.width, cell),
        _axis(grid.transform[5], grid.transform[4], grid.height, cell),
    )
    forward = transformer(grid.crs, source.crs)
    nodes = np.asarray(forward.transform(*np.meshgrid(x.nodes, y.nodes)))
    middles = np.asarray(forward.transform(*np.meshgrid(x.middles, y.middles)))
    if not (np.isfinite(nodes).all() and np.isfinite(middles).all()):
        return None
    mean = (nodes[:, :-1, :-1] + nodes[:, 1:, :-1] + nodes[:, :-1, 1:] + nodes[:, 1:, 1:]) / 4
    pixel = math.sqrt(_area(source.transform))
    if np.abs(mean - middles).max() > _CHECKED * pixel:
        return None
    across = nodes[:, :, x.at] * (1 - x.share) + nodes[:, :, x.at + 1] * x.share
    down = y.share[:, None]
    found = across[:, y.at] * (1 - down) + across[:, y.at + 1] * down
    return found[0], found[1]


@dataclass(frozen=True)
class _Axis:
    """One axis of the lattice: its points, and for each pixel the cell and the place in it."""

    nodes: Floats
    middles: Floats
    at: Indices
    share: Floats


def _axis(start: float, size: float, count: int, cell: int) -> _Axis:
    step = size * cell
    places = (start + (np.arange(count) + 0.5) * size) / step
    whole = np.floor(places)
    first = whole.min()
    numbers = np.arange(first, whole.max() + 2)
    at = (whole - first).astype(np.int64)
    return _Axis(numbers * step, (numbers[:-1] + 0.5) * step, at, places - whole)
