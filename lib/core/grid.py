"""A pixel grid: coordinate system, affine transform and shape, with the arithmetic on pixels.

Earth Engine names a grid the same way: `transform` is the corner of the upper left pixel and the
steps to the next column and row, in units of the coordinate system.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry import MultiPolygon, Polygon

from lib.core.aoi import Aoi
from lib.core.crs import lonlat_from, lonlat_to, metres_per_unit, parse_crs
from lib.core.ellipsoid import strip_area_m2
from lib.core.errors import AoiError, RasterError
from lib.core.inside import points_inside

Transform = tuple[float, float, float, float, float, float]
Window = tuple[slice, slice]

_SNAP = 1e-6  # a corner this close to a pixel edge, in pixels, lies on it


@dataclass(frozen=True)
class Grid:
    """A rectangle of pixels.

    Attributes:
        crs: Coordinate system, such as "EPSG:32633", or well-known text.
        transform: (x scale, x shear, x of the upper left corner, y shear, y scale, y of the upper
            left corner) in CRS units: x = t0 * column + t1 * row + t2.
        shape: (height, width) in pixels.

    Example:
        >>> grid = Grid.over(Aoi.from_bounds(12.0, 47.8, 12.1, 47.9), scale_m=10)
        >>> grid.crs, grid.shape
        ('EPSG:32633', (1141, 792))
    """

    crs: str
    transform: Transform
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        if self.shape[0] < 1 or self.shape[1] < 1:
            raise RasterError(
                f"A grid of {self.shape[1]} x {self.shape[0]} pixels is empty.",
                hint="Choose a larger area or a smaller pixel size.",
            )
        if self._determinant == 0:
            raise RasterError(
                f"The transform {self.transform} has pixels without a surface.",
                hint="Check the georeference of the raster.",
            )

    @classmethod
    def over(cls, aoi: Aoi, *, scale_m: float, crs: str | None = None) -> "Grid":
        """Lay a north-up grid over an area, corners on multiples of the pixel size.

        Args:
            aoi: The area; every part of it is inside of the grid.
            scale_m: Pixel size in metres. In a geographic CRS it becomes degrees by the length of
                a degree at the equator, as in Earth Engine.
            crs: Coordinate system; the area's UTM zone by default.
        """
        crs = crs or aoi.utm_crs
        scale = scale_m / metres_per_unit(crs)
        xs, ys = _outline(aoi, crs)
        left, right = _floor(xs.min() / scale), _ceil(xs.max() / scale)
        bottom, top = _floor(ys.min() / scale), _ceil(ys.max() / scale)
        transform = (scale, 0.0, left * scale, 0.0, -scale, top * scale)
        return cls(crs, transform, (max(top - bottom, 1), max(right - left, 1)))

    @classmethod
    def within(
        cls, transform: Transform, crs: str, aoi: Aoi, *, shape: tuple[int, int] | None = None
    ) -> "Grid":
        """Take the part of an existing raster's grid that covers an area.

        Args:
            transform: The raster's transform; pixels of the result coincide with its pixels.
            crs: The raster's coordinate system.
            aoi: The area.
            shape: The raster's (height, width); the result is clipped to it where given.

        Raises:
            AoiError: The area does not meet the raster.
        """
        native = cls(crs, transform, shape or (1, 1))
        cols, rows = native._pixels_of(*_outline(aoi, crs))
        top, left = _floor(rows.min()), _floor(cols.min())
        bottom, right = _ceil(rows.max()), _ceil(cols.max())
        if shape:
            top, left = max(top, 0), max(left, 0)
            bottom, right = min(bottom, shape[0]), min(right, shape[1])
        if bottom <= top or right <= left:
            raise AoiError(
                "The area of interest lies outside of the raster.",
                hint="Move the area onto the raster.",
                field="aoi",
            )
        return native.window((slice(top, bottom), slice(left, right)))

    @property
    def size(self) -> int:
        """Number of pixels."""
        return self.shape[0] * self.shape[1]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Least x, least y, greatest x, greatest y in CRS units."""
        height, width = self.shape
        xs, ys = self._xy(np.array([0, 0, height, height]), np.array([0, width, 0, width]))
        return float(xs.min()), float(ys.min()), float(xs.max()), float(ys.max())

    @cached_property
    def pixel_area_m2(self) -> NDArray[np.float64]:
        """Area of a pixel of each row in square metres, shape (height,).

        On the ellipsoid for a geographic CRS; the square of the pixel size in a projected one.
        """
        height = self.shape[0]
        if not parse_crs(self.crs).is_geographic:
            return np.full(height, abs(self._determinant) * metres_per_unit(self.crs) ** 2)
        x_scale, x_shear, _, y_shear, y_scale, y_start = self.transform
        if x_shear or y_shear:
            raise RasterError(
                "Pixel areas of a rotated grid in degrees are not known.",
                hint="Reproject the raster to a north-up grid.",
            )
        edges = y_start + y_scale * np.arange(height + 1)
        return np.asarray(np.abs(np.diff(strip_area_m2(edges)) * math.radians(x_scale)))

    def window(self, window: Window) -> "Grid":
        """Return the grid of some rows and columns, which may lie outside of this one."""
        rows, cols = window
        x, y = self._xy(np.array(rows.start), np.array(cols.start))
        t = self.transform
        return Grid(
            self.crs,
            (t[0], t[1], float(x), t[3], t[4], float(y)),
            (rows.stop - rows.start, cols.stop - cols.start),
        )

    def pad(self, pixels: int) -> "Grid":
        """Return a grid with so many more pixels on each side."""
        height, width = self.shape
        return self.window((slice(-pixels, height + pixels), slice(-pixels, width + pixels)))

    def blocks(
        self, *, side: int | None = None, max_pixels: int | None = None
    ) -> Iterator[tuple["Grid", Window]]:
        """Cut the grid into blocks that cover it without overlap, row by row.

        Args:
            side: Greatest height and width of a block.
            max_pixels: Most pixels in a block, in place of `side`; blocks are then as wide as
                a square of this size allows, and higher where the grid is narrow.

        Yields:
            The block's grid and its (rows, columns) in this grid.
        """
        block_height, block_width = self._block_shape(side, max_pixels)
        height, width = self.shape
        for top in range(0, height, block_height):
            rows = slice(top, min(top + block_height, height))
            for left in range(0, width, block_width):
                cols = slice(left, min(left + block_width, width))
                yield self.window((rows, cols)), (rows, cols)

    def lonlat(
        self, rows: ArrayLike, cols: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return longitude and latitude of pixel centres."""
        x, y = self._xy(np.asarray(rows) + 0.5, np.asarray(cols) + 0.5)
        lon, lat = lonlat_from(self.crs).transform(x, y)
        return np.asarray(lon), np.asarray(lat)

    def rowcol(self, lon: ArrayLike, lat: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return row and column of the pixels that hold points; may lie outside of the grid."""
        x, y = lonlat_to(self.crs).transform(np.asarray(lon), np.asarray(lat))
        cols, rows = self._pixels_of(np.asarray(x), np.asarray(y))
        return np.floor(rows).astype(np.int64), np.floor(cols).astype(np.int64)

    def pixels_at(self, lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return fractional columns and rows of points, shape (points, 2); (0, 0) is the corner."""
        x, y = lonlat_to(self.crs).transform(lonlat[:, 0], lonlat[:, 1])
        return np.column_stack(self._pixels_of(np.asarray(x), np.asarray(y)))

    def inside(self, aoi: Aoi) -> NDArray[np.bool_]:
        """Tell which pixel centres lie in an area, shape (height, width)."""
        rows, cols = np.mgrid[0 : self.shape[0], 0 : self.shape[1]]
        lon, lat = self.lonlat(rows, cols)
        return points_inside(aoi.shape, lon, lat)

    def to_ee(self) -> dict[str, Any]:
        """Return the grid as `image:computePixels` takes it."""
        t = self.transform
        code = "crsCode" if ":" in self.crs and len(self.crs) < 40 else "crsWkt"
        return {
            "dimensions": {"width": self.shape[1], "height": self.shape[0]},
            "affineTransform": {
                "scaleX": t[0],
                "shearX": t[1],
                "translateX": t[2],
                "shearY": t[3],
                "scaleY": t[4],
                "translateY": t[5],
            },
            code: self.crs,
        }

    @property
    def _determinant(self) -> float:
        t = self.transform
        return t[0] * t[4] - t[1] * t[3]

    def _xy(
        self, rows: NDArray[Any], cols: NDArray[Any]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return CRS coordinates of fractional rows and columns; (0, 0) is the outer corner."""
        t = self.transform
        return t[0] * cols + t[1] * rows + t[2], t[3] * cols + t[4] * rows + t[5]

    def _pixels_of(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return fractional columns and rows of CRS coordinates."""
        t = self.transform
        dx, dy = x - t[2], y - t[5]
        cols = (t[4] * dx - t[1] * dy) / self._determinant
        rows = (t[0] * dy - t[3] * dx) / self._determinant
        return cols, rows

    def _block_shape(self, side: int | None, max_pixels: int | None) -> tuple[int, int]:
        if (side is None) == (max_pixels is None) or (side or max_pixels or 0) < 1:
            raise RasterError(
                f"Blocks need a side or a number of pixels, and got {side} and {max_pixels}.",
                hint="Give one of the two, at least 1.",
            )
        if side is not None:
            return side, side
        width = min(self.shape[1], math.isqrt(max_pixels or 1))
        return (max_pixels or 1) // width, width


def _outline(aoi: Aoi, crs: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the area's outline in CRS coordinates, dense enough for its extreme points."""
    west, south, east, north = aoi.bounds
    step = max(east - west, north - south) / 64
    points = shapely.get_coordinates(shapely.segmentize(_joined(aoi), step))
    if parse_crs(crs).is_geographic:
        return points[:, 0], points[:, 1]
    x, y = lonlat_to(crs).transform(points[:, 0], points[:, 1])
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise AoiError(
            f"The area of interest cannot be placed in {crs[:80]}.",
            hint="Draw a smaller area, or choose another coordinate system.",
            field="aoi",
        )
    return np.asarray(x), np.asarray(y)


def _joined(aoi: Aoi) -> Polygon | MultiPolygon:
    """Return the shape with longitudes that run on over 180, where the area is in two parts."""
    west, _, east, _ = aoi.bounds
    if east <= 180:
        return aoi.shape

    def shift(points: NDArray[np.float64]) -> NDArray[np.float64]:
        lon = np.where(points[:, 0] < west - 1e-9, points[:, 0] + 360, points[:, 0])
        return np.column_stack([lon, points[:, 1]])

    return shapely.transform(aoi.shape, shift)


def _floor(value: float) -> int:
    nearest = round(value)
    return nearest if abs(value - nearest) < _SNAP else math.floor(value)


def _ceil(value: float) -> int:
    nearest = round(value)
    return nearest if abs(value - nearest) < _SNAP else math.ceil(value)
