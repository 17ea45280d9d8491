"""Sources that most functions are made of, and how arrays of pixels are brought together."""

# ruff: noqa: ARG002 - all sources are read alike

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.errors import EarthError
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Band, Image, Plane, Reading, Source
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.weighing import ARRAY_BYTES, announce

Pixels = NDArray[Any]
BandCompute = Callable[[int, list[Plane]], Plane]


class Constant(Source):
    """The same value everywhere: one number, or one array, a band; costs no memory."""

    def __init__(self, values: Sequence[Pixels]) -> None:
        """Keep the values, each with its final type."""
        self._values = [np.asarray(value) for value in values]

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        """Spread the values over the grid without copying them."""
        size = (grid.height, grid.width)
        return [Plane(np.broadcast_to(value, size + value.shape)) for value in self._pick(indices)]

    def _pick(self, indices: tuple[int, ...]) -> list[Pixels]:
        return [self._values[index] for index in indices]


class Banded(Source):
    """Band i of the result comes from band i of each image, or from its only band."""

    def __init__(self, images: Sequence[Image], compute: BandCompute) -> None:
        """Keep the function: it gets i and one plane per image, and returns plane i."""
        self._images = tuple(images)
        self._compute = compute

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        """Read only the bands that are wanted."""
        columns = [planes_of(image, indices, grid, reading) for image in self._images]
        return [
            self._compute(index, [column[position] for column in columns])
            for position, index in enumerate(indices)
        ]


class Whole(Source):
    """A source whose planes a function computes from all bands of one image on the grid."""

    def __init__(
        self, image: Image, compute: Callable[[list[Plane], tuple[int, ...]], list[Plane]]
    ) -> None:
        """Keep the function: it gets all planes and the wanted indices."""
        self._image = image
        self._compute = compute

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        """Read all bands and compute the planes that are wanted."""
        return self._compute(self._image.planes(grid, reading), indices)


class OnGrid(Source):
    """A source whose planes follow from the grid alone, or from images read on other grids."""

    def __init__(self, compute: Callable[[Grid, tuple[int, ...], Reading], list[Plane]]) -> None:
        """Keep the function."""
        self._compute = compute

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        """Call the function."""
        return self._compute(grid, indices, reading)


def planes_of(image: Image, indices: Sequence[int], grid: Grid, reading: Reading) -> list[Plane]:
    """Planes of the bands with these indices; an only band serves for every index."""
    only = len(image.bands) == 1
    bands = tuple(image.bands[0 if only else index] for index in indices)
    return Image(bands).planes(grid, reading)


def is_constant(data: Pixels) -> bool:
    """Whether all pixels are one value in memory."""
    return data.strides[0] == 0 and data.strides[1] == 0


def slim(data: Pixels) -> Pixels:
    """Keep one pixel of a constant plane; it broadcasts against the others."""
    return data[:1, :1] if is_constant(data) and data.size else data


def spread(data: Pixels, size: tuple[int, int]) -> Pixels:
    """Spread the one pixel of a constant plane again."""
    if data.shape[:2] == size:
        return data
    return np.broadcast_to(data, size + data.shape[2:])


def aligned(arrays: Sequence[Pixels]) -> list[Pixels]:
    """Give plain numbers the trailing axes of the array pixels beside them.

    Raises:
        EarthError: Array pixels of different rank or shape meet.
    """
    rank = max(array.ndim for array in arrays)
    result = []
    for array in arrays:
        if array.ndim not in (2, rank):
            raise EarthError(f"Array dimensions do not match: {array.ndim - 2} and {rank - 2}.")
        result.append(array.reshape(array.shape + (1,) * (rank - array.ndim)))
    if rank > 2:
        _check_shapes(result)
    return result


def _check_shapes(arrays: Sequence[Pixels]) -> None:
    shapes = {array.shape[2:] for array in arrays if array[0, 0].size != 1}
    if len(shapes) > 1:
        first, second = sorted(shapes)[:2]
        raise EarthError(f"Array shapes do not match: {list(first)} and {list(second)}.")


def compute_pixels(function: Callable[..., Pixels], planes: Sequence[Plane]) -> Pixels:
    """Apply a function of arrays to planes: constants as one pixel, ragged pixels by shape.

    Args:
        function: Takes one array `(h, w, …)` per plane, h and w perhaps 1, returns another.
        planes: Of one size.
    """
    size = planes[0].data.shape[:2]
    if any(plane.data.dtype == object for plane in planes):
        return by_shape(function, planes)
    return spread(function(*(slim(plane.data) for plane in planes)), (size[0], size[1]))


def compute_with_numbers(
    function: Callable[..., Pixels], planes: Sequence[Plane], numbers: Sequence[Plane]
) -> Pixels:
    """Apply a function that also takes whole numbers, which may differ between pixels.

    Args:
        function: Takes one array per plane and then one tuple of ints.
        planes: Array pixels.
        numbers: Plain pixels.
    """
    size = planes[0].data.shape[:2]
    ragged = any(plane.data.dtype == object for plane in planes)
    if not ragged and all(is_constant(plane.data) for plane in numbers):
        values = tuple(int(plane.data[0, 0]) for plane in numbers) if size[0] * size[1] else ()
        return spread(function(*(slim(plane.data) for plane in planes), values), (size[0], size[1]))
    return by_shape(function, planes, numbers)


def by_shape(
    function: Callable[..., Pixels], planes: Sequence[Plane], numbers: Sequence[Plane] = ()
) -> Pixels:
    """Apply a function to pixels whose arrays differ in shape, one shape at a time."""
    valid = np.logical_and.reduce([plane.valid for plane in (*planes, *numbers)])
    size = valid.shape
    flat = [plane.data.reshape((-1, *plane.data.shape[2:])) for plane in planes]
    groups: dict[tuple[Any, ...], list[int]] = {}
    for pixel in np.flatnonzero(valid).tolist():
        values = tuple(int(plane.data.flat[pixel]) for plane in numbers)
        shapes = tuple(np.shape(column[pixel]) for column in flat)
        groups.setdefault((shapes, values), []).append(pixel)
    result = np.empty(size[0] * size[1], object)
    for pixel in range(len(result)):
        result[pixel] = np.zeros(0)
    made = 0
    for (_, values), members in groups.items():
        stacked = [np.stack([column[pixel] for pixel in members])[:, None] for column in flat]
        found = function(*stacked, values) if numbers else function(*stacked)
        made += sum(stack.nbytes for stack in (*stacked, found))
        announce(made + 2 * len(result) * ARRAY_BYTES)  # a view of each pixel, before and after
        for pixel, value in zip(members, found, strict=True):
            result[pixel] = value[0]
    return regular(result.reshape(size), valid)


def regular(data: Pixels, valid: NDArray[np.bool_]) -> Pixels:
    """Turn ragged pixels into one array where all valid ones have the same shape."""
    if data.dtype != object:
        return data
    found = list(data[valid])
    if len({np.shape(value) for value in found}) != 1:
        return data
    result = np.zeros((*data.shape, *np.shape(found[0])), np.asarray(found[0]).dtype)
    result[valid] = np.stack(found)
    return result


def cast(data: Pixels, kind: PixelType) -> Pixels:
    """Bring numbers into a type: fractions are cut off, values beyond the range clamped."""
    dtype = kind.dtype
    if data.dtype == object:
        return _each(data, lambda value: cast(value, kind))
    if data.dtype == bool or dtype.kind == "f":
        return data.astype(dtype, copy=False)
    low, high = kind.minimum, kind.maximum
    info = np.iinfo(dtype.name)
    low = info.min if low is None else low
    high = info.max if high is None else high
    if data.dtype.kind != "f":
        held = np.iinfo(data.dtype)
        if low <= held.min and held.max <= high:
            return data.astype(dtype, copy=False)
        return np.clip(data, max(low, held.min), min(high, held.max)).astype(dtype)
    return _cut(data, low, high, dtype)


def _cut(data: Pixels, low: float, high: float, dtype: np.dtype[Any]) -> Pixels:
    """Truncate floats into integers; NaN becomes 0."""
    wide = np.nan_to_num(np.asarray(data, np.float64), nan=0.0, posinf=np.inf, neginf=-np.inf)
    clamped = np.trunc(np.clip(wide, float(low), float(high)))
    with np.errstate(invalid="ignore"):
        result = clamped.astype(dtype)
    top = wide >= float(high)
    if dtype.itemsize == 8 and top.any():  # float64 cannot hold 2**63 - 1
        result[top] = high
    return result


def _each(data: Pixels, function: Callable[[Any], Any]) -> Pixels:
    result = np.empty(data.shape, object)
    flat = result.reshape(-1)
    for position, value in enumerate(data.reshape(-1)):
        flat[position] = function(value)
    return result


def from_source(
    image: Image,
    source: Source,
    *,
    names: Sequence[str] | None = None,
    types: Sequence[PixelType] | None = None,
) -> Image:
    """The image with the same bands read from another source, perhaps renamed or retyped."""
    bands = []
    for index, band in enumerate(image.bands):
        name = names[index] if names is not None else band.name
        kind = types[index] if types is not None else band.type
        bands.append(replace(band, name=name, type=kind, source=source, index=index))
    return image.with_bands(bands)


def band_like(band: Band, name: str, kind: PixelType, source: Source, index: int) -> Band:
    """A band at another's place with its own name, type and source."""
    return replace(band, name=name, type=kind, source=source, index=index)


def unique_names(names: Sequence[str]) -> list[str]:
    """Suffix repeated names with _1, _2, … so that all differ."""
    taken: set[str] = set()
    result = []
    for name in names:
        fresh, count = name, 0
        while fresh in taken:
            count += 1
            fresh = f"{name}_{count}"
        taken.add(fresh)
        result.append(fresh)
    return result
