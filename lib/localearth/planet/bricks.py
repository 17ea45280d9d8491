"""Patterns of quadrilaterals: rows of pieces of varying width, as fields and town blocks lie."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lib.localearth.planet.noise import Amount, Floats, Words, mix, unit

F = np.float32
ROW_SALT = np.uint32(0x9E3779B1)
PIECE_SALT = np.uint32(0x85EBCA77)


@dataclass(frozen=True)
class Frame:
    """Points in the turned coordinates of the polygon that they lie in.

    Attributes:
        x, y: Along and across, in cells of the polygons' lattice.
        cosine, sine: The turn.
        words: A hash per polygon.
    """

    x: Floats
    y: Floats
    cosine: Floats
    sine: Floats
    words: Words

    @classmethod
    def turned(cls, dx: Floats, dy: Floats, angle: Floats, words: Words) -> "Frame":
        """Turn offsets by an angle that is given in half turns, 0..1."""
        cosine, sine = turn(angle)
        return cls(dx * cosine + dy * sine, dy * cosine - dx * sine, cosine, sine, words)

    def bent(self, wave_x: Floats, wave_y: Floats) -> "Frame":
        """The same frame with curved axes."""
        return Frame(self.x + wave_x, self.y + wave_y, self.cosine, self.sine, self.words)


def turn(angle: Floats) -> tuple[Floats, Floats]:
    """A unit vector for an angle in half turns, 0..1, by a rational formula: exact everywhere."""
    t = angle * F(2) - F(1)  # tangent of half the angle runs from -1 to 1
    scale = F(1) / (F(1) + t * t)
    return (F(1) - t * t) * scale, F(2) * t * scale


@dataclass(frozen=True)
class Bricks:
    """Pieces of a pattern of bricks; lengths in cells of the lattice.

    Attributes:
        words: A hash per piece.
        x, y: Position within the piece, 0..1.
        width, height: Size of the piece.
        middle_x, middle_y: Centre of the piece in the frame.
    """

    words: Words
    x: Floats
    y: Floats
    width: Floats
    height: Floats
    middle_x: Floats
    middle_y: Floats

    def edge(self) -> Floats:
        """Distance to the nearest side of the piece, in cells."""
        across = np.minimum(self.x, F(1) - self.x) * self.width
        down = np.minimum(self.y, F(1) - self.y) * self.height
        result: Floats = np.minimum(across, down)
        return result


def bricks(
    frame: Frame, *, rows: Floats | float, columns: tuple[float, float], salt: int
) -> Bricks:
    """Lay bricks in a frame.

    Args:
        frame: Where.
        rows: Rows in a cell.
        columns: Least and greatest number of pieces in a cell's length, drawn for each row.
        salt: Which pattern.
    """
    scaled = frame.y * np.asarray(rows, np.float32)
    row = np.floor(scaled)
    row_words = mix(frame.words + _number(row) * ROW_SALT + np.uint32(salt & 0xFFFFFFFF))
    low, high = columns
    count = F(low) + F(high - low) * unit(row_words)
    shift = unit(mix(row_words + np.uint32(5)))
    along = frame.x * count + shift
    column = np.floor(along)
    words = mix(row_words + _number(column) * PIECE_SALT)
    height = F(1) / np.asarray(rows, np.float32)
    width = F(1) / count
    return Bricks(
        words, along - column, scaled - row, width, height,
        (column + F(0.5) - shift) * width, (row + F(0.5)) * height,
    )  # fmt: skip


def _number(whole: Floats) -> NDArray[np.uint32]:
    return whole.astype(np.int32).astype(np.uint32)


def coverage(distance: Floats, half: Amount, pixel: float) -> Floats:
    """Part of a pixel that a strip covers, across the strip; all lengths in one unit.

    Args:
        distance: From the middle of the strip to the pixel's centre.
        half: Half the strip's width.
        pixel: Side of the pixel.
    """
    half_width = np.asarray(half, np.float32)
    inside = (half_width + F(0.5 * pixel) - np.abs(distance)) * F(1 / pixel)
    result: Floats = np.clip(inside, F(0), np.minimum(half_width * F(2 / pixel), F(1)))
    return result
