"""Sets of single pixels: in regions, in order, and drawn by their hashes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.raster.hashing import pixel_words
from lib.localearth.raster.regions import Region

Integers = NDArray[np.int64]
SPARE = 4  # multiples of what is kept that may pile up before the rest is dropped
_BATCH = 1_000_000  # pixels beyond those


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


def inner_pixels(region: Region, seed: int) -> Iterator[Pixels]:
    """Pixels whose centre is in the region, block by block."""
    for block in region.blocks():
        rows, columns = np.nonzero(block.inside())
        if len(rows):
            words = pixel_words(block.grid, seed)[rows, columns]
            yield Pixels(columns + block.column, rows + block.row, words)


def least(blocks: Iterable[Pixels], count: int) -> Pixels:
    """The pixels with the smallest words, in order of the words; few more are ever held."""
    waiting: list[Pixels] = []
    held = 0
    for block in blocks:
        waiting.append(block)
        held += len(block)
        if held > SPARE * count + _BATCH:
            together = joined(waiting)
            waiting = [together.take(smallest(together, count))]
            held = count
    together = joined(waiting)
    return together.take(smallest(together, count))


def in_order(pixels: Pixels) -> Pixels:
    """Row by row, as the projection counts them."""
    return pixels.take(np.lexsort((pixels.columns, pixels.rows)))
