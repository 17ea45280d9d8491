"""Arguments become what a signature asks for: a number an image, a string a date."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from shapely.geometry import box

from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.raster.image import Image
from lib.localearth.raster.projection import PixelType, Projection, crs_of
from lib.localearth.reducers.base import Reducer
from lib.localearth.registry import find
from lib.localearth.values import (
    Array,
    Collection,
    ConfusionMatrix,
    Date,
    DateRange,
    ErrorMargin,
    Feature,
    Kernel,
)

if TYPE_CHECKING:
    from lib.localearth.context import Context

Place = tuple[str, str]
_GENERIC = re.compile(r"(List|Dictionary)<(.+)>")


class _MismatchError(Exception):
    """The value cannot become the type that is asked for."""


def coerce(context: Context, value: Any, wanted: str, *, place: Place) -> Any:
    """Give a value the type that a signature asks for.

    Args:
        context: Calls the functions that promote, such as "Image.constant".
        value: Anything but None.
        wanted: Earth Engine's word for the type, such as "Image<unknown bands>".
        place: Name of the function and of its argument, for the message.

    Raises:
        EarthError: It cannot be done; the message has Earth Engine's wording.
    """
    try:
        return _coerce(context, value, wanted, place)
    except _MismatchError:
        error = EarthError(
            f"{place[0]}, argument '{place[1]}': Invalid type.\n"
            f"Expected type: {wanted}.\nActual type: {type_name(value)}."
        )
        error.located = True
        raise error from None


def type_name(value: Any) -> str:
    """Earth Engine's word for the type of a value."""
    if isinstance(value, Collection):
        return "ImageCollection" if value.of_images else "FeatureCollection"
    for kind, name in _NAMES:
        if isinstance(value, kind):
            return name
    return type(value).__name__


_NAMES: tuple[tuple[type, str], ...] = (
    (bool, "Boolean"),
    (int, "Integer"),
    (float, "Float"),
    (str, "String"),
    (list, "List<Object>"),
    (dict, "Dictionary<Object>"),
    (Image, "Image<unknown bands>"),
    (Reducer, "Reducer"),
    (Feature, "Feature"),
    (Geometry, "Geometry"),
    (Array, "Array"),
    (Date, "Date"),
    (DateRange, "DateRange"),
    (Projection, "Projection"),
    (PixelType, "PixelType"),
    (ErrorMargin, "ErrorMargin"),
    (Kernel, "Kernel"),
    (ConfusionMatrix, "ConfusionMatrix"),
)


def _coerce(context: Context, value: Any, wanted: str, place: Place) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    generic = _GENERIC.fullmatch(wanted)
    if generic:
        return _generic(context, value, generic, place)
    if wanted == "Algorithm":
        return _algorithm(context, value, place)
    promote = _PROMOTERS.get(wanted.removesuffix("<unknown bands>"))
    return promote(context, value) if promote else _other(value, wanted)


def _generic(context: Context, value: Any, wanted: re.Match[str], place: Place) -> Any:
    container, inner = wanted.groups()
    if container == "List":
        return [_element(context, item, inner, place) for item in _as_list(value)]
    if not isinstance(value, dict):
        raise _MismatchError
    return {key: _element(context, item, inner, place) for key, item in value.items()}


def _element(context: Context, value: Any, wanted: str, place: Place) -> Any:
    return value if value is None or wanted == "Object" else _coerce(context, value, wanted, place)


def _as_list(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, Array) and value.data.ndim:
        listed: list[Any] = value.data.tolist()
        return listed
    raise _MismatchError


def _image(context: Context, value: Any) -> Image:
    if isinstance(value, Image):
        return value
    if isinstance(value, (int, float, Array)):
        image: Image = context.call("Image.constant", value)
        return image
    raise _MismatchError


def _image_collection(context: Context, value: Any) -> Collection:
    if isinstance(value, Collection):
        if value.of_images or all(isinstance(element, Image) for element in value.elements):
            return value
    elif isinstance(value, Image):
        return Collection.of([value], of_images=True)
    elif isinstance(value, list):
        return Collection.of([_image(context, item) for item in value], of_images=True)
    raise _MismatchError


def _feature_collection(context: Context, value: Any) -> Collection:
    if isinstance(value, Collection):
        return value
    if isinstance(value, (Feature, Geometry)):
        return Collection.of([_feature(context, value)], of_images=False)
    if isinstance(value, list):
        return Collection.of([_feature(context, item) for item in value], of_images=False)
    raise _MismatchError


def _feature(_: Context, value: Any) -> Feature:
    if isinstance(value, Feature):
        return value
    if isinstance(value, Geometry):
        return Feature(value, {})
    raise _MismatchError


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
    raise _MismatchError


def _rectangle(context: Context, value: Any) -> Geometry | None:
    if isinstance(value, list) and len(value) == 4:
        return Geometry(box(*value), geodesic=False)
    return _geometry(context, value)


def _number(_: Context, value: Any) -> int | float:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, (int, float)):
        return value
    raise _MismatchError


def _float(context: Context, value: Any) -> float:
    return float(_number(context, value))


def _integer(context: Context, value: Any) -> int:
    number = _number(context, value)
    if isinstance(number, float) and not (math.isfinite(number) and number.is_integer()):
        raise _MismatchError
    return int(number)


def _boolean(_: Context, value: Any) -> bool:
    if isinstance(value, (bool, int, float)):
        return bool(value)
    raise _MismatchError


def _string(_: Context, value: Any) -> str:
    if isinstance(value, str):
        return value
    raise _MismatchError


def _object(_: Context, value: Any) -> Any:
    return value


def _array(context: Context, value: Any) -> Array:
    if isinstance(value, Array):
        return value
    if isinstance(value, (int, float, list)):
        array: Array = context.call("Array", value)
        return array
    raise _MismatchError


def _projection(_: Context, value: Any) -> Projection:
    if isinstance(value, Projection):
        return value
    if isinstance(value, str):
        crs_of(value)
        return Projection(value)
    if isinstance(value, dict) and "crs" in value:  # the form of the signatures' default values
        return Projection(value["crs"], tuple(value["transform"]))
    raise _MismatchError


def _error_margin(_: Context, value: Any) -> ErrorMargin:
    if isinstance(value, ErrorMargin):
        return value
    if isinstance(value, (int, float)):
        return ErrorMargin(abs(float(value)))
    if isinstance(value, dict) and "unit" in value:  # the form of the signatures' default values
        return ErrorMargin(value.get("value"), value["unit"])
    raise _MismatchError


def _date(context: Context, value: Any) -> Date:
    if isinstance(value, Date):
        return value
    if isinstance(value, (int, float)):
        return Date(float(value))
    if isinstance(value, str):
        date: Date = context.call("Date", value)
        return date
    raise _MismatchError


def _date_range(context: Context, value: Any) -> DateRange:
    if isinstance(value, DateRange):
        return value
    if isinstance(value, (Date, str, int, float)):
        single: DateRange = context.call("DateRange", value)
        return single
    raise _MismatchError


def _pixel_type(context: Context, value: Any) -> PixelType:
    if isinstance(value, PixelType):
        return value
    if isinstance(value, (str, dict)):
        return _named_pixel_type(context, value)
    raise _MismatchError


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


def _other(value: Any, wanted: str) -> Any:
    """A value of one of the kinds that nothing is promoted to, which bear their types' names."""
    if any(kind.__name__ == wanted for kind in type(value).__mro__):
        return value
    raise _MismatchError


_PROMOTERS: dict[str, Callable[[Any, Any], Any]] = {
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


def _algorithm(context: Context, value: Any, place: Place) -> Callable[..., Any]:
    if isinstance(value, str):
        entry = find(value)
        value = _positional(context, entry.signature.name)
    if not callable(value):
        raise _MismatchError
    return _over_elements(value) if place[0] == "Collection.map" else value


def _positional(context: Context, name: str) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        return context.call(name, *arguments)

    return call


def _over_elements(function: Callable[..., Any]) -> Callable[..., Any]:
    """Tell in errors which element of a mapped collection failed."""

    def call(element: Any, *more: Any) -> Any:
        try:
            return function(element, *more)
        except EarthError as error:
            index = getattr(element, "properties", {}).get("system:index")
            raise error.prefixed(f"Error in map(ID={index}):\n") from None

    return call
