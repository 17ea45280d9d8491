"""Which pixels become samples: a hash of place and seed puts them in order, the first ones win.

The order depends on nothing but the seed and the pixel, so a draw is the same however the area
was cut into requests, and whichever of them came first.
"""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from lib.core.grid import Grid

NO_PLACE = -1
"""Group of a sample without one, and part of a sample that no column puts into one."""

_SPARE = 2  # multiples of the limit that may pile up before the rest is dropped
# Constants of SplitMix64 (Steele, Lea & Flood 2014, "Fast splittable pseudorandom number
# generators", OOPSLA).
_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)
_LAST = np.uint64(31)


@dataclass(frozen=True)
class Candidates:
    """Pixels of a grid that may become samples; all arrays have one entry a pixel.

    Attributes:
        ids: int64, row times the grid's width plus column.
        keys: uint64, the smallest of a class come first.
        class_index: int16, index into the legend.
        group: int32, of the polygon or group, or -1.
        given: int8, 0, 1 or 2 for training, validation and test set, or -1.
    """

    ids: NDArray[np.int64]
    keys: NDArray[np.uint64]
    class_index: NDArray[np.int16]
    group: NDArray[np.int32]
    given: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, indices: NDArray[np.integer] | NDArray[np.bool_]) -> "Candidates":
        """The candidates at some indices, in that order."""
        return Candidates(*(getattr(self, part.name)[indices] for part in fields(self)))

    @classmethod
    def of(
        cls,
        grid: Grid,
        ids: NDArray[np.int64],
        class_index: NDArray[np.integer],
        *,
        seed: int,
        group: int | NDArray[np.integer] = NO_PLACE,
        given: int | NDArray[np.integer] = NO_PLACE,
    ) -> "Candidates":
        """Make candidates of pixels; a single group or part is that of all."""
        return cls(
            ids=np.asarray(ids, np.int64),
            keys=pixel_keys(grid, ids, seed=seed),
            class_index=np.asarray(class_index, np.int16),
            group=np.broadcast_to(np.asarray(group, np.int32), ids.shape),
            given=np.broadcast_to(np.asarray(given, np.int8), ids.shape),
        )

    @classmethod
    def joined(cls, parts: Sequence["Candidates"]) -> "Candidates":
        """All candidates of some parts, one after another."""
        columns = [[getattr(one, part.name) for one in parts] for part in fields(cls)]
        return cls(*(np.concatenate(column) for column in columns))


def pixel_keys(grid: Grid, ids: NDArray[np.int64], *, seed: int) -> NDArray[np.uint64]:
    """Return a random number for each pixel, by SplitMix64 of seed, row and column.

    Rows and columns are counted from the origin of the grid's coordinate system, so that a pixel
    has the same number in another area on the same grid.
    """
    t = grid.transform
    top = round(t[5] / max(abs(t[4]), abs(t[3])))
    left = round(t[2] / max(abs(t[0]), abs(t[1])))
    rows, cols = np.divmod(np.asarray(ids, np.int64), grid.shape[1])
    with np.errstate(over="ignore"):
        word = _mixed(np.full(len(rows), seed, np.int64).astype(np.uint64) + _STEP)
        word = _mixed((word ^ (rows - top).astype(np.uint64)) + _STEP)
        return _mixed((word ^ (cols + left).astype(np.uint64)) + _STEP)


class Harvest:
    """Gathers candidates, of each class those that come first, and counts all; from any thread.

    Args:
        classes: Number of classes.
        limit: Most candidates that are kept of a class.

    Attributes:
        labelled: int64 (classes,), pixels with a label in the area.
        offered: int64 (classes,), those of them that may be drawn.
    """

    def __init__(self, classes: int, *, limit: int) -> None:
        self.labelled = np.zeros(classes, np.int64)
        self.offered = np.zeros(classes, np.int64)
        self._limit = limit
        self._parts: list[list[Candidates]] = [[] for _ in range(classes)]
        self._bounds = np.full(classes, np.iinfo(np.uint64).max, np.uint64)
        self._lock = threading.Lock()

    def add(self, found: Candidates, labelled: NDArray[np.integer] | None = None) -> None:
        """Add candidates.

        Args:
            found: Each pixel comes once.
            labelled: Pixels with a label by class, where not all of them may be drawn.
        """
        offered = np.bincount(found.class_index, minlength=len(self.offered))
        with self._lock:
            self.labelled += offered if labelled is None else labelled
            self.offered += offered
            found = found.take(found.keys <= self._bounds[found.class_index])
            for index in np.unique(found.class_index).tolist():
                self._keep(index, found.take(found.class_index == index))

    def candidates(self) -> Candidates:
        """Those kept, class by class, the smallest keys of each class first."""
        none = np.empty(0, np.int64)
        empty = Candidates(
            none,
            none.astype(np.uint64),
            none.astype(np.int16),
            none.astype(np.int32),
            none.astype(np.int8),
        )
        kept = [_first(Candidates.joined(parts), self._limit) for parts in self._parts if parts]
        return Candidates.joined([empty, *kept])

    def _keep(self, index: int, more: Candidates) -> None:
        parts = self._parts[index]
        parts.append(more)
        if sum(map(len, parts)) > _SPARE * self._limit:
            joined = Candidates.joined(parts)
            self._bounds[index] = np.partition(joined.keys, self._limit - 1)[self._limit - 1]
            self._parts[index] = [joined.take(joined.keys <= self._bounds[index])]


def choose(
    candidates: Candidates,
    asked: Sequence[int] | NDArray[np.integer],
    *,
    usable: NDArray[np.bool_],
    places: NDArray[np.float64] | None = None,
    distance_m: float = 0.0,
) -> NDArray[np.int64]:
    """Choose so many candidates of each class, the smallest keys first.

    Args:
        candidates: In the order of `Harvest.candidates`.
        asked: Of each class, shape (classes,).
        usable: Which candidates may be chosen.
        places: Metres on a plane, shape (candidates, 2); needed for a distance.
        distance_m: Least distance between any two that are chosen; rare classes choose first.

    Returns:
        Indices of the chosen, rising.
    """
    by_class = [
        np.flatnonzero(usable & (candidates.class_index == index)) for index in range(len(asked))
    ]
    if not distance_m or places is None:
        kept = [found[:most] for found, most in zip(by_class, asked, strict=True)]
        return np.sort(np.concatenate([np.empty(0, np.int64), *kept]))
    apart = _Apart(places, distance_m)
    chosen: list[int] = []
    for index in np.argsort([len(found) for found in by_class], kind="stable"):
        chosen += apart.first(by_class[index], int(asked[index]))
    return np.array(sorted(chosen), np.int64)


class _Apart:
    """Takes places one by one, none closer to another than a distance."""

    def __init__(self, places: NDArray[np.float64], distance: float) -> None:
        self._places = places
        self._least = distance**2
        self._cells = np.floor(places / distance).astype(np.int64)
        self._taken: dict[tuple[int, int], list[tuple[float, float]]] = {}

    def first(self, order: NDArray[np.int64], most: int) -> list[int]:
        chosen: list[int] = []
        for index in order.tolist():
            if len(chosen) >= most:
                break
            if self._take(index):
                chosen.append(index)
        return chosen

    def _take(self, index: int) -> bool:
        (x, y), (column, row) = self._places[index].tolist(), self._cells[index].tolist()
        for across in (-1, 0, 1):
            for down in (-1, 0, 1):
                for other_x, other_y in self._taken.get((column + across, row + down), ()):
                    if (x - other_x) ** 2 + (y - other_y) ** 2 < self._least:
                        return False
        self._taken.setdefault((column, row), []).append((x, y))
        return True


def _mixed(word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    for shift, factor in _MIX:
        word = (word ^ (word >> shift)) * factor
    return np.asarray(word ^ (word >> _LAST))


def _first(found: Candidates, limit: int) -> Candidates:
    """The candidates with the smallest keys, in their order; equal keys by pixel."""
    order = np.lexsort((found.ids, found.keys))
    return found.take(order[:limit])
