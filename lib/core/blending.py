"""Joining probabilities of overlapping tiles without seams."""

import numpy as np
from numpy.typing import NDArray

from lib.core.errors import RasterError

_LEAST_WEIGHT = 1e-6  # at the edge of an image, where one tile stands alone

Floats = NDArray[np.float64]


def blending_window(side: int) -> Floats:
    """Return the weights of a tile, shape (side, side), largest in the middle.

    A periodic Hann window: best of those that Pielawski and Wählby 2020 (PLoS ONE 15, e0229839)
    compare. Tiles that overlap by half add up to 1; the symmetric window would not.

    Args:
        side: Pixels on a side.

    Raises:
        RasterError: A side below 2.
    """
    if side < 2:
        raise RasterError(
            f"A tile of {side} pixel cannot be blended.", hint="Use larger tiles.", field="tile"
        )
    line = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(side) / side)
    return np.outer(line, line)


class Blend:
    """Adds up tiles of probabilities, weighed by a window.

    Args:
        shape: (height, width) of the whole.
        n_classes: Number of classes.

    Example:
        >>> blend = Blend((4, 4), 2)
        >>> blend.add(np.full((4, 4, 2), 0.5), 0, 0)
        >>> blend.probabilities()[1, 2].tolist()
        [0.5, 0.5]
    """

    def __init__(self, shape: tuple[int, int], n_classes: int) -> None:
        self._sums = np.zeros((*shape, n_classes))
        self._weights = np.zeros(shape)

    def add(
        self, tile: NDArray[np.floating], row: int, col: int, valid: NDArray[np.bool_] | None = None
    ) -> None:
        """Add a square tile, of which parts may lie outside.

        Args:
            tile: Probabilities, shape (side, side, classes).
            row: Row of its upper left pixel; may be below 0.
            col: Column of it.
            valid: Where it has data; None for everywhere.
        """
        side = tile.shape[0]
        weight = np.maximum(blending_window(side), _LEAST_WEIGHT)
        if valid is not None:
            weight = weight * valid
        height, width = self._weights.shape
        inside = (
            slice(max(0, -row), min(side, height - row)),
            slice(max(0, -col), min(side, width - col)),
        )
        if any(part.stop <= part.start for part in inside):
            return
        at = tuple(
            slice(first + part.start, first + part.stop)
            for first, part in zip((row, col), inside, strict=True)
        )
        self._sums[at] += (
            np.where(weight[inside][..., None] > 0, tile[inside], 0) * (weight[inside][..., None])
        )
        self._weights[at] += weight[inside]

    def probabilities(self) -> Floats:
        """Return the mean of the tiles, shape (height, width, classes); NaN where none has data."""
        below = self._weights[..., None]
        return np.where(below > 0, self._sums / np.where(below > 0, below, 1.0), np.nan)
