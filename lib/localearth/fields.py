"""Fields of elements, and whether two values are equal, as filters see them."""

from collections.abc import Mapping
from typing import Any

from lib.localearth import geodesy
from lib.localearth.geometry import Geometry
from lib.localearth.raster.image import Image
from lib.localearth.values import Array, Date, Feature

TIME = "system:time_start"
GEOMETRY_FIELDS = (".geo", ".all", "system:footprint")


def value_of(element: Any, name: str) -> Any:
    """Read a field of an element: a property, or ".geo" for its geometry.

    Plain values in a list have the field "item"; dictionaries have their keys.
    """
    if name in GEOMETRY_FIELDS and isinstance(element, (Feature, Image)):
        return geometry_of(element)
    if isinstance(element, (Feature, Image)):
        return element.properties.get(name)
    if name == "item":
        return element
    return element.get(name) if isinstance(element, Mapping) else None


def geometry_of(element: Any) -> Geometry | None:
    """The geometry of a feature or the footprint of an image."""
    if isinstance(element, Geometry):
        return element
    if isinstance(element, Feature):
        return element.geometry
    if isinstance(element, Image):
        return element.footprint or geodesy.EVERYWHERE
    return None


def same(left: Any, right: Any) -> bool:
    """Whether two values are equal; numbers compare across types, containers item by item."""
    if isinstance(left, bool) or isinstance(right, bool):
        return isinstance(left, (bool, int, float)) and bool(left == right)
    if isinstance(left, (list, tuple)) and isinstance(right, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, Array) and isinstance(right, Array):
        return left.data.shape == right.data.shape and bool((left.data == right.data).all())
    if isinstance(left, Array) or isinstance(right, Array):
        return False
    if isinstance(left, Feature) and isinstance(right, Feature):
        return left.geometry == right.geometry and same(left.properties, right.properties)
    return bool(left == right)


def plain(value: Any) -> Any:
    """Milliseconds of a date; other values as they are."""
    return value.millis if isinstance(value, Date) else value
