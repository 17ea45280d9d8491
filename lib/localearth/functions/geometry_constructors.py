"""Geometries from coordinates: `GeometryConstructors.*`."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import shapely

from lib.localearth import geodesy
from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.raster.projection import Projection, crs_of
from lib.localearth.registry import implements
from lib.localearth.sphere import Shape
from lib.localearth.values import ErrorMargin

Places = list[tuple[float, float]]
FARTHEST = 1e9  # of a coordinate in a projection: beyond it nothing is left of the Earth
FARTHEST_DEGREES = 3600.0  # ten times around


def places_of(coordinates: Any) -> Places:
    """Pairs of numbers from pairs, points or one flat list of numbers.

    Raises:
        EarthError: They are none of these.
    """
    items = list(coordinates)
    if items and all(isinstance(item, (int, float)) for item in items):
        if len(items) % 2:
            raise EarthError(f"Invalid geometry: {len(items)} numbers cannot be coordinates.")
        return list(zip(items[::2], items[1::2], strict=True))
    return [_pair(item) for item in items]


def _pair(item: Any) -> tuple[float, float]:
    if isinstance(item, Geometry) and item.shape.geom_type == "Point":
        point: Shape = item.shape
        return point.x, point.y
    if isinstance(item, (list, tuple)) and len(item) >= 2:
        x, y = item[:2]
        if isinstance(x, (int, float)) and isinstance(y, (int, float)):
            return float(x), float(y)
    raise EarthError(f"Invalid geometry: '{item}' is not a pair of coordinates.")


def _depth(coordinates: Any) -> int:
    if isinstance(coordinates, (list, tuple)) and coordinates:
        return 1 + _depth(coordinates[0])
    return 1 if isinstance(coordinates, Geometry) else 0


def _made(shape: Shape, crs: Projection | None, geodesic: bool | None) -> Geometry:
    places = shapely.get_coordinates(shape)
    if not (np.abs(places) <= (FARTHEST if crs else FARTHEST_DEGREES)).all():
        raise EarthError("Invalid geometry: its coordinates are out of range.")
    if crs is None:
        return Geometry(shape, geodesic=True if geodesic is None else bool(geodesic))
    bent = crs_of(crs.crs).is_geographic if geodesic is None else bool(geodesic)
    return geodesy.from_projection(shape, crs, geodesic=bent)


@implements("GeometryConstructors.Point")
def point(coordinates: Sequence[float], crs: Projection | None) -> Geometry:
    """A point."""
    return _made(shapely.Point(_pair(list(coordinates))), crs, None)


@implements("GeometryConstructors.MultiPoint")
def multi_point(coordinates: Any, crs: Projection | None) -> Geometry:
    """Points."""
    return _made(shapely.MultiPoint(places_of(coordinates)), crs, None)


@implements("GeometryConstructors.LineString")
def line_string(
    coordinates: Any, crs: Projection | None, geodesic: bool | None, max_error: ErrorMargin | None
) -> Geometry:
    """A line."""
    return _made(_line(places_of(coordinates)), crs, geodesic)


def _line(places: Places, kind: Callable[..., Shape] = shapely.LineString) -> Shape:
    if len(places) < 2:
        raise EarthError(f"Invalid geometry: a line needs at least 2 points. Got {len(places)}.")
    return kind(places)


@implements("GeometryConstructors.LinearRing")
def linear_ring(
    coordinates: Any, crs: Projection | None, geodesic: bool | None, max_error: ErrorMargin | None
) -> Geometry:
    """A closed line."""
    return _made(_ring(places_of(coordinates)), crs, geodesic)


def _ring(places: Places) -> Shape:
    if len(set(places)) < 3:
        raise EarthError(
            f"Invalid geometry: a ring needs at least 3 points. Got {len(set(places))}."
        )
    return shapely.LinearRing(places)


@implements("GeometryConstructors.MultiLineString")
def multi_line_string(
    coordinates: Any, crs: Projection | None, geodesic: bool | None, max_error: ErrorMargin | None
) -> Geometry:
    """Lines."""
    lines = coordinates if _depth(coordinates) > 2 else [coordinates]
    return _made(
        shapely.MultiLineString([_line(_line_places(each)) for each in lines]), crs, geodesic
    )


def _line_places(line: Any) -> Places:
    if isinstance(line, Geometry):
        return [(x, y) for x, y in shapely.get_coordinates(line.shape).tolist()]
    return places_of(line)


@implements("GeometryConstructors.Polygon")
def polygon(
    coordinates: Any,
    crs: Projection | None,
    geodesic: bool | None,
    max_error: ErrorMargin | None,
    even_odd: bool,
) -> Geometry:
    """A polygon of a shell and holes, or of one flat ring."""
    shape = _polygon(_rings(coordinates), even_odd=even_odd is not False)
    return _with_rule(_made(shape, crs, geodesic), even_odd is not False)


def _rings(coordinates: Any) -> list[Places]:
    if isinstance(coordinates, (list, tuple)) and coordinates:
        first = coordinates[0]
        if isinstance(first, Geometry) and first.shape.geom_type != "Point":
            return [_line_places(ring) for ring in coordinates]
        if _depth(coordinates) > 2:
            return [places_of(ring) for ring in coordinates]
    return [places_of(coordinates)]


def _polygon(rings: list[Places], *, even_odd: bool) -> Shape:
    shell, *holes = (_ring(places) for places in rings)
    shape = shapely.Polygon(shell, holes)
    if even_odd or shell.is_ccw:
        return shape
    return shapely.box(-180, -90, 180, 90).difference(shapely.Polygon(shell))


def _with_rule(geometry: Geometry, even_odd: bool) -> Geometry:
    return Geometry(geometry.shape, geometry.crs, geometry.geodesic, even_odd)


@implements("GeometryConstructors.MultiPolygon")
def multi_polygon(
    coordinates: Any,
    crs: Projection | None,
    geodesic: bool | None,
    max_error: ErrorMargin | None,
    even_odd: bool,
) -> Geometry:
    """Polygons."""
    listed = coordinates if _depth(coordinates) > 3 else [coordinates]
    shapes: list[Any] = [
        each.shape
        if isinstance(each, Geometry)
        else _polygon(_rings(each), even_odd=even_odd is not False)
        for each in listed
    ]
    return _with_rule(_made(shapely.MultiPolygon(shapes), crs, geodesic), even_odd is not False)


@implements("GeometryConstructors.MultiGeometry")
def multi_geometry(
    geometries: Sequence[Geometry],
    crs: Projection | None,
    geodesic: bool | None,
    max_error: ErrorMargin | None,
) -> Geometry:
    """Geometries of several kinds."""
    if not geometries:
        return Geometry(shapely.GeometryCollection())
    target = crs.crs if crs else geometries[0].crs
    bent = geometries[0].geodesic if geodesic is None else bool(geodesic)
    shapes = [geodesy.to_crs(each, target, geodesic=bent).shape for each in geometries]
    return Geometry(shapely.GeometryCollection(shapes), target, bent)


@implements("GeometryConstructors.Rectangle")
def rectangle(
    coordinates: Any, crs: Projection | None, geodesic: bool | None, even_odd: bool
) -> Geometry:
    """A rectangle between two corners."""
    places = places_of(coordinates)
    if len(places) != 2:
        raise EarthError(f"Invalid geometry: a rectangle needs 2 corners. Got {len(places)}.")
    (west, south), (east, north) = places
    ring = [(west, north), (west, south), (east, south), (east, north)]
    return _with_rule(_made(shapely.Polygon(ring), crs, geodesic), even_odd is not False)


@implements("GeometryConstructors.BBox")
def bounding_box(west: float, south: float, east: float, north: float) -> Geometry:
    """A box of longitudes and latitudes with straight edges; it may cross the antimeridian."""
    if east - west >= 360:
        west, east = -180.0, 180.0
    else:
        around = math.floor((west + 180) / 360) * 360
        west, east = west - around, east - around
        if east < west:
            east += 360
    shape = shapely.Polygon(
        [
            (west, max(south, -90)),
            (east, max(south, -90)),
            (east, min(north, 90)),
            (west, min(north, 90)),
        ]
    )
    return Geometry(shape, geodesic=False)
