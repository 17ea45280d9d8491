"""What geometries measure on the Earth or in a projection, and how two of them lie."""

import math
from collections.abc import Callable, Mapping
from typing import Any

import shapely
from shapely.ops import nearest_points

from lib.localearth import geodesy
from lib.localearth.geometry import Geometry
from lib.localearth.raster.projection import Projection
from lib.localearth.sphere import LINES, parts
from lib.localearth.values import ErrorMargin


def both_within(left: Geometry, right: Geometry, proj: Projection) -> tuple[Any, Any]:
    """Both shapes in units of a projection."""
    return geodesy.within_projection(left, proj), geodesy.within_projection(right, proj)


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
    return math.fsum(line.length for line in parts(shape, *LINES))


def perimeter(geometry: Geometry, max_error: ErrorMargin | None, proj: Projection | None) -> float:
    """Metres around polygons, or units of a projection."""
    if proj is None:
        return geodesy.perimeter(geometry)
    shape = geodesy.within_projection(geometry, proj)
    return math.fsum(polygon.length for polygon in parts(shape, "Polygon"))


def intersects(
    left: Geometry, right: Geometry, max_error: ErrorMargin | None, proj: Projection | None
) -> bool:
    """Whether they meet, on the sphere or in a projection."""
    if proj is None or left.unbounded or right.unbounded:
        return geodesy.intersects(left, right)
    return bool(shapely.intersects(*both_within(left, right, proj)))


def disjoint(
    left: Geometry, right: Geometry, max_error: ErrorMargin | None, proj: Projection | None
) -> bool:
    """Whether they do not meet."""
    return not intersects(left, right, max_error, proj)


def contains(
    left: Geometry, right: Geometry, max_error: ErrorMargin | None, proj: Projection | None
) -> bool:
    """Whether the second lies within the first, on the sphere or in a projection."""
    if proj is None or left.unbounded or right.shape.is_empty:
        return geodesy.contains(left, right)
    return bool(shapely.covers(*both_within(left, right, proj)))


def contained_in(
    left: Geometry, right: Geometry, max_error: ErrorMargin | None, proj: Projection | None
) -> bool:
    """Whether the first lies within the second."""
    return contains(right, left, max_error, proj)


def within_distance(
    left: Geometry,
    right: Geometry,
    distance: float,
    max_error: ErrorMargin | None,
    proj: Projection | None,
) -> bool:
    """Whether they come within metres, or units of a projection, of each other."""
    return _distance(left, right, proj) <= distance


def distance(
    left: Geometry,
    right: Geometry,
    max_error: ErrorMargin | None,
    proj: Projection | None,
    spherical: bool,
) -> float:
    """The least distance in metres, or in units of a projection."""
    return _distance(left, right, proj, spherical=bool(spherical))


def _distance(
    left: Geometry, right: Geometry, proj: Projection | None, *, spherical: bool = False
) -> float:
    if proj is None:
        return geodesy.distance(left, right, spherical=spherical)
    return float(shapely.distance(*both_within(left, right, proj)))


def closest_points(
    left: Geometry, right: Geometry, max_error: ErrorMargin | None, proj: Projection | None
) -> Mapping[str, Geometry]:
    """The closest points of both; nothing where one is empty."""
    if left.shape.is_empty or right.shape.is_empty:
        return {}
    if proj is not None:
        near = nearest_points(*both_within(left, right, proj))
        first, second = (geodesy.from_projection(point, proj) for point in near)
        return {"left": first, "right": second}
    places = geodesy.closest_points(left, right)
    return {
        side: Geometry(shapely.Point(place))
        for side, place in zip(("left", "right"), places, strict=True)
    }


def closest_point(
    left: Geometry, right: Geometry, max_error: ErrorMargin | None, proj: Projection | None
) -> Geometry | None:
    """The point of the second that is closest to the first; null where one is empty."""
    return closest_points(left, right, max_error, proj).get("right")


MEASURES: dict[str, Callable[..., Any]] = {
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
