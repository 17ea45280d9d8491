"""Class maps as GeoTIFF: one byte a pixel, a colour table, names and how it was made."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray

from lib.core.grid import Grid
from lib.core.legend import Legend

NODATA = 255

SIMULATED = "yes: computed by Loam's simulated planet, not observed on the Earth"
"""What a file's tag "SIMULATED" says where any of its pixels come from the planet."""


def write_class_map(
    path: Path,
    class_index: NDArray[np.int16],
    grid: Grid,
    legend: Legend,
    *,
    tags: Mapping[str, str],
) -> None:
    """Write a tiled, compressed GeoTIFF whose values are the legend's class values.

    Args:
        path: File to write.
        class_index: `(height, width)` positions in the legend, -1 where there is no class.
        grid: Where the pixels lie.
        legend: Classes; values must fit in 0..254, else positions are written and said so.
        tags: Metadata of the file, such as how it was made.
    """
    codes = class_codes(legend)
    values = np.where(class_index < 0, NODATA, codes[np.clip(class_index, 0, None)]).astype(
        np.uint8
    )
    profile = {
        "driver": "GTiff",
        "height": grid.shape[0],
        "width": grid.shape[1],
        "count": 1,
        "dtype": "uint8",
        "crs": grid.crs,
        "transform": rasterio.Affine(*grid.transform),
        "nodata": NODATA,
        "compress": "deflate",
        "tiled": True,
        "blockxsize": 256,
        "blockysize": 256,
    }
    with rasterio.open(path, "w", **profile) as file:
        file.write(values, 1)
        file.set_band_description(1, "class")
        file.write_colormap(1, colour_table(legend))
        file.update_tags(**tags, **class_tags(legend))
        file.build_overviews([2, 4, 8, 16], rasterio.enums.Resampling.mode)


def class_tags(legend: Legend) -> dict[str, str]:
    """Metadata that name the classes by their byte."""
    pairs = zip(class_codes(legend), legend.classes, strict=True)
    return {f"CLASS_{code}": item.name for code, item in pairs}


def class_codes(legend: Legend) -> NDArray[np.int64]:
    """The byte written for each class: its value, or its position where values do not fit."""
    values = np.asarray(legend.values)
    fits = values.min() >= 0 and values.max() < NODATA
    return values if fits else np.arange(len(values))


def colour_table(legend: Legend) -> dict[int, tuple[int, int, int, int]]:
    """Colours by byte value, opaque, with nodata transparent."""
    table = {
        int(code): (*_rgb(item.color), 255)
        for code, item in zip(class_codes(legend), legend.classes, strict=True)
    }
    return {**table, NODATA: (0, 0, 0, 0)}


def _rgb(color: str) -> tuple[int, int, int]:
    digits = color.lstrip("#")
    return int(digits[0:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
