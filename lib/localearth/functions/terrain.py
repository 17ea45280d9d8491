"""Slope, aspect and shading from the four nearest neighbours."""

# ruff: noqa: A002, ARG005 - parameters are those of the signature list

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from lib.localearth.assumptions import choice
from lib.localearth.functions.image_bands import joined
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Band, Image, Plane, Reading, Source, intersect
from lib.localearth.raster.neighbourhood import Cell, Margin, shifted_plane
from lib.localearth.raster.projection import PixelType, crs_of, metres_per_unit
from lib.localearth.raster.sources import band_like
from lib.localearth.registry import implements

Floats = NDArray[np.float64]
AROUND = Margin(1, 1, 1, 1)
FLOAT = PixelType("float")
SLOPE = PixelType("float", 0, 90)
ASPECT = PixelType("float", 0, 360)
BYTE = PixelType("int", 0, 255)
Surface = Callable[[Floats, Floats], Floats]


def elevation_band(image: Image) -> Band:
    """The band "elevation", or the first."""
    return next((band for band in image.bands if band.name == "elevation"), image.bands[0])


class Gradient(Source):
    """Functions of the slope eastwards and northwards, both in metres per metre."""

    def __init__(self, band: Band, functions: Sequence[Surface], dtypes: Sequence[str]) -> None:
        """Keep one function, and the type of its result, for each plane."""
        self._image = Image((band,))
        self._functions = tuple(functions)
        self._dtypes = tuple(dtypes)

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        """Take central differences; masked where any of the four neighbours is."""
        (plane,) = self._image.planes(AROUND.around(grid), reading)
        right, left, down, up = (
            shifted_plane(plane, Cell(x, y, 1.0), AROUND, grid)
            for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1))
        )
        across, along = pixel_metres(grid)
        east = (right.data.astype(np.float64) - left.data) / (2 * across)
        north = (down.data.astype(np.float64) - up.data) / (2 * along)
        centre = shifted_plane(plane, Cell(0, 0, 1.0), AROUND, grid)
        mask = intersect(right.mask, left.mask, down.mask, up.mask, centre.mask)
        return [
            Plane(self._functions[index](east, north).astype(self._dtypes[index]), mask)
            for index in indices
        ]


def pixel_metres(grid: Grid) -> tuple[Floats, Floats]:
    """Metres from a pixel to the next eastwards and northwards; signed as columns and rows run."""
    a, _, _, _, e, _ = grid.transform
    unit = metres_per_unit(grid.crs)
    one = np.ones((grid.height, grid.width))
    if choice("terrain_metres") == "constant":
        return one * a * unit, one * e * unit
    if crs_of(grid.crs).is_geographic:
        latitude = grid.centres()[1]
        return a * unit * np.maximum(np.cos(np.radians(latitude)), 1e-6), one * e * unit
    if _is_mercator(grid.crs):
        latitude = grid.centres_in("EPSG:4326")[1]
        shrunk = np.cos(np.radians(np.nan_to_num(latitude, posinf=0.0)))
        return a * unit * shrunk, e * unit * shrunk
    return one * a * unit, one * e * unit


def _is_mercator(crs: str) -> bool:
    operation = crs_of(crs).coordinate_operation
    name = operation.method_name if operation else ""
    return name.startswith(("Popular Visualisation Pseudo Mercator", "Mercator"))


def slope_degrees(east: Floats, north: Floats) -> Floats:
    """Steepness in degrees."""
    return np.degrees(np.arctan(np.hypot(east, north)))


def aspect_degrees(east: Floats, north: Floats) -> Floats:
    """Direction in which the ground falls, clockwise from north; 0 where it is flat."""
    found = np.degrees(np.arctan2(-east, -north)) % 360
    return np.where((east == 0) & (north == 0), 0.0, found)


def shading(azimuth: float, elevation: float) -> Surface:
    """Brightness 0..255 under a sun in that direction and at that height, in degrees."""
    height, direction = np.radians(elevation), np.radians(azimuth)

    def shade(east: Floats, north: Floats) -> Floats:
        steepness = np.arctan(np.hypot(east, north))
        facing = np.arctan2(-east, -north)
        light = np.sin(height) * np.cos(steepness)
        light = light + np.cos(height) * np.sin(steepness) * np.cos(direction - facing)
        return np.asarray(np.clip(255 * light, 0, 255))

    return shade


def _surface(image: Image, name: str, kind: PixelType, function: Surface) -> Image:
    if not image.bands:
        return image
    band = elevation_band(image)
    source = Gradient(band, [function], [kind.dtype.name])
    return image.with_bands([band_like(band, name, kind, source, 0)])


@implements("Terrain.slope")
def slope(input: Image) -> Image:
    """Slope in degrees."""
    return _surface(input, "slope", SLOPE, slope_degrees)


@implements("Terrain.aspect")
def aspect(input: Image) -> Image:
    """Aspect in degrees clockwise from north."""
    return _surface(input, "aspect", ASPECT, aspect_degrees)


@implements("Terrain.hillshade")
def hillshade(input: Image, azimuth: float, elevation: float) -> Image:
    """Shaded relief, 0..255."""
    return _surface(input, "hillshade", BYTE, shading(azimuth, elevation))


@implements("Terrain.products")
def products(input: Image) -> Image:
    """The input with bands slope, aspect and hillshade added."""
    if not input.bands:
        return input
    band = elevation_band(input)
    functions = [slope_degrees, aspect_degrees, shading(270.0, 45.0)]
    kinds = {"slope": SLOPE, "aspect": ASPECT, "hillshade": BYTE}
    source = Gradient(band, functions, [kind.dtype.name for kind in kinds.values()])
    added = [
        band_like(band, name, kind, source, index)
        for index, (name, kind) in enumerate(kinds.items())
    ]
    return joined(input, added)


@implements("Image.gradient")
def gradient(input: Image) -> Image:
    """Change of the first band per metre eastwards (x) and northwards (y)."""
    band = input.bands[0]
    source = Gradient(band, [lambda e, n: e, lambda e, n: n], ["float32", "float32"])
    return input.with_bands(
        [band_like(band, name, FLOAT, source, index) for index, name in enumerate("xy")]
    )
