"""Arguments become what a signature asks for: a number an image, a string a date."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.promoters import PROMOTERS, MismatchError
from lib.localearth.raster.image import Image
from lib.localearth.raster.projection import PixelType, Projection
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
    except MismatchError:
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
    promote = PROMOTERS.get(wanted.removesuffix("<unknown bands>"))
    return promote(context, value) if promote else _other(value, wanted)


def _generic(context: Context, value: Any, wanted: re.Match[str], place: Place) -> Any:
    container, inner = wanted.groups()
    if container == "List":
        return [_element(context, item, inner, place) for item in _as_list(value)]
    if not isinstance(value, dict):
        raise MismatchError
    return {key: _element(context, item, inner, place) for key, item in value.items()}


def _element(context: Context, value: Any, wanted: str, place: Place) -> Any:
    return value if value is None or wanted == "Object" else _coerce(context, value, wanted, place)


def _as_list(value: Any) -> list[Any]:
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, Array) and value.data.ndim:
        listed: list[Any] = value.data.tolist()
        return listed
    raise MismatchError


def _other(value: Any, wanted: str) -> Any:
    """A value of one of the kinds that nothing is promoted to, which bear their types' names."""
    if any(kind.__name__ == wanted for kind in type(value).__mro__):
        return value
    raise MismatchError


def _algorithm(context: Context, value: Any, place: Place) -> Callable[..., Any]:
    if isinstance(value, str):
        entry = find(value)
        value = _positional(context, entry.signature.name)
    if not callable(value):
        raise MismatchError
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
