"""What a request sees of a lattice: the window of pixels it needs, and which pixel goes where.

The ground of a window is kept in memory, so that the next scene or date over the same tile only
computes what differs.
"""

import functools
import math
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from lib.localearth.planet.ground import Ground, ground
from lib.localearth.planet.lattice import Indices, Lattice, Window, locate
from lib.localearth.planet.scene import Scene
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.projection import transformer

Bounds = tuple[float, float, float, float]

BLOCK = 256  # pixels of a request that are computed at a time
ALIGN = 4  # windows start and end on multiples of so many pixels
CACHE_BYTES = 256 * 2**20


@dataclass(frozen=True)
class View:
    """A window of native pixels and where each pixel of a request lies in it.

    Attributes:
        window: The native pixels.
        columns, rows: Pixel of the lattice for each pixel of the request, broadcastable.
        index: Flat index into the window, `(height, width)`.
    """

    window: Window
    columns: Indices
    rows: Indices
    index: NDArray[np.intp]

    def take(self, plane: NDArray[Any]) -> NDArray[Any]:
        """A plane of the window on the request's grid."""
        return plane.ravel().take(self.index)

    def take_halved(self, plane: NDArray[Any]) -> NDArray[Any]:
        """A plane at twice the window's pixel size on the request's grid."""
        column = self.columns // 2 - self.window.column // 2
        row = self.rows // 2 - self.window.row // 2
        column = np.clip(column, 0, self.window.width // 2 - 1)
        row = np.clip(row, 0, self.window.height // 2 - 1)
        return plane.ravel().take(row * (self.window.width // 2) + column)

    def inside(self, bounds: tuple[float, float, float, float]) -> NDArray[np.bool_]:
        """Which pixels have their centre within least x, least y, greatest x, greatest y."""
        lattice, size = self.window.lattice, self.window.size
        x = lattice.x0 + (self.columns + 0.5) * size
        y = lattice.y0 - (self.rows + 0.5) * size
        left, bottom, right, top = bounds
        shape = self.index.shape
        within = (x >= left) & (x < right) & (y > bottom) & (y <= top)
        return np.broadcast_to(within, shape)

    def inside_scene(self, scene: Scene) -> NDArray[np.bool_]:
        """Which pixels have their centre within a scene."""
        within = self.inside(scene.bounds)
        size = self.window.size
        x = self.window.lattice.x0 + (self.columns + 0.5) * size
        y = self.window.lattice.y0 - (self.rows + 0.5) * size
        for i, (x1, y1) in enumerate(scene.corners):
            x2, y2 = scene.corners[(i + 1) % len(scene.corners)]
            within = within & ((x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) >= 0)
        return within


@functools.lru_cache(maxsize=96)
def view(grid: Grid, lattice: Lattice, bounds: Bounds) -> View | None:
    """The view that a grid has of a lattice, or None where it sees nothing within bounds.

    Args:
        grid: What is asked for.
        lattice: Whose pixels it takes.
        bounds: Least x, least y, greatest x, greatest y of what there is to see.
    """
    level = lattice.level_for(grid)
    columns, rows = locate(grid, lattice, level)
    size = lattice.size * 2**level
    left, right = _range(columns, (bounds[0] - lattice.x0) / size, (bounds[2] - lattice.x0) / size)
    top, bottom = _range(rows, (lattice.y0 - bounds[3]) / size, (lattice.y0 - bounds[1]) / size)
    if left >= right or top >= bottom:
        return None
    window = Window(lattice, level, left, top, right - left, bottom - top)
    column = np.clip(columns - left, 0, window.width - 1)
    row = np.clip(rows - top, 0, window.height - 1)
    index = np.broadcast_to(row * window.width + column, (grid.height, grid.width))
    return View(window, columns, rows, np.ascontiguousarray(index, np.intp))


def _range(indices: Indices, low: float, high: float) -> tuple[int, int]:
    """First index and the one after the last within limits, on multiples of `ALIGN`."""
    first = max(int(indices.min()), math.floor(low))
    last = min(int(indices.max()), math.ceil(high) - 1)
    return first // ALIGN * ALIGN, (last // ALIGN + 1) * ALIGN


def blocks(grid: Grid, area: BaseGeometry) -> Iterator[tuple[Grid, tuple[slice, slice]]]:
    """The parts of a grid that may meet an area in longitude and latitude."""
    for part in getattr(area, "geoms", [area]):
        top, bottom, left, right = _meeting(grid, part)
        for row in range(top, bottom, BLOCK):
            for column in range(left, right, BLOCK):
                height, width = min(BLOCK, bottom - row), min(BLOCK, right - column)
                place = slice(row, row + height), slice(column, column + width)
                yield grid.window(column, row, width, height), place


def _meeting(grid: Grid, area: BaseGeometry) -> tuple[int, int, int, int]:
    """First and last row and column that may meet an area."""
    lon, lat = _outline(area)
    x, y = transformer("EPSG:4326", grid.crs).transform(lon, lat)
    a, b, c, d, e, f = grid.transform
    determinant = a * e - b * d
    column = (e * (x - c) - b * (y - f)) / determinant
    row = (a * (y - f) - d * (x - c)) / determinant
    if not (np.isfinite(column).all() and np.isfinite(row).all()):
        return 0, grid.height, 0, grid.width
    top, bottom = _clip(row, grid.height)
    left, right = _clip(column, grid.width)
    return top, bottom, left, right


@functools.lru_cache(maxsize=512)
def _outline(area: BaseGeometry) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    west, south, east, north = area.bounds
    t = np.linspace(0, 1, 9)
    lon, lat = west + t * (east - west), south + t * (north - south)
    ends = np.ones(9)
    return (
        np.concatenate([lon, lon, west * ends, east * ends]),
        np.concatenate([south * ends, north * ends, lat, lat]),
    )


def _clip(position: NDArray[np.float64], size: int) -> tuple[int, int]:
    low = max(0, min(size, int(np.floor(position.min())) - 2))
    return low, max(low, min(size, int(np.ceil(position.max())) + 2))


class GroundCache:
    """Grounds of windows, the latest kept within a bound of bytes."""

    def __init__(self, limit_bytes: int = CACHE_BYTES) -> None:
        """Start empty."""
        self._kept: OrderedDict[Window, Ground] = OrderedDict()
        self._bytes = 0
        self._limit = limit_bytes
        self._lock = threading.Lock()

    def get(self, window: Window) -> Ground:
        """The ground of a window, computed where it is not kept."""
        with self._lock:
            if window in self._kept:
                self._kept.move_to_end(window)
                return self._kept[window]
        made = ground(window)
        with self._lock:
            if window not in self._kept:
                self._kept[window] = made
                self._bytes += made.size_bytes
            while self._bytes > self._limit and len(self._kept) > 1:
                _, dropped = self._kept.popitem(last=False)
                self._bytes -= dropped.size_bytes
        return made


GROUNDS = GroundCache()
