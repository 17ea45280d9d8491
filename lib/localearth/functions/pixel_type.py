"""Pixel types and error margins: `PixelType.*`, `ErrorMargin`."""

from collections.abc import Callable
from typing import Any

from lib.localearth.errors import EarthError
from lib.localearth.functions.image_cast import NAMED_TYPES
from lib.localearth.raster.projection import PixelType
from lib.localearth.registry import implements, register
from lib.localearth.values import ErrorMargin


def _constant(kind: PixelType) -> Callable[[], PixelType]:
    return lambda: kind


for _name in ("double", "float", "int16", "int32", "int64", "int8", "uint16", "uint32", "uint8"):
    register(f"PixelType.{_name}", _constant(NAMED_TYPES[_name]))


@implements("PixelType")
def pixel_type(
    precision: Any, min_value: float | None, max_value: float | None, dimensions: int
) -> PixelType:
    """A type of a precision, a range and a rank; a range open at one side is dropped."""
    if isinstance(precision, PixelType):
        return precision
    if precision not in ("int", "float", "double"):
        if precision in NAMED_TYPES:
            return NAMED_TYPES[precision]
        raise EarthError(f"Unknown precision '{precision}'. Expected int, float or double.")
    if min_value is None or max_value is None:
        min_value = max_value = None
    return PixelType(precision, min_value, max_value, int(dimensions or 0))


@implements("PixelType.dimensions")
def dimensions(pixel_type: PixelType) -> int:
    """The rank of array-valued pixels."""
    return pixel_type.dimensions


@implements("PixelType.maxValue")
def max_value(pixel_type: PixelType) -> float | None:
    """The greatest value."""
    return pixel_type.maximum


@implements("PixelType.minValue")
def min_value(pixel_type: PixelType) -> float | None:
    """The least value."""
    return pixel_type.minimum


@implements("PixelType.precision")
def precision(pixel_type: PixelType) -> str:
    """int, float or double."""
    return pixel_type.precision


@implements("ErrorMargin")
def error_margin(value: float | None, unit: str) -> ErrorMargin:
    """How far a geometry may deviate; beyond the size of the Earth it is infinite."""
    if unit == "infinite":
        return ErrorMargin(None, "infinite")
    if value is None:
        raise EarthError("An error margin needs a value.")
    if abs(value) > 2e7 and unit == "meters":
        return ErrorMargin(None, "infinite")
    return ErrorMargin(abs(value), unit)
