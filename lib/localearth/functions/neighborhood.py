"""Kernels laid on images: convolution, reductions of neighbourhoods, neighbours as bands."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from lib.localearth.assumptions import choice
from lib.localearth.errors import EarthError
from lib.localearth.functions.image_collection import joined_rows
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image, Mask, Plane, Reading, Source, intersect
from lib.localearth.raster.neighbourhood import (
    Cell,
    Margin,
    cells_of,
    margin_of,
    shifted,
    shifted_plane,
    strips,
    weights_with_margin,
)
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.reduction import Outcome, outcome, reduce_stacks
from lib.localearth.raster.sources import band_like, from_source
from lib.localearth.reducers.base import Reducer
from lib.localearth.registry import implements, register
from lib.localearth.values import Kernel

STACK_BYTES = 64 * 2**20


def _bands(image: Image, indices: Sequence[int]) -> Image:
    return Image(tuple(image.bands[index] for index in indices))


class Neighbourhoods(Source):
    """A reducer over the pixels under a kernel around each pixel."""

    def __init__(
        self, image: Image, reducer: Reducer, kernel: Kernel, found: Outcome, how: tuple[str, bool]
    ) -> None:
        """Keep all; `how` is what weighs the inputs and whether masked pixels stay masked."""
        self._image = image
        self._reducer = reducer
        self._kernel = kernel
        self._outcome = found
        self._weighing, self._skip_masked = how

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        """Reduce in strips, so that the stack of neighbours stays small."""
        cells = cells_of(self._kernel.at(grid.projection.nominal_scale))
        if not cells:
            raise EarthError("Image.reduceNeighborhood: The kernel has no weights.")
        calls = sorted({self._outcome.needed(index)[0] for index in indices})
        bands = sorted({band for call in calls for band in self._outcome.groups[call]})
        margin = margin_of(cells)
        planes = _bands(self._image, bands).planes(margin.around(grid), reading)
        by_band = dict(zip(bands, planes, strict=True))
        found = {call: self._call(call, by_band, cells, margin, grid) for call in calls}
        return [found[call][output] for call, output in map(self._outcome.needed, indices)]

    def _call(
        self, call: int, planes: dict[int, Plane], cells: list[Cell], margin: Margin, grid: Grid
    ) -> list[Plane]:
        group = [planes[band] for band in self._outcome.groups[call]]
        outputs = len(self._outcome.names) // len(self._outcome.groups)
        kinds = self._outcome.types[call * outputs : (call + 1) * outputs]
        size = grid.width * len(cells) * sum(plane.data.itemsize + 4 for plane in group)
        parts: list[list[Plane]] = []
        top = 0
        for strip in strips(grid, size, STACK_BYTES):
            rows = slice(top, top + strip.height + margin.top + margin.bottom)
            part = [Plane(p.data[rows], None if p.mask is None else p.mask[rows]) for p in group]
            parts.append(self._strip(part, cells, margin, strip, kinds))
            top += strip.height
        return [joined_rows(strips_of) for strips_of in zip(*parts, strict=True)]

    def _strip(
        self,
        planes: list[Plane],
        cells: list[Cell],
        margin: Margin,
        grid: Grid,
        kinds: Sequence[PixelType],
    ) -> list[Plane]:
        stacks = [np.stack([shifted(p.data, c, margin, grid) for c in cells]) for p in planes]
        weights = [self._weights(plane, cells, margin, grid) for plane in planes]
        found = reduce_stacks(self._reducer, stacks, weights, kinds)
        found = [Plane(plane.data, _whole(plane.mask)) for plane in found]
        if not self._skip_masked:
            return found
        centre = Cell(0, 0, 1.0)
        own = intersect(*(shifted_plane(plane, centre, margin, grid).mask for plane in planes))
        return [Plane(plane.data, intersect(plane.mask, own)) for plane in found]

    def _weights(
        self, plane: Plane, cells: list[Cell], margin: Margin, grid: Grid
    ) -> NDArray[np.float32]:
        kernel = np.array([cell.weight for cell in cells], np.float32)[:, None, None]
        shape = (len(cells), grid.height, grid.width)
        if plane.mask is None:
            return np.broadcast_to(np.float32(1) if self._weighing == "mask" else kernel, shape)
        masks = np.stack([shifted(plane.weights, cell, margin, grid) for cell in cells])
        if self._weighing == "mask":
            return masks
        if self._weighing == "min":
            return np.asarray(np.minimum(masks, kernel))
        return np.where(masks > 0, kernel, np.float32(0))


def _whole(mask: Mask) -> Mask:
    """Weights of a kernel are no opacity: a neighbourhood's answer is valid or not."""
    return None if mask is None else mask > 0


@implements("Image.reduceNeighborhood")
def reduce_neighborhood(
    image: Image,
    reducer: Reducer,
    kernel: Kernel,
    input_weight: str,
    skip_masked: bool,
    optimization: str | None,
) -> Image:
    """Reduce the pixels under a kernel around each pixel; bands are named band_output."""
    if input_weight not in ("kernel", "mask", "min"):
        raise EarthError(f"Unknown inputWeight '{input_weight}'. Use 'kernel', 'mask' or 'min'.")
    return neighbourhoods(image, reducer, kernel, (input_weight, skip_masked), plain="suffix")


def neighbourhoods(
    image: Image, reducer: Reducer, kernel: Kernel, how: tuple[str, bool], *, plain: str
) -> Image:
    """The image of a reducer over neighbourhoods."""
    found = outcome(reducer, image.names, [band.type for band in image.bands], plain=plain)
    source = Neighbourhoods(image, reducer, kernel, found, how)
    bands = [
        band_like(image.bands[found.groups[found.needed(i)[0]][0]], name, kind, source, i)
        for i, (name, kind) in enumerate(zip(found.names, found.types, strict=True))
    ]
    return image.with_bands(bands)


def _focal(reducer_name: str) -> Callable[..., Image]:
    def focal(
        context: Any,
        image: Image,
        radius: float,
        kernel_type: str,
        units: str,
        iterations: int,
        kernel: Kernel | None,
    ) -> Image:
        if kernel is None:
            if kernel_type not in ("circle", "square", "cross", "plus", "octagon", "diamond"):
                raise EarthError(f"Unknown kernelType '{kernel_type}'.")
            kernel = context.call(f"Kernel.{kernel_type}", radius, units, normalize=False)
        reducer = context.call(f"Reducer.{reducer_name}")
        how = ("kernel", choice("focal_fills") == "keep")
        for _ in range(int(iterations)):
            image = neighbourhoods(image, reducer, kernel, how, plain="keep")
        return image

    return focal


for _reducer in ("min", "max", "median", "mode", "mean"):
    for _name in (
        f"Image.focal{_reducer.capitalize()}",
        f"Image.focal_{_reducer}",
        f"Window.{_reducer}",
    ):
        register(_name, _focal(_reducer))


@implements("Image.convolve")
def convolve(image: Image, kernel: Kernel) -> Image:
    """Combine the pixels under a kernel linearly, each band by itself."""
    kinds = [_convolved_type(band.type) for band in image.bands]

    class Convolved(Source):
        def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
            sized = kernel.at(grid.projection.nominal_scale)
            if choice("convolve_flip") == "convolve":
                weights = sized.weights[::-1, ::-1]
                sized = Kernel(
                    weights, weights.shape[1] - 1 - sized.x, weights.shape[0] - 1 - sized.y
                )
            cells = cells_of(sized)
            margin = margin_of(cells)
            planes = _bands(image, indices).planes(margin.around(grid), reading)
            return [
                linear_combination(plane, cells, margin, grid, kinds[index])
                for index, plane in zip(indices, planes, strict=True)
            ]

    return from_source(image, Convolved(), types=kinds)


def _convolved_type(kind: PixelType) -> PixelType:
    if kind.precision != "int":
        return PixelType(kind.precision)
    return PixelType("float" if kind.dtype.itemsize <= 2 else "double")


def linear_combination(
    plane: Plane, cells: list[Cell], margin: Margin, grid: Grid, kind: PixelType
) -> Plane:
    """Sum of weights times neighbours; masked ones are left out or mask the result."""
    values = np.where(plane.valid, plane.data, 0).astype(np.float64)
    kernel = kernel_array(cells, margin)
    inner = (
        slice(margin.top, margin.top + grid.height),
        slice(margin.left, margin.left + grid.width),
    )
    origin = (_origin(margin.top, margin.bottom), _origin(margin.left, margin.right))
    total = ndimage.correlate(values, kernel, mode="constant", origin=origin)[inner]
    centre = shifted_plane(plane, Cell(0, 0, 1.0), margin, grid)
    if plane.mask is None:
        return Plane(total.astype(kind.dtype, copy=False))
    positive = bool((kernel >= 0).all())
    weights = weights_with_margin(Plane(plane.data, plane.valid))
    seen = ndimage.correlate(weights, np.abs(kernel), mode="constant", origin=origin)[inner]
    whole = np.abs(kernel).sum()
    if positive and choice("convolve_masked") == "renormalise":
        share = np.where(seen > 0, seen / whole, 1.0)
        return Plane((total / share).astype(kind.dtype, copy=False), centre.mask)
    complete = seen >= whole * (1 - 1e-9)
    return Plane(total.astype(kind.dtype, copy=False), intersect(centre.mask, complete))


def kernel_array(cells: Sequence[Cell], margin: Margin) -> NDArray[np.float64]:
    """Cells as a matrix that spans the margin."""
    matrix = np.zeros((margin.top + margin.bottom + 1, margin.left + margin.right + 1))
    for cell in cells:
        down = cell.y if choice("neighbour_offset_y") == "down" else -cell.y
        matrix[margin.top + down, margin.left + cell.x] = cell.weight
    return matrix


def _origin(before: int, after: int) -> int:
    """SciPy's word for where the focus is: its distance from the middle of the matrix."""
    return before - (before + after + 1) // 2
