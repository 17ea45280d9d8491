"""A raw file of bytes on disk whose blocks are written in any order."""

import os
import threading
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lib.core.grid import Window
from lib.deploy.disk import full_disk
from lib.deploy.geotiff import NODATA

_CHUNK_BYTES = 8 * 1024**2


class RawFile:
    """Bytes of all bands of each pixel, row by row.

    Args:
        path: The file.
        shape: (rows, columns, bands).
        fresh: Whether it begins with no answer everywhere; else what is there is kept.

    Raises:
        DeploymentError: The disk is full.
    """

    def __init__(self, path: Path, shape: tuple[int, int, int], *, fresh: bool) -> None:
        self.path = path
        self._shape = shape
        if fresh:
            self._fill()
        self._file = path.open("r+b", buffering=0)
        self._lock = threading.Lock()

    @property
    def size_bytes(self) -> int:
        """Bytes that the file takes."""
        return int(np.prod(self._shape, dtype=np.int64))

    def write(self, window: Window, values: NDArray[np.uint8]) -> None:
        """Write a block, shape (rows, columns) or (rows, columns, bands).

        Raises:
            DeploymentError: The disk is full.
        """
        _, width, bands = self._shape
        rows, cols = window
        packed = np.ascontiguousarray(values).reshape(rows.stop - rows.start, -1)
        try:
            with self._lock:
                for row, line in enumerate(packed, rows.start):
                    self._file.seek((row * width + cols.start) * bands)
                    self._put(line.data)
        except OSError as error:
            raise full_disk(self.path, error, needed=self.size_bytes) from error

    def _put(self, line: memoryview) -> None:
        while line:
            line = line[self._file.write(line) :]

    def sync(self) -> None:
        """Wait until everything is on the disk."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _fill(self) -> None:
        """Take all the space now, so that a full disk is met before any work is done."""
        chunk = memoryview(bytes([NODATA]) * _CHUNK_BYTES)
        left = self.size_bytes
        try:
            with self.path.open("wb", buffering=0) as file:
                while left:
                    left -= file.write(chunk[: min(left, _CHUNK_BYTES)])
        except OSError as error:
            self.path.unlink(missing_ok=True)
            raise full_disk(self.path, error, needed=self.size_bytes) from error
