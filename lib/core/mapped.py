"""Arrays that are mapped from files, and the memory that they take."""

import mmap
from typing import Any

from numpy.typing import NDArray


def release(x: NDArray[Any]) -> None:
    """Give memory back that was filled from a mapped file; what is read again comes from disk.

    Args:
        x: An array; one that is mapped from no file is left alone.
    """
    base: Any = x
    while base is not None and not isinstance(base, mmap.mmap):
        base = getattr(base, "base", None)
    if base is not None and hasattr(base, "madvise"):
        base.madvise(mmap.MADV_DONTNEED)
