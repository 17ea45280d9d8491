"""Cleaning a finished map: small patches and single pixels.

Accuracy and area are those of the file that is handed over: assess a map after it was cleaned.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.core.errors import RasterError
from lib.core.grid import Grid

_TYPES = ("uint8", "uint16", "int16", "int32")

Codes = NDArray[Any]
Mask = NDArray[np.bool_]


def sieve(
    classes: Codes, pixels: int, *, valid: Mask | None = None, diagonal: bool = False
) -> Codes:
    """Give patches smaller than so many pixels the class of their largest neighbour.

    As GDAL does it (GDALSieveFilter): the largest by pixels, not by border; patches among small
    ones only stay; of neighbours of equal size the first met wins, so that a turned map may differ.

    Args:
        classes: Map, shape (height, width), of an integer type.
        pixels: Patches of fewer pixels go; those of just as many stay.
        valid: Where the map has data; other pixels stay as they are and are nobody's neighbour.
        diagonal: Whether pixels that touch at a corner belong together.

    Raises:
        RasterError: The map is not of integers, or so few pixels that nothing would change.
    """
    from rasterio.features import sieve as gdal_sieve  # slow import

    if classes.dtype.name not in _TYPES:
        raise _error(
            f"A map of {classes.dtype.name} has no patches.", f"Use one of {', '.join(_TYPES)}."
        )
    if pixels < 2:
        raise _error(
            f"No patch is smaller than {pixels} pixels.", "Keep patches of 2 pixels or more."
        )
    mask = None if valid is None else valid.astype(np.uint8) * 255
    kept = gdal_sieve(classes, pixels, mask=mask, connectivity=8 if diagonal else 4)
    return np.asarray(kept if valid is None else np.where(valid, kept, classes), classes.dtype)


def least_pixels(area_ha: float, grid: Grid) -> int:
    """Return the pixels of a minimum mapping unit, rounded up, for `sieve`.

    Args:
        area_ha: Least area of a patch in hectares.
        grid: Where the map lies.

    Raises:
        RasterError: Pixels of the grid differ in area, as those in degrees do.
    """
    areas = np.asarray(grid.pixel_area_m2)
    if not np.allclose(areas, areas[0], rtol=1e-6):
        raise _error(
            f"Pixels in {grid.crs} differ in area from row to row.",
            "Project the map to metres first, or give the number of pixels.",
        )
    return math.ceil(area_ha * 10_000 / float(areas[0]) - 1e-9)


def majority(classes: Codes, *, side: int = 3, valid: Mask | None = None) -> Codes:
    """Give each pixel the most frequent class of the window around it.

    Of equally frequent classes the pixel's own wins, else the lowest code. Pixels without data
    have no say and stay. Lines and small true patches suffer: once is enough.

    Args:
        classes: Map, shape (height, width).
        side: Side of the window in pixels, odd.
        valid: Where the map has data; None for everywhere.

    Raises:
        RasterError: A window without a centre.
    """
    from scipy.ndimage import convolve  # slow import

    if side < 3 or side % 2 == 0:
        raise _error(f"A window of {side} pixels has no centre.", "Choose 3, 5 or 7.")
    there = np.ones(classes.shape, dtype=bool) if valid is None else valid
    best = np.zeros(classes.shape, dtype=np.int32)
    winner, own = classes.copy(), np.zeros(classes.shape, dtype=np.int32)
    window = np.ones((side, side), dtype=np.int32)
    for code in np.unique(classes[there]):
        mine = (classes == code) & there
        votes = convolve(mine.astype(np.int32), window, mode="constant")
        own[mine] = votes[mine]
        more = votes > best
        winner[more], best[more] = code, votes[more]
    return np.where(there & (best > own), winner, classes)


def _error(message: str, hint: str) -> RasterError:
    return RasterError(message, hint=hint, field="map")
