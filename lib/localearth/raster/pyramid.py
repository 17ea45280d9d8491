"""Pyramids of own rasters: each level halves the resolution by reducing blocks of 2 x 2 pixels.

Policies follow developers.google.com/earth-engine/reference/rest/v1/PyramidingPolicy: MEAN is the
mask-weighted mean, MODE the value with the most mask; masks become the mean of the four.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from rasterio.windows import Window

Pixels = NDArray[Any]
Reduce = Callable[[Pixels, NDArray[np.uint8]], Pixels]

TOP = 256  # the last level fits in a square of this side
STRIP = 1024  # side of the windows that are copied or reduced at once
_TILE = 256


def level_count(width: int, height: int) -> int:
    """How many levels a raster has, its own among them."""
    count = 1
    while max(width, height) > TOP:
        width, height, count = (width + 1) // 2, (height + 1) // 2, count + 1
    return count


def new_level(path: Path, *, width: int, height: int, count: int, dtype: str) -> Any:
    """Open a GeoTIFF for writing, in tiles that are quick to read.

    Where it lies stands in the asset's description; the transform here only keeps GDAL quiet.
    """
    profile: dict[str, Any] = {
        "driver": "GTiff", "width": width, "height": height, "count": count, "dtype": dtype,
        "tiled": True, "blockxsize": _TILE, "blockysize": _TILE, "interleave": "band",
        "compress": "zstd", "zstd_level": 1, "predictor": 2 if dtype[0] in "ui" else 1,
        "bigtiff": "if_safer", "transform": Affine(2, 0, 0, 0, -2, 0),
    }  # fmt: skip
    return rasterio.open(path, "w", **profile)


def windows(width: int, height: int, side: int = STRIP) -> Iterator[Window]:
    """Cover a raster with windows of at most that side."""
    for row in range(0, height, side):
        for column in range(0, width, side):
            yield Window(column, row, min(side, width - column), min(side, height - row))


def build(folder: Path, levels: int, *, masks: int, policy: str) -> None:
    """Write levels 1 and up from level 0.

    Args:
        folder: Holds `0.tif` and, where there are masks, `0.mask.tif`.
        levels: How many there shall be, level 0 among them.
        masks: 0, 1 for all bands, or one for each.
        policy: One of `POLICIES`.
    """
    for level in range(1, levels):
        _build_level(folder, level, masks, POLICIES[policy])


def _build_level(folder: Path, level: int, masks: int, reduce: Reduce) -> None:
    with rasterio.open(folder / f"{level - 1}.tif") as below:
        width, height = (below.width + 1) // 2, (below.height + 1) // 2
        size = {"width": width, "height": height}
        values = new_level(
            folder / f"{level}.tif", **size, count=below.count, dtype=below.dtypes[0]
        )
        with values:
            for window in windows(width, height):
                _reduce_values(folder, level, window, below, values, masks, reduce)
    if masks:
        _build_mask_level(folder, level, width, height, masks)


def _reduce_values(
    folder: Path, level: int, window: Window, below: Any, above: Any, masks: int, reduce: Reduce
) -> None:
    wide = _doubled(window, below.width, below.height)
    weights = np.full((1, wide.height, wide.width), 255, np.uint8)
    if masks:
        with rasterio.open(folder / f"{level - 1}.mask.tif") as mask:
            weights = mask.read(window=wide)
    for number in range(1, below.count + 1):
        weight = weights[0 if len(weights) == 1 else number - 1]
        reduced = reduce(blocks(below.read(number, window=wide)), blocks(weight))
        above.write(reduced, number, window=window)


def _build_mask_level(folder: Path, level: int, width: int, height: int, masks: int) -> None:
    path = folder / f"{level}.mask.tif"
    with (
        rasterio.open(folder / f"{level - 1}.mask.tif") as below,
        new_level(path, width=width, height=height, count=masks, dtype="uint8") as above,
    ):
        for window in windows(width, height):
            wide = _doubled(window, below.width, below.height)
            for number in range(1, masks + 1):
                above.write(
                    reduce_mask(blocks(below.read(number, window=wide))), number, window=window
                )


def _doubled(window: Window, width: int, height: int) -> Window:
    column, row = 2 * window.col_off, 2 * window.row_off
    return Window(
        column, row, min(2 * window.width, width - column), min(2 * window.height, height - row)
    )


def blocks(pixels: Pixels) -> Pixels:
    """Bring each 2 x 2 block to the front: `(h, w)` becomes `(4, h / 2, w / 2)`, edges repeated."""
    height, width = pixels.shape
    padded = np.pad(pixels, ((0, height % 2), (0, width % 2)), mode="edge")
    return np.stack(
        [padded[0::2, 0::2], padded[0::2, 1::2], padded[1::2, 0::2], padded[1::2, 1::2]]
    )


def reduce_mean(values: Pixels, weights: NDArray[np.uint8]) -> Pixels:
    """Mean of `(4, h, w)` weighted by the masks; integers are rounded half up."""
    shares = weights.astype(np.float64)
    total = shares.sum(axis=0)
    known = np.where(weights > 0, values, 0).astype(np.float64)
    mean = (known * shares).sum(axis=0) / np.where(total > 0, total, 1.0)
    if values.dtype.kind in "ui":
        mean = np.floor(mean + 0.5)
    reduced: Pixels = mean.astype(values.dtype)
    return reduced


def reduce_mode(values: Pixels, weights: NDArray[np.uint8]) -> Pixels:
    """The value of `(4, h, w)` that has the most mask; the first of equals."""
    shares = weights.astype(np.int32)
    votes = np.stack([((values == own) * shares).sum(axis=0) for own in values])
    votes = np.where(weights > 0, votes, -1)
    best = votes.argmax(axis=0)
    picked: Pixels = np.take_along_axis(values, best[None], axis=0)[0]
    return picked


def reduce_mask(masks: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mean of `(4, h, w)`, never 0 where one of them is not."""
    mean = (masks.astype(np.uint16).sum(axis=0) + 2) // 4
    reduced: NDArray[np.uint8] = np.maximum(mean, masks.any(axis=0)).astype(np.uint8)
    return reduced


def reduce_sample(values: Pixels, weights: NDArray[np.uint8]) -> Pixels:  # noqa: ARG001
    """The first of `(4, h, w)`."""
    first: Pixels = values[0]
    return first


def reduce_min(values: Pixels, weights: NDArray[np.uint8]) -> Pixels:
    """The least valid one of `(4, h, w)`."""
    return _extreme(values, weights, np.minimum)


def reduce_max(values: Pixels, weights: NDArray[np.uint8]) -> Pixels:
    """The greatest valid one of `(4, h, w)`."""
    return _extreme(values, weights, np.maximum)


def _extreme(values: Pixels, weights: NDArray[np.uint8], better: np.ufunc) -> Pixels:
    best: Pixels = values[0].copy()
    known = weights[0] > 0
    for value, weight in zip(values[1:], weights[1:], strict=True):
        valid = weight > 0
        best = np.where(known & valid, better(best, value), np.where(valid, value, best))
        known |= valid
    return best


POLICIES: dict[str, Reduce] = {
    "mean": reduce_mean,
    "mode": reduce_mode,
    "sample": reduce_sample,
    "min": reduce_min,
    "max": reduce_max,
}
