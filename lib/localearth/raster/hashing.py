"""Random numbers that belong to pixels: the same wherever and in whatever block they are asked."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.raster.grid import Grid

Words = NDArray[np.uint64]
STEPS = 8  # pixel positions are told apart to an eighth of a pixel


def mix(words: Words) -> Words:
    """Scramble 64-bit words (the finaliser of SplitMix64)."""
    with np.errstate(over="ignore"):
        words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


def combine(seed: int, *parts: NDArray[Any]) -> Words:
    """One 64-bit word for each combination of whole numbers."""
    start = np.asarray([seed & (2**64 - 1)], np.uint64)
    words = mix(start + np.uint64(0x9E3779B97F4A7C15) if seed < 2**63 else start)
    for part in parts:
        with np.errstate(over="ignore"):
            words = mix(
                words * np.uint64(0x9E3779B97F4A7C15) + part.astype(np.int64).view(np.uint64)
            )
    return words


def uniform(words: Words) -> NDArray[np.float64]:
    """Numbers in [0, 1) from words."""
    return (words >> np.uint64(11)).astype(np.float64) * 2.0**-53


def pixel_words(grid: Grid, seed: int) -> Words:
    """A word for each pixel of a grid `(height, width)`, by its place and size alone."""
    a, b, c, d, e, f = grid.transform
    size = a * e - b * d
    column = (c * e - b * f) / size
    row = (a * f - c * d) / size
    columns = np.round((np.arange(grid.width) + column) * STEPS).astype(np.int64)[None, :]
    rows = np.round((np.arange(grid.height) + row) * STEPS).astype(np.int64)[:, None]
    level = round(math.log2(abs(size)) * 1024)
    return combine(seed, rows, columns, np.asarray(level, np.int64).reshape(1, 1))
