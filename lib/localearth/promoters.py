"""How single values become what a signature asks for: one function for each type."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shapely.geometry import box

from lib.localearth.geometry import Geometry
from lib.localearth.raster.image import Image
from lib.localearth.raster.projection import PixelType, Projection, crs_of
from lib.localearth.values import (
    Array,
    Collection,
    Date,
    DateRange,
    ErrorMargin,
    Feature,
)

if TYPE_CHECKING:
    from lib.localearth.context import Context


class MismatchError(Exception):
    """The value cannot become the type that is asked for."""


def _image(context: Context, value: Any) -> Image:
    if isinstance(value, Image):
        return value
    if isinstance(value, (int, float, Array)):
        image: Image = context.call("Image.constant", value)
        return image
    raise MismatchError


def _image_collection(context: Context, value: Any) -> Collection:
    if isinstance(value, Collection):
        if value.of_images or all(isinstance(element, Image) for element in value.elements):
            return value
    elif isinstance(value, Image):
        return Collection.of([value], of_images=True)
    elif isinstance(value, list):
        return Collection.of([_image(context, item) for item in value], of_images=True)
    raise MismatchError


def _feature_collection(context: Context, value: Any) -> Collection:
    if isinstance(value, Collection):
        return value
    if isinstance(value, (Feature, Geometry)):
        return Collection.of([_feature(context, value)], of_images=False)
    if isinstance(value, list):
        return Collection.of([_feature(context, item) for item in value], of_images=False)
    raise MismatchError


def _feature(_: Context, value: Any) -> Feature:
    if isinstance(value, Feature):
        return value
    if isinstance(value, Geometry):
        return Feature(value, {})
    raise MismatchError


def _element_of_collection(context: Context, value: Any) -> Any:
    if isinstance(value, (Image, Collection)):
        return value
    return _feature(context, value)


def _geometry(context: Context, value: Any) -> Geometry | None:
    if isinstance(value, Geometry):
        return value
    if isinstance(value, Feature):
        return value.geometry
    if isinstance(value, Collection):
        geometry: Geometry = context.call("Collection.geometry", value)
        return geometry
    raise MismatchError


def _rectangle(context: Context, value: Any) -> Geometry | None:
    if isinstance(value, list) and len(value) == 4:
        return Geometry(box(*value), geodesic=False)
    return _geometry(context, value)


def _number(_: Context, value: Any) -> int | float:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, float)):
        return value
    raise MismatchError


def _float(context: Context, value: Any) -> float:
    return float(_number(context, value))


def _integer(context: Context, value: Any) -> int:
    number = _number(context, value)
    if isinstance(number, float) and not (math.isfinite(number) and number.is_integer()):
        raise MismatchError
    return int(number)


def _boolean(_: Context, value: Any) -> bool:
    if isinstance(value, (bool, int, float)):
        return bool(value)
    raise MismatchError


def _string(_: Context, value: Any) -> str:
    if isinstance(value, str):
        return value
    raise MismatchError


def _object(_: Context, value: Any) -> Any:
    return value


def _array(context: Context, value: Any) -> Array:
    if isinstance(value, Array):
        return value
    if isinstance(value, (int, float, list)):
        array: Array = context.call("Array", value)
        return array
    raise MismatchError


def _projection(_: Context, value: Any) -> Projection:
    if isinstance(value, Projection):
        return value
    if isinstance(value, str):
        crs_of(value)
        return Projection(value)
    if isinstance(value, dict) and "crs" in value:  # the form of the signatures' default values
        return Projection(value["crs"], tuple(value["transform"]))
    raise MismatchError


def _error_margin(_: Context, value: Any) -> ErrorMargin:
    if isinstance(value, ErrorMargin):
        return value
    if isinstance(value, (int, float)):
        return ErrorMargin(abs(float(value)))
    if isinstance(value, dict) and "unit" in value:  # the form of the signatures' default values
        return ErrorMargin(value.get("value"), value["unit"])
    raise MismatchError


def _date(context: Context, value: Any) -> Date:
    if isinstance(value, Date):
        return value
    if isinstance(value, (int, float)):
        return Date(float(value))
    if isinstance(value, str):
        date: Date = context.call("Date", value)
        return date
    raise MismatchError


def _date_range(context: Context, value: Any) -> DateRange:
    if isinstance(value, DateRange):
        return value
    if isinstance(value, (Date, str, int, float)):
        single: DateRange = context.call("DateRange", value)
        return single
    raise MismatchError


def _pixel_type(context: Context, value: Any) -> PixelType:
    if isinstance(value, PixelType):
        return value
    if isinstance(value, (str, dict)):
        return _named_pixel_type(context, value)
    raise MismatchError


def _named_pixel_type(context: Context, value: str | dict[str, Any]) -> PixelType:
    if isinstance(value, dict):
        found: PixelType = context.call(
            "PixelType", value.get("precision"), value.get("min"), value.get("max"),
            value.get("dimensions"),
        )  # fmt: skip
        return found
    named: PixelType = context.call(f"PixelType.{_ALIASES.get(value, value)}")
    return named


_ALIASES = {"byte": "uint8", "short": "int16", "int": "int32", "long": "int64"}


PROMOTERS: dict[str, Callable[[Any, Any], Any]] = {
    "Image": _image,
    "ImageCollection": _image_collection,
    "FeatureCollection": _feature_collection,
    "Feature": _feature,
    "Element": _element_of_collection,
    "Geometry": _geometry,
    "Rectangle": _rectangle,
    "Number": _number,
    "Float": _float,
    "Integer": _integer,
    "Long": _integer,
    "Boolean": _boolean,
    "String": _string,
    "Object": _object,
    "<any>": _object,
    "SelectorSet": _object,
    "Array": _array,
    "Projection": _projection,
    "ErrorMargin": _error_margin,
    "Date": _date,
    "DateRange": _date_range,
    "PixelType": _pixel_type,
}
