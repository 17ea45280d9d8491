"""Sets of single pixels: in regions, in order, and drawn by their hashes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.errors import EarthError
from lib.localearth.raster.hashing import pixel_words
from lib.localearth.raster.regions import Region

Integers = NDArray[np.int64]
MOST_SAMPLED = 20_000_000  # pixels of a region that are held at once, 24 bytes each


@dataclass(frozen=True)
class Pixels:
    """Pixels of a projection by column and row, each `(n,)`, and their random words."""

    columns: Integers
    rows: Integers
    words: NDArray[np.uint64]

    def take(self, chosen: Any) -> "Pixels":
        """Some of them."""
        return Pixels(self.columns[chosen], self.rows[chosen], self.words[chosen])

    def __len__(self) -> int:
        """How many there are."""
        return len(self.columns)


def joined(parts: Sequence[Pixels]) -> Pixels:
    """All pixels of several sets."""
    if not parts:
        nothing = np.zeros(0, np.int64)
        return Pixels(nothing, nothing, nothing.astype(np.uint64))
    return Pixels(
        np.concatenate([part.columns for part in parts]),
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.words for part in parts]),
    )


def smallest(pixels: Pixels, count: int) -> Integers:
    """Positions of those with the smallest words, in order of the words."""
    if count < len(pixels):
        found = np.argpartition(pixels.words, count)[:count] if count else np.zeros(0, np.int64)
    else:
        found = np.arange(len(pixels))
    return found[np.lexsort((pixels.columns[found], pixels.rows[found], pixels.words[found]))]


def inner_pixels(region: Region, seed: int) -> list[Pixels]:
    """Pixels whose centre is in the region, block by block.

    Raises:
        EarthError: They would not fit into memory.
    """
    found, count = [], 0
    for block in region.blocks():
        rows, columns = np.nonzero(block.inside())
        count += len(rows)
        if count > MOST_SAMPLED:
            raise EarthError("User memory limit exceeded.")
        if len(rows):
            words = pixel_words(block.grid, seed)[rows, columns]
            found.append(Pixels(columns + block.column, rows + block.row, words))
    return found


def in_order(pixels: Pixels) -> Pixels:
    """Row by row, as the projection counts them."""
    return pixels.take(np.lexsort((pixels.columns, pixels.rows)))
