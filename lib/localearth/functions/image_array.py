"""Array images: every pixel is an array; made, taken apart, shaped and reduced."""

# ruff: noqa: A002 - parameters are those of the signature list

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lib.localearth.errors import EarthError
from lib.localearth.raster import pixel_types as types
from lib.localearth.raster.elementwise import matched, place
from lib.localearth.raster.image import Band, Image, Plane, intersect
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.sources import (
    Banded,
    Pixels,
    Whole,
    band_like,
    by_shape,
    cast,
    compute_pixels,
    compute_with_numbers,
    from_source,
    slim,
    spread,
)
from lib.localearth.registry import implements

POSITION = PixelType("int", 0, 2**31 - 1)


@implements("Image.toArray")
def to_array(image: Image, axis: int) -> Image:
    """Join all bands along an axis into one band "array", masked where any is."""
    if not image.bands:
        raise EarthError("The image has no bands.")
    kind = types.union([types.plain(band.type) for band in image.bands])
    rank = max(axis + 1, *(band.type.dimensions for band in image.bands))
    kind = replace(kind, dimensions=rank)

    def compute(planes: list[Plane], indices: tuple[int, ...]) -> list[Plane]:
        if any(plane.data.dtype == object for plane in planes):
            data = by_shape(lambda *arrays: _joined(arrays, axis, kind), planes)
        else:
            size = planes[0].data.shape[:2]
            constant = all(slim(plane.data).shape[:2] == (1, 1) for plane in planes)
            arrays = [slim(plane.data) if constant else plane.data for plane in planes]
            data = spread(_joined(arrays, axis, kind), (size[0], size[1]))
        return [Plane(data, intersect(*(plane.mask for plane in planes)))]

    base = place(*image.bands)
    return image.with_bands([band_like(base, "array", kind, Whole(image, compute), 0)])


def _joined(arrays: Sequence[Pixels], axis: int, kind: PixelType) -> Pixels:
    """Concatenate pixels along an axis; the bands stay apart in memory, as products like it."""
    size = np.broadcast_shapes(*(array.shape[:2] for array in arrays))
    arrays = [np.broadcast_to(array, size + array.shape[2:]) for array in arrays]
    if axis == 0 and all(array.ndim == 2 for array in arrays):
        return np.moveaxis(np.stack(arrays).astype(kind.dtype, copy=False), 0, 2)
    grown = []
    for array in arrays:
        missing = max(axis + 1 - (array.ndim - 2), 0)
        grown.append(array.reshape(array.shape + (1,) * missing))
    if len({array.ndim for array in grown}) > 1:
        raise EarthError("Image.toArray: Bands must have arrays of the same dimensions.")
    return np.concatenate(grown, axis=2 + axis).astype(kind.dtype, copy=False)


@implements("Image.arrayProject")
def array_project(input: Image, axes: Sequence[int]) -> Image:
    """Keep some axes, in this order; the others must have length 1."""
    kinds = [replace(band.type, dimensions=len(axes)) for band in input.bands]

    def project(data: Pixels) -> Pixels:
        rank = data.ndim - 2
        dropped = [axis for axis in range(rank) if axis not in axes]
        for axis in dropped:
            if data.shape[2 + axis] != 1:
                raise EarthError(
                    f"Image.arrayProject: Cannot discard axis {axis} of length "
                    f"{data.shape[2 + axis]}; it must have length 1."
                )
        moved = np.transpose(data, [0, 1, *(2 + axis for axis in axes), *(2 + a for a in dropped)])
        return moved.reshape(moved.shape[: 2 + len(axes)]) if dropped else moved

    return mapped(input, project, kinds)


def mapped(image: Image, function: Callable[[Pixels], Pixels], kinds: list[PixelType]) -> Image:
    """Apply a function of arrays to each band, keeping masks."""

    def compute(index: int, planes: list[Plane]) -> Plane:
        data = compute_pixels(function, planes)
        return Plane(typed(data, kinds[index]), planes[0].mask)

    return from_source(image, Banded([image], compute), types=kinds)


def typed(data: Pixels, kind: PixelType) -> Pixels:
    """Bring pixels into a type, ragged ones aside."""
    return data if data.dtype in (object, kind.dtype) else cast(data, kind)


@implements("Image.arrayFlatten")
def array_flatten(
    image: Image, coordinate_labels: Sequence[Sequence[str]], separator: str
) -> Image:
    """Give every element of the array a band, named by its labels."""
    if len(image.bands) != 1:
        raise EarthError(f"The image must have exactly one band. Got {len(image.bands)}.")
    (band,) = image.bands
    shape = tuple(len(labels) for labels in coordinate_labels)
    names = [separator.join(labels) for labels in itertools.product(*coordinate_labels)]
    kind = types.plain(band.type)

    def compute(planes: list[Plane], indices: tuple[int, ...]) -> list[Plane]:
        (plane,) = planes
        data = plane.data
        if data.dtype == object and not plane.valid.any():
            data = np.zeros((*data.shape, *shape), kind.dtype)
        if data.shape[2:] != shape:
            raise EarthError(
                f"Image.arrayFlatten: The labels are for arrays of shape {list(shape)}, "
                f"but a pixel has shape {list(data.shape[2:])}."
            )
        places = list(np.ndindex(*shape))
        return [Plane(data[(..., *places[index])], plane.mask) for index in indices]

    source = Whole(image, compute)
    bands = [band_like(band, name, kind, source, index) for index, name in enumerate(names)]
    return image.with_bands(bands)


@implements("Image.arrayGet")
def array_get(image: Image, position: Image) -> Image:
    """Take the element at a position, which has one band an axis."""
    kinds = [types.plain(band.type) for band in image.bands]

    def compute(index: int, planes: list[Plane]) -> Plane:
        array, *places = planes
        data, inside = _element(array, places)
        mask = intersect(*(plane.mask for plane in planes))
        return Plane(typed(data, kinds[index]), mask if inside is None else intersect(mask, inside))

    axes = [position.with_bands([band]) for band in position.bands]
    return from_source(image, Banded([image, *axes], compute), types=kinds)


def _element(array: Plane, places: Sequence[Plane]) -> tuple[Pixels, Pixels | None]:
    data = array.data
    if data.dtype == object:
        found = by_shape(
            lambda values, at: values[(slice(None), slice(None), *at)], [array], places
        )
        return (found if found.dtype != object else np.zeros(found.shape)), None
    if data.ndim - 2 != len(places):
        raise EarthError(
            f"Image.arrayGet: The position has {len(places)} bands, "
            f"but the arrays have {data.ndim - 2} dimensions."
        )
    shape = data.shape[2:]
    if all(slim(plane.data).shape[:2] == (1, 1) for plane in places) and data.size:
        at = tuple(int(plane.data[0, 0]) for plane in places)
        if all(-length <= k < length for k, length in zip(at, shape, strict=True)):
            spot: Any = (..., *at)
            return data[spot], None
    columns = [plane.data.astype(np.int64) for plane in places]
    inside = np.logical_and.reduce(
        [(c >= 0) & (c < length) for c, length in zip(columns, shape, strict=True)]
    )
    clipped = [np.clip(c, 0, length - 1) for c, length in zip(columns, shape, strict=True)]
    rows, cols = np.indices(data.shape[:2])
    return data[(rows, cols, *clipped)], inside


@implements("Image.arrayArgmax")
def array_argmax(image: Image) -> Image:
    """Position of the first greatest element, as a 1-D array."""
    kinds = [replace(POSITION, dimensions=1) for _ in image.bands]

    def argmax(data: Pixels) -> Pixels:
        flat = data.reshape((*data.shape[:2], -1)).argmax(axis=2)
        return np.stack(np.unravel_index(flat, data.shape[2:]), axis=-1)

    return mapped(image, argmax, kinds)


@implements("Image.arrayCat")
def array_cat(image1: Image, image2: Image, axis: int) -> Image:
    """Join the arrays of band pairs along an axis."""

    def kind(left: PixelType, right: PixelType) -> PixelType:
        return replace(types.union([left, right]), dimensions=max(left.dimensions, axis + 1))

    return paired(image1, image2, lambda a, b, k: _joined([a, b], axis, k), kind)


def paired(
    image1: Image,
    image2: Image,
    function: Callable[[Pixels, Pixels, PixelType], Pixels],
    kind: Callable[[PixelType, PixelType], PixelType],
) -> Image:
    """Apply a function of two arrays to bands pairwise; names come from the longer image."""
    pairs = matched(image1, image2)
    kinds = [kind(left.type, right.type) for left, right in pairs]

    def compute(index: int, planes: list[Plane]) -> Plane:
        data = compute_pixels(lambda a, b: function(a, b, kinds[index]), planes)
        return Plane(typed(data, kinds[index]), intersect(*(plane.mask for plane in planes)))

    longer = image1 if len(image1.bands) >= len(image2.bands) else image2
    source = Banded([image1, image2], compute)
    bands: list[Band] = [
        band_like(place(*pair), band.name, kinds[index], source, index)
        for index, (pair, band) in enumerate(zip(pairs, longer.bands, strict=True))
    ]
    return Image(tuple(bands), image1.properties, image1.footprint or image2.footprint)


@implements("Image.arrayRepeat")
def array_repeat(input: Image, axis: int, copies: Image) -> Image:
    """Repeat each array along an axis; an axis equal to the rank is added."""
    kinds = [replace(b.type, dimensions=max(b.type.dimensions, axis + 1)) for b in input.bands]

    def repeat(data: Pixels, numbers: tuple[int, ...]) -> Pixels:
        data = data.reshape(data.shape + (1,) * max(axis + 1 - (data.ndim - 2), 0))
        if data.shape[2 + axis] == 1:
            shape: list[int] = list(data.shape)
            shape[2 + axis] = max(numbers[0], 0)
            return np.broadcast_to(data, shape)
        times = [1] * data.ndim
        times[2 + axis] = max(numbers[0], 0)
        return np.tile(data, times)

    return _with_numbers(input, [copies], repeat, kinds)


def _with_numbers(
    image: Image,
    numbers: Sequence[Image],
    function: Callable[[Pixels, tuple[int, ...]], Pixels],
    kinds: list[PixelType],
) -> Image:
    """Apply a function of an array and whole numbers that may differ between pixels."""

    def compute(index: int, planes: list[Plane]) -> Plane:
        data = compute_with_numbers(function, planes[:1], planes[1:])
        return Plane(typed(data, kinds[index]), intersect(*(plane.mask for plane in planes)))

    return from_source(image, Banded([image, *numbers], compute), types=kinds)


@implements("Image.arraySlice")
def array_slice(
    input: Image, axis: int, start: Image | None, end: Image | None, step: int
) -> Image:
    """Take a part along an axis; a masked start is 0 and a masked end the length."""
    if step <= 0:
        raise EarthError("The step must be positive.")
    ends = [image for image in (start, end) if image is not None]
    kinds = [band.type for band in input.bands]
    missing = -(2**62)

    def cut(data: Pixels, numbers: tuple[int, ...]) -> Pixels:
        values = iter(numbers)
        first = next(values) if start is not None else missing
        last = next(values) if end is not None else missing
        where = slice(None if first == missing else first, None if last == missing else last, step)
        return data[(slice(None),) * (2 + axis) + (where,)]

    def compute(index: int, planes: list[Plane]) -> Plane:
        array, *limits = planes
        filled = [
            plane if plane.mask is None
            else Plane(np.where(plane.valid, plane.data.astype(np.int64), missing))
            for plane in limits
        ]  # fmt: skip
        return Plane(compute_with_numbers(cut, [array], filled), array.mask)

    return from_source(input, Banded([input, *ends], compute), types=kinds)


@implements("Image.arrayReshape")
def array_reshape(image: Image, lengths: Image, dimensions: int) -> Image:
    """Give arrays other axis lengths; -1 is worked out."""
    kinds = [replace(band.type, dimensions=dimensions) for band in image.bands]

    def reshape(data: Pixels, shape: Pixels) -> Pixels:
        wanted = [int(length) for length in shape[0, 0]]
        return data.reshape((*data.shape[:2], *wanted))

    def compute(index: int, planes: list[Plane]) -> Plane:
        array, shape = planes
        if slim(shape.data).shape[:2] == (1, 1) or array.data.dtype != object:
            varying = slim(shape.data)
            if varying.shape[:2] == (1, 1) or (varying == varying[:1, :1]).all():
                data = compute_pixels(lambda a: reshape(a, varying[:1, :1]), [array])
                return Plane(data, intersect(array.mask, shape.mask))
        raise EarthError(
            "Image.arrayReshape: Lengths that differ between pixels are not supported."
        )

    return from_source(image, Banded([image, lengths], compute), types=kinds)


@implements("Image.arrayTranspose", "Image.matrixTranspose")
def array_transpose(input: Image, axis1: int, axis2: int) -> Image:
    """Exchange two axes."""
    kinds = [band.type for band in input.bands]
    return mapped(input, lambda data: np.swapaxes(data, 2 + axis1, 2 + axis2), kinds)
