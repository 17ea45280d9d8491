"""Noise on lattices that the whole planet shares: integer hashes, gradient noise, octaves.

Coordinates are positions in the world square of the Web Mercator projection, `u` eastwards and
`v` southwards, 0..1. Octave k has cells of about 1 / 2**k, the size of the map tiles of zoom k.
Everything is integer hashing and IEEE arithmetic on one pixel at a time: a value depends on nothing
but its position, on any machine.
"""

import functools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Words = NDArray[np.uint32]
Placing = Callable[[Floats], Floats]
Amount = NDArray[np.float32] | np.float32 | float

F = np.float32
ANGLES, LENGTHS = 32, 8  # of gradients; unequal lengths hide the lattice
UNIT_GAIN = 3.35  # brings the noise to unit variance, measured over 10**7 points
# Each octave's lattice is turned by an integer matrix (a, b) / 4, so that octaves do not line up
# with each other or the map; whole numbers keep the noise seamless around the globe.
TURNS = ((4, 1), (3, 3), (4, -2), (3, 2), (4, -1))
TURN_UNIT = 4
CACHED = 32_768  # points that are computed at a time: their planes fit into the caches


def _gradients() -> NDArray[np.complex64]:
    table = []
    for i in range(ANGLES):
        angle = 2 * math.pi * (i + 0.5) / ANGLES
        for j in range(LENGTHS):
            length = math.sqrt(-2 * math.log(1 - (j + 0.5) / LENGTHS))  # of a normal vector
            step = [round(f(angle) * length * 4096) for f in (math.cos, math.sin)]
            table.append(complex(step[0] * UNIT_GAIN / 4096, step[1] * UNIT_GAIN / 4096))
    return np.array(table, np.complex64)


GRADIENTS = _gradients()


def mix(words: Words) -> Words:
    """Scramble 32-bit words so that each input bit reaches all output bits."""
    words = words ^ (words >> np.uint32(16))
    words *= np.uint32(0x7FEB352D)
    words ^= words >> np.uint32(15)
    words *= np.uint32(0x846CA68B)
    words ^= words >> np.uint32(16)
    return words


def salt(seed: int) -> np.uint32:
    """A word for a seed."""
    return np.uint32((seed * 0x9E3779B1 + 0x7F4A7C15) & 0xFFFFFFFF)


def hash_words(x: NDArray[np.integer], y: NDArray[np.integer], seed: int) -> Words:
    """Hash integer positions, broadcast against each other, with a seed."""
    first = mix(np.asarray(x, np.int64).astype(np.uint32) * np.uint32(0x85EBCA77) + salt(seed))
    return mix(first ^ (np.asarray(y, np.int64).astype(np.uint32) * np.uint32(0xC2B2AE3D)))


def hash_number(*parts: int) -> int:
    """Hash a few integers to 32 bits, for choices that are made once a scene."""
    state = 0x9E3779B9
    for part in parts:
        state = int(mix(np.array([(state * 31 + part) & 0xFFFFFFFF], np.uint32))[0])
    return state


def unit(words: Words) -> Floats:
    """Uniform numbers in [0, 1) from the upper 24 bits of hashed words."""
    return (words >> np.uint32(8)).astype(np.float32) * F(2.0**-24)


@dataclass(frozen=True)
class Cells:
    """Where points lie within the cells of a lattice.

    Attributes:
        index: Flat index of the cell's first corner among the nodes around.
        x, y: Position within the cell, 0..1.
        fade_x, fade_y: The same through the quintic fade.
        words: A hash for each node, `(rows, columns)`.
    """

    index: NDArray[np.int32]
    x: Floats
    y: Floats
    fade_x: Floats
    fade_y: Floats
    words: Words


def _fade(t: Floats) -> Floats:
    result = t * F(6)
    result -= F(15)
    result *= t
    result += F(10)
    result *= t
    result *= t
    result *= t
    return result


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
            self._cells[octave] = _locate(self.u, self.v, octave)
        return self._cells[octave]

    def inner(self, margin: int) -> "Points":
        """The points without a margin."""
        inside = (slice(margin, -margin), slice(margin, -margin))
        return Points(self.u[inside], self.v[inside], self.finest)

    def moved(self, du: Floats, dv: Floats) -> "Points":
        """Points displaced by parts of the world square."""
        return Points(self.u + du, self.v + dv, self.finest)


def _locate(u: Doubles, v: Doubles, octave: int) -> Cells:
    shape = np.broadcast_shapes(u.shape, v.shape)
    floors = np.empty((2, u.size), np.int32)
    places = np.empty((4, u.size), np.float32)
    flat_u, flat_v = u.ravel(), v.ravel()
    for block in _blocks(u.size):
        _place(flat_u[block], flat_v[block], octave, floors[:, block], places[:, block])
    first_p, first_q = (int(axis.min()) for axis in floors)
    columns, rows = (int(axis.max()) - int(axis.min()) + 2 for axis in floors)
    index = (floors[1] - np.int32(first_q)) * np.int32(columns)
    index += floors[0]
    index -= np.int32(first_p)
    words = _node_words(first_p, first_q, columns, rows, octave)
    x, y, fade_x, fade_y = (plane.reshape(shape) for plane in places)
    return Cells(index.reshape(shape), x, y, fade_x, fade_y, words)


def _blocks(size: int) -> Iterator[slice]:
    """Parts that the processor's caches hold."""
    return (slice(first, min(first + CACHED, size)) for first in range(0, size, CACHED))


def _place(u: Doubles, v: Doubles, octave: int, floors: NDArray[np.int32], places: Floats) -> None:
    """Write cells, positions within them and their fades for some points."""
    a, b = TURNS[octave % len(TURNS)]
    size = 2.0**octave / TURN_UNIT
    p, q = u * (a * size), u * (-b * size)
    p += v * (b * size)
    q += v * (a * size)
    for axis, along in enumerate((p, q)):
        floor = np.floor(along)
        floors[axis] = floor
        along -= floor
        places[axis] = along
        places[2 + axis] = _fade(places[axis])


def _node_words(first_p: int, first_q: int, columns: int, rows: int, octave: int) -> Words:
    """Hash the nodes, each as the copy of it that lies in the world square."""
    a, b = TURNS[octave % len(TURNS)]
    p = np.arange(first_p, first_p + columns)[None, :]
    q = np.arange(first_q, first_q + rows)[:, None]
    size = 2**octave
    around = (a * p - b * q) * TURN_UNIT // (size * (a * a + b * b))
    step_p, step_q = a * size // TURN_UNIT, -b * size // TURN_UNIT
    return hash_words(p - around * step_p, q - around * step_q, octave)


def octave(points: Points, k: int, seed: int, side: NDArray[np.bool_] | None = None) -> Floats:
    """Gradient noise of one octave: mean 0, variance 1.

    Args:
        points: Where.
        k: Octave; cells are about 1 / 2**k of the world.
        seed: Which noise.
        side: Where true, a second independent noise is taken instead.
    """
    cells = points.cells(k)
    choices = np.uint32(ANGLES * LENGTHS - 1)
    nodes = GRADIENTS.take(mix(cells.words ^ salt(seed)) & choices)
    index = cells.index
    if side is not None:
        other = GRADIENTS.take(mix(cells.words ^ salt(seed + 7919)) & choices)
        index = index + side * np.int32(nodes.size)
        nodes = np.concatenate([nodes, other])
    return _interpolate(nodes.ravel(), index, cells)


def _interpolate(nodes: NDArray[np.complex64], index: NDArray[np.int32], cells: Cells) -> Floats:
    """The noise between nodes, in blocks that the processor's caches hold."""
    row = cells.words.shape[1]
    parts = np.ascontiguousarray(nodes.real), np.ascontiguousarray(nodes.imag)
    corners = [tuple(part[first:] for part in parts) for first in (0, 1, row, row + 1)]
    result = np.empty(index.shape, np.float32)
    flat, written = index.ravel(), result.ravel()
    planes = [plane.ravel() for plane in (cells.x, cells.y, cells.fade_x, cells.fade_y)]
    work = np.empty((5, min(CACHED, index.size)), np.float32)
    for block in _blocks(index.size):
        at = flat[block].astype(np.intp)
        x, y, fade_x, fade_y = (plane[block] for plane in planes)
        low, spare, more, x1, y1 = work[:, : len(at)]
        np.subtract(x, F(1), out=x1)
        np.subtract(y, F(1), out=y1)
        high = written[block]
        _between(corners[:2], at, (x, x1, y, fade_x), (low, spare, more))
        _between(corners[2:], at, (x, x1, y1, fade_x), (high, spare, more))
        high -= low
        high *= fade_y
        high += low
    return result


def _between(
    corners: Sequence[tuple[Floats, ...]],
    at: NDArray[np.intp],
    place: tuple[Floats, Floats, Floats, Floats],
    out: tuple[Floats, Floats, Floats],
) -> None:
    """Gradients' values between two neighbouring nodes of a row, into the first of `out`."""
    x, x1, y, fade = place
    right, left, more = out
    for corner, distance, value in ((corners[0], x, left), (corners[1], x1, right)):
        corner[0].take(at, out=value, mode="wrap")  # the mode that is quick; all are in range
        value *= distance
        corner[1].take(at, out=more, mode="wrap")
        more *= y
        value += more
    right -= left
    right *= fade
    right += left


@functools.cache
def weights(first: int, last: int, gain: float) -> tuple[float, ...]:
    """Amplitudes of octaves `first..last` whose squares sum to one."""
    raw = [gain**i for i in range(last - first + 1)]
    norm = math.sqrt(sum(w * w for w in raw))
    return tuple(w / norm for w in raw)


def fractal(points: Points, first: int, last: int, gain: float, *, seed: int) -> Floats:
    """Octaves `first..last` summed to unit variance; unresolved octaves are left out."""
    total = np.zeros(points.u.shape, np.float32)
    for k, weight in enumerate(weights(first, last, gain), first):
        if k <= points.finest:
            part = octave(points, k, seed + k)
            part *= F(weight)
            total += part
    return total


def left_out(finest: int, first: int, last: int, gain: float) -> float:
    """Standard deviation of what `fractal` leaves out for a finest octave."""
    amplitudes = weights(first, last, gain)
    return math.sqrt(sum(w * w for k, w in enumerate(amplitudes, first) if k > finest))


def smooth(low: float, high: float, x: Floats) -> Floats:
    """Hermite step from 0 at `low` to 1 at `high`."""
    t = (x - F(low)) * F(1 / (high - low))
    np.clip(t, F(0), F(1), out=t)
    result = F(3) - F(2) * t
    result *= t
    result *= t
    return result
