"""Cellular patterns: irregular polygons around jittered lattice points, with edges and corners."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lib.localearth.planet.noise import Doubles, Floats, Points, Words, hash_words, mix, unit

AROUND = [(dx, dy) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
FAR = np.float32(9.0)


@dataclass(frozen=True)
class Sites:
    """The jittered lattice points around some points.

    Attributes:
        x, y: Offset within their cell, 0..1, `(rows, columns)`.
        words: A hash for each.
        columns, rows: Their cells in the lattice.
        octave: Which lattice.
    """

    x: Floats
    y: Floats
    words: Words
    columns: NDArray[np.int64]
    rows: NDArray[np.int64]
    octave: int

    def points(self, finest: int) -> Points:
        """Positions of the sites in the world square."""
        size = float(2**self.octave)
        u: Doubles = (self.columns[None, :] + self.x.astype(np.float64)) / size
        v: Doubles = (self.rows[:, None] + self.y.astype(np.float64)) / size
        return Points(u, v, finest)

    def numbers(self, salt: int) -> Floats:
        """A uniform number in [0, 1) for each site."""
        return unit(mix(self.words + np.uint32(salt * 0x9E3779B1 & 0xFFFFFFFF)))


@dataclass(frozen=True)
class Pattern:
    """Which polygon each point lies in, in units of the lattice's cells.

    Attributes:
        sites: All sites around.
        nearest: Flat index of the polygon's site.
        dx, dy: Offset from the site to the point.
        edge: Distance to the nearest edge of the polygon.
        corner: How much farther the third nearest site is than the nearest; 0 at corners.
        corner_words: A hash for the corner nearby, the same in all three polygons.
    """

    sites: Sites
    nearest: NDArray[np.int32]
    dx: Floats
    dy: Floats
    edge: Floats
    corner: Floats
    corner_words: Words

    def pick(self, values: NDArray[np.generic]) -> NDArray[np.generic]:
        """Values of sites at the points."""
        return values.ravel().take(self.nearest)


def sites_around(points: Points, octave: int, *, jitter: float, seed: int) -> Sites:
    """Sites of all cells of the points and their neighbours."""
    size = float(2**octave)
    columns = np.arange(
        math.floor(points.u.min() * size) - 1, math.floor(points.u.max() * size) + 2
    )
    rows = np.arange(math.floor(points.v.min() * size) - 1, math.floor(points.v.max() * size) + 2)
    words = hash_words(columns[None, :] % 2**octave, rows[:, None], seed)
    low = np.float32(0.5 - jitter / 2)
    x = low + np.float32(jitter) * unit(words)
    y = low + np.float32(jitter) * unit(mix(words + np.uint32(1)))
    return Sites(x, y, words, columns, rows, octave)


def polygons(points: Points, octave: int, *, jitter: float, seed: int) -> Pattern:
    """The polygon around the nearest site, for each point."""
    sites = sites_around(points, octave, jitter=jitter, seed=seed)
    scaled_u, scaled_v = points.u * 2.0**octave, points.v * 2.0**octave
    floor_u, floor_v = np.floor(scaled_u), np.floor(scaled_v)
    x, y = (scaled_u - floor_u).astype(np.float32), (scaled_v - floor_v).astype(np.float32)
    width = len(sites.columns)
    base = (floor_v - sites.rows[0]) * width + (floor_u - sites.columns[0])
    base = base.astype(np.int32)
    site_x, site_y = sites.x.ravel(), sites.y.ravel()
    best = [np.full(base.shape, FAR, np.float32) for _ in range(3)]
    which = [np.zeros(base.shape, np.int32) for _ in range(3)]
    for dx, dy in AROUND:
        index = base + np.int32(dy * width + dx)
        ox = x - site_x.take(index) - np.float32(dx)
        oy = y - site_y.take(index) - np.float32(dy)
        _insert(ox * ox + oy * oy, index, best, which)
    return _pattern(sites, x, y, base, best, which)


def _insert(
    distance: Floats, index: NDArray[np.int32], best: list[Floats], which: list[NDArray[np.int32]]
) -> None:
    for rank in range(3):
        closer = distance < best[rank]
        best[rank], distance = (
            np.where(closer, distance, best[rank]), np.where(closer, best[rank], distance),
        )  # fmt: skip
        which[rank], index = (
            np.where(closer, index, which[rank]), np.where(closer, which[rank], index),
        )  # fmt: skip


def _pattern(
    sites: Sites, x: Floats, y: Floats, base: NDArray[np.int32], best: list[Floats],
    which: list[NDArray[np.int32]],
) -> Pattern:  # fmt: skip
    width = len(sites.columns)
    place = []
    for index in which[:2]:
        away = index - base + (width + 1)  # 0..2 across and down, counted from the upper left
        column = (away % width).astype(np.float32) - np.float32(1)
        row = (away // width).astype(np.float32) - np.float32(1)
        place.append((sites.x.ravel().take(index) + column, sites.y.ravel().take(index) + row))
    (x1, y1), (x2, y2) = place
    apart = np.sqrt((x2 - x1) ** 2 + (y2 - y1) ** 2) + np.float32(1e-6)
    edge = (best[1] - best[0]) / (np.float32(2) * apart)
    words = sites.words.ravel()
    corner_words = mix(words.take(which[0]) + words.take(which[1]) + words.take(which[2]))
    corner = np.sqrt(best[2]) - np.sqrt(best[0])
    return Pattern(sites, which[0], x - x1, y - y1, edge, corner, corner_words)
