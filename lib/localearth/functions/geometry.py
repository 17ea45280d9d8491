"""Geometries: what they measure and how they combine (`Geometry.*`, and `Feature.*` alike)."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely

from lib.localearth import geodesy
from lib.localearth.geometry import Geometry
from lib.localearth.raster.image import Image
from lib.localearth.raster.projection import Projection
from lib.localearth.registry import implements, register
from lib.localearth.values import Collection, ErrorMargin, Feature

Operation = Callable[[Any, Any], Any]


def is_plain(proj: Projection | None) -> bool:
    """Whether a measure is on the Earth rather than in a projection."""
    return proj is None


def area(geometry: Geometry, max_error: ErrorMargin | None, proj: Projection | None) -> float:
    """Square metres, or square units of a projection."""
    if proj is None:
        return geodesy.area(geometry)
    return float(geodesy.within_projection(geometry, proj).area)


def length(geometry: Geometry, max_error: ErrorMargin | None, proj: Projection | None) -> float:
    """Metres of lines, or units of a projection."""
    if proj is None:
        return geodesy.length(geometry)
    shape = geodesy.within_projection(geometry, proj)
    return 0.0 if "Polygon" in shape.geom_type else float(shape.length)


def perimeter(geometry: Geometry, max_error: ErrorMargin | None, proj: Projection | None) -> float:
    """Metres around polygons, or units of a projection."""
    if proj is None:
        return geodesy.perimeter(geometry)
    shape = geodesy.within_projection(geometry, proj)
    return float(shape.length) if "Polygon" in shape.geom_type else 0.0


def bounds(geometry: Geometry, max_error: ErrorMargin | None, proj: Projection | None) -> Geometry:
    """The upright rectangle around a geometry."""
    return geodesy.bounds(geometry, proj)


def buffer(
    geometry: Geometry, distance: float, max_error: ErrorMargin | None, proj: Projection | None
) -> Geometry:
    """Grow by metres, or by units of a projection."""
    error = max_error.value if max_error and max_error.unit == "meters" else None
    if proj is None:
        return geodesy.buffer(geometry, distance, error_m=error)
    steps = geodesy.quarter_steps(abs(distance) or 1.0, error or abs(distance) * 0.01)
    shape = geodesy.within_projection(geometry, proj).buffer(distance, quad_segs=steps)
    return geodesy.from_projection(shape, proj)


def centroid(
    geometry: Geometry, max_error: ErrorMargin | None, proj: Projection | None
) -> Geometry:
    """The centre of the parts of the highest dimension."""
    if proj is None:
        return geodesy.centroid(geometry)
    return geodesy.from_projection(geodesy.within_projection(geometry, proj).centroid, proj)


def convex_hull(
    geometry: Geometry, max_error: ErrorMargin | None, proj: Projection | None
) -> Geometry:
    """The least convex shape around a geometry."""
    return _reshaped(geometry, proj, shapely.convex_hull)


def dissolve(
    geometry: Geometry, max_error: ErrorMargin | None, proj: Projection | None
) -> Geometry:
    """The union of a geometry's parts."""
    return _reshaped(geometry, proj, shapely.unary_union)


def _reshaped(
    geometry: Geometry, proj: Projection | None, operation: Callable[[Any], Any]
) -> Geometry:
    if proj is None:
        return geodesy.reshape(geometry, operation)
    return geodesy.from_projection(operation(geodesy.within_projection(geometry, proj)), proj)


def simplify(geometry: Geometry, max_error: ErrorMargin, proj: Projection | None) -> Geometry:
    """Leave out points within the error."""
    error = max_error.value or 0.0
    if proj is None:
        return geodesy.simplify(geometry, error)
    shape = geodesy.within_projection(geometry, proj).simplify(error / proj.nominal_scale)
    return geodesy.from_projection(shape, proj)


def transform(
    geometry: Geometry, proj: Projection, max_error: ErrorMargin | None, geodesic: bool | None
) -> Geometry:
    """Move to another projection."""
    return geodesy.to_crs(geometry, proj.crs, geodesic=geodesic)


def cut_lines(
    geometry: Geometry,
    distances: Sequence[float],
    max_error: ErrorMargin | None,
    proj: Projection | None,
) -> Geometry:
    """Cut lines at distances from their starts."""
    shape = geodesy.lonlat(geometry)
    lines = list(getattr(shape, "geoms", [shape]))
    pieces = [piece for line in lines for piece in geodesy.cut_line(line, list(distances))]
    return Geometry(shapely.MultiLineString(pieces))


def _combining(operation: Operation) -> Callable[..., Geometry]:
    def combine(
        left: Geometry, right: Geometry, max_error: ErrorMargin | None, proj: Projection | None
    ) -> Geometry:
        if proj is None:
            return geodesy.combine(left, right, operation)
        first, second = (geodesy.within_projection(each, proj) for each in (left, right))
        return geodesy.from_projection(operation(first, second), proj)

    return combine


def intersects(
    left: Geometry, right: Geometry, max_error: ErrorMargin | None, proj: Projection | None
) -> bool:
    """Whether they meet."""
    return geodesy.intersects(left, right)


def disjoint(
    left: Geometry, right: Geometry, max_error: ErrorMargin | None, proj: Projection | None
) -> bool:
    """Whether they do not meet."""
    return not geodesy.intersects(left, right)


def contains(
    left: Geometry, right: Geometry, max_error: ErrorMargin | None, proj: Projection | None
) -> bool:
    """Whether the second lies within the first."""
    return geodesy.contains(left, right)


def contained_in(
    left: Geometry, right: Geometry, max_error: ErrorMargin | None, proj: Projection | None
) -> bool:
    """Whether the first lies within the second."""
    return geodesy.contains(right, left)


def within_distance(
    left: Geometry,
    right: Geometry,
    distance: float,
    max_error: ErrorMargin | None,
    proj: Projection | None,
) -> bool:
    """Whether they come within metres of each other."""
    return geodesy.distance(left, right) <= distance


def distance(
    left: Geometry,
    right: Geometry,
    max_error: ErrorMargin | None,
    proj: Projection | None,
    spherical: bool,
) -> float:
    """The least distance in metres, or in units of a projection."""
    if proj is None:
        return geodesy.distance(left, right, spherical=bool(spherical))
    first, second = (geodesy.within_projection(each, proj) for each in (left, right))
    return float(first.distance(second))


def closest_points(
    left: Geometry, right: Geometry, max_error: ErrorMargin | None, proj: Projection | None
) -> Mapping[str, Geometry]:
    """The closest points of both."""
    first, second = geodesy.closest_points(left, right)
    return {"left": Geometry(shapely.Point(first)), "right": Geometry(shapely.Point(second))}


def closest_point(
    left: Geometry, right: Geometry, max_error: ErrorMargin | None, proj: Projection | None
) -> Geometry:
    """The point of the second that is closest to the first."""
    return closest_points(left, right, max_error, proj)["right"]


_MEASURES: dict[str, Callable[..., Any]] = {
    "area": area,
    "length": length,
    "perimeter": perimeter,
    "intersects": intersects,
    "disjoint": disjoint,
    "contains": contains,
    "containedIn": contained_in,
    "withinDistance": within_distance,
    "distance": distance,
    "closestPoint": closest_point,
    "closestPoints": closest_points,
}
_SHAPES: dict[str, Callable[..., Geometry]] = {
    "bounds": bounds,
    "buffer": buffer,
    "centroid": centroid,
    "convexHull": convex_hull,
    "cutLines": cut_lines,
    "dissolve": dissolve,
    "simplify": simplify,
    "transform": transform,
    "intersection": _combining(shapely.intersection),
    "union": _combining(shapely.union),
    "difference": _combining(shapely.difference),
    "symmetricDifference": _combining(shapely.symmetric_difference),
}


def _shape_of(element: Any) -> Geometry:
    found = (
        element.geometry if isinstance(element, Feature) else getattr(element, "footprint", None)
    )
    return found if found is not None else Geometry(shapely.GeometryCollection())


def _for_features(function: Callable[..., Any], *, reshapes: bool) -> Callable[..., Any]:
    """The same function on features; a new shape keeps the properties of the first."""
    names = list(inspect.signature(function).parameters)

    def apply(*arguments: Any) -> Any:
        plain = [
            _shape_of(each) if isinstance(each, (Feature, Image)) else each for each in arguments
        ]
        result = function(*plain)
        if not reshapes:
            return result
        return Feature(result, dict(arguments[0].properties))

    parameters = [
        inspect.Parameter(
            "feature" if name == "geometry" else name, inspect.Parameter.POSITIONAL_OR_KEYWORD
        )
        for name in names
    ]
    apply.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return apply


for _name, _function in _MEASURES.items():
    register(f"Geometry.{_name}", _function)
    register(f"Feature.{_name}", _for_features(_function, reshapes=False))
for _name, _function in _SHAPES.items():
    register(f"Geometry.{_name}", _function)
    register(f"Feature.{_name}", _for_features(_function, reshapes=True))


@implements("Geometry.coordinates")
def coordinates(geometry: Geometry) -> list[Any]:
    """Nested lists of coordinates."""
    nested: list[Any] = _lists(shapely.geometry.mapping(geometry.shape).get("coordinates", ()))
    return nested


def _lists(value: Any) -> Any:
    return [_lists(part) for part in value] if isinstance(value, (tuple, list)) else value


@implements("Geometry.edgesAreGeodesics", "Geometry.geodesic")
def edges_are_geodesics(geometry: Geometry) -> bool:
    """Whether edges follow great circles."""
    return geometry.geodesic


@implements("Geometry.geometries")
def geometries(geometry: Geometry) -> list[Geometry]:
    """The parts of a geometry; a single one is a list of itself."""
    return [
        replace(geometry, shape=part) for part in getattr(geometry.shape, "geoms", [geometry.shape])
    ]


@implements("Geometry.isUnbounded")
def is_unbounded(geometry: Geometry) -> bool:
    """Whether it covers the whole Earth."""
    return geometry.unbounded


@implements("Geometry.projection")
def projection(geometry: Geometry) -> Projection:
    """The coordinate system."""
    return Projection(geometry.crs)


@implements("Geometry.type")
def type_of(geometry: Geometry) -> str:
    """The kind of geometry, such as Polygon."""
    return str(geometry.shape.geom_type)


@implements("Geometry.coveringGrid")
def covering_grid(geometry: Geometry, proj: Projection, scale: float | None) -> Collection:
    """The cells of a projection that meet a geometry."""
    cells = proj if scale is None else proj.at_scale(scale)
    shape = geodesy.within_projection(geometry, cells)
    west, south, east, north = shape.bounds
    columns = range(int(np.floor(west)), int(np.ceil(east)))
    rows = range(int(np.floor(south)), int(np.ceil(north)))
    shapely.prepare(shape)
    found = [
        Feature(geodesy.from_projection(cell, cells), {"system:index": f"{column},{row}"})
        for row in rows
        for column in columns
        if shape.intersects(cell := shapely.box(column, row, column + 1, row + 1))
    ]
    return Collection.of(found, of_images=False)
