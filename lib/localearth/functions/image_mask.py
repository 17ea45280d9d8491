"""Masks: read, set, filled, and values replaced under conditions."""

# ruff: noqa: A002 - parameters are those of the signature list

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lib.localearth.assumptions import choice
from lib.localearth.errors import EarthError
from lib.localearth.functions.image_bands import find_bands
from lib.localearth.raster import pixel_types as types
from lib.localearth.raster.elementwise import matched
from lib.localearth.raster.image import Image, Mask, Plane, intersect
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.sources import (
    Banded,
    Pixels,
    aligned,
    cast,
    compute_pixels,
    from_source,
    slim,
    spread,
)
from lib.localearth.registry import implements

MASK_TYPE = PixelType("float", 0, 1)


@implements("Image.mask")
def mask(image: Image, mask: Image | None) -> Image:
    """Get the mask as an image in 0..1, or set it and reveal zeros where nothing was."""
    if mask is None:
        return _mask_of(image)
    _check_counts(image, mask)

    def compute(index: int, planes: list[Plane]) -> Plane:
        old, new = planes
        fresh = as_mask(new)
        data = old.data
        if old.mask is not None:
            data = np.where(_over(old.valid, data), data, _nearest_zero(image.bands[index].type))
        return Plane(data.astype(old.data.dtype, copy=False), fresh)

    return from_source(image, Banded([image, mask], compute))


def _mask_of(image: Image) -> Image:
    def compute(index: int, planes: list[Plane]) -> Plane:
        plane = planes[0]
        if plane.mask is None:
            one = np.ones((1, 1), np.float32)
            return Plane(spread(one, (plane.data.shape[0], plane.data.shape[1])))
        return Plane(plane.weights)

    return from_source(image, Banded([image], compute), types=[MASK_TYPE] * len(image.bands))


def _nearest_zero(kind: PixelType) -> float:
    limits = types.range_of(kind)
    return 0 if limits is None else float(np.clip(0, *limits))


def _check_counts(image: Image, mask: Image) -> None:
    if len(mask.bands) not in (1, len(image.bands)):
        raise EarthError(
            f"The mask must have one band or as many as the image ({len(image.bands)}). "
            f"Got {len(mask.bands)}."
        )


def _over(condition: Pixels, data: Pixels) -> Pixels:
    """A condition per pixel, shaped so that it broadcasts over array pixels."""
    return condition.reshape(condition.shape + (1,) * (data.ndim - 2))


def as_mask(plane: Plane) -> Mask:
    """A mask image's plane as a mask: its value in 0..1 where it is valid, else 0."""
    data = slim(plane.data)
    if plane.mask is None and data.shape[:2] == (1, 1) and data.flat[0] >= 1:
        return None
    size = plane.data.shape[:2]
    if data.dtype.kind in "iub":
        found = spread(data > 0, (size[0], size[1]))
        return found if plane.mask is None else intersect(found, plane.mask)
    found = np.clip(np.nan_to_num(data.astype(np.float32, copy=False)), 0, 1)
    return intersect(spread(found, (size[0], size[1])), plane.mask)


@implements("Image.updateMask")
def update_mask(image: Image, mask: Image) -> Image:
    """Narrow the mask: what was masked stays masked."""
    _check_counts(image, mask)

    def compute(index: int, planes: list[Plane]) -> Plane:
        old, new = planes
        return Plane(old.data, _updated(old, as_mask(new)))

    return from_source(image, Banded([image, mask], compute))


def _updated(old: Plane, new: Mask) -> Mask:
    how = choice("update_mask")
    if how == "min" or old.mask is None or new is None:
        return intersect(old.mask, new)
    if how == "product":
        return old.weights * new.astype(np.float32)
    return np.where(old.valid, new, 0).astype(np.float32)


@implements("Image.selfMask")
def self_mask(image: Image) -> Image:
    """Use each band's own value as its mask."""

    def compute(index: int, planes: list[Plane]) -> Plane:
        (plane,) = planes
        return Plane(plane.data, _updated(plane, as_mask(Plane(plane.data))))

    return from_source(image, Banded([image], compute))


@implements("Image.unmask")
def unmask(input: Image, value: Image | None, same_footprint: bool) -> Image:
    """Put another image's values, and its mask, where the mask is zero."""
    from lib.localearth.functions.image_bands import constant

    filler = constant(0) if value is None else value
    kinds = [types.union([a.type, b.type]) for a, b in matched(input, filler)]
    inside = input.footprint if same_footprint else None

    def compute(index: int, planes: list[Plane]) -> Plane:
        return _filled(planes[0], planes[1], kinds[index])

    if len(filler.bands) > len(input.bands):
        raise EarthError("The value image must have one band or as many as the input.")
    result = from_source(input, Banded([input, filler], compute), types=kinds)
    if inside is None or inside.unbounded:
        return replace(result, footprint=None if not same_footprint else input.footprint)
    from lib.localearth.functions.image_clip import clip_to

    return clip_to(result, inside)


def _filled(plane: Plane, filler: Plane, kind: PixelType) -> Plane:
    if plane.mask is None:
        return Plane(plane.data.astype(kind.dtype, copy=False))
    valid = plane.valid

    def choose(data: Pixels, fill: Pixels, kept: Pixels) -> Pixels:
        left, right = aligned([data, fill])
        return np.where(_over(kept, left), left, right).astype(kind.dtype, copy=False)

    if plane.data.dtype == object or filler.data.dtype == object:
        raise EarthError("Image.unmask: Array pixels of differing shapes cannot be filled.")
    data = choose(plane.data, slim(filler.data), valid)
    if filler.mask is None:
        whole = plane.mask.dtype == bool
        return Plane(data, None if whole else np.where(valid, plane.mask, np.float32(1)))
    return Plane(data, np.where(valid, plane.weights, filler.weights))


@implements("Image.where")
def where(input: Image, test: Image, value: Image) -> Image:
    """Replace values where a test is valid and not zero, and the new value valid."""
    for other in (test, value):
        if len(other.bands) not in (1, len(input.bands)):
            matched(input, other)
    kinds = [types.union([a.type, b.type]) for a, b in matched(input, value)]

    def compute(index: int, planes: list[Plane]) -> Plane:
        base, condition, fresh = planes
        if condition.data.ndim > 2:
            raise EarthError("Image.where: The test may not be an array image.")
        chosen = (condition.data != 0) & condition.valid & fresh.valid

        def pick(data: Pixels, new: Pixels, kept: Pixels) -> Pixels:
            left, right = aligned([data, new])
            return cast(np.where(_over(kept, left), right, left), kinds[index])

        data = compute_pixels(pick, [base, fresh, Plane(chosen)])
        return Plane(data, base.mask)

    return from_source(input, Banded([input, test, value], compute), types=kinds)


@implements("Image.blend")
def blend(bottom: Image, top: Image) -> Image:
    """Lay one image over another, with its mask as opacity."""
    pairs = matched(bottom, top)
    kinds = [types.union([a.type, b.type]) for a, b in pairs]
    longer = bottom if len(bottom.bands) >= len(top.bands) else top

    def compute(index: int, planes: list[Plane]) -> Plane:
        return blended(planes[0], planes[1], kinds[index])

    base = from_source(longer, Banded([bottom, top], compute), types=kinds)
    return replace(base, properties=bottom.properties, footprint=None)


def blended(bottom: Plane, top: Plane, kind: PixelType) -> Plane:
    """Composite two planes: where the top is opaque it hides the bottom."""
    if top.mask is None:
        return Plane(top.data.astype(kind.dtype, copy=False))
    if top.mask.dtype == bool:
        data = np.where(top.mask, top.data, bottom.data).astype(kind.dtype, copy=False)
        return Plane(data, None if bottom.mask is None else np.maximum(top.mask, bottom.weights))
    above, below = top.weights, bottom.weights
    opacity = above + below * (1 - above)
    share = np.divide(above, opacity, out=np.zeros_like(above), where=opacity > 0)
    mixed = top.data * share + bottom.data * (1 - share)
    data = np.where(share == 1, top.data, np.where(share == 0, bottom.data, mixed))
    return Plane(cast(data, kind), opacity)


@implements("Image.remap")
def remap(
    image: Image,
    from_: Sequence[Any],
    to: Sequence[Any],
    default_value: Any,
    band_name: str | None,
) -> Image:
    """Map values of one band to others; what is not listed gets the default or is masked."""
    if len(from_) != len(to):
        raise EarthError(
            f"The lists 'from' ({len(from_)}) and 'to' ({len(to)}) must have the same length."
        )
    band = find_bands(image, band_name)[0] if band_name else image.bands[0]
    kind = _values_type([*to, *([] if default_value is None else [default_value])])
    table = dict(zip(reversed(from_), reversed(to), strict=True))
    keys = np.array(sorted(table), np.float64)
    values = np.array([table[key] for key in sorted(table)], kind.dtype)

    def compute(index: int, planes: list[Plane]) -> Plane:
        return _remapped(planes[0], keys, values, default_value)

    source = Banded([image.with_bands([band])], compute)
    return image.with_bands([replace(band, name="remapped", type=kind, source=source, index=0)])


def _remapped(plane: Plane, keys: Pixels, values: Pixels, default: Any) -> Plane:
    if not len(keys):
        data = np.full(plane.data.shape, default or 0, values.dtype)
        return Plane(data, plane.mask if default is not None else np.zeros(data.shape, bool))
    at = np.minimum(np.searchsorted(keys, plane.data), len(keys) - 1)
    known = keys[at] == plane.data
    if default is None:
        return Plane(values[at], plane.mask if known.all() else intersect(plane.mask, known))
    return Plane(np.where(known, values[at], values.dtype.type(default)), plane.mask)


def _values_type(values: Sequence[Any]) -> PixelType:
    if any(isinstance(value, float) and not value.is_integer() for value in values):
        return types.DOUBLE
    numbers = [int(value) for value in values] or [0]
    return PixelType("int", min(numbers), max(numbers))


@implements("Image.normalizedDifference")
def normalized_difference(input: Image, band_names: Sequence[str] | None) -> Image:
    """(a - b) / (a + b), masked where either is negative and 0 where the sum is 0."""
    pair = input.bands[:2]
    if band_names is not None:
        pair = tuple(find_bands(input, name)[0] for name in band_names)
    if len(pair) != 2:
        raise EarthError(f"Exactly two bands are needed. Got {len(pair)}.")
    kind = PixelType("float", -1, 1)

    def compute(index: int, planes: list[Plane]) -> Plane:
        first, second = planes
        data = compute_pixels(_difference_ratio, planes)
        positive = (first.data >= 0) & (second.data >= 0)
        shared = intersect(first.mask, second.mask)
        return Plane(data, shared if positive.all() else intersect(shared, positive))

    source = Banded([input.with_bands([band]) for band in pair], compute)
    band = replace(pair[0], name="nd", type=kind, source=source, index=0)
    kept: Mapping[str, Any] = {}
    return Image((band,), kept, input.footprint)


def _difference_ratio(first: Pixels, second: Pixels) -> Pixels:
    """(a - b) / (a + b) as float, 0 where the sum is 0."""
    wide: Any = np.float64 if max(first.dtype.itemsize, second.dtype.itemsize) > 4 else np.float32
    left: Any = first.astype(wide, copy=False)
    right: Any = second.astype(wide, copy=False)
    total = left + right
    result = np.zeros_like(total)
    np.divide(left - right, total, out=result, where=total != 0)
    return np.asarray(result, np.float32)
