"""How a product of the planet becomes an image: its bands, and planes on any grid."""

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from lib.localearth.planet.view import blocks
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Plane, Reading, Source
from lib.localearth.raster.projection import PixelType

UINT8 = PixelType("int", 0, 255)
UINT16 = PixelType("int", 0, 65535)
UINT32 = PixelType("int", 0, 2**32 - 1)
INT16 = PixelType("int", -32768, 32767)
FLOAT = PixelType("float")
DOUBLE = PixelType("double")


@dataclass(frozen=True)
class BandInfo:
    """A band of a product.

    Attributes:
        name: Its name.
        type: What it holds.
        scale_m: Size of its pixels in metres.
    """

    name: str
    type: PixelType
    scale_m: int


Part = tuple[NDArray[Any], NDArray[np.bool_] | None]


class PlanetSource(Source):
    """Reads the part of a grid that meets an area, block by block."""

    def __init__(self, bands: Sequence[BandInfo], area: BaseGeometry) -> None:
        """Keep the bands and what they cover."""
        self.bands = tuple(bands)
        self.area = area

    @abstractmethod
    def part(self, grid: Grid, names: tuple[str, ...]) -> Mapping[str, Part] | None:
        """Values and masks `(height, width)` on a small grid; None where all is masked."""

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        """Planes of bands, masked outside of the area."""
        del reading
        chosen = [self.bands[index] for index in indices]
        names = tuple(band.name for band in chosen)
        shape = (grid.height, grid.width)
        data = {band.name: np.zeros(shape, band.type.dtype) for band in chosen}
        masks = {name: np.zeros(shape, bool) for name in names}
        for block, place in blocks(grid, self.area):
            parts = self.part(block, names)
            for name in names if parts is not None else ():
                assert_part = parts[name] if parts is not None else None
                if assert_part is None:
                    continue
                values, mask = assert_part
                data[name][place] = values
                masks[name][place] = True if mask is None else mask
        return [Plane(data[name], None if masks[name].all() else masks[name]) for name in names]


Maker = Callable[[Grid, tuple[str, ...]], Mapping[str, Part] | None]
