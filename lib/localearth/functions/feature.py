"""Features: `Feature` and what is its own (geometry functions are in `geometry`)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lib.localearth.context import Context
from lib.localearth.errors import EarthError
from lib.localearth.functions.element import Element, with_properties
from lib.localearth.geometry import Geometry
from lib.localearth.registry import implements
from lib.localearth.values import Array, Feature


@implements("Feature")
def feature(
    geometry: Geometry | None, metadata: Mapping[str, Any] | None, geometry_key: str | None
) -> Feature:
    """A geometry with properties."""
    properties = dict(metadata or {})
    if geometry_key:
        found = properties.pop(geometry_key, None)
        geometry = found if isinstance(found, Geometry) else geometry
    return Feature(geometry, {key: value for key, value in properties.items() if value is not None})


@implements("Feature.id", "Image.id")
def identity(element: Element) -> str | None:
    """The index of an element."""
    index = element.properties.get("system:index")
    return None if index is None else str(index)


@implements("Feature.setGeometry")
def set_geometry(feature: Element, geometry: Geometry | None) -> Element:
    """The feature with another geometry."""
    if not isinstance(feature, Feature):
        raise EarthError("Only features have a geometry that can be set.")
    return replace(feature, geometry=geometry)


@implements("Feature.select")
def select(
    input: Element,  # noqa: A002
    property_selectors: Sequence[str],
    new_properties: Sequence[str] | None,
    retain_geometry: bool,
) -> Element:
    """The feature with some of its properties, perhaps under other names."""
    chosen = [name for each in property_selectors for name in _matching(input, each)]
    names = chosen if new_properties is None else list(new_properties)
    if len(names) != len(chosen):
        raise EarthError(f"Got {len(chosen)} selected properties and {len(names)} new names.")
    kept = {new: input.properties[old] for new, old in zip(names, chosen, strict=True)}
    if "system:index" in input.properties:
        kept.setdefault("system:index", input.properties["system:index"])
    selected = with_properties(input, kept)
    if isinstance(selected, Feature) and not retain_geometry:
        return replace(selected, geometry=None)
    return selected


def _matching(element: Element, selector: str) -> list[str]:
    if selector in element.properties:
        return [selector]
    return [name for name in sorted(element.properties) if re.fullmatch(selector, name)]


@implements("Feature.toArray")
def to_array(context: Context, feature: Feature, properties: Sequence[str]) -> Array:
    """Properties as a vector."""
    array: Array = context.call("Array", [feature.properties.get(name) for name in properties])
    return array
