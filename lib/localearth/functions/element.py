"""Properties of images, features and collections: `Element.*`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lib.localearth import geodesy
from lib.localearth.context import Context
from lib.localearth.errors import EarthError
from lib.localearth.fields import geometry_of
from lib.localearth.geometry import Geometry
from lib.localearth.raster.image import Image
from lib.localearth.raster.projection import Projection
from lib.localearth.registry import implements
from lib.localearth.values import Array, Collection, ErrorMargin, Feature

Element = Image | Feature | Collection


def with_properties(element: Element, properties: Mapping[str, Any]) -> Element:
    """The same element with these properties instead; a null is left out."""
    kept = {key: value for key, value in properties.items() if value is not None}
    if isinstance(element, Collection):
        return Collection(
            lambda: element.elements,
            of_images=element.of_images,
            properties=kept,
            asset_id=element.asset_id,
            narrow=element.narrow,
            stream=element.stream,
        )
    return replace(element, properties=kept)


def is_system(name: str) -> bool:
    """Whether a property belongs to the system rather than to people."""
    return name.startswith("system:")


@implements("Element.propertyNames")
def property_names(element: Element) -> list[str]:
    """The names of all properties, sorted."""
    names = set(element.properties) | {"system:index"}
    if isinstance(element, Image):
        names |= {"system:bands", "system:band_names"}
    return sorted(names)


@implements("Element.get")
def get(object: Element, property: str) -> Any:  # noqa: A002
    """One property, or null; images also know their band names, and elements their geometry."""
    if property == "system:band_names" and isinstance(object, Image):
        return list(object.names)
    if property == "system:id" and isinstance(object, (Image, Collection)):
        return object.asset_id or object.properties.get(property)
    if property in (".geo", "system:footprint") and property not in object.properties:
        return geometry_of(object)
    return object.properties.get(property)


@implements("Element.getNumber")
def get_number(object: Element, property: str) -> Any:  # noqa: A002
    """One property that is a number."""
    return typed(get(object, property), (int, float), "Number", property)


@implements("Element.getString")
def get_string(object: Element, property: str) -> Any:  # noqa: A002
    """One property that is a string."""
    return typed(get(object, property), str, "String", property)


@implements("Element.getArray")
def get_array(context: Context, object: Element, property: str) -> Any:  # noqa: A002
    """One property that is an array, or a list that becomes one."""
    value = get(object, property)
    if isinstance(value, list):
        value = context.call("Array", value)
    return typed(value, Array, "Array", property)


def typed(value: Any, kind: Any, word: str, name: str) -> Any:
    """A value of a kind, or null.

    Raises:
        EarthError: It is of another kind.
    """
    if value is None or isinstance(value, kind):
        return value
    raise EarthError(f"'{name}' is not of type {word}. Found: {value!r}.")


@implements("Element.set")
def set_property(object: Element, key: str, value: Any) -> Element:  # noqa: A002
    """The element with one property changed."""
    return with_properties(object, {**object.properties, key: value})


@implements("Element.setMulti")
def set_multi(object: Element, properties: Mapping[str, Any]) -> Element:  # noqa: A002
    """The element with several properties changed."""
    return with_properties(object, {**object.properties, **properties})


@implements("Element.toDictionary")
def to_dictionary(element: Element, properties: Sequence[str] | None) -> dict[str, Any]:
    """The properties as a dictionary; those of the system only where they are named."""
    if properties is None:
        return {key: value for key, value in element.properties.items() if not is_system(key)}
    return {name: get(element, name) for name in properties}


@implements("Element.copyProperties", "Image.copyProperties")
def copy_properties(
    destination: Element | None,
    source: Element | None,
    properties: Sequence[str] | None,
    exclude: Sequence[str] | None,
) -> Element | None:
    """The first element with properties of the second."""
    if destination is None or source is None:
        return destination
    if properties is not None and exclude is not None:
        raise EarthError("Only one of 'properties' and 'exclude' may be specified.")
    if properties is not None:
        copied = {name: get(source, name) for name in properties}
        copied = {name: value for name, value in copied.items() if value is not None}
    else:
        left_out = set(exclude or ())
        copied = {
            name: value
            for name, value in source.properties.items()
            if not is_system(name) and name not in left_out
        }
    return with_properties(destination, {**destination.properties, **copied})


@implements("Element.replaceProperties")
def replace_properties(destination: Element, source: Element | None) -> Element:
    """The first element with the properties of the second instead of its own."""
    return with_properties(destination, source.properties if source is not None else {})


@implements("Element.geometry", "Feature.geometry", "Image.geometry")
def geometry(
    feature: Element,
    max_error: ErrorMargin | None,
    proj: Projection | None,
    geodesics: bool | None,
) -> Geometry | None:
    """The geometry of a feature or the footprint of an image."""
    found = geometry_of(feature)
    if found is None or proj is None:
        return found
    bends = found.geodesic if geodesics is None else bool(geodesics)
    return geodesy.to_crs(found, proj.crs, geodesic=bends)
