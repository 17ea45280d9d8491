"""How much memory a request will need, told before it starts.

Windows of the image that grow in size are evaluated and what they hold at once is weighed. A window
of side n with a margin of m on every side costs c (n + 2m)^2, so three sides tell a parabola, which
is continued to the side that is asked for.
"""

import marshal
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import psutil

from lib.localearth.errors import EarthError
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image, Reading
from lib.localearth.raster.weighing import weigh

LIMIT_BYTES = 2**30  # of the process that answers
POOL_BYTES = 400 * 2**20  # what one of the pool's holds at most; a trainer holds more of its own
SIDES = (512, 256, 128, 64, 32)  # of the parts that may be evaluated at once
OUTPUT_COPIES = 3  # bands, the file that is made of them, and its bytes
_PROBED = (8, 24, 64)
_SMALL_BYTES = 32 * 2**20  # what the smallest probe promises to stay below is not probed further
WITHOUT_REFERENCES = 2  # the version of marshal whose bytes depend on the values alone
# Names of functions that may hold far more than a few numbers for each pixel.
_HEAVY = re.compile(
    rb"neighborhood|Kernel\.|[aA]rray(?!Value)|[mM]atrix|toBands|reduceResolution|connected"
)
FEATURE_BYTES = 800  # of a sampled feature with its point
VALUE_BYTES = 32  # of one of its values


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
    few = grid.width * grid.height < _PROBED[-1] ** 2  # the largest would cost more than the answer
    if few or small or pixel * _PROBED[-1] ** 2 > LIMIT_BYTES / 2:  # nor what it would not survive
        return Need((pixel, 0.0, 0.0))
    peaks = [first, *(_peak(image, grid, side) for side in _PROBED[1:])]
    a, b, c = np.polyfit(_PROBED, peaks, 2)
    if a < 0:  # what does not grow with the pixels hides what does
        return Need((peaks[-1] / _PROBED[-1] ** 2, 0.0, 0.0))
    return Need((float(a), float(b), float(c)))


def _peak(image: Image, grid: Grid, side: int) -> int:
    """Bytes that are held at once while a square is evaluated."""
    column, row = max(0, (grid.width - side) // 2), max(0, (grid.height - side) // 2)
    window = grid.window(column, row, side, side)
    return weigh(lambda reading: image.planes(window, reading))


def is_heavy(expression: Any) -> bool:
    """Whether an expression calls functions that may hold much for each pixel."""
    return bool(_HEAVY.search(marshal.dumps(expression, WITHOUT_REFERENCES)))


def block_side(image: Image, grid: Grid, reading: Reading, *, most: int, kept: float = 0) -> int:
    """The side of blocks in which an image is read for an aggregation or for samples.

    Args:
        image: What is read; it is measured where the request is heavy or keeps much.
        grid: All pixels that may be read.
        reading: The request; it remembers what was measured.
        most: The side where memory sets no limit.
        kept: Bytes that are kept of all blocks.

    Raises:
        EarthError: Not even the smallest blocks fit.
    """
    small = grid.width * grid.height <= _PROBED[-1] ** 2
    if small or not reading.heavy:
        return most
    key = (tuple((id(b.source), b.index) for b in image.bands), grid.crs, grid.transform[:2])
    if key not in reading.needs:
        reading.needs[key] = image, probe(image, grid)
    need: Need = reading.needs[key][1]
    return min(most, part_side(need, round(kept)))


def free_bytes(held: int | None = None) -> int:
    """Bytes that a request may still take beside what its process holds."""
    resident = min(psutil.Process().memory_info().rss, POOL_BYTES) if held is None else held
    return LIMIT_BYTES - resident


def require(needed: float, what: str) -> None:
    """Refuse what will not fit.

    Args:
        needed: Bytes.
        what: What needs them, such as "400000 features".

    Raises:
        EarthError: It will not.
    """
    free = free_bytes()
    if needed > free:
        raise EarthError(
            f"User memory limit exceeded. {what} would need some {needed / 2**20:.0f} MB, and "
            f"{max(free, 0) / 2**20:.0f} MB are left."
        )


def require_features(count: float, values: int) -> None:
    """Refuse a sample that will not fit.

    Args:
        count: Features.
        values: Values of each.

    Raises:
        EarthError: It will not.
    """
    needed = sample_bytes(count, values)
    require(needed, f"A sample of {count:.0f} features of {values} values")


def sample_bytes(count: float, values: int) -> float:
    """Bytes of the features of a sample, each with its point, and of the pixels under them."""
    return count * (FEATURE_BYTES + values * VALUE_BYTES)


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
    free = free_bytes(held) - output
    for side in SIDES:
        if need.at(side) <= free:
            return side
    raise EarthError(
        "User memory limit exceeded. "
        f"A part of {SIDES[-1]} x {SIDES[-1]} pixels would need some "
        f"{need.at(SIDES[-1]) / 2**20:.0f} MB, and {max(free, 0) / 2**20:.0f} MB are left."
    )
