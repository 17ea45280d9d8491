"""Predictions of an image's tiles, put together on the grid that is asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.errors import EarthError
from lib.localearth.prediction.model import Arrays, Model, Size, predictions
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image, Mask, Plane, Reading, Source, intersect
from lib.localearth.raster.outline import inverse
from lib.localearth.raster.projection import PixelType, Projection, Transform
from lib.localearth.raster.resampling import NUDGE, nearest, offset_within, window_of
from lib.localearth.raster.sources import cast

STRIP_ROWS = 256  # input rows that are read at once where tiles are lower


@dataclass(frozen=True)
class _Tile:
    """A tile that is to be predicted: its place among tiles, and its inputs."""

    column: int
    row: int
    inputs: Arrays
    mask: Mask  # of the output's pixels


class Predicted(Source):
    """Outputs of a model for the tiles of an image.

    Tiles lie at multiples of the tile's size from the origin of the projection, so what is sent
    for a place does not depend on how a request is cut into blocks.

    Args:
        image: Inputs are its bands.
        model: Says how tiles are cut.
        url: Of the endpoint.
        properties: Further inputs, the same for every tile.
    """

    def __init__(self, image: Image, model: Model, url: str, properties: Arrays) -> None:
        """Keep them."""
        if model.tile is None or model.output_tile is None:
            raise EarthError("Parameter 'inputTileSize' is required for image predictions.")
        self._image = image
        self._model = model
        self._url = url
        self._properties = properties
        self._tile: Size = model.tile
        self._output: Size = model.output_tile

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        """Predict the tiles that the grid meets and take the nearest pixels."""
        inputs = self.input_projection(grid)
        outer = self.output_projection(inputs)

        def window(asked: Grid) -> list[Plane]:
            return self._window(asked, inputs, outer, reading)

        planes = nearest(grid, outer, window, what="Model.predictImage")
        return [planes[index] for index in indices]

    def input_projection(self, grid: Grid) -> Projection:
        """Where pixels are sampled for a grid."""
        if self._model.fixed:
            return self._model.projection or self._image.bands[0].projection
        return Projection(grid.crs, _anchored(grid.transform))

    def output_projection(self, inputs: Projection) -> Projection:
        """Pixels of the output: larger than those of the input where fewer come back."""
        a, b, c, d, e, f = inputs.transform
        across = self._tile[0] / self._output[0]
        down = self._tile[1] / self._output[1]
        return Projection(inputs.crs, (a * across, b * down, c, d * across, e * down, f))

    def _window(
        self, asked: Grid, inputs: Projection, outer: Projection, reading: Reading
    ) -> list[Plane]:
        """Predict a window of the output's own pixels."""
        offset = offset_within(asked, outer)
        if offset is None:
            raise EarthError("The window is not on the output's pixels.")
        kinds = self._model.output_bands
        result = _Mosaic(asked, offset, self._output, kinds)
        tiles = self._tiles(inputs, _span(offset, asked, self._output), reading)
        waiting: list[_Tile] = []

        def instances() -> Iterator[Arrays]:
            for tile in tiles:
                waiting.append(tile)
                yield tile.inputs

        names = tuple(kinds)
        for found in predictions(self._model, self._url, instances(), names):
            tile = waiting.pop(0)
            for name in names:
                result.put(name, tile, self._cut(name, found[name]))
        return result.planes()

    def _tiles(self, inputs: Projection, span: tuple[range, range], reading: Reading) -> Any:
        """The tiles of a span, read in strips across it."""
        columns, rows = span
        width, height = self._tile
        at_once = max(1, STRIP_ROWS // height)
        left, top = self._model.overlap[0] // 2, self._model.overlap[1] // 2
        for first in range(rows.start, rows.stop, at_once):
            here = range(first, min(first + at_once, rows.stop))
            strip = window_of(
                inputs,
                columns.start * width - left,
                first * height - top,
                len(columns) * width + self._model.overlap[0],
                len(here) * height + self._model.overlap[1],
            )
            planes = self._image.planes(strip, reading)
            mask = intersect(*(plane.mask for plane in planes))
            arrays = {
                band.name: self._tensor(band.name, band.type, plane)
                for band, plane in zip(self._image.bands, planes, strict=True)
            }
            for row in here:
                for column in columns:
                    corner = ((column - columns.start) * width, (row - first) * height)
                    yield _Tile(column, row, self._inputs(arrays, corner), self._part(mask, corner))

    def _tensor(self, name: str, kind: PixelType, plane: Plane) -> NDArray[Any]:
        """A band as `(rows, columns, ...)`, 0 where it is masked; plain numbers get an axis."""
        kind = self._model.types.get(name, kind)
        data = cast(plane.data, kind)
        if data.dtype == object and not plane.valid.any():
            data = np.zeros(data.shape + self._model.shapes.get(name, ()), kind.dtype)
        if data.dtype == object:
            raise EarthError(f"Array band '{name}' has pixels of different shapes.")
        shape = self._shape(name, data)
        if plane.mask is not None:
            valid = plane.valid.reshape(plane.valid.shape + (1,) * (data.ndim - 2))
            data = np.where(valid, data, data.dtype.type(0))
        return data.reshape(data.shape[:2] + (shape or (1,)))

    def _shape(self, name: str, data: NDArray[Any]) -> tuple[int, ...]:
        found = data.shape[2:]
        wanted = self._model.shapes.get(name, found)
        if wanted != found:
            raise EarthError(
                f"Band '{name}' has pixels of shape {list(found)}, but inputShapes says "
                f"{list(wanted)}."
            )
        return found

    def _inputs(self, arrays: Mapping[str, NDArray[Any]], corner: Size) -> Arrays:
        x, y = corner
        width = self._tile[0] + self._model.overlap[0]
        height = self._tile[1] + self._model.overlap[1]
        cut = {name: array[y : y + height, x : x + width] for name, array in arrays.items()}
        return cut | self._properties

    def _part(self, mask: Mask, corner: Size) -> Mask:
        """The least mask of the input pixels under each output pixel of a tile."""
        if mask is None:
            return None
        x = corner[0] + self._model.overlap[0] // 2
        y = corner[1] + self._model.overlap[1] // 2
        inner = mask[y : y + self._tile[1], x : x + self._tile[0]]
        if self._tile == self._output:
            return inner
        rows = np.arange(self._output[1]) * self._tile[1] // self._output[1]
        columns = np.arange(self._output[0]) * self._tile[0] // self._output[0]
        least = np.minimum if inner.dtype != bool else np.logical_and
        found: Mask = least.reduceat(least.reduceat(inner, rows, axis=0), columns, axis=1)
        return found

    def _cut(self, name: str, found: NDArray[Any]) -> NDArray[Any]:
        """An output as `(rows, columns, ...)` of the tile alone, in its band's type.

        Raises:
            EarthError: It is of another size or rank.
        """
        kind = self._model.output_bands[name]
        if found.dtype.kind not in "fiub":
            raise EarthError(f"Output '{name}' is not of numbers.")
        width, height = self._output
        wide = width + self._model.overlap[0] * width // self._tile[0]
        high = height + self._model.overlap[1] * height // self._tile[1]
        rank = 2 + kind.dimensions
        if found.ndim == rank + 1 and found.shape[-1] == 1:
            found = found[..., 0]
        if found.ndim == kind.dimensions and (width, height) == (1, 1):
            found = found[None, None]
        if found.ndim != rank or found.shape[:2] not in ((height, width), (high, wide)):
            raise EarthError(
                f"Output '{name}' has the shape {list(found.shape)}; {height} x {width} pixels of "
                f"{kind.dimensions} dimensions were expected."
            )
        if found.shape[:2] == (high, wide):
            top, left = (high - height) // 2, (wide - width) // 2
            found = found[top : top + height, left : left + width]
        return cast(found, kind)


class _Mosaic:
    """Output tiles laid beside each other within a window."""

    def __init__(
        self, window: Grid, offset: Size, tile: Size, kinds: Mapping[str, PixelType]
    ) -> None:
        self._size = (window.height, window.width)
        self._offset = offset
        self._tile = tile
        self._kinds = kinds
        self._data: Arrays = {}
        self._mask = np.ones(self._size, np.float32)

    def put(self, name: str, tile: _Tile, found: NDArray[Any]) -> None:
        rows, inner_rows = self._along(1, tile.row)
        columns, inner_columns = self._along(0, tile.column)
        if name not in self._data:
            shape = self._size + found.shape[2:]
            self._data[name] = np.zeros(shape, self._kinds[name].dtype)
        target = self._data[name]
        if target.shape[2:] != found.shape[2:]:
            raise EarthError(f"Output '{name}' has pixels of different shapes.")
        target[rows, columns] = found[inner_rows, inner_columns]
        if tile.mask is not None:
            self._mask[rows, columns] = tile.mask[inner_rows, inner_columns]

    def planes(self) -> list[Plane]:
        mask: Mask = None
        if not (self._mask == 1).all():
            whole = ((self._mask == 0) | (self._mask == 1)).all()
            mask = self._mask > 0 if whole else self._mask
        return [Plane(self._data[name], mask) for name in self._kinds]

    def _along(self, axis: int, number: int) -> tuple[slice, slice]:
        """Where a tile lies within the window, and which part of it."""
        start = number * self._tile[axis] - self._offset[axis]
        first = max(start, 0)
        last = min(start + self._tile[axis], self._size[1 - axis])
        return slice(first, last), slice(first - start, last - start)


def _span(offset: Size, window: Grid, tile: Size) -> tuple[range, range]:
    """Columns and rows of the tiles that a window meets."""
    return (
        range(offset[0] // tile[0], (offset[0] + window.width - 1) // tile[0] + 1),
        range(offset[1] // tile[1], (offset[1] + window.height - 1) // tile[1] + 1),
    )


def _anchored(transform: Transform) -> Transform:
    """The same pixels, counted from the one that holds the origin of the CRS."""
    a, b, c, d, e, f = transform
    linear = inverse((a, b, 0.0, d, e, 0.0))
    column = np.floor(linear[0] * c + linear[1] * f + NUDGE)
    row = np.floor(linear[3] * c + linear[4] * f + NUDGE)
    return (a, b, float(c - a * column - b * row), d, e, float(f - d * column - e * row))
