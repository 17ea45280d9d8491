"""What geometries measure on the Earth, and how they are cut, joined and moved.

Measures are on the WGS84 ellipsoid. Edges of geodesic geometries follow great circles of a sphere.
Without a projection, shapes are combined in a flat picture of their surroundings.
"""

import functools
import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pyproj
import shapely
from shapely.ops import nearest_points

from lib.localearth import assumptions
from lib.localearth.geometry import Geometry
from lib.localearth.raster.projection import Projection, crs_of, transformer
from lib.localearth.sphere import (
    LINES,
    PART,
    RADIUS,
    Picture,
    Shape,
    bend_great_circles,
    bend_straight,
    parts,
    picture_of,
)

LONLAT = "EPSG:4326"
EVERYWHERE = Geometry(shapely.box(-180, -90, 180, 90), geodesic=False, unbounded=True)
WGS84 = pyproj.Geod(ellps="WGS84")
EDGE_PARTS = 64  # pieces of an edge that is bent when it changes its coordinate system
EARTH_AREA_M2 = 510065621724088.4  # surface of the WGS84 ellipsoid

Operation = Callable[[Shape, Shape], Shape]


def to_crs(geometry: Geometry, crs: str, *, geodesic: bool | None = None) -> Geometry:
    """Move a geometry to another coordinate system, with points added where edges bend.

    Args:
        geometry: Any geometry.
        crs: "EPSG:…" code or WKT of the target.
        geodesic: How edges of the result run; None keeps geodesic edges in geographic systems and
            makes straight ones elsewhere.
    """
    wanted = geodesic if geodesic is not None else geometry.geodesic and geographic(crs)
    if geometry.crs == crs and geometry.geodesic == wanted:
        return geometry
    shape = geometry.shape
    if not (geometry.geodesic and wanted):
        shape = bent(geometry)
    if geometry.crs != crs:
        shape = _transformed(shape, geometry.crs, crs)
    return replace(geometry, shape=shape, crs=crs, geodesic=wanted)


def bent(geometry: Geometry) -> Shape:
    """The shape in its own coordinates, its edges with points close enough to be straight."""
    shape = geometry.shape
    if "Point" in shape.geom_type or shape.is_empty:
        return shape
    if geometry.geodesic and not geographic(geometry.crs):
        bends = bend_great_circles(_transformed(shape, geometry.crs, LONLAT))
        return _transformed(bends, LONLAT, geometry.crs)
    if geometry.geodesic:
        return bend_great_circles(shape)
    if geographic(geometry.crs):
        return bend_straight(shape, PART)
    west, south, east, north = shape.bounds
    return bend_straight(shape, max(math.hypot(east - west, north - south) / EDGE_PARTS, 1e-9))


def lonlat(geometry: Geometry) -> Shape:
    """The shape in longitude and latitude, its edges great circles."""
    return to_crs(geometry, LONLAT, geodesic=True).shape


def area(geometry: Geometry) -> float:
    """Square metres of polygons on WGS84; other parts count 0, overlaps twice."""
    if geometry.unbounded:
        return EARTH_AREA_M2
    return math.fsum(_ring_area(polygon) for polygon in parts(lonlat(geometry), "Polygon"))


def length(geometry: Geometry) -> float:
    """Metres of lines on WGS84; other parts count 0."""
    lines = parts(lonlat(geometry), *LINES)
    return math.fsum(float(WGS84.geometry_length(line)) for line in lines)


def perimeter(geometry: Geometry) -> float:
    """Metres of the rings of polygons on WGS84; other parts count 0."""
    polygons = parts(lonlat(geometry), "Polygon")
    rings = (ring for polygon in polygons for ring in (polygon.exterior, *polygon.interiors))
    return math.fsum(float(WGS84.geometry_length(ring)) for ring in rings)


def distance(left: Geometry, right: Geometry, *, spherical: bool = False) -> float:
    """Least distance in metres, 0 where they meet; on WGS84 or on a sphere."""
    first, second = closest_points(left, right)
    if spherical:
        return float(pyproj.Geod(a=RADIUS, b=RADIUS).inv(*first, *second)[2])
    return float(WGS84.inv(*first, *second)[2])


def closest_points(
    left: Geometry, right: Geometry
) -> tuple[tuple[float, float], tuple[float, float]]:
    """The places of two geometries that are closest, as (longitude, latitude)."""
    first, second = lonlat(left), lonlat(right)
    if first.geom_type == second.geom_type == "Point":
        return (first.x, first.y), (second.x, second.y)
    near = _nearest(first, second, picture_of([first, second], gnomonic=False))
    middle = picture_of([shapely.MultiPoint(near)], gnomonic=False)
    return _nearest(first, second, middle) if middle else near


def _nearest(
    first: Shape, second: Shape, picture: Picture | None
) -> tuple[tuple[float, float], tuple[float, float]]:
    first, second = bend_great_circles(first), bend_great_circles(second)
    if picture is None:
        here, there = nearest_points(first, second)
    else:
        drawn = nearest_points(picture.draw(first), picture.draw(second))
        here, there = (picture.read(point) for point in drawn)
    return (here.x, here.y), (there.x, there.y)


def intersects(left: Geometry, right: Geometry) -> bool:
    """Whether they have a point in common."""
    if left.unbounded or right.unbounded:
        return True
    first, second, _ = _pictured(left, right)
    return bool(first.intersects(second))


def contains(left: Geometry, right: Geometry) -> bool:
    """Whether `right` lies within `left`, its edge included."""
    if left.unbounded or right.shape.is_empty:
        return left.unbounded and not right.shape.is_empty
    first, second, _ = _pictured(left, right)
    return bool(first.covers(second))


def combine(left: Geometry, right: Geometry, operation: Operation) -> Geometry:
    """Apply a set operation such as `shapely.intersection`."""
    first, second, read = _pictured(left, right)
    return replace(read(operation(first, second)), even_odd=True)


def reshape(geometry: Geometry, operation: Callable[[Shape], Shape]) -> Geometry:
    """Apply an operation on one shape, such as `shapely.convex_hull`."""
    first, _, read = _pictured(geometry, geometry)
    return read(operation(first))


def _pictured(left: Geometry, right: Geometry) -> tuple[Shape, Shape, Callable[[Shape], Geometry]]:
    """Two shapes in one flat system, and how to read a shape of it as a geometry."""
    if left.crs == right.crs and not left.geodesic and not right.geodesic:
        crs = left.crs
        return _sound(left.shape), _sound(right.shape), lambda shape: Geometry(shape, crs, False)
    first, second = lonlat(left), lonlat(right)
    picture = picture_of([first, second])
    if picture is None:
        first, second = bend_great_circles(first), bend_great_circles(second)
        return _sound(first), _sound(second), Geometry
    drawn = (_sound(picture.draw(first)), _sound(picture.draw(second)))
    return *drawn, lambda shape: Geometry(picture.read(shape))


def buffer(geometry: Geometry, distance_m: float, *, error_m: float | None = None) -> Geometry:
    """Grow a geometry by metres, or shrink it by negative ones.

    Args:
        geometry: Any geometry.
        distance_m: Metres on WGS84.
        error_m: How far the outline may deviate; 1 % of the distance where None.
    """
    if not distance_m:
        return geometry
    error = error_m or abs(distance_m) * assumptions.BUFFER_ERROR_SHARE
    steps = quarter_steps(abs(distance_m), error)
    shape = lonlat(geometry)
    if shape.geom_type == "Point":
        return Geometry(_circle(shape.x, shape.y, distance_m, 4 * steps))
    grown = _in_metres(
        bend_great_circles(shape), lambda flat: flat.buffer(distance_m, quad_segs=steps)
    )
    return Geometry(grown)


def quarter_steps(radius: float, error: float) -> int:
    """Pieces of a quarter circle whose chords lie within `error` of it."""
    share = min(max(error / radius, 1e-6), 0.2)
    return max(math.ceil(math.pi / math.acos(1 - share) / 4), 2)


def centroid(geometry: Geometry) -> Geometry:
    """The centre of the parts of the highest dimension."""
    shape = bend_great_circles(lonlat(geometry))
    return Geometry(_in_metres(shape, lambda flat: flat.centroid))


def simplify(geometry: Geometry, error_m: float) -> Geometry:
    """Leave out points whose absence moves the outline by at most `error_m` metres."""
    return Geometry(_in_metres(lonlat(geometry), lambda flat: flat.simplify(error_m)))


def bounds(geometry: Geometry, projection: Projection | None = None) -> Geometry:
    """The least upright rectangle of a projection around a geometry; its edges are straight."""
    if geometry.unbounded and projection is None:
        return EVERYWHERE
    crs = projection.crs if projection else LONLAT
    if geometry.shape.is_empty:
        return Geometry(shapely.Polygon(), crs, geodesic=False)
    west, south, east, north = to_crs(geometry, crs, geodesic=False).shape.bounds
    ring = [(west, south), (east, south), (east, north), (west, north)]
    return Geometry(shapely.Polygon(ring), crs, geodesic=False)


def within_projection(geometry: Geometry, projection: Projection | None) -> Shape:
    """The shape in units of a projection, its transform included, with straight edges."""
    wanted = projection or Projection()
    a, b, c, d, e, f = wanted.transform
    shape = to_crs(geometry, wanted.crs, geodesic=False).shape
    inverse = np.linalg.inv([[a, b], [d, e]])
    return shapely.transform(shape, lambda xy: (xy - [c, f]) @ inverse.T)


def from_projection(shape: Shape, projection: Projection, *, geodesic: bool = False) -> Geometry:
    """A geometry from a shape in units of a projection, its transform included."""
    a, b, c, d, e, f = projection.transform
    moved = shapely.transform(shape, lambda xy: xy @ np.array([[a, d], [b, e]]) + [c, f])
    return Geometry(moved, projection.crs, geodesic)


def cut_line(line: Shape, distances_m: list[float]) -> Iterator[Shape]:
    """Pieces of a line in longitude and latitude between distances from its start, in metres."""
    places = shapely.get_coordinates(line).tolist()
    ends = sorted({each for each in distances_m if each > 0})
    piece, walked = [places[0]], 0.0
    for start, end in itertools.pairwise(places):
        azimuth, _, step = WGS84.inv(start[0], start[1], end[0], end[1])
        while ends and ends[0] < walked + step:
            lon, lat, _ = WGS84.fwd(start[0], start[1], azimuth, ends.pop(0) - walked)
            yield shapely.LineString([*piece, (lon, lat)])
            piece = [[lon, lat]]
        piece.append(end)
        walked += step
    yield shapely.LineString(piece)


@functools.lru_cache(maxsize=64)
def geographic(crs: str) -> bool:
    """Whether coordinates are longitudes and latitudes."""
    return crs_of(crs).is_geographic


def _sound(shape: Shape) -> Shape:
    return shape if shape.is_valid else shapely.make_valid(shape)


def _ring_area(polygon: Shape) -> float:
    sound = _sound(polygon)
    if sound is not polygon:
        return math.fsum(_ring_area(part) for part in parts(sound, "Polygon"))
    shell, *holes = (
        abs(float(WGS84.polygon_area_perimeter(*shapely.get_coordinates(ring).T)[0]))
        for ring in (polygon.exterior, *polygon.interiors)
    )
    return shell - math.fsum(holes)


def _circle(lon: float, lat: float, radius_m: float, count: int) -> Shape:
    if radius_m < 0:
        return shapely.Polygon()
    azimuths = -360.0 * np.arange(count) / count
    lons, lats, _ = WGS84.fwd(
        np.full(count, lon), np.full(count, lat), azimuths, np.full(count, radius_m)
    )
    lons = np.where(np.abs(lons - lon) > 180, lons + 360 * np.sign(lon - lons), lons)
    return shapely.Polygon(np.column_stack([lons, lats]))


def _in_metres(shape: Shape, operation: Callable[[Shape], Shape]) -> Shape:
    """Apply an operation in an equidistant picture on WGS84 around a shape."""
    picture = picture_of([shape], gnomonic=False) or Picture(0.0, 90.0, gnomonic=False)
    crs = (
        f"+proj=aeqd +lat_0={picture.latitude:.6f} +lon_0={picture.longitude:.6f} "
        "+ellps=WGS84 +units=m +no_defs"
    )
    return _transformed(operation(_sound(_transformed(shape, LONLAT, crs))), crs, LONLAT)


def _transformed(shape: Shape, source: str, target: str) -> Shape:
    """The points of a shape in another coordinate system."""
    moved = transformer(source, target)
    return shapely.transform(shape, lambda xy: np.column_stack(moved.transform(*xy.T)))
