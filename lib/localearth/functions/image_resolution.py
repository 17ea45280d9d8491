"""`reduceResolution`: all input pixels under an output pixel are reduced to one value."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lib.localearth.errors import EarthError
from lib.localearth.functions.image_collection import joined_rows
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image, Plane, Reading, Source
from lib.localearth.raster.neighbourhood import strips
from lib.localearth.raster.projection import PixelType, Projection
from lib.localearth.raster.reduction import Outcome, outcome, reduce_stacks, working_bytes
from lib.localearth.raster.resampling import NUDGE, at_level, pixel_coordinates, window_of
from lib.localearth.raster.sources import Pixels, band_like
from lib.localearth.raster.weighing import announce
from lib.localearth.reducers.base import Reducer
from lib.localearth.registry import implements

Floats = NDArray[np.float64]
Kinds = Sequence[PixelType]
STACK_BYTES = 64 * 2**20
SPANS_BYTES = 110  # of a pixel: edges, first pixels and shares, measured with tracemalloc


class Coarsened(Source):
    """A reducer over the pixels of an image's own projection under each pixel of a grid."""

    def __init__(
        self, image: Image, reducer: Reducer, found: Outcome, limit: int, *, best_effort: bool
    ) -> None:
        """Keep all; `limit` is the greatest number of input pixels for one output pixel."""
        self._image = image
        self._reducer = reducer
        self._outcome = found
        self._limit = limit
        self._best_effort = best_effort

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        """Reduce call by call, in strips."""
        outputs = len(self._outcome.names) // len(self._outcome.groups)
        found: dict[int, list[Plane]] = {}
        for call in sorted({self._outcome.needed(index)[0] for index in indices}):
            bands = [self._image.bands[position] for position in self._outcome.groups[call]]
            kinds = self._outcome.types[call * outputs : (call + 1) * outputs]
            found[call] = self._call(Image(tuple(bands)), grid, reading, kinds)
        return [found[call][output] for call, output in map(self._outcome.needed, indices)]

    def _call(self, image: Image, grid: Grid, reading: Reading, kinds: Kinds) -> list[Plane]:
        native = self._native(image.bands[0].projection, grid)
        ratio = (grid.projection.nominal_scale / native.nominal_scale + 2) ** 2
        row = int(grid.width * ratio * 12 * len(image.bands))
        parts = [
            self._strip(image, native, strip, reading, kinds)
            for strip in strips(grid, row, STACK_BYTES)
        ]
        return [joined_rows(each) for each in zip(*parts, strict=True)]

    def _native(self, projection: Projection, grid: Grid) -> Projection:
        """The input's pixels, or those of a coarser level where there would be too many.

        Raises:
            EarthError: There are too many, and the best effort is not enough.
        """
        ratio = grid.projection.nominal_scale / projection.nominal_scale
        level = 0
        while max(1, math.floor((ratio / 2**level) ** 2 + 1e-6)) > self._limit:
            level += 1
        if level and not self._best_effort:
            raise EarthError(
                "Image.reduceResolution: Too many input pixels per output pixel. Found "
                f"{round(ratio**2)}, but maxPixels allows only {self._limit}. "
                "Set bestEffort, or ask for a finer scale."
            )
        return at_level(projection, level)

    def _strip(
        self, image: Image, native: Projection, grid: Grid, reading: Reading, kinds: Kinds
    ) -> list[Plane]:
        left, right = spans(grid, native, axis=0)
        top, bottom = spans(grid, native, axis=1)
        first_x, first_y = np.floor(left + NUDGE), np.floor(top + NUDGE)
        columns = int((np.ceil(right - NUDGE) - first_x).max())
        rows = int((np.ceil(bottom - NUDGE) - first_y).max())
        x0, y0 = int(first_x.min()), int(first_y.min())
        width, height = int(first_x.max()) - x0 + columns, int(first_y.max()) - y0 + rows
        planes = image.planes(window_of(native, x0, y0, width, height), reading)
        stacks: list[list[Pixels]] = [[] for _ in planes]
        weights: list[list[Pixels]] = [[] for _ in planes]
        for j in range(rows):
            down = _overlap(first_y + j, top, bottom)
            for i in range(columns):
                share = (down * _overlap(first_x + i, left, right)).astype(np.float32)
                at = (first_y.astype(np.int64) - y0 + j, first_x.astype(np.int64) - x0 + i)
                for band, plane in enumerate(planes):
                    stacks[band].append(plane.data[at])
                    mask = 1 if plane.mask is None else plane.mask[at]
                    weights[band].append(share * mask)
        values, shares = [np.stack(each) for each in stacks], [np.stack(each) for each in weights]
        layers = 2 * sum(stack.nbytes for stack in (*values, *shares))  # apart, and on stacks
        spans_of = grid.width * grid.height * SPANS_BYTES
        announce(layers + spans_of + working_bytes(self._reducer, values))
        found = reduce_stacks(self._reducer, values, shares, kinds)
        return [_with_share(plane, weights) for plane in found]


def _with_share(plane: Plane, weights: list[list[Pixels]]) -> Plane:
    """The mask is the covered and valid share of the output pixel, 1 where it is all of it."""
    share = np.minimum.reduce([np.sum(each, axis=0) for each in weights])
    whole = share > 1 - 1e-4
    if (whole & plane.valid).all():
        return Plane(plane.data)
    mask = np.where(plane.valid, np.where(whole, 1, share), 0).astype(np.float32)
    return Plane(plane.data, mask)


def spans(grid: Grid, native: Projection, *, axis: int) -> tuple[Floats, Floats]:
    """From where to where each pixel of a grid reaches along an axis of other pixels."""
    wider = grid.window(0, 0, grid.width + 1, grid.height + 1)
    found = pixel_coordinates(wider, native)[axis]
    centre = found[: grid.height, : grid.width]
    change = np.abs(np.diff(found, axis=1 - axis))[: grid.height, : grid.width]
    return centre - change / 2, centre + change / 2


def _overlap(pixel: Floats, low: Floats, high: Floats) -> Floats:
    """Share of each span that lies in a pixel."""
    inside = np.minimum(high, pixel + 1) - np.maximum(low, pixel)
    return np.asarray(np.maximum(inside, 0) / np.maximum(high - low, 1e-12))


@implements("Image.reduceResolution")
def reduce_resolution(image: Image, reducer: Reducer, best_effort: bool, max_pixels: int) -> Image:
    """Reduce the pixels of the default projection where a coarser grid is asked for."""
    found = outcome(reducer, image.names, [band.type for band in image.bands], plain="keep")
    source = Coarsened(image, reducer, found, int(max_pixels), best_effort=best_effort)
    bands = [
        band_like(image.bands[found.groups[found.needed(i)[0]][0]], name, kind, source, i)
        for i, (name, kind) in enumerate(zip(found.names, found.types, strict=True))
    ]
    return image.with_bands(bands)
