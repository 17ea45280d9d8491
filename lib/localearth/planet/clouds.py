"""Clouds of a day, their shadows, and what a cloud score makes of them.

One field of clouds covers the globe each day, so neighbouring scenes and all satellites see the
same clouds. Weather has the size of noise of 1,000 km, clouds have fractal edges, and a shadow is
the cloud that stands towards the sun.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lib.localearth.planet.lattice import WORLD_METRES, Window, upsample
from lib.localearth.planet.noise import Floats, Points, fractal, hash_number, octave, smooth

F = np.float32
FINEST_METRES = 40.0  # clouds are computed at pixels of this size and interpolated
OPAQUE = 0.35  # opacity from which a pixel counts as cloudy
CLEAR_SCORE = 0.60  # the threshold of cs_cdf that the catalogue recommends


@dataclass(frozen=True)
class Sun:
    """Where the sun stands, in degrees; azimuth clockwise from north."""

    zenith: float
    azimuth: float


@dataclass(frozen=True)
class Sky:
    """What stands between ground and satellite, each `(height, width)`.

    Attributes:
        opacity: Part of the light from below that clouds replace, 0..1.
        shadow: Part of the direct sunlight that clouds hold back, 0..1.
    """

    opacity: Floats
    shadow: Floats

    @property
    def score(self) -> Floats:
        """How clear the view is: 1 clear, 0 cloud or deep shadow."""
        lost = np.maximum(self.opacity * F(1.9), self.shadow * F(1.1))
        return np.clip(F(1) - lost, F(0), F(1))


def opacity(points: Points, day: int) -> Floats:
    """Opacity of the clouds over some points on a day, counted from 1970."""
    seed = hash_number(day, 17) % 1_000_000
    mood = hash_number(day, 18) / 2**32
    weather = fractal(points, 5, 8, gain=0.6, seed=seed)
    detail = fractal(points, 10, 17, gain=0.55 + 0.15 * mood, seed=seed + 50)
    amount = F(1.25) * weather + F(0.75) * detail - F(0.55)
    thick = smooth(0.0, 0.7 + 0.6 * mood, amount)
    veil = smooth(0.9, 2.6, fractal(points, 7, 13, gain=0.75, seed=seed + 90) + F(0.5) * weather)
    result: Floats = np.maximum(thick * F(0.97), veil * F(0.45))
    return result


def sky(window: Window, day: int, sun: Sun) -> Sky:
    """Clouds and shadows over a window of pixels."""
    coarser = max(0, math.floor(math.log2(FINEST_METRES / window.scale_m) + 1e-9))
    nodes, place = upsample(window, coarser)
    points = nodes.points()
    above = opacity(points, day)
    shadow = opacity(_towards_sun(points, day, sun), day)
    return Sky(place(above), smooth(0.15, 0.9, place(shadow)))


def _towards_sun(points: Points, day: int, sun: Sun) -> Points:
    """The points under which the clouds stand that shade the points."""
    height = 900.0 + 2200.0 * hash_number(day, 19) / 2**32
    reach = height * min(math.tan(math.radians(sun.zenith)), 3.0)
    world = reach / WORLD_METRES * np.cosh((0.5 - points.v) * 2 * math.pi)
    azimuth = math.radians(sun.azimuth)
    return Points(
        points.u + world * math.sin(azimuth), points.v - world * math.cos(azimuth), points.finest
    )


def sun_at(lon: float, lat: float, day_of_year: int, hour_utc: float) -> Sun:
    """Position of the sun, to a degree (Spencer 1971 for the declination)."""
    angle = 2 * math.pi * (day_of_year - 1) / 365.0
    declination = (
        0.006918 - 0.399912 * math.cos(angle) + 0.070257 * math.sin(angle)
        - 0.006758 * math.cos(2 * angle) + 0.000907 * math.sin(2 * angle)
    )  # fmt: skip
    hour_angle = math.radians(15.0 * (hour_utc + lon / 15.0 - 12.0))
    latitude = math.radians(lat)
    up = math.sin(latitude) * math.sin(declination)
    up += math.cos(latitude) * math.cos(declination) * math.cos(hour_angle)
    zenith = math.degrees(math.acos(max(-1.0, min(1.0, up))))
    east = -math.cos(declination) * math.sin(hour_angle)
    north = math.sin(declination) * math.cos(latitude)
    north -= math.cos(declination) * math.sin(latitude) * math.cos(hour_angle)
    azimuth = math.degrees(math.atan2(east, north)) % 360.0
    return Sun(round(zenith, 4), round(azimuth, 4))


def cloud_percentage(points: Points, day: int) -> float:
    """Percent of points under clouds."""
    return float((opacity(points, day) > OPAQUE).mean() * 100.0)


def cloud_light(points_shape: tuple[int, int], thickness: Floats) -> NDArray[np.float32]:
    """Brightness of clouds by their thickness."""
    del points_shape
    return F(0.30) + F(0.55) * thickness


__all__ = ["CLEAR_SCORE", "OPAQUE", "Sky", "Sun", "cloud_percentage", "octave", "sky", "sun_at"]
