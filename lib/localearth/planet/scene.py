"""Scenes: what one overpass made of one place, and how a collection lists them."""

import datetime as dt
import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.affinity import translate
from shapely.geometry import LinearRing, MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.planet.clouds import cloud_percentage
from lib.localearth.planet.lattice import world_position
from lib.localearth.planet.noise import Points
from lib.localearth.planet.sun import Sun, sun_at
from lib.localearth.raster.image import Image
from lib.localearth.raster.projection import transformer
from lib.localearth.values import Collection, Narrowing

Footprint = Polygon | MultiPolygon

DAY_MS = 86_400_000
LAST_DAY = dt.date(2031, 1, 1)  # collections go on until then
LIMIT = 5000  # elements that a query may list
TOO_MANY = f"Collection query aborted after accumulating over {LIMIT} elements."
CLOUD_POINTS = 40  # across a scene
CLOUD_FINEST = 15  # octave


@dataclass(frozen=True)
class Scene:
    """One overpass over one place.

    Attributes:
        index: Its "system:index".
        start_ms: When it was taken.
        crs: Coordinate system of its pixels.
        bounds: Least x, least y, greatest x, greatest y of its pixels, in CRS units.
        footprint: What it covers, in longitude and latitude.
        place: The tile, path and row, or frame.
        orbit: Relative orbit.
        ascending: Whether the satellite flew north.
        platform: Which satellite.
        corners: x, y of a tilted frame within the bounds, anticlockwise; empty if it fills them.
    """

    index: str
    start_ms: int
    crs: str
    bounds: tuple[float, float, float, float]
    footprint: Footprint
    place: str
    orbit: int
    ascending: bool
    platform: str
    corners: tuple[tuple[float, float], ...] = ()

    @property
    def time(self) -> dt.datetime:
        """When it was taken, UTC."""
        return dt.datetime.fromtimestamp(self.start_ms / 1000, tz=dt.UTC)

    @property
    def day(self) -> int:
        """Days since 1970."""
        return self.start_ms // DAY_MS

    @property
    def day_of_year(self) -> int:
        """1 to 366."""
        return self.time.timetuple().tm_yday

    @property
    def sun(self) -> Sun:
        """The sun over its centre."""
        lon, lat = centre_of(self.footprint)
        time = self.time
        hour = time.hour + time.minute / 60 + time.second / 3600
        return sun_at(lon, lat, self.day_of_year, hour)

    def geometry(self) -> Geometry:
        """The footprint as a geometry."""
        return Geometry(self.footprint)


def day_in(index: str) -> int | None:
    """Days since 1970 of the first date YYYYMMDD in an index, or None."""
    for match in re.finditer(r"(?<!\d)(\d{8})(?!\d)", index):
        try:
            return (dt.date.fromisoformat(match[1]) - dt.date(1970, 1, 1)).days
        except ValueError:
            continue
    return None


def ring(footprint: Footprint) -> Geometry:
    """The outline of a footprint, the form of "system:footprint"."""
    return Geometry(LinearRing(main_part(footprint).exterior.coords))


@functools.lru_cache(maxsize=20_000)
def cloudiness(footprint: Footprint, day: int) -> float:
    """Percent of a footprint under the clouds of a day."""
    return cloud_percentage(_points(footprint), day)


@functools.lru_cache(maxsize=512)
def _points(footprint: Footprint) -> Points:
    west, south, east, north = main_part(footprint).bounds
    part = (np.arange(CLOUD_POINTS) + 0.5) / CLOUD_POINTS
    lon, lat = np.meshgrid(west + part * (east - west), north - part * (north - south))
    u, v = world_position(lon, lat)
    return Points(u, v, CLOUD_FINEST)


def polygon_of(
    crs: str, bounds: tuple[float, float, float, float], *, pieces: int = 4
) -> Footprint:
    """A rectangle of a coordinate system as a polygon in longitude and latitude."""
    left, bottom, right, top = bounds
    t = np.linspace(0, 1, pieces + 1)[:-1]
    across, up = (right - left) * t, (top - bottom) * t
    x = np.concatenate([left + across, right + 0 * t, right - across, left + 0 * t])
    y = np.concatenate([bottom + 0 * t, bottom + up, top + 0 * t, top - up])
    lon, lat = transformer(crs, "EPSG:4326").transform(x, y)
    return on_globe(np.asarray(lon), np.asarray(lat))


def on_globe(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Footprint:
    """The polygon through some points, cut in two where it crosses the antimeridian."""
    if lon.max() - lon.min() <= 180.0:
        return Polygon(np.round(np.column_stack([lon, lat]), 9))
    whole = Polygon(np.round(np.column_stack([lon % 360.0, lat]), 9))
    west = whole.intersection(box(0, -90, 180, 90))
    east = translate(whole.intersection(box(180, -90, 360, 90)), xoff=-360)
    return MultiPolygon([part for part in (west, east) if isinstance(part, Polygon)])


def main_part(footprint: Footprint) -> Polygon:
    """A footprint, or the larger half of one that the antimeridian cuts."""
    if isinstance(footprint, Polygon):
        return footprint
    largest: Polygon = max(footprint.geoms, key=lambda part: part.area)
    return largest


def centre_of(footprint: Footprint) -> tuple[float, float]:
    """Longitude and latitude of its middle, or that of its larger half."""
    centre = main_part(footprint).centroid
    return centre.x, centre.y


class LazyProperties(Mapping[str, Any]):
    """Properties of which some are only computed when they are asked for."""

    def __init__(self, plain: Mapping[str, Any], lazy: Mapping[str, Callable[[], Any]]) -> None:
        """Keep values and ways to compute the others."""
        self._plain = dict(plain)
        self._lazy = dict(lazy)

    def __getitem__(self, key: str) -> Any:
        """The value, computed once."""
        if key not in self._plain and key in self._lazy:
            self._plain[key] = self._lazy[key]()
        return self._plain[key]

    def __iter__(self) -> Iterator[str]:
        """Names in order."""
        yield from (set_in_order(self._plain, self._lazy))

    def __len__(self) -> int:
        """How many."""
        return len(set_in_order(self._plain, self._lazy))


def set_in_order(*names: Iterable[str]) -> list[str]:
    """Names without repetition."""
    return sorted({name for group in names for name in group})


@dataclass(frozen=True)
class Series:
    """A collection of scenes that is too large to list.

    Attributes:
        asset_id: Its id.
        first_day: First date with scenes.
        list_scenes: Scenes of days `[first, last]` since 1970 whose footprint meets an area (or
            anywhere), in order of time.
        find_scene: The scene with an index, or None.
        image: Makes the image of a scene; None where the collection leaves it out.
        properties: Of the collection.
        least: The fewest scenes that so many whole days have over an area or anywhere.
    """

    asset_id: str
    first_day: dt.date
    list_scenes: Callable[[int, int, BaseGeometry | None], Iterator[Scene]]
    find_scene: Callable[[str], Scene | None]
    image: Callable[[Scene], Image | None]
    properties: Mapping[str, Any]
    least: Callable[[int, BaseGeometry | None], float]

    def collection(self, narrowing: Narrowing | None = None) -> Collection:
        """The collection, or its part within a narrowing."""
        wanted = narrowing or Narrowing()
        return Collection(
            lambda: self._images(wanted),
            of_images=True,
            properties=self.properties,
            asset_id=self.asset_id,
            narrow=lambda more: self.collection(_within(wanted, more)),
            stream=lambda: self._stream(wanted),
        )

    def find(self, index: str) -> Image | None:
        """The image with an index, or None."""
        scene = self.find_scene(index)
        if scene is None or scene.index != index or scene.time.date() < self.first_day:
            return None
        return self.image(scene)

    def _images(self, wanted: Narrowing) -> Iterator[Image]:
        """All images; too many are refused before the first is looked for."""
        if self.least(self._whole_days(wanted), _area(wanted)) > LIMIT:
            raise EarthError(TOO_MANY)
        return self._stream(wanted)

    def _stream(self, wanted: Narrowing) -> Iterator[Image]:
        first, last = self._days(wanted)
        area = _area(wanted)
        scenes = self.list_scenes(first, last, area)
        wanted_scenes = (scene for scene in scenes if _wanted(scene, wanted, area))
        for count, scene in enumerate(wanted_scenes):
            if count >= LIMIT:
                raise EarthError(TOO_MANY)
            image = self.image(scene)
            if image is not None:
                yield image

    def _whole_days(self, wanted: Narrowing) -> int:
        first, last = self._days(wanted)
        first += wanted.start is not None and wanted.start > first * DAY_MS
        last -= wanted.end is not None and wanted.end < (last + 1) * DAY_MS
        return max(last + 1 - first, 0)

    def _days(self, wanted: Narrowing) -> tuple[int, int]:
        epoch = dt.date(1970, 1, 1)
        first, last = (self.first_day - epoch).days, (LAST_DAY - epoch).days
        if wanted.start is not None:
            first = max(first, int(wanted.start // DAY_MS))
        if wanted.end is not None:
            last = min(last, int((wanted.end - 1) // DAY_MS))
        return first, last


def _wanted(scene: Scene, wanted: Narrowing, area: BaseGeometry | None) -> bool:
    if wanted.start is not None and scene.start_ms < wanted.start:
        return False
    if wanted.end is not None and scene.start_ms >= wanted.end:
        return False
    return area is None or bool(scene.footprint.intersects(area))


def _within(one: Narrowing, other: Narrowing) -> Narrowing:
    starts = [n.start for n in (one, other) if n.start is not None]
    ends = [n.end for n in (one, other) if n.end is not None]
    return Narrowing(
        max(starts) if starts else None, min(ends) if ends else None, _both(one.place, other.place)
    )


def _both(one: Geometry | None, other: Geometry | None) -> Geometry | None:
    """A place that must be met by scenes that meet both; listing filters exactly afterwards."""
    if one is None or other is None or one.unbounded or other.unbounded:
        return other if one is None or one.unbounded else one
    return one if _lonlat(one).area <= _lonlat(other).area else other


def _area(wanted: Narrowing) -> BaseGeometry | None:
    if wanted.place is None or wanted.place.unbounded:
        return None
    return _lonlat(wanted.place)


def _lonlat(place: Geometry) -> BaseGeometry:
    if place.crs == "EPSG:4326":
        return place.shape
    left, bottom, right, top = place.shape.bounds
    if left == right or bottom == top:
        lon, lat = transformer(place.crs, "EPSG:4326").transform([left, right], [bottom, top])
        return box(min(lon), min(lat), max(lon), max(lat))
    return polygon_of(place.crs, (left, bottom, right, top))
