"""What an evaluation holds at once, weighed as its planes pass by; nothing is traced.

The weight is that of all planes that are alive, of a copy of what the source just read was made
of, or of what functions announce that work on stacks or tables of their own.
"""

import threading
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Plane, Reading, Source, held

ARRAY_BYTES = 160  # of an array that is a pixel, beside its elements
PLANE_BYTES = 300  # of a plane beside its pixels: two arrays, and its place among those known
_thread = threading.local()


def announce(count: float) -> None:
    """Tell this thread's weighing, if there is one, of bytes that are held beside the planes."""
    weighing: Weighing | None = getattr(_thread, "weighing", None)
    if weighing is not None:
        weighing.hold(count)


def weigh(work: Callable[[Reading], Any]) -> int:
    """Bytes that are held at once while images are read with the reading that is given."""
    outer = getattr(_thread, "weighing", None)
    _thread.weighing = weighing = Weighing()
    try:
        work(weighing)
    finally:
        _thread.weighing = outer
    return round(weighing.peak)


class Weighing(Reading):
    """A reading that weighs what passes.

    Attributes:
        peak: The most bytes that were held at once.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        super().__init__()
        self.peak = 0.0
        self._alive = _Alive()
        self._inputs: list[dict[int, int]] = [{}]

    def planes(self, source: Source, grid: Grid, indices: Sequence[int]) -> list[Plane]:
        """Planes of a source; they are inputs of the source that is being read."""
        self._inputs.append({})
        found = super().planes(source, grid, indices)
        inputs = self._inputs.pop()
        before = self._alive.total
        for plane in found:
            for array in (plane.data, plane.mask):
                if array is not None:
                    key, size = self._alive.add(array)
                    self._inputs[-1][key] = size
        self.hold(max(sum(inputs.values()), self._alive.total - before))
        return found

    def hold(self, count: float) -> None:
        """Take note of bytes that are held beside the planes."""
        self.peak = max(self.peak, self._alive.total + len(self._memo) * PLANE_BYTES + count)


class _Alive:
    """Bytes of the arrays that still exist of those that were added.

    What is seen of an array counts: a plane may be a small part of what a cache keeps anyway.
    """

    def __init__(self) -> None:
        self.total = 0
        self._sizes: dict[int, int] = {}
        self._owners: dict[int, weakref.ref[NDArray[Any]]] = {}

    def add(self, array: NDArray[Any]) -> tuple[int, int]:
        """Count the array whose memory is shown until it goes; tell its key and its bytes."""
        owner = _owner(array)
        key = id(owner)
        if key not in self._owners:

            def forget(_: object) -> None:
                del self._owners[key]
                self.total -= self._sizes.pop(key)

            self._owners[key] = weakref.ref(owner, forget)
        before = self._sizes.get(key, 0)
        self._sizes[key] = max(before, min(_bytes_of(owner), _bytes_of(array)))
        self.total += self._sizes[key] - before
        return key, self._sizes[key]


def _owner(array: NDArray[Any]) -> NDArray[Any]:
    """The array whose memory a view shows; NumPy puts other objects between some of them."""
    owner, base = array, array.base
    while base is not None:
        if isinstance(base, np.ndarray):
            owner = base
        base = getattr(base, "base", None)
    return owner


def _bytes_of(array: NDArray[Any]) -> int:
    if array.dtype != object:
        return held(array)
    owners = {id(owner): owner for owner in map(_owner, array.flat)}
    return array.nbytes + array.size * ARRAY_BYTES + sum(map(held, owners.values()))
