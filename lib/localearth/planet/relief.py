"""Relief and water: continents, mountains, valleys carved by rivers, lakes.

Rivers are the zero lines of a warped noise, and the land rises with the distance from them, so
every river lies in its valley. Tributaries are the zero lines of a second noise that differs on the
two banks, so they meet the river instead of crossing it; brooks do the same once more.
"""

import math
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from lib.localearth.planet.field import Field
from lib.localearth.planet.noise import Floats, Points, left_out, octave, smooth

SEA_LEVEL = -0.75  # of the continents' noise, which has unit variance: a quarter is sea
LAKE_LEVEL = 2.05  # of the lakes' noise, where lakes are rare
RIVER, BROOK, RILL = 10, 12, 14  # octaves of rivers, tributaries and brooks
WINDING = 0.22 * 2.0**-12  # how far rivers are displaced, in parts of the world
LINE_MARGIN = 2  # octaves by which rivers' noise is wider than the finest that is drawn
# What stands for a noise that is not resolved: gives the mean height that it gives itself.
TYPICAL = {RIVER: 0.45, BROOK: 0.74, RILL: 0.62}
CRESTS = (10, 20, 0.53)  # octaves and gain of the crests of mountains

F = np.float32


@dataclass(frozen=True)
class Relief:
    """The shape of the land; every array has the points' shape.

    Attributes:
        elevation: Metres above sea; 0 on the sea.
        land: The continents' noise above sea level; negative is sea.
        mountain: 0 in plains, 1 in high mountains.
        river, brook, rill: Noises whose zero lines are watercourses.
        valley: 0 on the valley floor of a river, 1 on the heights.
        lake: Noise above the lake level; positive is lake.
    """

    elevation: Floats
    land: Floats
    mountain: Floats
    river: Floats
    brook: Floats
    rill: Floats
    valley: Floats
    lake: Floats

    def inner(self, margin: int) -> "Relief":
        """The same without a margin."""
        inside = (slice(margin, -margin), slice(margin, -margin))
        return Relief(*(getattr(self, field.name)[inside] for field in fields(self)))


@dataclass(frozen=True)
class Streams:
    """The noises of watercourses, and the valleys of rivers."""

    river: Floats
    brook: Floats
    rill: Floats
    valley: Floats


def relief(field: Field) -> Relief:
    """Compute relief and water for a window."""
    points = field.points
    land = _noise(field, 5, 18, 0.56, seed=100) - F(SEA_LEVEL)
    mountain = smooth(0.35, 1.7, _noise(field, 6, 10, 0.6, seed=200) + F(0.25) * land)
    mountain *= smooth(0.05, 0.6, land)
    wave_u = _noise(field, 12, 17, 0.5, seed=330)
    wave_v = _noise(field, 12, 17, 0.5, seed=340)
    bent = points.moved(wave_u * F(WINDING), wave_v * F(WINDING))
    river = _line(bent, RIVER, 300)
    if points.finest - LINE_MARGIN >= RIVER + 1:
        river += F(0.35) * octave(bent, RIVER + 1, 301)
    bank = river > 0
    gently = points.moved(wave_u * F(WINDING / 5), wave_v * F(WINDING / 5))
    brook = _line(gently, BROOK, 310, bank)
    rill = _line(gently, RILL, 320, (brook > 0) ^ bank)
    valley = smooth(0.02, 0.75, np.abs(river))
    lake = _lakes(field, mountain)
    base = F(25) + F(150) * smooth(0.0, 2.5, land)
    base += F(330) * smooth(-1.2, 2.2, _noise(field, 6, 8, 0.6, seed=400))
    streams = Streams(river, brook, rill, valley)
    height = _hills(field, streams)
    if mountain.any():
        height += mountain * _peaks(field, streams)
    height *= F(1) - smooth(-0.65, 0.0, lake)
    coast = smooth(0.0, 0.10, land)
    elevation = np.where(land > 0, (base + height) * coast + F(1), F(0))
    return Relief(elevation, land, mountain, river, brook, rill, valley, lake)


def _noise(field: Field, first: int, last: int, gain: float, *, seed: int) -> Floats:
    return field.fractal(first, last, gain, seed=seed, is_relief=True)


def _line(points: Points, k: int, seed: int, side: NDArray[np.bool_] | None = None) -> Floats:
    if k > points.finest - LINE_MARGIN:
        return np.full(points.u.shape, TYPICAL[k], np.float32)
    return octave(points, k, seed, side)


def _hills(field: Field, streams: Streams) -> Floats:
    """Metres above the rivers in hill country."""
    near: Floats = np.minimum(np.abs(streams.river) * F(3), F(1))
    side: Floats = np.minimum(np.abs(streams.brook), F(1.5))
    crest: Floats = np.minimum(side * F(2), F(1)) * np.minimum(np.abs(streams.rill), F(1.5))
    rugged = _noise(field, 13, 20, 0.55, seed=420)
    strength = F(0.22) + F(0.78) * smooth(-0.6, 1.4, _noise(field, 8, 10, 0.6, seed=410))
    body: Floats = F(110) * streams.valley + near * (
        F(30) + F(75) * side + F(38) * crest + F(11) * rugged
    )
    result: Floats = strength * body
    return result


def _crest_height(finest: int) -> float:
    """Height of crests that keeps their mean when fine octaves are left out (E|x| = 0.8 sd)."""
    kept = math.sqrt(1 - left_out(finest, *CRESTS) ** 2)
    return 1.3 - 0.798 * (1 - kept)


def _peaks(field: Field, streams: Streams) -> Floats:
    """Metres above the rivers in mountains."""
    near: Floats = np.minimum(np.abs(streams.river) * F(1.8), F(1))
    side: Floats = np.minimum(np.abs(streams.brook), F(1.5))
    crest: Floats = np.minimum(side * F(1.5), F(1)) * np.minimum(np.abs(streams.rill), F(1.5))
    ridges: Floats = F(_crest_height(field.finest)) - np.abs(_noise(field, *CRESTS, seed=430))
    body: Floats = F(800) * streams.valley + near * (F(200) + F(430) * side + F(120) * crest)
    result: Floats = body + F(900) * near * ridges * (F(0.4) + F(0.6) * np.minimum(side, F(1)))
    return result


def _lakes(field: Field, mountain: Floats) -> Floats:
    district = smooth(-0.2, 1.4, _noise(field, 7, 8, 0.7, seed=500))
    blobs = _noise(field, 11, 18, 0.42, seed=510)
    result: Floats = blobs - F(LAKE_LEVEL) + F(0.85) * district - F(0.8) * mountain
    return result
