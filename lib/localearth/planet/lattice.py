"""Where pixels lie: a product's own pixels, their pyramid, and the pixels that a request takes.

All positions are anchored to the origin of a coordinate system, never to the window that is asked
for, so that two requests that overlap agree wherever their pixels coincide.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyproj
from numpy.typing import NDArray

from lib.localearth.planet.noise import Doubles, Points
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.projection import Projection, Transform, crs_of, transformer

WORLD_METRES = 40075016.685578488  # circumference of the Web Mercator world
NODE_STEP = 16  # pixels between the positions that are transformed exactly
# Turns the planet so that a varied landscape (lakes, a river, forest, fields, towns, gravel pits,
# reeds, meadows) lies near 10.6 E, 48.1 N, in the middle of one Sentinel-2 tile.
WORLD_SHIFT = 0.1184
POSITION_QUANTUM = 2.0**-44  # of the world: 2 micrometres; hides the last bits of libm
TIE = 1e-6  # of a pixel: a centre on an edge takes the pixel to the right or below
FINEST_PER_PIXEL = 4.0  # an octave counts if its cells measure this many pixels at the equator

Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Lattice:
    """A product's pixels of pyramid level 0, over a whole coordinate system.

    Attributes:
        crs: Its coordinate system.
        x0, y0: A corner of a pixel, in CRS units.
        size: Side of a pixel, in CRS units.
    """

    crs: str
    x0: float
    y0: float
    size: float

    @property
    def nominal_scale(self) -> float:
        """Metres that a pixel measures."""
        return self.projection(0, 0).nominal_scale

    def projection(self, column: int, row: int) -> Projection:
        """The projection whose origin is the corner of a pixel."""
        return Projection(self.crs, self.transform(column, row))

    def transform(self, column: int, row: int) -> Transform:
        """Transform whose origin is the corner of a pixel of level 0."""
        x, y = self.x0 + column * self.size, self.y0 - row * self.size
        return (self.size, 0.0, x, 0.0, -self.size, y)

    def level_for(self, grid: Grid) -> int:
        """The coarsest pyramid level that is not coarser than the grid, by nominal scales."""
        ratio = grid.projection.nominal_scale / self.nominal_scale
        return max(0, math.floor(math.log2(ratio) + 1e-9)) if ratio > 0 else 0


@dataclass(frozen=True)
class Window:
    """Some pixels of one level of a lattice.

    Attributes:
        lattice: Which pixels.
        level: Pyramid level; pixels are 2**level times as large.
        column, row: First pixel, counted from the lattice's corner.
        width, height: Pixels across and down.
    """

    lattice: Lattice
    level: int
    column: int
    row: int
    width: int
    height: int

    @property
    def size(self) -> float:
        """Side of a pixel in CRS units."""
        result: float = self.lattice.size * 2**self.level
        return result

    @property
    def scale_m(self) -> float:
        """Metres that a pixel measures, nominally."""
        result: float = self.lattice.nominal_scale * 2**self.level
        return result

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    def pad(self, pixels: int) -> "Window":
        """The window with a margin."""
        return Window(
            self.lattice, self.level, self.column - pixels, self.row - pixels,
            self.width + 2 * pixels, self.height + 2 * pixels,
        )  # fmt: skip

    def points(self) -> Points:
        """Pixel centres in the world square."""
        finest = math.floor(math.log2(WORLD_METRES / (FINEST_PER_PIXEL * self.scale_m)))
        if crs_of(self.lattice.crs).is_geographic:
            u, v = self._geographic()
        else:
            u, v = self._projected()
        return Points(u, v, finest)

    def _geographic(self) -> tuple[Doubles, Doubles]:
        columns = np.arange(self.column, self.column + self.width) + 0.5
        rows = np.arange(self.row, self.row + self.height) + 0.5
        u, v = world_position(
            self.lattice.x0 + columns * self.size, self.lattice.y0 - rows * self.size
        )
        return np.broadcast_to(u, self.shape), np.broadcast_to(v[:, None], self.shape)

    def _projected(self) -> tuple[Doubles, Doubles]:
        columns = np.arange(self.column, self.column + self.width) + 0.5
        rows = np.arange(self.row, self.row + self.height) + 0.5
        step = NODE_STEP * self.size
        across = _Nodes.over(columns / NODE_STEP)
        down = _Nodes.over(rows / NODE_STEP)
        x, y = np.meshgrid(
            self.lattice.x0 + across.numbers * step, self.lattice.y0 - down.numbers * step
        )
        lon, lat = transformer(self.lattice.crs, "EPSG:4326").transform(x.ravel(), y.ravel())
        u, v = world_position(_unwrapped(np.asarray(lon), self.lattice.crs), np.asarray(lat))
        return _between(u.reshape(x.shape), down, across), _between(
            v.reshape(x.shape), down, across
        )


@dataclass(frozen=True)
class _Nodes:
    """Positions between the nodes of an anchored row: `numbers` are nodes, `first` indexes them."""

    numbers: Doubles
    first: NDArray[np.intp]
    part: Doubles

    @classmethod
    def over(cls, position: NDArray[Any]) -> "_Nodes":
        floor = np.floor(position)
        low, high = floor.min(), floor.max()
        numbers = np.arange(low, high + 2)
        return cls(numbers, (floor - low).astype(np.intp), position - floor)


def _between(nodes: Doubles, down: _Nodes, across: _Nodes) -> Doubles:
    """Interpolate linearly between nodes, down first and then across."""
    part = down.part[:, None]
    rows = nodes[down.first] * (1 - part) + nodes[down.first + 1] * part
    result: Doubles = rows[:, across.first] * (1 - across.part)
    result += rows[:, across.first + 1] * across.part
    return result


def _unwrapped(lon: NDArray[Any], crs: str) -> Doubles:
    """Longitudes within half a turn of a UTM zone's meridian, so that none jumps in a window."""
    meridian = int(crs[-2:]) * 6 - 183
    result: Doubles = meridian + (lon - meridian + 180.0) % 360.0 - 180.0
    return result


def world_position(lon: NDArray[Any], lat: NDArray[Any]) -> tuple[Doubles, Doubles]:
    """Longitude and latitude in degrees as positions in the world square."""
    radians = np.radians(np.clip(lat, -89.99, 89.99))
    v = 0.5 - np.arctanh(np.sin(radians)) / (2 * math.pi)
    u = (lon + 180.0) / 360.0 + WORLD_SHIFT
    return _quantised(u), _quantised(v)


def latitudes(v: Doubles) -> Doubles:
    """Latitude in degrees of positions in the world square."""
    return np.degrees(2 * np.arctan(np.exp((0.5 - v) * 2 * math.pi)) - math.pi / 2)


def _quantised(position: Doubles) -> Doubles:
    return np.rint(position / POSITION_QUANTUM) * POSITION_QUANTUM


@functools.lru_cache(maxsize=64)
def locate(grid: Grid, lattice: Lattice, level: int) -> tuple[Indices, Indices]:
    """The column and row of the lattice's pixel that contains each centre of a grid.

    Returns:
        Columns and rows, broadcastable to `(height, width)`; a large negative number where the
        position does not exist in the lattice's coordinate system.
    """
    x, y = _native_centres(grid, lattice.crs)
    size = lattice.size * 2**level
    return _floor((x - lattice.x0) / size), _floor((lattice.y0 - y) / size)


def _floor(position: Doubles) -> Indices:
    finite = np.where(np.isfinite(position), position, -(2.0**40))
    return np.floor(finite + TIE).astype(np.int64)


def _native_centres(grid: Grid, crs: str) -> tuple[Doubles, Doubles]:
    a, b, c, d, e, f = grid.transform
    if b or d:
        return grid.centres_in(crs)
    x = c + np.arange(0.5, grid.width, dtype=np.float64) * a
    y = f + np.arange(0.5, grid.height, dtype=np.float64) * e
    if crs == grid.crs:
        return x[None, :], y[:, None]
    step_x, step_y = abs(a) * NODE_STEP, abs(e) * NODE_STEP
    across, down = _Nodes.over(x / step_x), _Nodes.over(y / step_y)
    node_x, node_y = np.meshgrid(across.numbers * step_x, down.numbers * step_y)
    moved = transformer(grid.crs, crs).transform(node_x.ravel(), node_y.ravel())
    shape = node_x.shape
    return (
        _between(np.asarray(moved[0]).reshape(shape), down, across),
        _between(np.asarray(moved[1]).reshape(shape), down, across),
    )


def upsample(
    window: Window, coarser: int
) -> tuple[Window, Callable[[NDArray[np.float32]], NDArray[np.float32]]]:
    """Pixels some levels coarser around a window, and how to interpolate them to the window.

    Returns:
        The coarse window, and a function from its planes `(height, width)` to planes of `window`.
    """
    if coarser == 0:
        return window, lambda plane: plane
    factor = 2.0**coarser
    columns = np.arange(window.column, window.column + window.width) + 0.5
    rows = np.arange(window.row, window.row + window.height) + 0.5
    across, down = _Nodes.over(columns / factor - 0.5), _Nodes.over(rows / factor - 0.5)
    coarse = Window(
        window.lattice, window.level + coarser, int(across.numbers[0]), int(down.numbers[0]),
        len(across.numbers), len(down.numbers),
    )  # fmt: skip
    part_x, part_y = across.part.astype(np.float32), down.part.astype(np.float32)[:, None]

    def place(plane: NDArray[np.float32]) -> NDArray[np.float32]:
        rows_ = plane[down.first] * (np.float32(1) - part_y) + plane[down.first + 1] * part_y
        result: NDArray[np.float32] = rows_[:, across.first] * (np.float32(1) - part_x)
        result += rows_[:, across.first + 1] * part_x
        return result

    return coarse, place


def transformer_to_utm(crs: str) -> pyproj.Transformer:
    """From longitude and latitude to a UTM zone."""
    return transformer("EPSG:4326", crs)


def transformer_to_lonlat(crs: str) -> pyproj.Transformer:
    """From a UTM zone to longitude and latitude."""
    return transformer(crs, "EPSG:4326")
