"""Geometries and images at hand for tests."""

import numpy as np
import shapely

from lib.localearth.geometry import Geometry
from lib.localearth.raster.image import BandSpec, Image, Plane, Reading, Source, image_from
from lib.localearth.raster.projection import PixelType

POINT = Geometry(shapely.Point(12.0, 48.0))
BYTE = PixelType("int", 0, 255)
FLOAT = PixelType("float")


class ColumnRow(Source):
    """Band 0 is the x of each pixel's centre, band 1 its y, masked west of x = 0."""

    def __init__(self) -> None:
        self.grids = []

    def read(self, grid, indices, reading: Reading) -> list[Plane]:
        self.grids.append(grid)
        x, y = grid.centres()
        planes = [Plane(x.astype(np.float32), x >= 0), Plane(y.astype(np.float32))]
        return [planes[index] for index in indices]


def column_row(source: ColumnRow | None = None) -> Image:
    """An unbounded image of two float bands, "x" and "y"."""
    return image_from(source or ColumnRow(), [BandSpec("x", FLOAT), BandSpec("y", FLOAT)])
