"""Array images: lengths, masks of elements, padding, sorting and element-wise tools."""

# ruff: noqa: A002, ARG005 - parameters are those of the signature list

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lib.localearth.errors import EarthError
from lib.localearth.functions.image_array import POSITION, mapped, paired
from lib.localearth.functions.image_collection import band_unions, check_homogeneous, images_of
from lib.localearth.raster import pixel_types as types
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import BandSpec, Image, Plane, Reading, image_from, intersect
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.sources import Banded, OnGrid, Pixels, from_source, regular
from lib.localearth.registry import implements
from lib.localearth.values import Collection


@implements("Image.arrayDimensions")
def array_dimensions(input: Image) -> Image:
    """Rank of each pixel's array."""
    kinds = [PixelType("int", 0, 255) for _ in input.bands]
    return mapped(input, lambda data: np.full(data.shape[:2], data.ndim - 2, np.uint8), kinds)


@implements("Image.arrayLength")
def array_length(input: Image, axis: int) -> Image:
    """Length of an axis."""
    kinds = [POSITION for _ in input.bands]
    return mapped(input, lambda d: np.full(d.shape[:2], d.shape[2 + axis], np.int32), kinds)


@implements("Image.arrayLengths")
def array_lengths(input: Image) -> Image:
    """Lengths of all axes, as a 1-D array."""
    kinds = [replace(POSITION, dimensions=1) for _ in input.bands]

    def lengths(data: Pixels) -> Pixels:
        shape = np.asarray(data.shape[2:], np.int32)
        return np.broadcast_to(shape, (*data.shape[:2], len(shape)))

    return mapped(input, lengths, kinds)


@implements("Image.arrayPad")
def array_pad(image: Image, lengths: Sequence[int], pad: float) -> Image:
    """Lengthen axes that are shorter than asked for."""
    kinds = [band.type for band in image.bands]

    def padded(data: Pixels) -> Pixels:
        wanted = list(lengths) + [0] * (data.ndim - 2 - len(lengths))
        more = [max(0, int(w) - n) for w, n in zip(wanted, data.shape[2:], strict=True)]
        return np.pad(data, [(0, 0), (0, 0), *((0, m) for m in more)], constant_values=pad)

    return mapped(image, padded, kinds)


@implements("Image.arrayMask")
def array_mask(input: Image, mask: Image) -> Image:
    """Keep the elements where a mask of the same shape, or of one long axis, is not 0."""
    kinds = [band.type for band in input.bands]

    def compute(index: int, planes: list[Plane]) -> Plane:
        array, chosen = planes
        shared = intersect(array.mask, chosen.mask)
        valid = array.valid & chosen.valid
        result = np.empty(valid.shape, object)
        for place in np.ndindex(*valid.shape):
            result[place] = _kept(array.data[place], chosen.data[place]) if valid[place] else None
        return Plane(regular(result, valid), shared)

    return from_source(input, Banded([input, mask], compute), types=kinds)


def _kept(values: Pixels, mask: Pixels) -> Pixels:
    long = [axis for axis, length in enumerate(mask.shape) if length != 1]
    if values.ndim == 1 or not long:
        return values[mask.ravel() != 0] if long or values.shape[0] == 1 else values
    if len(long) != 1:
        raise EarthError("Image.arrayMask: The mask may be longer than 1 along one axis only.")
    return np.compress(mask.ravel() != 0, values, axis=long[0])


@implements("Image.arraySort")
def array_sort(image: Image, keys: Image | None) -> Image:
    """Sort elements, or slices of them, by ascending keys."""
    if keys is None:
        kinds = [band.type for band in image.bands]
        return mapped(image, lambda data: np.sort(data, axis=2, kind="stable"), kinds)
    return paired(image, keys, lambda data, key, kind: _sorted(data, key), lambda a, b: a)


def _sorted(data: Pixels, keys: Pixels) -> Pixels:
    long = [axis for axis in range(2, keys.ndim) if keys.shape[axis] != 1]
    if len(long) > 1:
        raise EarthError("Image.arraySort: Keys may vary along one axis only.")
    axis = long[0] if long else 2
    if data.ndim != keys.ndim or data.shape[axis] != keys.shape[axis]:
        raise EarthError("Image.arraySort: Keys must be as long as the arrays that they sort.")
    order = np.argsort(keys, axis=axis, kind="stable")
    data = np.broadcast_to(
        data, np.broadcast_shapes(data.shape[:2], keys.shape[:2]) + data.shape[2:]
    )
    shape = list(data.shape)
    shape[axis] = order.shape[axis]
    return np.take_along_axis(data, np.broadcast_to(order, shape), axis=axis)


@implements("Image.arrayDotProduct")
def array_dot_product(image1: Image, image2: Image) -> Image:
    """Dot product of 1-D arrays."""

    def kind(left: PixelType, right: PixelType) -> PixelType:
        return types.with_range(types.mixed_precision(left, right), None)

    def product(left: Pixels, right: Pixels, wanted: PixelType) -> Pixels:
        if left.ndim != 3 or right.ndim != 3 or left.shape[2] != right.shape[2]:
            raise EarthError("Image.arrayDotProduct: Both must be 1-D arrays of the same length.")
        return np.asarray((left.astype(wanted.dtype) * right.astype(wanted.dtype)).sum(axis=2))

    return paired(image1, image2, product, kind)


@implements("Image.bitsToArrayImage")
def bits_to_array_image(input: Image) -> Image:
    """The bits of each value up to the highest that is set, the least significant first."""
    kinds = [PixelType("int", 0, 1, 1) for _ in input.bands]

    def compute(index: int, planes: list[Plane]) -> Plane:
        (plane,) = planes
        numbers = plane.data.astype(np.int64)
        result = np.empty(numbers.shape, object)
        for place in np.ndindex(*numbers.shape):
            text = f"{int(numbers[place]) & (2**64 - 1):b}"[::-1]
            result[place] = np.array([int(bit) for bit in text], np.uint8)
        return Plane(regular(result, plane.valid), plane.mask)

    return from_source(input, Banded([input], compute), types=kinds)


@implements("ImageCollection.toArray")
def collection_to_array(collection: Collection) -> Image:
    """Images along axis 0 and bands along axis 1; an image with a masked band is left out."""
    images = images_of(collection)
    if not images:
        return Image(())
    check_homogeneous(images)
    kind = replace(types.union(band_unions(images)), dimensions=2)

    def read(grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        shape = (len(images), len(images[0].bands), grid.height, grid.width)
        values, valid = np.zeros(shape, kind.dtype), np.ones((shape[0], *shape[2:]), bool)
        for position, image in enumerate(images):
            for band, plane in enumerate(image.planes(grid, reading)):
                values[position, band] = plane.data
                valid[position] &= plane.valid
        return [_ragged(np.moveaxis(values, (0, 1), (2, 3)), np.moveaxis(valid, 0, 2))]

    return image_from(OnGrid(read), [BandSpec("array", kind)])


def _ragged(values: Pixels, valid: Pixels) -> Plane:
    """Keep the valid rows of each pixel's array."""
    if valid.all():
        return Plane(values)
    some = np.asarray(valid.any(axis=2))
    result = np.empty(some.shape, object)
    for place in np.ndindex(*some.shape):
        result[place] = values[place][valid[place]]
    return Plane(regular(result, some), None if some.all() else some)


@implements("ImageCollection.toArrayPerBand")
def to_array_per_band(collection: Collection, axis: int, drop_masked: bool) -> Image:
    """One array band for each band, along the images."""
    images = images_of(collection)
    if not images:
        return Image(())
    check_homogeneous(images)
    unions = band_unions(images)
    kinds = [replace(kind, dimensions=max(kind.dimensions, axis + 1)) for kind in unions]

    def read(grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        return [_along(images, index, (axis, drop_masked), grid, reading) for index in indices]

    names = images[0].names
    return image_from(OnGrid(read), [BandSpec(n, k) for n, k in zip(names, kinds, strict=True)])


def _along(
    images: Sequence[Image], index: int, how: tuple[int, bool], grid: Grid, reading: Reading
) -> Plane:
    axis, drop_masked = how
    planes = [Image((image.bands[index],)).planes(grid, reading)[0] for image in images]
    grown = [p.data.reshape(p.data.shape + (1,) * max(axis + 3 - p.data.ndim, 0)) for p in planes]
    data = np.concatenate(grown, axis=2 + axis)
    if not drop_masked:
        return Plane(data, intersect(*(plane.mask for plane in planes)))
    valid = np.stack([plane.valid for plane in planes], axis=2)
    if axis != 0 or data.ndim != 3:
        if valid.all():
            return Plane(data)
        raise EarthError("ImageCollection.toArrayPerBand: Masked images can be dropped on axis 0.")
    return _ragged(data, valid)
