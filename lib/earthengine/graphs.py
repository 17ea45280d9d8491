"""From plain data to the client's objects and back; only this part and `lib/deploy` see them."""

import sys
from collections.abc import Iterator
from typing import Any

import ee

from lib.core.aoi import Aoi
from lib.core.expression import Expression
from lib.core.grid import Grid

_LOADERS = {"Image.load": "id", "ImageCollection.load": "id", "Collection.loadTable": "tableId"}


# The client walks a graph by recursion; a recurrent network over 150 dates needs some 15,000 calls.
_DEPTH = 50_000


def to_image(expression: Expression) -> ee.Image:
    """Read an image's expression; the client must have started."""
    _allow_depth()
    image: ee.Image = ee.Image(ee.deserializer.decode(expression.graph))
    return image


def to_expression(thing: ee.ComputedObject) -> Expression:
    """Write an object as plain data."""
    _allow_depth()
    return Expression(ee.serializer.encode(thing, for_cloud_api=True))


def _allow_depth() -> None:
    sys.setrecursionlimit(max(_DEPTH, sys.getrecursionlimit()))


def region_of(aoi: Aoi) -> ee.Geometry:
    """The area with straight edges in longitude and latitude, as it was drawn."""
    region: ee.Geometry = ee.Geometry(aoi.geometry, "EPSG:4326", False)
    return region


def projection_of(grid: Grid) -> ee.Projection:
    """The grid's coordinate system and transform, so that pixels coincide with the grid's."""
    projection: ee.Projection = ee.Projection(grid.crs, list(grid.transform))
    return projection


def valid_everywhere(image: ee.Image) -> ee.Image:
    """One band that is valid where all bands of an image are."""
    valid: ee.Image = image.mask().reduce(ee.Reducer.min())
    return valid


def asset_ids(expression: Expression) -> frozenset[str]:
    """Return the ids of all images, collections and tables that a graph loads."""
    values = expression.graph["values"]
    return frozenset(
        str(_constant(call["arguments"][_LOADERS[call["functionName"]]], values))
        for call in _calls(values)
        if call.get("functionName") in _LOADERS
    )


def _calls(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if isinstance(node.get("functionInvocationValue"), dict):
            yield node["functionInvocationValue"]
        node = [part for key, part in node.items() if key != "constantValue"]
    if isinstance(node, list):
        for part in node:
            yield from _calls(part)


def _constant(node: dict[str, Any], values: dict[str, Any]) -> Any:
    if "valueReference" in node:
        return _constant(values[node["valueReference"]], values)
    return node.get("constantValue", "")
