"""Noise on a lattice that the whole planet shares: integer hashes, gradient noise, octaves.

Coordinates are positions in the world square of the Web Mercator projection, `u` eastwards and
`v` southwards, 0..1. Octave k has cells of 1 / 2**k, the edges of the map tiles of zoom k, so the
noise closes seamlessly around the globe. Everything is integer hashing and IEEE arithmetic on one
pixel at a time: a value depends on nothing but its position.
"""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Words = NDArray[np.uint32]

DIRECTIONS = 64
UNIT_GAIN = 4.637  # brings quintic gradient noise to unit variance, measured over 10**7 points


def _gradients() -> NDArray[np.complex64]:
    angles = [2 * math.pi * (i + 0.5) / DIRECTIONS for i in range(DIRECTIONS)]
    steps = [(round(math.cos(a) * 4096), round(math.sin(a) * 4096)) for a in angles]
    scale = UNIT_GAIN / 4096
    return np.array([complex(c * scale, s * scale) for c, s in steps], np.complex64)


GRADIENTS = _gradients()


def mix(words: Words) -> Words:
    """Scramble 32-bit words so that each input bit reaches all output bits."""
    words = words ^ (words >> np.uint32(16))
    words = words * np.uint32(0x7FEB352D)
    words = words ^ (words >> np.uint32(15))
    words = words * np.uint32(0x846CA68B)
    return words ^ (words >> np.uint32(16))


def hash_words(x: NDArray[np.integer], y: NDArray[np.integer], seed: int) -> Words:
    """Hash integer positions, broadcast against each other, with a seed."""
    salt = np.uint32((seed * 0x9E3779B1 + 0x7F4A7C15) & 0xFFFFFFFF)
    first = mix(np.asarray(x, np.int64).astype(np.uint32) * np.uint32(0x85EBCA77) + salt)
    return mix(first ^ (np.asarray(y, np.int64).astype(np.uint32) * np.uint32(0xC2B2AE3D)))


def hash_number(*parts: int) -> int:
    """Hash a few integers to 32 bits, for choices that are made once a scene."""
    state = 0x9E3779B9
    for part in parts:
        state = int(mix(np.array([(state * 31 + part) & 0xFFFFFFFF], np.uint32))[0])
    return state


def unit(words: Words) -> Floats:
    """Uniform numbers in [0, 1) from the upper 24 bits of hashed words."""
    return (words >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24)


@dataclass(frozen=True)
class Cells:
    """Where points lie within the cells of an octave."""

    index: NDArray[np.intp]
    x: Floats
    y: Floats
    fade_x: Floats
    fade_y: Floats
    columns: NDArray[np.int64]
    rows: NDArray[np.int64]
    first_column: int


def _fade(t: Floats) -> Floats:
    return t * t * t * (t * (t * np.float32(6) - np.float32(15)) + np.float32(10))


@dataclass
class Points:
    """Positions in the world square, with the pixel size that decides which octaves count.

    Attributes:
        u, v: Same shape.
        finest: Last octave that is resolved; finer ones are left out.
    """

    u: Doubles
    v: Doubles
    finest: int
    _cells: dict[int, Cells] = field(default_factory=dict, repr=False)

    def cells(self, octave: int) -> Cells:
        """Cells of an octave that the points fall in; remembered."""
        if octave not in self._cells:
            self._cells[octave] = self._locate(octave)
        return self._cells[octave]

    def _locate(self, octave: int) -> Cells:
        size = float(2**octave)
        scaled_u, scaled_v = self.u * size, self.v * size
        floor_u, floor_v = np.floor(scaled_u), np.floor(scaled_v)
        x = (scaled_u - floor_u).astype(np.float32)
        y = (scaled_v - floor_v).astype(np.float32)
        first_u, first_v = floor_u.min(), floor_v.min()
        columns = np.arange(int(first_u), int(floor_u.max()) + 2)
        rows = np.arange(int(first_v), int(floor_v.max()) + 2)
        index = ((floor_v - first_v) * len(columns) + (floor_u - first_u)).astype(np.intp)
        return Cells(index, x, y, _fade(x), _fade(y), columns % 2**octave, rows, int(first_u))

    def inner(self, margin: int) -> "Points":
        """The points without a margin."""
        inside = (slice(margin, -margin), slice(margin, -margin))
        return Points(self.u[inside], self.v[inside], self.finest)

    def moved(self, du: Floats, dv: Floats) -> "Points":
        """Points displaced by parts of the world square."""
        return Points(self.u + du, self.v + dv, self.finest)


def octave(points: Points, k: int, seed: int, side: NDArray[np.bool_] | None = None) -> Floats:
    """Gradient noise of one octave: mean 0, variance 1.

    Args:
        points: Where.
        k: Octave; cells are 1 / 2**k of the world.
        seed: Which noise.
        side: Where true, a second independent noise is taken instead.
    """
    cells = points.cells(k)
    nodes = GRADIENTS[
        hash_words(cells.columns[None, :], cells.rows[:, None], seed) & np.uint32(DIRECTIONS - 1)
    ]
    index = cells.index
    if side is not None:
        other = hash_words(cells.columns[None, :], cells.rows[:, None], seed + 7919)
        nodes = np.concatenate([nodes, GRADIENTS[other & np.uint32(DIRECTIONS - 1)]])
        index = index + side * (len(cells.rows) * len(cells.columns))
    return _interpolate(nodes.ravel(), index, cells)


def _interpolate(nodes: NDArray[np.complex64], index: NDArray[np.intp], cells: Cells) -> Floats:
    width = len(cells.columns)
    one = np.float32(1)
    x, y = cells.x, cells.y
    x1, y1 = x - one, y - one
    g = nodes.take(index)
    top = g.real * x + g.imag * y
    g = nodes.take(index + 1)
    top += (g.real * x1 + g.imag * y - top) * cells.fade_x
    g = nodes.take(index + width)
    low = g.real * x + g.imag * y1
    g = nodes.take(index + (width + 1))
    low += (g.real * x1 + g.imag * y1 - low) * cells.fade_x
    result: Floats = top + (low - top) * cells.fade_y
    return result


def weights(first: int, last: int, gain: float) -> list[float]:
    """Amplitudes of octaves `first..last` whose squares sum to one."""
    raw = [gain**i for i in range(last - first + 1)]
    norm = math.sqrt(sum(w * w for w in raw))
    return [w / norm for w in raw]


def fractal(points: Points, first: int, last: int, *, gain: float, seed: int) -> Floats:
    """Octaves `first..last` summed to unit variance; unresolved octaves are left out."""
    total = np.zeros(points.u.shape, np.float32)
    for k, weight in enumerate(weights(first, last, gain), first):
        if k <= points.finest:
            total += octave(points, k, seed + k) * np.float32(weight)
    return total


def left_out(finest: int, first: int, last: int, *, gain: float) -> float:
    """Standard deviation of what `fractal` leaves out for a finest octave."""
    amplitudes = weights(first, last, gain)
    return math.sqrt(sum(w * w for k, w in enumerate(amplitudes, first) if k > finest))


def smooth(low: float, high: float, x: Floats) -> Floats:
    """Hermite step from 0 at `low` to 1 at `high`."""
    t = np.clip((x - np.float32(low)) * np.float32(1 / (high - low)), np.float32(0), np.float32(1))
    return t * t * (np.float32(3) - np.float32(2) * t)
