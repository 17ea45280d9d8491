"""Where the predictors of a block come from: a service, or a raster file."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.windows import Window as FileWindow

from lib.core.errors import RasterError, TooLargeError
from lib.core.expression import Expression
from lib.core.grid import Grid, Window
from lib.deploy.cog import CACHE_BYTES
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.fetching import key_of
from lib.earthengine.pixels import compute_block, read_block, with_validity
from lib.earthengine.stack import MOST_BANDS

Block = tuple[NDArray[np.float32], NDArray[np.bool_]]

_LEAST_PIXELS = 1024
"""A window below this is not halved any more."""


class Source(Protocol):
    """An image of predictors.

    Attributes:
        key: Names what is read; equal keys give equal pixels.
        at_once: Blocks that are worth reading at once.
        block_side: Rows and columns of a block that suit it.
    """

    key: str
    at_once: int
    block_side: int

    def read(self, grid: Grid, window: Window) -> Block:
        """Read a window of a grid, which may reach beyond it.

        Returns:
            Values `(rows, columns, bands)`, 0 where not valid, and `(rows, columns)` true where
            every band is valid.
        """


class ServiceSource:
    """Predictors that a connection computes.

    Args:
        connection: Service to ask.
        predictors: The image.
        bands: Its bands, in order.
    """

    block_side = 256

    def __init__(
        self, connection: Connection, predictors: Expression, bands: Sequence[str]
    ) -> None:
        most = MOST_BANDS - 1
        parts = [list(bands[first : first + most]) for first in range(0, len(bands), most)]
        self._connection = connection
        self._parts = [(part, _masked(connection, predictors, part)) for part in parts]
        self._pixel_bytes = 4 * min(len(bands), most) + 1
        self.key = key_of(predictors.to_json(), tuple(bands))
        self.at_once = connection.can.parallel_requests

    def read(self, grid: Grid, window: Window) -> Block:
        """Ask for a window; one that is too large for the service is asked for in halves."""
        parts = [
            _fetched(self._connection, masked, bands, grid, window, self._pixel_bytes)
            for bands, masked in self._parts
        ]
        valid = np.logical_and.reduce([part[1] for part in parts])
        values = np.concatenate([part[0] for part in parts], -1) if parts[1:] else parts[0][0]
        return _zeroed(values, valid), valid


@with_connection
def _masked(
    connection: Connection,  # noqa: ARG001 - used by the decorator
    predictors: Expression,
    bands: Sequence[str],
) -> Expression:
    return with_validity(predictors, bands)


@with_connection
def _fetched(
    connection: Connection,
    masked: Expression,
    bands: Sequence[str],
    grid: Grid,
    window: Window,
    pixel_bytes: int,
) -> Block:
    rows, cols = window
    pixels = (rows.stop - rows.start) * (cols.stop - cols.start)
    if pixels * pixel_bytes <= connection.can.pixels_bytes:
        try:
            values, valid = read_block(compute_block(masked, grid.window(window)), bands)
            return values.astype(np.float32, copy=False), valid
        except TooLargeError:
            if pixels <= _LEAST_PIXELS:
                raise
    axis = 0 if rows.stop - rows.start >= cols.stop - cols.start else 1
    halves = [
        _fetched(connection, masked, bands, grid, half, pixel_bytes)
        for half in _halves(window, axis)
    ]
    return (
        np.concatenate([half[0] for half in halves], axis),
        np.concatenate([half[1] for half in halves], axis),
    )


def _halves(window: Window, axis: int) -> list[Window]:
    cut = window[axis]
    middle = (cut.start + cut.stop) // 2
    parts = slice(cut.start, middle), slice(middle, cut.stop)
    return [(part, window[1]) if axis == 0 else (window[0], part) for part in parts]


class FileSource:
    """Predictors in a raster file of this machine.

    Args:
        path: A file that GDAL reads.
        bands: Names of its bands; where the file names none of them, its bands in their order.

    Raises:
        RasterError: It cannot be read, lacks a band, or lies nowhere on the Earth.
    """

    block_side = 512
    at_once = 2

    def __init__(self, path: Path, bands: Sequence[str]) -> None:
        self._path = path
        self._open = threading.local()
        file = self._file()
        if file.crs is None:
            raise RasterError(
                f"{path.name} has no coordinate system, so it lies nowhere on the Earth.",
                hint="Give it one, for instance with gdal_edit -a_srs.",
            )
        t = file.transform
        crs = file.crs.to_string()
        self.grid = Grid(crs, (t.a, t.b, t.c, t.d, t.e, t.f), (file.height, file.width))
        self._places = _places(file, bands, path.name)
        self._nodata = [file.nodatavals[place - 1] for place in self._places]
        self._flags = any(
            rasterio.enums.MaskFlags.per_dataset in flags for flags in file.mask_flag_enums
        )
        stat = path.stat()
        self.key = key_of(str(path.resolve()), stat.st_size, stat.st_mtime_ns, tuple(self._places))

    def read(self, grid: Grid, window: Window) -> Block:
        """Read a window of the file's own pixels; beyond its edges nothing is valid."""
        place = self._window_of(grid, window)
        shape = (place[0].stop - place[0].start, place[1].stop - place[1].start)
        values = np.zeros((*shape, len(self._places)), np.float32)
        valid = np.zeros(shape, bool)
        rows, cols = (
            slice(max(cut.start, 0), min(cut.stop, length))
            for cut, length in zip(place, self.grid.shape, strict=True)
        )
        if rows.stop <= rows.start or cols.stop <= cols.start:
            return values, valid
        found, seen = self._read(FileWindow.from_slices(rows, cols))
        if seen.shape == shape:
            return found, seen
        inside = (
            slice(rows.start - place[0].start, rows.stop - place[0].start),
            slice(cols.start - place[1].start, cols.stop - place[1].start),
        )
        values[inside], valid[inside] = found, seen
        return values, valid

    def _read(self, window: FileWindow) -> Block:
        file = self._file()
        try:
            with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
                bands = file.read(self._places, window=window, out_dtype="float32")
                seen = file.dataset_mask(window=window) > 0 if self._flags else True
        except RasterioError as error:
            raise RasterError(f"{self._path.name} cannot be read: {error}") from None
        values = np.ascontiguousarray(np.moveaxis(bands, 0, -1))
        valid = np.isfinite(values).all(axis=-1) & seen
        for place, nodata in enumerate(self._nodata):
            if nodata is not None and np.isfinite(nodata):
                valid &= values[..., place] != np.float32(nodata)
        return _zeroed(values, valid), valid

    def _window_of(self, grid: Grid, window: Window) -> Window:
        """A window of another grid as one of the file, whose pixels must coincide."""
        t, own = grid.transform, self.grid.transform
        col, row = (t[2] - own[2]) / own[0], (t[5] - own[5]) / own[4]
        steps = np.allclose([t[0], t[1], t[3], t[4]], [own[0], own[1], own[3], own[4]])
        if not steps or abs(col - round(col)) > 1e-3 or abs(row - round(row)) > 1e-3:
            raise RasterError(
                f"The pixels of the map do not coincide with those of {self._path.name}.",
                hint="Take the grid of the file.",
            )
        down, right = round(row), round(col)
        rows, cols = window
        return (
            slice(rows.start + down, rows.stop + down),
            slice(cols.start + right, cols.stop + right),
        )

    def _file(self) -> Any:
        """The file as this thread has it open: GDAL's are for one thread at a time."""
        if not hasattr(self._open, "file"):
            try:
                with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
                    self._open.file = rasterio.open(self._path)
            except RasterioError as error:
                raise RasterError(f"{self._path.name} cannot be read: {error}") from None
        return self._open.file


def _places(file: Any, bands: Sequence[str], name: str) -> list[int]:
    """Where bands are in a file, from 1."""
    described = [text or "" for text in file.descriptions]
    if set(described).isdisjoint(bands) and file.count == len(bands):
        return list(range(1, len(bands) + 1))
    missing = [band for band in bands if band not in described]
    if missing:
        raise RasterError(
            f"{name} has no band “{missing[0]}”; its {file.count} bands are "
            f"{', '.join(filter(None, described)) or 'without names'}.",
            hint="Write the predictors of the network into it, each named by its description.",
        )
    return [described.index(band) + 1 for band in bands]


def _zeroed(values: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Values with 0 where not every band is valid, as networks are trained."""
    if not valid.all():
        values[~valid] = 0
    return values
