"""How a product of the planet becomes an image: its bands, and planes on any grid."""

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from lib.localearth.planet.scene import Scene
from lib.localearth.planet.view import blocks
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Band, Image, Plane, Reading, Source
from lib.localearth.raster.projection import PixelType, Projection

UINT8 = PixelType("int", 0, 255)
UINT16 = PixelType("int", 0, 65535)
UNIT_INTERVAL = PixelType("float", 0, 1)
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


Part = tuple[NDArray[Any], NDArray[np.bool_]]


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
            parts = self.part(block, names) or {}
            for name, (values, mask) in parts.items():
                data[name][place] = values
                masks[name][place] = mask
        return [Plane(data[name], None if masks[name].all() else masks[name]) for name in names]


def scene_image(
    scene: Scene, source: PlanetSource, asset_id: str, properties: Mapping[str, Any]
) -> Image:
    """The image of a scene: bands on its pixels, at the sizes that the source names."""
    left, bottom, right, top = scene.bounds
    bands = []
    for index, info in enumerate(source.bands):
        size = float(info.scale_m)
        projection = Projection(scene.crs, (size, 0.0, left, 0.0, -size, top))
        shape = math.ceil((right - left) / size), math.ceil((top - bottom) / size)
        bands.append(Band(info.name, info.type, projection, source, index, shape))
    return Image(tuple(bands), properties, scene.geometry(), f"{asset_id}/{scene.index}")
