"""How much memory a request for pixels will need, told before it starts.

Windows of the image that grow in size are evaluated and their peaks of memory measured. A window
of side n with a margin of m on every side costs c (n + 2m)^2, so three sides tell a parabola, which
is continued to the side that is asked for.
"""

import threading
import tracemalloc
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psutil

from lib.localearth.errors import EarthError
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image, Reading

LIMIT_BYTES = 2**30  # of the process that answers
POOL_BYTES = 400 * 2**20  # what one of the pool's holds at most; a trainer holds more of its own
SIDES = (512, 256, 128, 64, 32)  # of the parts that may be evaluated at once
OUTPUT_COPIES = 3  # bands, the file that is made of them, and its bytes
_PROBED = (8, 24, 64)
_SMALL_BYTES = 32 * 2**20  # what the smallest probe promises to stay below is not probed further
_tracing = threading.Lock()  # tracemalloc knows no threads


@dataclass(frozen=True)
class Need:
    """Bytes that the evaluation of a square of an image needs.

    Attributes:
        curve: Coefficients of a parabola of the side, the highest power first.
    """

    curve: tuple[float, float, float]

    def at(self, side: int) -> float:
        """Bytes for a square of that side."""
        a, b, c = self.curve
        return max(a * side**2 + b * side + c, 0.0)


def probe(image: Image, grid: Grid) -> Need:
    """Measure small squares in the middle of a grid.

    A pixel of the smallest costs the most, because of its margins. Where that many bytes for every
    pixel are few, the larger ones are not measured.
    """
    first = _peak(image, grid, _PROBED[0])
    pixel = first / _PROBED[0] ** 2
    small = pixel * SIDES[0] ** 2 <= _SMALL_BYTES
    if small or pixel * _PROBED[-1] ** 2 > LIMIT_BYTES / 2:  # nor what a probe would not survive
        return Need((pixel, 0.0, 0.0))
    peaks = [first, *(_peak(image, grid, side) for side in _PROBED[1:])]
    a, b, c = np.polyfit(_PROBED, peaks, 2)
    if a < 0:  # what does not grow with the pixels hides what does
        return Need((peaks[-1] / _PROBED[-1] ** 2, 0.0, 0.0))
    return Need((float(a), float(b), float(c)))


def _peak(image: Image, grid: Grid, side: int) -> int:
    """Bytes that are allocated at once while a square is evaluated."""
    column, row = max(0, (grid.width - side) // 2), max(0, (grid.height - side) // 2)
    window = grid.window(column, row, side, side)
    with _tracing:
        tracemalloc.start(1)
        try:
            image.planes(window, Reading())
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def output_bytes(grid: Grid, sizes: Sequence[int]) -> int:
    """Bytes of an answer with pixels of these sizes, and of its copies on the way."""
    return grid.width * grid.height * sum(sizes) * OUTPUT_COPIES


def part_side(need: Need, output: int, *, held: int | None = None) -> int:
    """The side of parts in which a request fits into memory.

    Args:
        need: Of its image.
        output: Bytes of its answer and copies.
        held: Bytes that the process holds already; None to look.

    Raises:
        EarthError: Not even the smallest parts fit.
    """
    resident = min(psutil.Process().memory_info().rss, POOL_BYTES) if held is None else held
    free = LIMIT_BYTES - resident - output
    for side in SIDES:
        if need.at(side) <= free:
            return side
    raise EarthError(
        "User memory limit exceeded. "
        f"A part of {SIDES[-1]} x {SIDES[-1]} pixels would need some "
        f"{need.at(SIDES[-1]) / 2**20:.0f} MB, and {max(free, 0) / 2**20:.0f} MB are left."
    )
