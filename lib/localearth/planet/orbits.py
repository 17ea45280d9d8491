"""Satellites on repeating orbits: where their frames lie and when they are taken.

Positions follow a circular orbit over a turning sphere (Landsat 8: 233 orbits in 16 days and the
paths and rows of WRS-2; Sentinel-1: 175 orbits in 12 days), which puts frames within some 20 km of
the real ones.
"""

import datetime as dt
import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from lib.localearth.planet.lattice import transformer_to_lonlat, transformer_to_utm
from lib.localearth.planet.scene import DAY_MS, Footprint, Scene, centre_of, on_globe
from lib.localearth.unshared import unshared

EPOCH = dt.date(1970, 1, 1)
DENSIFY = 4  # points on each side of a footprint


@dataclass(frozen=True)
class Orbit:
    """A repeating orbit and its frames.

    Attributes:
        revolutions, days: In one cycle.
        inclination: Degrees.
        node: Longitude at which orbit 1 crosses the equator northwards.
        step: Relative orbit numbers between successive revolutions.
        first_day: Day since 1970 on which orbit `first_orbit` is flown.
        first_orbit: A relative orbit whose day is known.
        frame_angles: Degrees along the orbit from the northward crossing to each frame's centre.
        frame_numbers: The frames' numbers.
        across_km, along_km: Size of a frame.
        hours: Local time of frames flown northwards and southwards.
        pixel: Size of pixels in metres; corners of scenes fall on its multiples plus `offset`.
    """

    revolutions: int
    days: int
    inclination: float
    node: float
    step: int
    first_day: int
    first_orbit: int
    frame_angles: tuple[float, ...]
    frame_numbers: tuple[int, ...]
    across_km: float
    along_km: float
    hours: tuple[float, float]
    pixel: int
    offset: int

    def position(self, angle: float, orbit: float) -> tuple[float, float]:
        """Longitude and latitude at an angle along an orbit."""
        lon, lat = self._positions(np.array([angle]), np.array([orbit]))
        return float(lon[0]), float(lat[0])

    def _positions(
        self, angle: NDArray[np.float64], orbit: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        radians, tilt = np.radians(angle), math.radians(self.inclination)
        lat = np.degrees(np.arcsin(math.sin(tilt) * np.sin(radians)))
        turn = np.degrees(np.arctan2(math.cos(tilt) * np.sin(radians), np.cos(radians)))
        node = self.node - (orbit - 1) * 360.0 / self.revolutions
        lon = node + turn - angle * self.days / self.revolutions
        return (lon + 180.0) % 360.0 - 180.0, lat

    def day_in_cycle(self, orbit: int) -> int:
        """The day on which an orbit is flown, 0 for that of `first_orbit`."""
        turns = (orbit - self.first_orbit) * pow(self.step, -1, self.revolutions)
        return (turns % self.revolutions) * self.days // self.revolutions

    def day_of(self, orbit: int) -> int:
        """Day since 1970 of an orbit, modulo the cycle."""
        return (self.first_day + self.day_in_cycle(orbit)) % self.days

    def time_of_day(self, frame: "Frame") -> int:
        """Milliseconds of the UTC day at which a frame is taken, by its local time."""
        hour = self.hours[0 if frame.ascending else 1] - centre_of(frame.footprint)[0] / 15
        return round(hour * 3600) * 1000

    @functools.cache  # noqa: B019 - orbits are module constants
    def centres(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Longitude and latitude of all frames, `(orbits, frames)`."""
        orbit, angle = np.meshgrid(
            np.arange(1.0, self.revolutions + 1), np.array(self.frame_angles), indexing="ij"
        )
        lon, lat = self._positions(angle.ravel(), orbit.ravel())
        return lon.reshape(orbit.shape), lat.reshape(orbit.shape)

    def frame(self, orbit: int, number: int) -> "Frame | None":
        """The frame with a relative orbit and a number, or None."""
        if not 1 <= orbit <= self.revolutions or number not in self.frame_numbers:
            return None
        return _frame(self, orbit, self.frame_numbers.index(number))

    def frames(self, area: BaseGeometry | None) -> list["Frame"]:
        """The frames whose footprint meets an area, or all."""
        lon, lat = self.centres()
        near = np.abs(lat) < 82.0
        if area is not None:
            west, south, east, north = area.bounds
            reach = 0.5 * math.hypot(self.across_km, self.along_km) / 111.0 + 0.2
            near &= (lat > south - reach) & (lat < north + reach)
            middle, half = (west + east) / 2, (east - west) / 2
            away = np.abs((lon - middle + 180.0) % 360.0 - 180.0)
            near &= away < half + reach / np.maximum(np.cos(np.radians(lat)), 0.1)
        found = (_frame(self, int(o) + 1, int(f)) for o, f in np.argwhere(near))
        return [f for f in found if area is None or f.footprint.intersects(area)]


@dataclass(frozen=True)
class Frame:
    """A frame of an orbit.

    Attributes:
        orbit, number: Relative orbit and frame, or path and row.
        ascending: Whether the satellite flies north.
        crs: UTM zone of its centre.
        corners: x, y in metres, anticlockwise.
        bounds: Least x, least y, greatest x, greatest y of its pixels.
        footprint: In longitude and latitude.
    """

    orbit: int
    number: int
    ascending: bool
    crs: str
    corners: tuple[tuple[float, float], ...]
    bounds: tuple[float, float, float, float]
    footprint: Footprint


@functools.lru_cache(maxsize=8192)
def _frame(orbits: Orbit, orbit: int, place: int) -> Frame:
    angle = orbits.frame_angles[place]
    lon, lat = orbits.position(angle, orbit)
    zone = int((lon + 180) // 6) % 60 + 1
    crs = f"EPSG:{326 if lat >= 0 else 327}{zone:02d}"
    after = orbits.position(angle + 0.5, orbit)
    to_utm = transformer_to_utm(crs)
    x, y = to_utm.transform([lon, lon + (after[0] - lon + 180) % 360 - 180], [lat, after[1]])
    heading = math.atan2(y[1] - y[0], x[1] - x[0])
    corners = _corners(x[0], y[0], heading, orbits)
    footprint = _footprint(crs, corners)
    return Frame(
        orbit, orbits.frame_numbers[place], math.cos(math.radians(angle)) > 0, crs, corners,
        _bounds(corners, orbits), footprint,
    )  # fmt: skip


def _corners(x: float, y: float, heading: float, orbits: Orbit) -> tuple[tuple[float, float], ...]:
    along, across = orbits.along_km * 500.0, orbits.across_km * 500.0
    cosine, sine = math.cos(heading), math.sin(heading)
    places = ((-along, -across), (along, -across), (along, across), (-along, across))
    return tuple(
        (round(x + a * cosine - b * sine, 1), round(y + a * sine + b * cosine, 1))
        for a, b in places
    )


def _bounds(
    corners: tuple[tuple[float, float], ...], orbits: Orbit
) -> tuple[float, float, float, float]:
    pixel, offset = orbits.pixel, orbits.offset
    xs, ys = [c[0] for c in corners], [c[1] for c in corners]
    low = [math.floor((min(v) - offset) / pixel) * pixel + offset for v in (xs, ys)]
    high = [math.ceil((max(v) - offset) / pixel) * pixel + offset for v in (xs, ys)]
    return low[0], low[1], high[0], high[1]


def _footprint(crs: str, corners: tuple[tuple[float, float], ...]) -> Footprint:
    ends = np.array(corners)
    parts = np.linspace(0, 1, DENSIFY + 1)[:-1, None]
    sides = [ends[i] * (1 - parts) + ends[(i + 1) % 4] * parts for i in range(4)]
    points = np.concatenate(sides)
    lon, lat = transformer_to_lonlat(crs).transform(points[:, 0], points[:, 1])
    return on_globe(np.asarray(lon), np.asarray(lat))


def list_frames(
    orbits: Orbit, first: int, last: int, area: BaseGeometry | None
) -> Iterator[tuple[Frame, int]]:
    """Frames and their time in milliseconds, of days `[first, last]`, in order of time."""
    if area is None:
        yield from _list_everywhere(orbits, first, last)
        return
    by_day: dict[int, list[tuple[int, Frame]]] = {}
    for frame in orbits.frames(area):
        day = orbits.day_of(frame.orbit)
        by_day.setdefault(day, []).append((orbits.time_of_day(frame), frame))
    for listed in by_day.values():
        listed.sort(key=lambda entry: (entry[0], entry[1].orbit, entry[1].number))
    for day in range(first, last + 1):
        for offset, frame in by_day.get(day % orbits.days, ()):
            yield frame, day * DAY_MS + offset


def _list_everywhere(orbits: Orbit, first: int, last: int) -> Iterator[tuple[Frame, int]]:
    """All frames day by day, in the order of orbits."""
    for day in range(first, last + 1):
        for orbit in range(1, orbits.revolutions + 1):
            if orbits.day_of(orbit) == day % orbits.days:
                for place in range(len(orbits.frame_angles)):
                    frame = _frame(orbits, orbit, place)
                    yield frame, day * DAY_MS + orbits.time_of_day(frame)


def least_scenes(orbits: Orbit, days: int, area: BaseGeometry | None) -> float:
    """The fewest scenes that so many whole days have of frames with their centre in an area."""
    if area is None:
        flown = max(days * orbits.revolutions // orbits.days - 1, 0)
        return flown * len(orbits.frame_angles)
    inside = shapely.contains_xy(unshared(area), *orbits.centres())
    return float(days // orbits.days * inside.sum())


def scene_of(frame: Frame, start_ms: int, index: str, platform: str) -> Scene:
    """A frame at one time."""
    return Scene(
        index, start_ms, frame.crs, frame.bounds, frame.footprint, f"{frame.number}", frame.orbit,
        ascending=frame.ascending, platform=platform, corners=frame.corners,
    )  # fmt: skip
