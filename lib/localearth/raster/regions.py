"""Pixels of a region: the grid on which aggregations work, block by block."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth import memory
from lib.localearth.assumptions import choice
from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.raster.coverage import centres_inside, coverage
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image, Plane, Reading
from lib.localearth.raster.outline import Outline, outline_of
from lib.localearth.raster.projection import Projection, Transform, transformer
from lib.localearth.raster.resampling import at_level, window_of

Integers = NDArray[np.int64]
BLOCK_SIDE = 256
MOST_PIXELS = 10_000_000_000  # some 5 minutes of looking which of them are inside
EDGE = 1e-6  # of a pixel: a region's edge on a pixel line does not pull in the next pixel
UNUSABLE = (
    "The default WGS84 projection is invalid for aggregations. "
    "Specify a scale or crs & crs_transform."
)


def work_projection(
    image: Image,
    crs: Projection | None,
    *,
    transform: Sequence[float] | None = None,
    scale: float | None = None,
    strict: bool = False,
) -> Projection:
    """The projection in which an aggregation works.

    Args:
        image: Its first band's projection is the default.
        crs: Projection that was asked for.
        transform: Six numbers that replace the projection's transform.
        scale: Pixel size in metres.
        strict: Refuse the default projection of composites.

    Raises:
        EarthError: Both a transform and a scale are given, or the default is not usable.
    """
    if transform is not None and scale is not None:
        raise EarthError("Cannot specify both crsTransform and scale.")
    base = crs if crs is not None else image.bands[0].projection
    if transform is not None:
        if len(transform) != 6:
            raise EarthError(f"A crsTransform must have 6 numbers. Got {len(transform)}.")
        six: Transform = tuple(float(number) for number in transform)  # type: ignore[assignment]
        return Projection(base.crs, six)
    if scale is not None:
        return scaled(base, scale)
    if strict and crs is None and base == Projection():
        raise EarthError(UNUSABLE)
    return base


def scaled(projection: Projection, scale: float) -> Projection:
    """The projection with pixels of a size in metres, placed as the assumptions say."""
    if not scale > 0:
        raise EarthError(f"The scale must be positive. Got {scale}.")
    if choice("scale_translation") == "origin":
        return projection.at_scale(scale)
    factor = scale / projection.nominal_scale
    a, b, c, d, e, f = projection.transform
    return Projection(projection.crs, (a * factor, b * factor, c, d * factor, e * factor, f))


@dataclass(frozen=True)
class Block:
    """Part of a region's pixels.

    Attributes:
        grid: Its pixels.
        column, row: Of its first pixel within the projection.
        outline: Of the region, counted from its first pixel.
    """

    grid: Grid
    column: int
    row: int
    outline: Outline

    def covered(self) -> NDArray[np.float64]:
        """Covered fractions, 0 where they are too small to count, `(height, width)`."""
        found = coverage(self.outline, self.grid.width, self.grid.height)
        found[found < float(choice("coverage_cutoff"))] = 0.0
        return found

    def inside(self) -> NDArray[np.bool_]:
        """Which pixels have their centre inside, `(height, width)`."""
        return centres_inside(self.outline, self.grid.width, self.grid.height)


@dataclass(frozen=True)
class Region:
    """A geometry on the pixels of a projection.

    Attributes:
        projection: Its pixels.
        outline: The geometry in pixel coordinates.
        window: First column, first row, width and height of the pixels that it may touch.
    """

    projection: Projection
    outline: Outline
    window: tuple[int, int, int, int]

    @classmethod
    def of(cls, geometry: Geometry, projection: Projection) -> "Region":
        """Lay a geometry onto a projection."""
        outline = outline_of(geometry, projection)
        bounds = (-1e9, -1e9, 1e9, 1e9) if outline.everywhere else outline.bounds()
        if bounds is None:
            return cls(projection, outline, (0, 0, 0, 0))
        left, top = math.floor(bounds[0] + EDGE), math.floor(bounds[1] + EDGE)
        right, bottom = math.ceil(bounds[2] - EDGE), math.ceil(bounds[3] - EDGE)
        width, height = max(right - left, 1), max(bottom - top, 1)
        return cls(projection, outline, (left, top, width, height))

    def count(self) -> int:
        """About how many pixels it covers."""
        _, _, width, height = self.window
        area = self.outline.area()
        if not area or len(self.outline.lines) or len(self.outline.points):
            return width * height
        return min(width * height, max(1, round(area)))

    def coarser(self, geometry: Geometry, pixels: int) -> "Region":
        """The region on pixels so large that at most so many are left."""
        region, level = self, 0
        while region.count() > pixels:
            level += 1
            region = Region.of(geometry, at_level(self.projection, level))
        return region

    def blocks(self, side: int = BLOCK_SIDE) -> Iterator[Block]:
        """Blocks that cover it, aligned to the projection so that they never depend on it.

        Raises:
            EarthError: They would take longer than any request may.
        """
        left, top, width, height = self.window
        if width * height > MOST_PIXELS:
            raise EarthError(
                f"Too many pixels in the region. Found {width * height}, "
                f"but only {MOST_PIXELS} allowed."
            )
        for row in range(top - top % side, top + height, side):
            for column in range(left - left % side, left + width, side):
                first_x, first_y = max(column, left), max(row, top)
                last_x = min(column + side, left + width)
                last_y = min(row + side, top + height)
                yield self.block(first_x, first_y, last_x - first_x, last_y - first_y)

    def block(self, column: int, row: int, width: int, height: int) -> Block:
        """One window of it."""
        grid = window_of(self.projection, column, row, width, height)
        return Block(grid, column, row, self.outline.moved(column, row))


def region_side(
    image: Image, region: Region, reading: Reading, *, most: int = BLOCK_SIDE, kept: float = 0.0
) -> int:
    """The side of a region's blocks: what is wanted, or less where that would not fit.

    Args:
        image: What is read.
        region: Where.
        reading: The request.
        most: The side that is wanted.
        kept: Bytes that are kept of all blocks.

    Raises:
        EarthError: Not even the smallest blocks fit into memory.
    """
    _, _, width, height = region.window
    if not (width and height):
        return most
    grid = window_of(region.projection, *region.window)
    return memory.block_side(image, grid, reading, most=most, kept=kept)


def require_geometry(geometry: Geometry | None, image: Image) -> Geometry:
    """The geometry of an aggregation, by default the image's footprint.

    Raises:
        EarthError: There is neither.
    """
    if geometry is not None and not geometry.unbounded:
        return geometry
    if image.footprint is None or image.footprint.unbounded:
        raise EarthError("Provide 'geometry' parameter when aggregating over an unbounded image.")
    return image.footprint


def read_pixels(
    image: Image, projection: Projection, columns: Integers, rows: Integers, reading: Reading
) -> list[Plane]:
    """Read single pixels: planes of one row, `(1, n)`, in the order asked for.

    Args:
        image: Whose bands.
        projection: Whose pixels.
        columns: `(n,)`.
        rows: `(n,)`.
        reading: The request.
    """
    parts: list[tuple[Any, list[Plane]]] = []
    for chosen in _by_block(
        columns, rows, _reading_side(image, projection, columns, rows, reading)
    ):
        x, y = columns[chosen], rows[chosen]
        left, top = int(x.min()), int(y.min())
        grid = window_of(projection, left, top, int(x.max()) + 1 - left, int(y.max()) + 1 - top)
        planes = image.planes(grid, reading)
        at = (y - top, x - left)
        found = [Plane(p.data[at], None if p.mask is None else p.mask[at]) for p in planes]
        parts.append((chosen, found))
    return [_gathered(parts, position, len(columns)) for position in range(len(image.bands))]


def _reading_side(
    image: Image, projection: Projection, columns: Integers, rows: Integers, reading: Reading
) -> int:
    if not reading.heavy or not len(columns):
        return BLOCK_SIDE
    left, top = int(columns.min()), int(rows.min())
    width, height = int(columns.max()) + 1 - left, int(rows.max()) + 1 - top
    grid = window_of(projection, left, top, width, height)
    return memory.block_side(image, grid, reading, most=BLOCK_SIDE)


def _by_block(columns: Integers, rows: Integers, side: int) -> Iterator[Integers]:
    """Positions of the pixels of each block that has any."""
    keys = (rows // side) * 2**31 + columns // side
    order = np.argsort(keys, kind="stable")
    edges = np.flatnonzero(np.diff(keys[order])) + 1
    yield from (part for part in np.split(order, edges) if len(part))


def _gathered(parts: list[tuple[Any, list[Plane]]], position: int, count: int) -> Plane:
    if not parts:
        return Plane(np.zeros((1, 0)))
    arrays = [planes[position].data for _, planes in parts]
    ragged = any(a.dtype == object or a.shape[1:] != arrays[0].shape[1:] for a in arrays)
    if ragged:
        data = np.empty(count, object)
    else:
        data = np.zeros((count, *arrays[0].shape[1:]), arrays[0].dtype)
    weights = np.ones(count, np.float32)
    for (chosen, planes), array in zip(parts, arrays, strict=True):
        data[chosen] = list(array) if ragged else array
        mask = planes[position].mask
        if mask is not None:
            weights[chosen] = mask
    return Plane(data[None], weights[None])


def centres_lonlat(
    projection: Projection, columns: Integers, rows: Integers
) -> NDArray[np.float64]:
    """Longitudes and latitudes of pixel centres, `(n, 2)`."""
    a, b, c, d, e, f = projection.transform
    x, y = columns + 0.5, rows + 0.5
    moved = transformer(projection.crs, "EPSG:4326").transform(a * x + b * y + c, d * x + e * y + f)
    return np.column_stack([np.asarray(moved[0]), np.asarray(moved[1])])
