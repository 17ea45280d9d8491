"""Mapped area by class."""

import numpy as np
from numpy.typing import NDArray

from lib.core.grid import Grid

M2_PER_HA = 10_000.0


def area_by_class(
    class_index: NDArray[np.int16], grid: Grid, class_count: int
) -> NDArray[np.float64]:
    """Sum pixel areas class by class.

    Args:
        class_index: `(height, width)` positions in the legend, -1 where there is no class.
        grid: Where the pixels lie; rows of a geographic grid differ in pixel area.
        class_count: Number of classes.

    Returns:
        `(class_count,)` hectares.
    """
    rows = np.repeat(np.arange(class_index.shape[0]), class_index.shape[1])
    flat = class_index.ravel().astype(np.int64)
    known = flat >= 0
    cells = rows[known] * class_count + flat[known]
    counts = np.bincount(cells, minlength=class_index.shape[0] * class_count)
    by_row = counts.reshape(class_index.shape[0], class_count)
    return grid.pixel_area_m2 @ by_row / M2_PER_HA
