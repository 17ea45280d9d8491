"""Images made of arrays, and the functions of Local Earth called as a graph would call them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from shapely.geometry import box

from lib.localearth.context import Context
from lib.localearth.functions import load_all
from lib.localearth.geometry import Geometry
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import BandSpec, Image, Plane, Reading, Source, image_from
from lib.localearth.raster.projection import Projection, Transform, type_of_dtype
from lib.localearth.raster.resampling import nearest, offset_within

UTM = "EPSG:32633"
TEN_METRES: Transform = (10.0, 0.0, 500000.0, 0.0, -10.0, 5300000.0)


class ArraySource(Source):
    """Arrays on a projection's pixels, read as nearest pixels and masked outside."""

    def __init__(
        self, arrays: Sequence[Any], masks: Sequence[Any] | None, projection: Projection
    ) -> None:
        self.arrays = [np.asarray(array) for array in arrays]
        self.masks = masks or [None] * len(arrays)
        self.projection = projection
        self.pixels_read = 0

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        return nearest(
            grid, self.projection, lambda window: self._window(window, indices), what="test"
        )

    def _window(self, grid: Grid, indices: tuple[int, ...]) -> list[Plane]:
        offset = offset_within(grid, self.projection)
        assert offset is not None
        columns = np.arange(grid.width) + offset[0]
        rows = np.arange(grid.height) + offset[1]
        self.pixels_read += grid.width * grid.height
        return [self._plane(index, rows, columns) for index in indices]

    def _plane(self, index: int, rows: Any, columns: Any) -> Plane:
        array, mask = self.arrays[index], self.masks[index]
        height, width = array.shape
        at = np.ix_(np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1))
        inside = ((rows >= 0) & (rows < height))[:, None] & (columns >= 0) & (columns < width)
        valid = inside if mask is None else np.where(inside, np.asarray(mask)[at], 0)
        return Plane(array[at], None if mask is None and inside.all() else valid)


@dataclass(frozen=True)
class Laboratory:
    """What tests do with images."""

    context: Context

    def call(self, name: str, *arguments: Any, **named: Any) -> Any:
        """Call a function by its Earth Engine name."""
        return self.context.call(name, *arguments, **named)

    def image(
        self,
        *arrays: Any,
        names: Sequence[str] | None = None,
        masks: Sequence[Any] | None = None,
        crs: str = UTM,
        transform: Transform = TEN_METRES,
        properties: Mapping[str, Any] | None = None,
    ) -> Image:
        """An image of arrays; bands are B1, B2, … unless named."""
        found = [np.atleast_2d(np.asarray(array)) for array in arrays]
        projection = Projection(crs, transform)
        height, width = found[0].shape
        labels = names or [f"B{index + 1}" for index in range(len(found))]
        specs = [
            BandSpec(name, type_of_dtype(array.dtype), projection, (width, height))
            for name, array in zip(labels, found, strict=True)
        ]
        a, _, c, _, e, f = transform
        outline = box(c, f + e * height, c + a * width, f)
        masks = None if masks is None else [None if m is None else np.atleast_2d(m) for m in masks]
        return image_from(
            ArraySource(found, masks, projection),
            specs,
            properties=properties,
            footprint=Geometry(outline, crs, geodesic=False),
        )

    def grid(
        self, width: int, height: int = 1, *, crs: str = UTM, transform: Transform = TEN_METRES
    ) -> Grid:
        """A grid, by default of the pixels that images have."""
        return Grid(crs, transform, width, height)

    def planes(self, image: Image, grid: Grid | None = None) -> dict[str, Plane]:
        """Planes by band name, by default on the first band's own pixels."""
        if grid is None:
            band = image.bands[0]
            width, height = band.dimensions or (1, 1)
            grid = Grid(band.projection.crs, band.projection.transform, width, height)
        return dict(zip(image.names, image.planes(grid, Reading()), strict=True))

    def values(self, image: Image, grid: Grid | None = None) -> dict[str, Any]:
        """Nested lists by band name; None where a pixel is masked."""
        return {name: self._listed(plane) for name, plane in self.planes(image, grid).items()}

    def row(self, image: Image, grid: Grid | None = None) -> list[Any]:
        """The first row of the first band."""
        return list(next(iter(self.values(image, grid).values()))[0])

    def weights(self, image: Image, grid: Grid | None = None) -> list[list[float]]:
        """Masks of the first band, as numbers in 0..1."""
        plane = next(iter(self.planes(image, grid).values()))
        listed: list[list[float]] = plane.weights.tolist()
        return listed

    def rectangle(self, west: float, south: float, east: float, north: float) -> Geometry:
        """A rectangle in columns and rows of 10 m from the images' upper left corner."""
        x, y = TEN_METRES[2], TEN_METRES[5]
        return Geometry(
            box(x + 10 * west, y - 10 * south, x + 10 * east, y - 10 * north), UTM, geodesic=False
        )

    @staticmethod
    def _listed(plane: Plane) -> list[list[Any]]:
        valid = plane.valid
        return [
            [
                plane.data[row, column].tolist() if valid[row, column] else None
                for column in range(w)
            ]
            for row, w in enumerate([plane.data.shape[1]] * plane.data.shape[0])
        ]


@pytest.fixture
def lab() -> Laboratory:
    """A context without assets, and what makes and reads images."""
    load_all()
    return Laboratory(Context(_no_asset))


def _no_asset(asset_id: str) -> None:
    return None
