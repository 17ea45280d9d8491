"""Arrays: making them and arithmetic (`Array.*`)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.errors import EarthError
from lib.localearth.functions.image_binary import BY_NAME
from lib.localearth.functions.image_cast import NAMED_TYPES
from lib.localearth.functions.image_unary import FUNCTIONS
from lib.localearth.functions.number import WHOLE_OF_WHOLE
from lib.localearth.raster import pixel_types as types
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.sources import cast
from lib.localearth.registry import implements, register
from lib.localearth.values import Array

Data = NDArray[Any]
_FLOAT_RESULTS = ("pow", "hypot", "gammainc", "atan2")


def cast_data(data: Data, kind: PixelType) -> Data:
    """Bring data into a type: fractions are cut off, values beyond the range clamped."""
    return cast(np.atleast_1d(data), kind).reshape(data.shape)


def typed(data: Data, kind: PixelType) -> Array:
    """An array of data that are brought into a type."""
    return Array(cast_data(data, kind), replace(kind, dimensions=0))


def made(data: Data, *operands: Array) -> Array:
    """A result of arithmetic: the operands' common type where it holds all values."""
    if data.dtype.kind == "b":
        return typed(data, types.BOOLEAN)
    if data.dtype.kind == "f":
        return Array.of(data)
    if not all(operand.type.precision == "int" for operand in operands):
        return Array.of(data)
    common = types.union([operand.type for operand in operands])
    info = np.iinfo(common.dtype.name)
    fits = not data.size or (info.min <= data.min() and data.max() <= info.max)
    return Array(data.astype(common.dtype), common) if fits else Array.of(data)


@implements("Array")
def array(values: Any, pixel_type: PixelType | None) -> Array:
    """Make an array of nested lists of numbers."""
    data = values.data if isinstance(values, Array) else _rectangular(values)
    if not data.size and pixel_type is None:
        raise EarthError("A pixel type is required for empty arrays.")
    return Array.of(data) if pixel_type is None else typed(data, pixel_type)


def _rectangular(values: Any) -> Data:
    values = _unwrapped(values)
    try:
        data = np.asarray(values)
    except ValueError:
        raise EarthError("Array: Lists of an array must be rectangular.") from None
    if data.size and data.dtype.kind not in "iufb":
        raise EarthError("Array: Elements of an array must be numbers.")
    return data.astype(np.int64) if data.dtype.kind == "b" else data


def _unwrapped(values: Any) -> Any:
    if isinstance(values, Array):
        return values.data
    return [_unwrapped(item) for item in values] if isinstance(values, (list, tuple)) else values


def _unary(name: str) -> Callable[[Array], Array]:
    entry = FUNCTIONS[name]
    keeps = name in WHOLE_OF_WHOLE

    def apply(input: Array) -> Array:  # noqa: A002
        whole = input.type.precision == "int"
        data = input.data.astype(np.int64 if keeps and whole else _float_of(input))
        with np.errstate(all="ignore"):
            result = np.asarray(entry.function(data))
        if keeps and whole:
            kind = entry.kind(_of_dtype(input))
            return typed(result, kind) if name != "abs" else Array.of(result)
        return Array.of(result)

    return apply


def _of_dtype(value: Array) -> PixelType:
    info = np.iinfo(value.type.dtype.name)
    return PixelType("int", int(info.min), int(info.max))


def _float_of(value: Array) -> Any:
    return np.float32 if value.type.precision == "float" else np.float64


def _binary(name: str) -> Callable[[Array, Array], Array]:
    function = BY_NAME[name].function

    def apply(left: Array, right: Array) -> Array:
        first, second = _matched(left.data, right.data)
        whole = left.type.precision == right.type.precision == "int"
        if whole and name not in (*_FLOAT_RESULTS, "divide"):
            first, second = first.astype(np.int64), second.astype(np.int64)
        else:
            wide = np.result_type(_float_of(left), _float_of(right))
            first, second = first.astype(wide), second.astype(wide)
        with np.errstate(all="ignore"):
            result = np.asarray(function(first, second))
        if name in _FLOAT_RESULTS:
            result = result.astype(np.float32)
        return made(result, left, right)

    return apply


def _matched(left: Data, right: Data) -> tuple[Data, Data]:
    """Bring two arrays to one shape: a single element goes with any shape."""
    if left.shape == right.shape:
        return left, right
    if right.size == 1 and left.ndim >= right.ndim:
        return left, right.reshape((1,) * left.ndim)
    if left.size == 1:
        return left.reshape((1,) * right.ndim), right
    raise EarthError(
        f"Array operands must have the same shape. Got {list(left.shape)} and {list(right.shape)}."
    )


def _caster(kind: PixelType) -> Callable[[Array], Array]:
    def apply(input: Array) -> Array:  # noqa: A002
        return typed(input.data, kind)

    return apply


for _name in FUNCTIONS:
    register(f"Array.{_name}", _unary(_name))
register("Array.bitwise_not", _unary("bitwiseNot"))
for _name in BY_NAME:
    register(f"Array.{_name}", _binary(_name))
register("Array.first_nonzero", _binary("firstNonZero"))
for _name, _kind in NAMED_TYPES.items():
    register(f"Array.{_name}", _caster(_kind))
    register(f"Array.to{_name[0].upper()}{_name[1:]}", _caster(_kind))
