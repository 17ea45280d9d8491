"""Images that follow from the grid alone: coordinates, areas and random numbers."""

# ruff: noqa: ARG002 - all sources are read alike

import numpy as np
from numpy.typing import NDArray
from scipy import special

from lib.localearth.errors import EarthError
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.hashing import pixel_words, uniform
from lib.localearth.raster.image import BandSpec, Image, Plane, Reading, Source, image_from
from lib.localearth.raster.pixel_types import DOUBLE
from lib.localearth.raster.projection import PixelType, Projection, crs_of, transformer
from lib.localearth.raster.resampling import pixel_coordinates
from lib.localearth.raster.sources import OnGrid
from lib.localearth.registry import implements

Floats = NDArray[np.float64]
WGS84_A = 6378137.0
WGS84_F = 1 / 298.257223563


@implements("Image.pixelLonLat")
def pixel_lon_lat() -> Image:
    """Longitude and latitude of every pixel's centre, in degrees."""

    def read(grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        found = grid.centres_in("EPSG:4326")
        return [_finite(found[index]) for index in indices]

    return image_from(OnGrid(read), [BandSpec("longitude", DOUBLE), BandSpec("latitude", DOUBLE)])


def _finite(data: Floats) -> Plane:
    known = np.isfinite(data)
    return Plane(data) if known.all() else Plane(np.where(known, data, 0), known)


@implements("Image.pixelCoordinates")
def coordinates(projection: Projection) -> Image:
    """Column and row, with fractions, of every pixel's centre in a projection."""

    def read(grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        found = pixel_coordinates(grid, projection)
        return [_finite(found[index]) for index in indices]

    specs = [BandSpec("x", DOUBLE, projection), BandSpec("y", DOUBLE, projection)]
    return image_from(OnGrid(read), specs)


@implements("Image.pixelArea")
def pixel_area() -> Image:
    """Square metres of every pixel on the WGS84 ellipsoid."""

    def read(grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        return [_finite(areas(grid))]

    return image_from(OnGrid(read), [BandSpec("area", DOUBLE)])


def areas(grid: Grid) -> Floats:
    """Square metres of every pixel, `(height, width)`: its quadrilateral on an equal-area map."""
    a, b, _, d, _, f = grid.transform
    if crs_of(grid.crs).is_geographic and b == 0 and d == 0:
        return _row_areas(grid, f, a)
    corners = Grid(grid.crs, grid.transform, grid.width + 1, grid.height + 1).window(
        0, 0, grid.width + 1, grid.height + 1
    )
    x, y = corners.centres()
    a, b, _, d, e, _ = grid.transform
    x, y = x - (a + b) / 2, y - (d + e) / 2
    found = transformer(grid.crs, "EPSG:4326").transform(x.ravel(), y.ravel())
    longitude = np.radians(np.asarray(found[0]).reshape(x.shape))
    height = area_below(np.asarray(found[1]).reshape(x.shape))
    return np.abs(_quadrilaterals(longitude, height))


def _row_areas(grid: Grid, top: float, width: float) -> Floats:
    latitudes = top + grid.transform[4] * np.arange(grid.height + 1)
    bands = np.abs(np.diff(area_below(np.clip(latitudes, -90, 90)))) * abs(np.radians(width))
    return np.broadcast_to(bands[:, None], (grid.height, grid.width))


def area_below(latitude: Floats) -> Floats:
    """Square metres between the equator and a latitude, per radian of longitude."""
    eccentricity = np.sqrt(WGS84_F * (2 - WGS84_F))
    sine = np.sin(np.radians(latitude))
    polar = WGS84_A * (1 - WGS84_F)
    inner = eccentricity * sine
    return np.asarray(polar**2 / 2 * (sine / (1 - inner**2) + np.arctanh(inner) / eccentricity))


def _quadrilaterals(x: Floats, y: Floats) -> Floats:
    """Signed areas of the cells between a mesh of corners."""
    across_x, across_y = x[1:, 1:] - x[:-1, :-1], y[1:, 1:] - y[:-1, :-1]
    other_x, other_y = x[1:, :-1] - x[:-1, 1:], y[1:, :-1] - y[:-1, 1:]
    return (across_x * other_y - across_y * other_x) / 2


class _Random(Source):
    def __init__(self, seed: int, *, normal: bool) -> None:
        self._seed = seed
        self._normal = normal

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        numbers = uniform(pixel_words(grid, self._seed))
        return [Plane(special.ndtri(numbers + 2.0**-54) if self._normal else numbers)]


@implements("Image.random")
def random(seed: int, distribution: str) -> Image:
    """A random number at each pixel, by its place and the seed alone."""
    if distribution not in ("uniform", "normal"):
        raise EarthError(f"Unknown distribution '{distribution}'. Use 'uniform' or 'normal'.")
    normal = distribution == "normal"
    kind = DOUBLE if normal else PixelType("double", 0, 1)
    return image_from(_Random(int(seed), normal=normal), [BandSpec("random", kind)])
