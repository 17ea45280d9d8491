"""Neighbours as bands, and neighbourhoods as arrays."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image, Mask, Plane, Reading, Source
from lib.localearth.raster.neighbourhood import (
    Cell,
    cells_of,
    margin_of,
    shifted_plane,
)
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.sources import Pixels, band_like, from_source
from lib.localearth.registry import implements
from lib.localearth.values import Kernel


def _bands(image: Image, indices: Sequence[int]) -> Image:
    return Image(tuple(image.bands[index] for index in indices))


class NeighbourBands(Source):
    """For each band one plane a kernel cell: what lies there."""

    def __init__(self, image: Image, cells: Sequence[Cell]) -> None:
        """Keep the image and the cells."""
        self._image = image
        self._cells = list(cells)
        self._margin = margin_of(cells)

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        """Read with a margin and show each part of it."""
        count = len(self._cells)
        wanted = sorted({index // count for index in indices})
        planes = _bands(self._image, wanted).planes(self._margin.around(grid), reading)
        by_band = dict(zip(wanted, planes, strict=True))
        return [
            shifted_plane(by_band[index // count], self._cells[index % count], self._margin, grid)
            for index in indices
        ]


@implements("Image.neighborhoodToBands")
def neighborhood_to_bands(image: Image, kernel: Kernel) -> Image:
    """Give each neighbour a band of its own, named band_x_y by its offset."""
    cells = cells_of(_sized(image, kernel))
    source = NeighbourBands(image, cells)
    bands = [
        band_like(band, f"{band.name}_{cell.x}_{cell.y}", band.type, source, b * len(cells) + c)
        for b, band in enumerate(image.bands)
        for c, cell in enumerate(cells)
    ]
    return image.with_bands(bands)


def _sized(image: Image, kernel: Kernel) -> Kernel:
    """A kernel whose size must be known before a grid is: that of the image's own pixels."""
    return kernel.at(image.bands[0].projection.nominal_scale) if image.bands else kernel


@implements("Image.neighborhoodToArray")
def neighborhood_to_array(image: Image, kernel: Kernel, default_value: float) -> Image:
    """Turn each pixel into the array of the pixels around it, rows first."""
    weights = _sized(image, kernel).weights
    height, width = weights.shape
    cells = cells_of(_sized(image, kernel), all_cells=True)
    margin = margin_of(cells)
    kinds = [replace(band.type, dimensions=2) for band in image.bands]

    class Windows(Source):
        def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
            planes = _bands(image, indices).planes(margin.around(grid), reading)
            return [
                Plane(self._windows(plane, kinds[index]), self._mask(plane, grid))
                for index, plane in zip(indices, planes, strict=True)
            ]

        def _windows(self, plane: Plane, kind: PixelType) -> Pixels:
            data = plane.data
            if plane.mask is not None:
                fill = _fitting(default_value, kind)
                data = np.where(plane.valid, data, fill).astype(kind.dtype, copy=False)
            return np.lib.stride_tricks.sliding_window_view(data, (height, width))

        def _mask(self, plane: Plane, grid: Grid) -> Mask:
            return shifted_plane(plane, Cell(0, 0, 1.0), margin, grid).mask

    return from_source(image, Windows(), types=kinds)


def _fitting(value: float, kind: PixelType) -> Any:
    if kind.precision != "int":
        return value
    info = np.iinfo(kind.dtype.name)
    return kind.dtype.type(int(np.clip(np.trunc(value), info.min, info.max)))
