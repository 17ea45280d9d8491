"""Yearly vectors of 64 numbers that tell what a pixel is, in the manner of Satellite Embedding.

The real vectors come from a network that has read a year of imagery. Here they are a fixed mixture
of what the planet knows of a pixel: covers, crop, height, slope, climate and texture, with a little
noise of the year and of the pixel. Like the real ones they have unit length, vary smoothly where
the land does, tell covers apart, and mean nothing axis by axis.
"""

import datetime as dt
import functools
import math
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from shapely import box
from shapely.geometry.base import BaseGeometry

from lib.localearth.planet.cover import Cover
from lib.localearth.planet.field import Field
from lib.localearth.planet.ground import Ground
from lib.localearth.planet.lattice import (
    Lattice,
    Window,
    transformer_to_lonlat,
    transformer_to_utm,
)
from lib.localearth.planet.noise import Floats, hash_words, unit
from lib.localearth.planet.product import DOUBLE, BandInfo, Part, PlanetSource, scene_image
from lib.localearth.planet.scene import DAY_MS, Scene, Series, polygon_of, ring
from lib.localearth.planet.season import MIXED
from lib.localearth.planet.tiling import square_km
from lib.localearth.planet.view import GROUNDS, view
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image

F = np.float32
ASSET = "GOOGLE/SATELLITE_EMBEDDING/V1/ANNUAL"
AXES = 64
BANDS = tuple(BandInfo(f"A{axis:02d}", DOUBLE, 10) for axis in range(AXES))
TILE = 163_840  # metres; the tiles of the real data set measure 163.84 km
FIRST_DAY = dt.date(2017, 1, 1)
SOUTH, NORTH = -78.0, 82.0
LARGEST_WEIGHT = 127
YEAR_FIELDS = 4  # smooth fields of the year's own
# Whole numbers make the mixture exact, in whatever order it is summed: their products with the
# weights stay far below 2**24.
MIXTURE_UNIT = 1 / (512 * 48)
PIXEL_NOISE = 0.04


class EmbeddingSource(PlanetSource):
    """Vectors of one tile and year."""

    def __init__(self, scene: Scene) -> None:
        """Keep the tile."""
        super().__init__(BANDS, scene.footprint)
        self.scene = scene

    def part(self, grid: Grid, names: tuple[str, ...]) -> Mapping[str, Part] | None:
        """Axes on a grid."""
        seen = view(grid, Lattice(self.scene.crs, 0.0, 0.0, 10.0), self.scene.bounds)
        if seen is None or not (inside := seen.inside(self.scene.bounds)).any():
            return None
        planes = vectors(seen.window, self.scene.time.year)
        return {
            name: (seen.take(planes[int(name[1:])]).astype(np.float64), inside) for name in names
        }


def vectors(window: Window, year: int) -> Floats:
    """Vectors of unit length over a window, `(axes, height, width)`."""
    known = features(GROUNDS.get(window), Field(window), year)
    planes = weights(len(known)) @ known.reshape(len(known), -1)
    planes *= F(MIXTURE_UNIT)
    planes /= F(1) + np.abs(planes)
    result: Floats = planes.reshape(AXES, *window.shape)
    columns = np.arange(window.column, window.column + window.width)[None, :]
    rows = np.arange(window.row, window.row + window.height)[:, None]
    length = np.zeros(window.shape, np.float32)
    for axis in range(AXES):
        noise = unit(hash_words(columns, rows, year * 100 + axis)) - F(0.5)
        result[axis] += noise * F(PIXEL_NOISE / 2**window.level)
        length += result[axis] * result[axis]
    result /= np.sqrt(length)
    return result


def features(ground: Ground, field: Field, year: int) -> Floats:
    """What the planet knows of each pixel, whole numbers to 512, `(features, height, width)`."""
    crop = ground.parts[Cover.CROP]
    planes: list[NDArray[np.generic]] = [
        *ground.parts,
        *(crop * (ground.crop == kind) // 2 for kind in range(MIXED + 1)),
        _whole(ground.elevation, 1 / 8, 512),
        _whole(np.sqrt(ground.slope_x**2 + ground.slope_y**2), 512, 512),
        _whole(ground.slope_y, 512, 256),
        (ground.season.astype(np.float32) - F(128)) * F(4),
        *(_whole(plane, 32, 96) for plane in ground.texture),
        *(
            _whole(field.fractal(12, 17, 0.7, seed=2000 + 10 * (year * YEAR_FIELDS + k)), 24, 96)
            for k in range(YEAR_FIELDS)
        ),
    ]
    return np.stack([plane.astype(np.float32) for plane in planes])


def _whole(plane: Floats, factor: float, limit: int) -> Floats:
    result: Floats = np.clip(np.rint(plane * F(factor)), F(-limit), F(limit))
    return result


@functools.cache
def weights(count: int) -> Floats:
    """How much of each feature goes into each axis, whole numbers: `(axes, features)`."""
    words = hash_words(np.arange(count)[None, :], np.arange(AXES)[:, None], 64)
    result: Floats = np.rint((unit(words) * F(2) - F(1)) * F(LARGEST_WEIGHT))
    return result


@functools.lru_cache(maxsize=1024)
def tile_at(zone: int, column: int, row: int, *, north: bool) -> Scene | None:
    """The tile at a place of a zone, of the first year, or None if it lies outside of the zone."""
    crs = f"EPSG:{326 if north else 327}{zone:02d}"
    bounds = (column * TILE, row * TILE, (column + 1) * TILE, (row + 1) * TILE)
    x = np.array([0.5, 0, 1, 0, 1]) * TILE + bounds[0]
    y = np.array([0.5, 0, 0, 1, 1]) * TILE + bounds[1]
    lon, lat = transformer_to_lonlat(crs).transform(x, y)
    away = (np.asarray(lon) - (zone * 6 - 183) + 180) % 360 - 180
    if away.min() >= 3 or away.max() <= -3 or not SOUTH < lat[0] < NORTH:
        return None
    if not (max(lat) > 0 if north else min(lat) < 0):
        return None
    place = f"{zone:02d}{'N' if north else 'S'}_{column}_{row}"
    footprint = polygon_of(crs, bounds)
    return Scene(place, 0, crs, bounds, footprint, place, 0, ascending=True, platform="")


def tiles(area: BaseGeometry | None) -> Iterator[Scene]:
    """The tiles that meet an area, or all, zone by zone."""
    west, south, east, north = area.bounds if area is not None else (-180.0, SOUTH, 180.0, NORTH)
    first, last = math.floor((west - 1 + 180) / 6), math.floor((east + 1 + 180) / 6)
    for zone in dict.fromkeys(number % 60 + 1 for number in range(first, last + 1)):
        for is_north in (True, False):
            for row in _rows(zone, south, north, is_north=is_north):
                found = (tile_at(zone, column, row, north=is_north) for column in range(1, 6))
                yield from (
                    t for t in found if t and (area is None or t.footprint.intersects(area))
                )


def _rows(zone: int, south: float, north: float, *, is_north: bool) -> range:
    crs, middle = f"EPSG:{326 if is_north else 327}{zone:02d}", zone * 6 - 183
    low, high = (0.0, NORTH) if is_north else (SOUTH, 0.0)
    reach = [min(max(latitude, low), high) for latitude in (south - 2, north + 2)]
    _, y = transformer_to_utm(crs).transform([middle, middle], reach)
    return range(math.floor(y[0] / TILE), math.floor(y[1] / TILE) + 1)


def list_scenes(first: int, last: int, area: BaseGeometry | None) -> Iterator[Scene]:
    """Tiles of the years that begin on days `[first, last]` since 1970, in order of time."""
    epoch = dt.date(1970, 1, 1)
    years = range(*((epoch + dt.timedelta(day)).year for day in (first, last + 366)))
    for year in years:
        if first <= (day := (dt.date(year, 1, 1) - epoch).days) <= last:
            yield from (_in_year(tile, day, year) for tile in tiles(area))


def _in_year(tile: Scene, day: int, year: int) -> Scene:
    index = f"{year}_{tile.place}"
    return Scene(
        index, day * DAY_MS, tile.crs, tile.bounds, tile.footprint, tile.place, 0,
        ascending=True, platform="",
    )  # fmt: skip


def least_scenes(days: int, area: BaseGeometry | None) -> float:
    """The fewest images that so many whole days have over an area, or anywhere: one a year."""
    covered = square_km(box(-180.0, SOUTH, 180.0, NORTH) if area is None else area)
    return days // 366 * covered / (TILE / 1000) ** 2


def find_scene(index: str) -> Scene | None:
    """The tile and year with an index such as "2021_32N_3_32"."""
    try:
        year, zone, column, row = index.split("_")
        day = (dt.date(int(year), 1, 1) - dt.date(1970, 1, 1)).days
        tile = tile_at(int(zone[:-1]), int(column), int(row), north=zone[-1] == "N")
    except ValueError:
        return None
    return _in_year(tile, day, int(year)) if tile else None


def image(scene: Scene) -> Image:
    """The image of a tile and year."""
    end = dt.datetime(scene.time.year + 1, 1, 1, tzinfo=dt.UTC).timestamp() * 1000
    properties = {
        "system:index": scene.index, "system:time_start": scene.start_ms,
        "system:time_end": int(end), "system:footprint": ring(scene.footprint),
        "UTM_ZONE": scene.place.split("_")[0], "DATASET_VERSION": "1.1",
    }  # fmt: skip
    return scene_image(scene, EmbeddingSource(scene), ASSET, properties)


SERIES = Series(
    ASSET,
    FIRST_DAY,
    list_scenes,
    find_scene,
    image,
    {"title": "Satellite Embedding V1"},
    least_scenes,
)
