"""Array images reduced or accumulated along axes."""

# ruff: noqa: A002 - parameters are those of the signature list

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lib.localearth.errors import EarthError
from lib.localearth.functions.image_array import mapped
from lib.localearth.raster import pixel_types as types
from lib.localearth.raster.image import Image, Plane
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.reduction import working_bytes
from lib.localearth.raster.sources import (
    Banded,
    Pixels,
    cast,
    compute_pixels,
    from_source,
)
from lib.localearth.raster.weighing import announce
from lib.localearth.reducers.base import Reducer
from lib.localearth.registry import implements


@implements("Image.arrayReduce")
def array_reduce(
    input: Image, reducer: Reducer, axes: Sequence[int], field_axis: int | None
) -> Image:
    """Reduce along axes, which stay with length 1; several outputs go along the field axis."""
    if (reducer.inputs > 1 or len(reducer.outputs) > 1) and field_axis is None:
        raise EarthError("A fieldAxis is required for reducers with several inputs or outputs.")
    kinds = []
    for band in input.bands:
        made = reducer.types([types.plain(band.type)] * reducer.inputs)
        kinds.append(replace(types.union(made), dimensions=band.type.dimensions))

    def compute(index: int, planes: list[Plane]) -> Plane:
        (plane,) = planes

        def apply(data: Pixels) -> Pixels:
            return reduce_axes(data, reducer, axes, field_axis)[0]

        data = compute_pixels(apply, planes)
        if data.dtype == object:
            return Plane(data, plane.mask)
        empty = plane.data.dtype != object and 0 in plane.data.shape[2:]
        return Plane(
            cast(data, kinds[index]), np.zeros(data.shape[:2], bool) if empty else plane.mask
        )

    return from_source(input, Banded([input], compute), types=kinds)


def reduce_axes(
    data: Pixels, reducer: Reducer, axes: Sequence[int], field_axis: int | None
) -> tuple[Pixels, Pixels]:
    """Reduce pixel arrays along axes; also tell where there is an answer."""
    rank = data.ndim - 2
    if any(not 0 <= axis < rank for axis in axes):
        raise EarthError(f"Image.arrayReduce: Axes {list(axes)} do not fit {rank}-D arrays.")
    fields = [data]
    if reducer.inputs > 1 and field_axis is not None:
        fields = [np.take(data, [k], axis=2 + field_axis) for k in range(reducer.inputs)]
    stacks = []
    for field in fields:
        moved = np.moveaxis(field, [2 + axis for axis in axes], range(len(axes)))
        stacks.append(moved.reshape((-1, *moved.shape[len(axes) :])))
    weights = np.broadcast_to(np.float64(1), stacks[0].shape)
    copied = sum(stack.nbytes for stack in stacks if not np.may_share_memory(stack, data))
    announce(copied + working_bytes(reducer, stacks))
    with np.errstate(all="ignore"):
        answers = reducer.over_stack(stacks, weights)
    kept = [
        np.expand_dims(np.asarray(value), [2 + axis for axis in sorted(axes)])
        for value, _ in answers
    ]
    if field_axis is not None and len(kept) > 1:
        return np.concatenate(kept, axis=2 + field_axis), answers[0][1]
    return kept[0], answers[0][1]


@implements("Image.arrayAccum")
def array_accum(input: Image, axis: int, reducer: Reducer | None) -> Image:
    """Reduce each element together with those before it along an axis."""
    kinds = [band.type for band in input.bands]
    if reducer is not None:
        made = [reducer.types([types.plain(kind)])[0] for kind in kinds]
        kinds = [replace(m, dimensions=k.dimensions) for m, k in zip(made, kinds, strict=True)]
    kinds = [_without_range(kind) for kind in kinds]

    def accumulate(data: Pixels) -> Pixels:
        if reducer is None:
            return np.asarray(data.cumsum(axis=2 + axis))
        heads = (
            np.take(data, range(end + 1), axis=2 + axis) for end in range(data.shape[2 + axis])
        )
        return np.concatenate([reduce_axes(h, reducer, [axis], None)[0] for h in heads], 2 + axis)

    return mapped(input, accumulate, kinds)


def _without_range(kind: PixelType) -> PixelType:
    return types.with_range(kind.precision, None, kind.dimensions)
