"""Arrays that are mapped from files, and the memory that they take."""

import mmap
from typing import Any

import numpy as np
from numpy.typing import NDArray

GATHERED_BYTES = 32 * 1024**2
"""Rows of a mapped file that are read before its memory is given back.

The system maps up to 2 MB around each place that is read, so that rows from everywhere take many
times their size (measured: 1.2 GB for 256 MB of rows of 170 kB).
"""


def release(x: NDArray[Any]) -> None:
    """Give memory back that was filled from a mapped file; what is read again comes from disk.

    Args:
        x: An array; one that is mapped from no file is left alone.
    """
    mapped = _mapping(x)
    if hasattr(mapped, "madvise"):
        mapped.madvise(mmap.MADV_DONTNEED)


def gather(x: NDArray[Any], rows: NDArray[Any]) -> NDArray[Any]:
    """Copy some rows, with little memory besides where the array is mapped from a file.

    Args:
        x: Any array.
        rows: Indices, or flags, along its first axis.
    """
    if _mapping(x) is None:
        return np.asarray(x[rows])
    at = np.arange(len(x))[rows]
    found = np.empty((len(at), *x.shape[1:]), x.dtype)
    step = max(1, GATHERED_BYTES // max(1, x[:1].nbytes))
    for first in range(0, len(at), step):
        found[first : first + step] = x[at[first : first + step]]
        release(x)
    return found


def _mapping(x: NDArray[Any]) -> Any:
    """The mapped file that an array looks at; None where there is none."""
    base: Any = x
    while base is not None and not isinstance(base, mmap.mmap):
        base = getattr(base, "base", None)
    return base
