"""Shapes of arrays: cutting, joining, reducing and sorting (`Array.*`)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.errors import EarthError
from lib.localearth.functions.array import cast_data, made, typed
from lib.localearth.functions.number import plain_number
from lib.localearth.raster import pixel_types as types
from lib.localearth.reducers.base import Reducer
from lib.localearth.reducers.simple import Sum
from lib.localearth.registry import implements
from lib.localearth.values import Array

MOST_ELEMENTS = 50_000_000  # of an array that is made by repeating another

Data = NDArray[Any]


def _axis(value: Array, axis: int, *, more: int = 0) -> int:
    if not 0 <= axis < value.data.ndim + more:
        raise EarthError(f"Axis must be between 0 and {value.data.ndim + more - 1}. Found {axis}.")
    return axis


@implements("Array.accum")
def accum(array: Array, axis: int, reducer: Reducer | None) -> Array:
    """Reduce, for each place along an axis, all elements up to it."""
    moved = np.moveaxis(array.data, _axis(array, axis), 0)
    rule = reducer or Sum()
    rows = [_reduced(rule, moved[: end + 1])[0] for end in range(len(moved))]
    return made(np.moveaxis(np.stack(rows), 0, axis), array) if rows else array


def _reduced(reducer: Reducer, stack: Data) -> list[Data]:
    answers = reducer.over_stack([stack], np.ones(stack.shape))
    if not all(valid.all() for _, valid in answers):
        raise EarthError(f"Reducer.{reducer.name} has no answer for these elements.")
    return [data for data, _ in answers]


@implements("Array.reduce")
def reduce(array: Array, reducer: Reducer, axes: Sequence[int], field_axis: int | None) -> Array:
    """Reduce along axes, which keep the length 1; several outputs lie along the field axis."""
    axes = sorted({_axis(array, int(axis)) for axis in axes})
    inputs = [array.data]
    if reducer.inputs > 1:
        if field_axis is None:
            raise EarthError("A reducer of several inputs needs a fieldAxis.")
        inputs = list(np.moveaxis(array.data, field_axis, 0)[:, None].swapaxes(0, 0))
        inputs = [np.expand_dims(each[0], field_axis) for each in inputs]
    stacks = [_flattened(each, axes) for each in inputs]
    answers = reducer.over_stack(stacks, np.ones(stacks[0].shape))
    results = [np.expand_dims(data, tuple(axes)) for data, _ in answers]
    if len(results) == 1 and reducer.inputs == 1:
        return made(results[0], array)
    if field_axis is None:
        raise EarthError("A reducer of several outputs needs a fieldAxis.")
    return made(_along_field(results, field_axis), array)


def _flattened(data: Data, axes: Sequence[int]) -> Data:
    moved = np.moveaxis(data, axes, range(len(axes)))
    return moved.reshape(-1, *moved.shape[len(axes) :])


def _along_field(results: list[Data], axis: int) -> Data:
    if axis == results[0].ndim:
        return np.stack(results, axis=axis)
    return np.concatenate(results, axis=axis)


@implements("Array.argmax")
def argmax(array: Array) -> list[int] | None:
    """Where the greatest element is; the first of several, null without any."""
    if not array.data.size:
        return None
    return [int(place) for place in np.unravel_index(int(array.data.argmax()), array.data.shape)]


@implements("Array.bitsToArray")
def bits_to_array(input: int | float) -> Array:  # noqa: A002
    """The bits of a number up to the highest that is set, the lowest first."""
    value = int(input) & (2**64 - 1)
    return Array.of(np.array([value >> bit & 1 for bit in range(max(value.bit_length(), 1))]))


@implements("Array.cat")
def cat(arrays: Sequence[Array], axis: int) -> Array:
    """Join arrays along an axis, which may be a new one at the end."""
    if not arrays:
        raise EarthError("Array.cat: At least one array is required.")
    rank = max(each.data.ndim for each in arrays)
    parts = [each for each in arrays if each.data.size or each.data.ndim > 1] or list(arrays)
    data = [each.data[..., None] if each.data.ndim == axis else each.data for each in parts]
    if any(each.ndim != data[0].ndim for each in data) or axis > rank:
        raise EarthError(f"Arrays of different dimensions cannot be joined along axis {axis}.")
    try:
        joined = np.concatenate(data, axis=axis)
    except ValueError:
        shapes = ", ".join(str(list(each.shape)) for each in data)
        raise EarthError(f"Arrays of shapes {shapes} cannot be joined along axis {axis}.") from None
    return typed(joined, types.union([each.type for each in parts]))


@implements("Array.cut")
def cut(array: Array, position: Sequence[int]) -> Array:
    """Keep one place along each axis, or all of it where the position is -1."""
    if len(position) != array.data.ndim:
        raise EarthError(f"Position must have {array.data.ndim} values. Got {len(position)}.")
    if any(not -1 <= at < size for at, size in zip(position, array.data.shape, strict=True)):
        raise EarthError(f"Position {list(position)} is outside of shape {list(array.data.shape)}.")
    places = tuple(slice(None) if at == -1 else slice(int(at), int(at) + 1) for at in position)
    return replace(array, data=array.data[places])


@implements("Array.get")
def get(array: Array, position: Sequence[int]) -> int | float:
    """One element."""
    places = tuple(int(at) for at in position)
    inside = len(places) == array.data.ndim and all(
        0 <= at < size for at, size in zip(places, array.data.shape, strict=True)
    )
    if not inside:
        raise EarthError(f"Position {list(places)} is outside of shape {list(array.data.shape)}.")
    return plain_number(array.data[places])


@implements("Array.identity")
def identity(size: int) -> Array:
    """The identity matrix."""
    return Array.of(np.eye(size, dtype=np.int64))


@implements("Array.length")
def length(array: Array) -> Array:
    """The length of each axis."""
    return Array.of(np.array(array.data.shape, np.int64))


@implements("Array.mask")
def mask(input: Array, mask: Array) -> Array:  # noqa: A002
    """Drop the places along an axis where the mask is 0."""
    data, chosen = input.data, mask.data != 0
    if chosen.ndim > data.ndim:
        raise EarthError("The mask has more dimensions than the array.")
    chosen = chosen.reshape(chosen.shape + (1,) * (data.ndim - chosen.ndim))
    long = [axis for axis, size in enumerate(chosen.shape) if size > 1]
    if len(long) > 1:
        raise EarthError("The mask may vary along one axis only.")
    if not data.ndim:
        raise EarthError("A number cannot be masked; use an array of at least one dimension.")
    axis = long[0] if long else next((a for a, size in enumerate(data.shape) if size == 1), 0)
    kept = (
        np.broadcast_to(chosen.ravel(), (data.shape[axis],)) if chosen.size == 1 else chosen.ravel()
    )
    if len(kept) != data.shape[axis]:
        raise EarthError(
            f"A mask of {len(kept)} does not fit {data.shape[axis]} along axis {axis}."
        )
    return replace(input, data=np.compress(kept, data, axis=axis))


@implements("Array.pad")
def pad(array: Array, lengths: Sequence[int], pad: int | float) -> Array:
    """Lengthen axes at their ends; longer ones stay."""
    missing = [
        (0, max(int(wanted) - size, 0))
        for wanted, size in zip(lengths, array.data.shape, strict=False)
    ]
    missing += [(0, 0)] * (array.data.ndim - len(missing))
    value = cast_data(np.asarray(pad), array.type)
    return replace(array, data=np.pad(array.data, missing, constant_values=value))


@implements("Array.project")
def project(array: Array, axes: Sequence[int]) -> Array:
    """Keep some axes; the others must have the length 1."""
    kept = [_axis(array, int(axis)) for axis in axes]
    dropped = [axis for axis in range(array.data.ndim) if axis not in kept]
    if any(array.data.shape[axis] != 1 for axis in dropped):
        raise EarthError("Axes that are dropped must have the length 1.")
    return replace(
        array,
        data=np.moveaxis(
            np.squeeze(array.data, tuple(dropped)), range(len(kept)), np.argsort(np.argsort(kept))
        ),
    )


@implements("Array.repeat")
def repeat(array: Array, axis: int, copies: int) -> Array:
    """Repeat an array along an axis, which may be a new one at the end."""
    axis = _axis(array, axis, more=1)
    if copies < 1:
        raise EarthError(f"'copies' must be positive. Found {copies}.")
    data = array.data[..., None] if axis == array.data.ndim else array.data
    if data.size * copies > MOST_ELEMENTS:
        raise EarthError(f"Computed value is too large: an array of {data.size * copies} elements.")
    times = [int(copies) if place == axis else 1 for place in range(data.ndim)]
    return replace(array, data=np.tile(data, times))


@implements("Array.reshape")
def reshape(array: Array, shape: Array) -> Array:
    """The same elements in another shape; one length may be -1."""
    wanted = tuple(int(size) for size in np.atleast_1d(shape.data))
    try:
        return replace(array, data=array.data.reshape(wanted))
    except ValueError:
        raise EarthError(
            f"Cannot reshape array of shape {list(array.data.shape)} to {list(wanted)}."
        ) from None


@implements("Array.slice")
def slice_array(array: Array, axis: int, start: int, end: int | None, step: int) -> Array:
    """Every step-th place along an axis; negative positions count from the end."""
    if step <= 0:
        raise EarthError(f"Step must be positive. Found {step}.")
    places = [slice(None)] * array.data.ndim
    places[_axis(array, axis)] = slice(start, end, step)
    return replace(array, data=array.data[tuple(places)])


@implements("Array.sort")
def sort(array: Array, keys: Array | None) -> Array:
    """Sort along the one axis that has more than one place, by keys of the same length."""
    by = (keys or array).data
    long = [axis for axis, size in enumerate(by.shape) if size > 1]
    if len(long) > 1:
        raise EarthError("Keys may vary along one axis only.")
    axis = long[0] if long else 0
    if not array.data.ndim or by.size != array.data.shape[axis]:
        raise EarthError(
            f"Got {by.size} keys for an array of shape {list(array.data.shape)}, axis {axis}."
        )
    return replace(
        array, data=np.take(array.data, np.argsort(by.ravel(), kind="stable"), axis=axis)
    )


@implements("Array.transpose", "Array.matrixTranspose")
def transpose(array: Array, axis1: int, axis2: int) -> Array:
    """Exchange two axes; a vector becomes a row."""
    data = array.data
    while data.ndim <= max(axis1, axis2):
        data = data[..., None]
    return replace(array, data=np.swapaxes(data, axis1, axis2))


@implements("Array.toList")
def to_list(array: Array) -> Any:
    """Nested lists of numbers."""
    return array.data.tolist()


@implements("Array.dotProduct")
def dot_product(array1: Array, array2: Array) -> int | float:
    """The sum of products of two vectors."""
    if array1.data.ndim != 1 or array1.data.shape != array2.data.shape:
        raise EarthError("A dot product needs two 1-D arrays of the same length.")
    wide = [
        each.data.astype(np.float64 if each.data.dtype.kind == "f" else np.int64)
        for each in (array1, array2)
    ]
    return plain_number(wide[0] @ wide[1])
