"""Clouds of a day, their shadows, and what a cloud score makes of them.

One field of clouds covers the globe each day, so neighbouring scenes and all satellites see the
same clouds. Weather has the size of noise of 1,000 km, clouds have fractal edges, and a shadow is
the cloud that stands towards the sun.
"""

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lib.localearth.planet.field import Field
from lib.localearth.planet.lattice import WORLD_METRES, Window, upsample
from lib.localearth.planet.noise import Floats, Points, fractal, hash_number, smooth
from lib.localearth.planet.sun import Sun

F = np.float32
FINEST_METRES = 40.0  # clouds are computed at pixels of this size and interpolated
OPAQUE = 0.35  # opacity from which a pixel counts as cloudy


@dataclass(frozen=True)
class Sky:
    """What stands between ground and satellite, each `(height, width)`.

    Attributes:
        opacity: Part of the light from below that clouds replace, 0..1.
        shadow: Part of the direct sunlight that clouds hold back, 0..1.
    """

    opacity: Floats
    shadow: Floats

    @functools.cached_property
    def is_clear(self) -> bool:
        """Whether there is neither cloud nor shadow anywhere."""
        return not (self.opacity.any() or self.shadow.any())

    @property
    def score(self) -> Floats:
        """How clear the view is, as cs_cdf says it: near 1 clear, 0 cloud or deep shadow."""
        lost = np.maximum(self.opacity * F(1.9), self.shadow * F(1.1)) + F(0.02)
        result: Floats = np.clip(F(1) - lost, F(0), F(1))
        return result

    @property
    def score_alone(self) -> Floats:
        """The same as cs says it, which falls faster under thin clouds."""
        score = self.score
        result: Floats = score * score * (F(3) - F(2) * score) * F(0.97)
        return result


def opacity(points: Points, day: int) -> Floats:
    """Opacity of the clouds over some points on a day, counted from 1970."""
    return _opacity(functools.partial(fractal, points), day)


def _opacity(noise: Callable[..., Floats], day: int) -> Floats:
    seed = hash_number(day, 17) % 1_000_000
    mood = hash_number(day, 18) / 2**32
    weather = noise(5, 8, gain=0.6, seed=seed)
    detail = noise(10, 17, gain=0.55 + 0.15 * mood, seed=seed + 50)
    amount = F(1.25) * weather + F(0.75) * detail - F(0.55)
    thick = smooth(0.0, 0.7 + 0.6 * mood, amount)
    veil = smooth(0.9, 2.6, noise(7, 13, gain=0.75, seed=seed + 90) + F(0.5) * weather)
    result: Floats = np.maximum(thick * F(0.97), veil * F(0.45))
    return result


@functools.lru_cache(maxsize=48)
def sky(window: Window, day: int, sun: Sun) -> Sky:
    """Clouds and shadows over a window of pixels.

    Each octave is computed at every node where the nodes are wider than pixels; at coarse levels
    of a pyramid, where nodes are many, as finely as it needs.
    """
    coarser = max(0, math.floor(math.log2(FINEST_METRES / window.scale_m) + 1e-9))
    nodes, place = upsample(window, coarser)
    shade = functools.partial(_towards_sun, day=day, sun=sun)
    if window.level:
        above, shadow = (_opacity(f.fractal, day) for f in (Field(nodes), Field(nodes, shade)))
    else:
        points = nodes.points()
        above, shadow = (opacity(each, day) for each in (points, shade(points)))
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


def cloud_percentage(points: Points, day: int) -> float:
    """Percent of points under clouds."""
    return float((opacity(points, day) > OPAQUE).mean() * 100.0)
