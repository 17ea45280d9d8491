"""What the planet's tests share: places, windows of collections, grids."""

import datetime as dt

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Point

from lib.localearth import planet
from lib.localearth.geometry import Geometry
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image, Plane, Reading
from lib.localearth.values import Collection, Narrowing

S2 = "COPERNICUS/S2_SR_HARMONIZED"
SCORE = "GOOGLE/CLOUD_SCORE_PLUS/V1/S2_HARMONIZED"
L8 = "LANDSAT/LC08/C02/T1_L2"
S1 = "COPERNICUS/S1_GRD"
SRTM = "USGS/SRTMGL1_003"
WORLDCOVER = "ESA/WorldCover/v200"
DYNAMIC_WORLD = "GOOGLE/DYNAMICWORLD/V1"
EMBEDDING = "GOOGLE/SATELLITE_EMBEDDING/V1/ANNUAL"

LON, LAT = 10.6, 48.1  # the varied landscape that the planet is turned to
EASTING, NORTHING = 619_000, 5_328_000  # the same in EPSG:32632, to a kilometre
CLEAR_SCENE = f"{S2}/20210720T094657_20210720T094702_T32UPU"  # without a cloud
WORLD = 20037508.342789244


def millis(day: str) -> float:
    """Midnight UTC of a day in milliseconds since 1970."""
    return dt.datetime.fromisoformat(f"{day}T00:00:00+00:00").timestamp() * 1000


def narrowed(asset: str, start: str, end: str, lon: float = LON, lat: float = LAT) -> Collection:
    """A collection within dates and around a point."""
    collection = planet.open_asset(asset)
    assert isinstance(collection, Collection)
    assert collection.narrow is not None
    place = Geometry(Point(lon, lat))
    return collection.narrow(Narrowing(millis(start), millis(end), place))


def image(asset: str) -> Image:
    """An image of the planet."""
    found = planet.open_asset(asset)
    assert isinstance(found, Image)
    return found


def bands(source: Image, *names: str) -> Image:
    """Some bands of an image."""
    return source.with_bands([band for name in names for band in source.bands if band.name == name])


def read(source: Image, grid: Grid) -> list[Plane]:
    """Planes on a grid, in a reading of their own."""
    return source.planes(grid, Reading())


def stack(source: Image, grid: Grid) -> NDArray[np.float64]:
    """Values `(bands, height, width)`, NaN where masked."""
    planes = read(source, grid)
    return np.stack([np.where(p.valid, p.data.astype(np.float64), np.nan) for p in planes])


def utm(size: float, pixels: int, *, easting: int = EASTING, northing: int = NORTHING) -> Grid:
    """A square grid of EPSG:32632 around a point, its corner on a multiple of 1280 m."""
    left = round((easting - size * pixels / 2) / 1280) * 1280
    top = round((northing + size * pixels / 2) / 1280) * 1280
    return Grid("EPSG:32632", (size, 0, left, 0, -size, top), pixels, pixels)


def tile(zoom: int, *, lon: float = LON, lat: float = LAT) -> Grid:
    """The map tile of a zoom that holds a point."""
    size = 2 * WORLD / 2**zoom
    x = (lon + 180) / 360 * 2**zoom
    y = (1 - np.arctanh(np.sin(np.radians(lat))) / np.pi) / 2 * 2**zoom
    pixel = size / 256
    left, top = int(x) * size - WORLD, WORLD - int(y) * size
    return Grid("EPSG:3857", (pixel, 0, left, 0, -pixel, top), 256, 256)
