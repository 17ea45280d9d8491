"""The 100 km tiles of Sentinel-2 and the days on which each is seen."""

import datetime as dt
import functools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from lib.localearth.planet.lattice import transformer_to_lonlat, transformer_to_utm
from lib.localearth.planet.noise import hash_number
from lib.localearth.planet.scene import (
    DAY_MS,
    Footprint,
    Scene,
    centre_of,
    day_in,
    polygon_of,
)

SQUARE = 100_000
TILE = 109_800
REVISIT_DAYS = 5
ORBITS = 143
BANDS_OF_LATITUDE = "CDEFGHJKLMNPQRSTUVWX"
COLUMN_LETTERS = ("ABCDEFGH", "JKLMNPQR", "STUVWXYZ")
ROW_LETTERS = "ABCDEFGHJKLMNPQRSTUV"
SOUTH, NORTH = -78.0, 82.0
SWATH_DEGREES = 2.6  # of longitude between neighbouring orbits, so that one orbit serves a tile
TILES_A_DAY = 11_631  # of the whole globe on the day of the cycle that has the fewest
EARTH_KM = 6360.0  # less than any mean radius, so that areas come out too small
LOCAL_HOUR = 10.65  # mean local time of a scene's centre


@dataclass(frozen=True)
class Tile:
    """A tile of the military grid.

    Attributes:
        name: Such as "32UPU".
        crs: Its UTM zone.
        left, top: Upper left corner in metres, a multiple of 60.
        footprint: In longitude and latitude.
    """

    name: str
    crs: str
    left: int
    top: int
    footprint: Footprint

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Least x, least y, greatest x, greatest y."""
        return self.left, self.top - TILE, self.left + TILE, self.top

    @property
    def orbit(self) -> int:
        """The relative orbit that serves it, 1 to 143."""
        return int((centre_of(self.footprint)[0] + 180.0) / SWATH_DEGREES) % ORBITS + 1

    @property
    def phase(self) -> int:
        """Its day in the cycle of five."""
        return self.orbit * 2 % REVISIT_DAYS


def tiles(area: BaseGeometry | None) -> Iterator[Tile]:
    """The tiles that meet an area, or all."""
    west, south, east, north = area.bounds if area is not None else (-180.0, SOUTH, 180.0, NORTH)
    south, north = max(south, SOUTH), min(north, NORTH)
    if east - west >= 360:
        west, east, area = -180.0, 180.0, None
    first = math.floor((west - 1.8 + 180) / 6)
    last = math.floor((east + 1.8 + 180) / 6)
    for zone in range(first, last + 1):
        for is_north in (False, True):
            if (north >= -1.1) if is_north else (south <= 1.1):
                yield from _zone_tiles(zone % 60 + 1, is_north, (west, south, east, north), area)


def _zone_tiles(
    zone: int, is_north: bool, bounds: tuple[float, float, float, float],
    area: BaseGeometry | None,
) -> Iterator[Tile]:  # fmt: skip
    crs = f"EPSG:{326 if is_north else 327}{zone:02d}"
    centre = zone * 6 - 183
    west, south, east, north = bounds
    shift = 360 * round((centre - (west + east) / 2) / 360) if east - west < 180 else 0
    lon = np.linspace(max(west + shift, centre - 4.8), min(east + shift, centre + 4.8), 9)
    lat = np.linspace(south, north, 9)
    if lon[0] > lon[-1]:
        return
    lons, lats = np.meshgrid(lon, lat)
    x, y = transformer_to_utm(crs).transform(lons.ravel(), lats.ravel())
    slack = 12_000
    for row in range(_square(y.min() - slack), _square(y.max() + slack) + 1):
        for column in range(_square(x.min() - slack), _square(x.max() + slack) + 1):
            tile = tile_at(crs, zone, column, row)
            if tile is not None and (area is None or tile.footprint.intersects(area)):
                yield tile


def _square(metres: float) -> int:
    return math.floor(metres / SQUARE)


@functools.lru_cache(maxsize=4096)
def tile_at(crs: str, zone: int, column: int, row: int) -> Tile | None:
    """The tile over a square of 100 km, or None if the square lies outside of its zone."""
    if not 1 <= column <= 8:
        return None
    x = np.array([0.5, 0, 1, 0, 1]) * SQUARE + column * SQUARE
    y = np.array([0.5, 0, 0, 1, 1]) * SQUARE + row * SQUARE
    lon, lat = transformer_to_lonlat(crs).transform(x, y)
    centre = zone * 6 - 183
    away = (np.asarray(lon) - centre + 180) % 360 - 180
    if away.min() >= 3 or away.max() <= -3 or not SOUTH - 1 < lat[0] < NORTH + 1:
        return None
    if (lat[0] >= 0) != crs.startswith("EPSG:326"):
        return None
    left = math.floor(column * SQUARE / 60) * 60
    top = math.ceil((row + 1) * SQUARE / 60) * 60
    footprint = polygon_of(crs, (left, top - TILE, left + TILE, top))
    return Tile(_name(zone, column, row, float(lat[0])), crs, left, top, footprint)


def _name(zone: int, column: int, row: int, latitude: float) -> str:
    band = BANDS_OF_LATITUDE[min(19, max(0, math.floor((latitude + 80) / 8)))]
    letter = COLUMN_LETTERS[(zone - 1) % 3][column - 1]
    offset = 0 if zone % 2 else 5
    return f"{zone:02d}{band}{letter}{ROW_LETTERS[(row + offset) % 20]}"


def list_scenes(first: int, last: int, area: BaseGeometry | None) -> Iterator[Scene]:
    """Scenes of days `[first, last]` since 1970, in order of time."""
    if area is None:
        yield from _list_everywhere(first, last)
        return
    found = sorted(tiles(area), key=lambda tile: tile.name)
    for day in range(first, last + 1):
        today = [scene_of(tile, day) for tile in found if day % REVISIT_DAYS == tile.phase]
        yield from sorted(today, key=lambda scene: (scene.start_ms, scene.index))


def _list_everywhere(first: int, last: int) -> Iterator[Scene]:
    """Scenes of the whole globe, day by day, in the order of the tiles."""
    for day in range(first, last + 1):
        for tile in tiles(None):
            if day % REVISIT_DAYS == tile.phase:
                yield scene_of(tile, day)


def least_scenes(days: int, area: BaseGeometry | None) -> float:
    """The fewest scenes that so many whole days have over an area, or anywhere.

    Every place is in some tile, and every tile is seen once in a cycle.
    """
    if area is None:
        return days * TILES_A_DAY
    covered = square_km(area.intersection(box(-180.0, SOUTH, 180.0, NORTH)))
    return days // REVISIT_DAYS * covered / (TILE / 1000) ** 2


def square_km(area: BaseGeometry) -> float:
    """Size of an area in longitude and latitude, on a sphere; of slightly less than its edges."""
    if area.is_empty or not area.area:
        return 0.0
    fine = shapely.segmentize(area, 1.0)
    equal = shapely.transform(
        fine, lambda xy: np.column_stack([xy[:, 0], np.sin(np.radians(xy[:, 1]))])
    )
    return float(equal.area) * math.radians(1.0) * EARTH_KM**2


def find_scene(index: str) -> Scene | None:
    """The scene with an index such as "20210706T101031_20210706T101025_T32UPU"."""
    day, tile = day_in(index), tile_named(index.rpartition("_T")[2])
    if day is None or tile is None or day % REVISIT_DAYS != tile.phase:
        return None
    return scene_of(tile, day)


def tile_named(name: str) -> Tile | None:
    """The tile with a name, or None."""
    if not re.fullmatch(r"\d\d[C-X][A-Z][A-Z]", name) or not 1 <= int(name[:2]) <= 60:
        return None
    zone, letters = int(name[:2]), COLUMN_LETTERS[(int(name[:2]) - 1) % 3]
    column = letters.find(name[3]) + 1
    is_north = name[2] >= "N"
    crs = f"EPSG:{326 if is_north else 327}{zone:02d}"
    for row in range(100) if column else ():
        tile = tile_at(crs, zone, column, row)
        if tile is not None and tile.name == name:
            return tile
    return None


def scene_of(tile: Tile, day: int) -> Scene:
    """The scene of a tile on a day on which it is seen."""
    longitude, latitude = centre_of(tile.footprint)
    hour = LOCAL_HOUR - longitude / 15 - latitude / 90 * 0.3
    seconds = round(hour * 3600) + hash_number(day, 23) % 240
    start = day * DAY_MS + seconds * 1000
    taken = dt.datetime.fromtimestamp(start / 1000, tz=dt.UTC)
    begin = taken - dt.timedelta(seconds=hash_number(day, tile.orbit) % 9 + 2)
    index = f"{begin:%Y%m%dT%H%M%S}_{taken:%Y%m%dT%H%M%S}_T{tile.name}"
    platform = "Sentinel-2A" if (day // REVISIT_DAYS) % 2 else "Sentinel-2B"
    return Scene(
        index, start, tile.crs, tile.bounds, tile.footprint, tile.name, tile.orbit,
        ascending=False, platform=platform,
    )  # fmt: skip
