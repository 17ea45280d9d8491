"""Patches of pixels around places: windows of the training grid, near ones in one request."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.core.imagery_plan import ImageryPlan
from lib.earthengine.access import Connection
from lib.earthengine.fetching import Errand, Watch, fetch_all, key_of
from lib.earthengine.graphs import to_expression, to_image
from lib.earthengine.labels import CLASS_INDEX
from lib.earthengine.pixels import BLOCK_PIXELS, compute_block, read_block, with_validity
from lib.earthengine.rows import halved

REQUEST_PIXELS = 8192
"""What a request costs beside its pixels, in pixels: it decides which patches share one."""

LARGE_BYTES = 128 * 1024**2
"""Predictors larger than this go to a file that is mapped into memory."""

_NO_LABEL = -1


@dataclass(frozen=True)
class Bunch:
    """Patches that are read in one window.

    Attributes:
        members: Positions of the patches among those that are read.
        window: (rows, columns) of the grid; may lie outside of it.
    """

    members: NDArray[np.int64]
    window: tuple[slice, slice]

    @property
    def pixels(self) -> int:
        """Pixels of the window."""
        rows, cols = self.window
        return int((rows.stop - rows.start) * (cols.stop - cols.start))


class PatchStore:
    """Arrays with a slot for each patch, on disk where they are large.

    Args:
        capacity: Number of slots.
        plan: Size and form of a patch.
        count: Number of predictors.
        path: File for large predictors, ".npy"; None to keep them in memory.
    """

    def __init__(self, capacity: int, plan: ImageryPlan, count: int, path: Path | None) -> None:
        side = plan.patch_size
        shape = (capacity, side, side, count)
        self._path = path if path and 4 * int(np.prod(shape)) > LARGE_BYTES else None
        self.predictors: NDArray[np.float32] = (
            npy.open_memmap(self._path, mode="w+", dtype=np.float32, shape=shape)
            if self._path
            else np.zeros(shape, np.float32)
        )
        self.valid = np.zeros(shape[:-1], bool)
        self.dense = np.full(shape[:-1], _NO_LABEL, np.int16) if plan.dense else None

    def finished(self, slots: NDArray[np.int64]) -> NDArray[np.int64]:
        """Keep the patches of some slots, and forget the others.

        Patches at the end move into slots that are not kept, so that nothing is copied twice.

        Returns:
            Positions in `slots` of the patches that are now in the store, in its order.
        """
        size = len(slots)
        place = np.full(len(self.valid), -1, np.int64)
        place[slots] = np.arange(size)
        holes = np.flatnonzero(place[:size] < 0)
        late = size + np.flatnonzero(place[size:] >= 0)
        for hole, slot in zip(holes, late, strict=True):
            self._move(int(slot), int(hole))
            place[hole] = place[slot]
        self.predictors = self._shortened(size)
        self.valid = self.valid[:size]
        self.dense = None if self.dense is None else self.dense[:size]
        return place[:size]

    def _move(self, slot: int, hole: int) -> None:
        for array in (self.predictors, self.valid, self.dense):
            if array is not None:
                array[hole] = array[slot]

    def _shortened(self, size: int) -> NDArray[np.float32]:
        """The first patches; of a file, the file is cut and its header written anew."""
        if not isinstance(self.predictors, np.memmap) or self._path is None:
            return self.predictors[:size]
        shape = (size, *self.predictors.shape[1:])
        start = int(self.predictors.offset)
        self.predictors.flush()
        del self.predictors
        with self._path.open("r+b") as file:
            header = npy.header_data_from_array_1_0(np.empty((0,), np.float32)) | {"shape": shape}
            npy.write_array_header_1_0(file, header)
            if file.tell() != start:
                raise ValueError(f"The header of {self._path.name} has another length now.")
            file.truncate(start + 4 * int(np.prod(shape)))
        return npy.open_memmap(self._path, mode="r+")


class PatchReader:
    """Reads patches of an image around pixels of a grid.

    Args:
        connection: Service to ask.
        image: What is read.
        names: Bands, in order.
        grid: Where the pixels lie.
        side: Rows and columns of a patch, odd.
        labels: Map of class indices that is read beside it, for patches with dense labels.
    """

    def __init__(
        self,
        connection: Connection,
        image: Expression,
        names: Sequence[str],
        grid: Grid,
        *,
        side: int,
        labels: Expression | None = None,
    ) -> None:
        self._connection = connection
        self._grid = grid
        self._side = side
        self._count = len(names)
        self._bands = list(names) + ([CLASS_INDEX] if labels else [])
        self._masked = with_validity(_with_labels(image, labels), self._bands)
        self._key = key_of(self._masked.graph, grid, side)
        self._most = most_pixels(connection.can.pixels_bytes, bands=len(self._bands), side=side)

    def read(
        self, ids: NDArray[np.int64], store: PatchStore, slots: NDArray[np.int64], watch: Watch
    ) -> NDArray[np.bool_]:
        """Read patches into slots of a store.

        Args:
            ids: Pixels at their centres, as row * width + column.
            store: Where they go.
            slots: The slot of each.
            watch: Who follows.

        Returns:
            Whether each patch has a valid centre.
        """
        row, col = np.divmod(ids, self._grid.shape[1])
        centre = np.zeros(len(ids), bool)

        def take(bunch: Bunch, content: bytes) -> None:
            values, valid = read_block(content, self._bands)
            for member in bunch.members.tolist():
                part = self._within(bunch, int(row[member]), int(col[member]))
                slot = slots[member]
                self._put(store, int(slot), values[part], valid[part])
                centre[member] = valid[part][self._side // 2, self._side // 2]

        errand = Errand(
            name="Patches",
            ask=lambda bunch: compute_block(self._masked, self._grid.window(bunch.window)),
            take=take,
            halves=lambda bunch: halves(bunch, row, col, self._side),
            key=lambda bunch: key_of(self._key, bunch.window),
        )
        pieces = bunched(row, col, side=self._side, most_pixels=self._most)
        fetch_all(self._connection, errand, pieces, watch)
        return centre

    def _within(self, bunch: Bunch, row: int, col: int) -> tuple[slice, slice]:
        """Rows and columns of a patch in its bunch's window."""
        top = row - self._side // 2 - bunch.window[0].start
        left = col - self._side // 2 - bunch.window[1].start
        return slice(top, top + self._side), slice(left, left + self._side)

    def _put(
        self, store: PatchStore, slot: int, values: NDArray[np.generic], valid: NDArray[np.bool_]
    ) -> None:
        predictors = values[..., : self._count]
        usable = valid & np.isfinite(predictors).all(axis=-1)
        store.predictors[slot] = np.where(usable[..., None], predictors, 0)
        store.valid[slot] = usable
        if store.dense is not None and len(self._bands) > self._count:
            store.dense[slot] = values[..., self._count].astype(np.int16)


def most_pixels(answer_bytes: int, *, bands: int, side: int) -> int:
    """Most pixels of so many bands that are read in one window, by what an answer may hold."""
    fitting = answer_bytes // (4 * bands + 1)
    return max(min(fitting, max(BLOCK_PIXELS, 4 * side * side)), side * side)


def bunched(
    row: NDArray[np.int64], col: NDArray[np.int64], *, side: int, most_pixels: int
) -> list[Bunch]:
    """Put patches together where that costs less than to read them apart.

    All patches are halved across the longer side of their window again and again; two halves, and
    then neighbours in the resulting order, become one again where their common window has no more
    pixels than both and those of the request that is saved (`REQUEST_PIXELS`).

    Args:
        row: Rows of the centres.
        col: Columns of the centres.
        side: Rows and columns of a patch.
        most_pixels: Most pixels in a window.
    """
    if not len(row):
        return []
    whole = _bunch(np.arange(len(row)), row, col, side)
    found: list[Bunch] = []
    for bunch in _cheapest(whole, row, col, side, most_pixels):
        if found:
            both = _bunch(np.concatenate([found[-1].members, bunch.members]), row, col, side)
            if _is_cheaper(both, [found[-1], bunch], most_pixels):
                found[-1] = both
                continue
        found.append(bunch)
    return found


def halves(
    bunch: Bunch, row: NDArray[np.int64], col: NDArray[np.int64], side: int
) -> tuple[Bunch, ...]:
    """Two bunches with as many patches each; none where there is one patch."""
    if len(bunch.members) < 2:
        return ()
    return tuple(_bunch(part, row, col, side) for part in halved(row, col, bunch.members))


def _cheapest(
    whole: Bunch, row: NDArray[np.int64], col: NDArray[np.int64], side: int, most: int
) -> list[Bunch]:
    parts = [
        bunch
        for half in halves(whole, row, col, side)
        for bunch in _cheapest(half, row, col, side, most)
    ]
    return [whole] if not parts or _is_cheaper(whole, parts, most) else parts


def _is_cheaper(whole: Bunch, parts: Sequence[Bunch], most: int) -> bool:
    apart = sum(part.pixels + REQUEST_PIXELS for part in parts)
    return whole.pixels <= most and whole.pixels + REQUEST_PIXELS <= apart


def _bunch(
    members: NDArray[np.int64], row: NDArray[np.int64], col: NDArray[np.int64], side: int
) -> Bunch:
    rows, cols, half = row[members], col[members], side // 2
    window = tuple(
        slice(int(lines.min()) - half, int(lines.max()) + half + 1) for lines in (rows, cols)
    )
    return Bunch(members, (window[0], window[1]))


def _with_labels(image: Expression, labels: Expression | None) -> Expression:
    """The image with class indices beside it, -1 where there is no label."""
    if labels is None:
        return image
    index = to_image(labels).toFloat().unmask(_NO_LABEL, False)
    return to_expression(to_image(image).addBands(index))
