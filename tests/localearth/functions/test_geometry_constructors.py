"""Geometries from coordinates (semantics 11): forms of coordinates, projections and interiors."""

from typing import Any

import pytest
import shapely

from lib.localearth.encode import encode
from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.raster.projection import Projection

RING = [[0, 0], [4, 0], [4, 3]]
CLOSED = [[0, 0], [4, 0], [4, 3], [0, 0]]
HOLE = [[2, 0.5], [3, 0.5], [3, 1]]

MADE: dict[str, tuple[str, tuple[Any, ...], str, Any]] = {
    "points": ("MultiPoint", ([[1, 2], [3, 4]],), "MultiPoint", [[1, 2], [3, 4]]),
    "points of flat numbers": ("MultiPoint", ([1, 2, 3, 4],), "MultiPoint", [[1, 2], [3, 4]]),
    "points of points": (
        "MultiPoint", ([Geometry(shapely.Point(1, 2))],), "MultiPoint", [[1, 2]],
    ),
    "a line of flat numbers": ("LineString", ([1, 2, 3, 4],), "LineString", [[1, 2], [3, 4]]),
    "a ring is closed": ("LinearRing", (RING,), "LinearRing", CLOSED),
    "a closed ring stays": ("LinearRing", (CLOSED,), "LinearRing", CLOSED),
    "lines": (
        "MultiLineString", ([[[0, 0], [1, 1]], [[2, 2], [3, 3]]],), "MultiLineString",
        [[[0, 0], [1, 1]], [[2, 2], [3, 3]]],
    ),
    "lines of one line": (
        "MultiLineString", ([[0, 0], [1, 1]],), "MultiLineString", [[[0, 0], [1, 1]]],
    ),
    "a polygon of flat numbers": ("Polygon", ([0, 0, 4, 0, 4, 3],), "Polygon", [CLOSED]),
    "a polygon with a hole": (
        "Polygon", ([RING, HOLE],), "Polygon", [CLOSED, [*HOLE, HOLE[0]]],
    ),
    "polygons": ("MultiPolygon", ([[RING], [RING]],), "MultiPolygon", [[CLOSED], [CLOSED]]),
    "polygons of one polygon": ("MultiPolygon", ([RING],), "MultiPolygon", [[CLOSED]]),
    "a box": (
        "BBox", (10, 50, 11, 51), "Polygon", [[[10, 50], [11, 50], [11, 51], [10, 51], [10, 50]]],
    ),
    "a box past the poles": (
        "BBox", (10, -95, 11, 95), "Polygon",
        [[[10, -90], [11, -90], [11, 90], [10, 90], [10, -90]]],
    ),
    "a box around the Earth": (  # "normalized to -180 to +180"
        "BBox", (0, 0, 400, 1), "Polygon", [[[-180, 0], [180, 0], [180, 1], [-180, 1], [-180, 0]]],
    ),
    "a box over the antimeridian": (
        "BBox", (170, 0, -170, 1), "Polygon", [[[170, 0], [190, 0], [190, 1], [170, 1], [170, 0]]],
    ),
    "a box beyond the antimeridian": (  # "west … will be adjusted to lie in the range"
        "BBox", (190, 0, 200, 1), "Polygon",
        [[[-170, 0], [-160, 0], [-160, 1], [-170, 1], [-170, 0]]],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "given", "kind", "expected"), MADE.values(), ids=MADE)
def test_geometry_when_made_of_coordinates_has_them(
    lab: Any, name: str, given: Any, kind: str, expected: Any
) -> None:
    found = encode(lab.call(f"GeometryConstructors.{name}", *given))

    assert (found["type"], found["coordinates"]) == (kind, expected)


@pytest.mark.parametrize(
    ("name", "given", "geodesic"),
    [
        ("LineString", (RING,), True),  # numbers make geodesic edges by default
        ("LineString", (RING, None, False), False),
        ("LinearRing", (RING, Projection("EPSG:32633")), False),  # straight in a projection
        ("MultiLineString", ([RING], Projection("EPSG:32633"), True), True),
        ("MultiPolygon", ([[RING]], None, False), False),
        ("BBox", (0, 0, 1, 1), False),  # "a planar WGS84 rectangle"
        ("MultiGeometry", ([Geometry(shapely.Point(1, 2), geodesic=False)],), False),
    ],
)
def test_geometry_when_made_has_the_documented_edges(
    lab: Any, name: str, given: Any, geodesic: bool
) -> None:
    assert lab.call(f"GeometryConstructors.{name}", *given).geodesic is geodesic


def test_geometry_when_made_in_a_projection_counts_its_pixels(lab: Any) -> None:
    pixels = Projection("EPSG:32633", (30, 0, 500000, 0, -30, 5300000))

    found = lab.call("GeometryConstructors.MultiPoint", [[0, 0], [10, 20]], pixels)

    assert found.crs == "EPSG:32633"
    assert shapely.get_coordinates(found.shape).tolist() == [[500000, 5300000], [500300, 5299400]]


def test_multi_geometry_when_kinds_differ_is_a_collection_of_them(lab: Any) -> None:
    parts = [Geometry(shapely.Point(1, 2)), Geometry(shapely.LineString([(0, 0), (1, 1)]))]

    found = encode(lab.call("GeometryConstructors.MultiGeometry", parts))

    assert found["type"] == "GeometryCollection"
    assert [part["type"] for part in found["geometries"]] == ["Point", "LineString"]


def test_multi_polygon_when_wound_clockwise_and_left_inside_is_the_rest_of_the_earth(
    lab: Any,
) -> None:
    shell = [[-35, -10], [-35, 10], [35, 10], [35, -10]]  # of the guide on operations: clockwise
    inside = Geometry(shapely.Point(1.5, 1.5))

    for even_odd in (True, False):
        shape = lab.call("GeometryConstructors.MultiPolygon", [[shell]], None, None, None, even_odd)
        assert lab.call("Geometry.contains", shape, inside) is even_odd


REFUSED = {
    "a ring of two points": ("LinearRing", [[0, 0], [1, 1]], "a ring needs at least 3 points"),
    "lines of a point": ("MultiLineString", [[[0, 0]]], "a line needs at least 2 points"),
    "points of text": ("MultiPoint", [["a", "b"]], "is not a pair of coordinates"),
    "numbers left over": ("MultiPoint", [1, 2, 3], "3 numbers cannot be coordinates"),
    "infinite": ("MultiPoint", [[0, float("inf")]], "out of range"),
}


@pytest.mark.parametrize(("name", "given", "words"), REFUSED.values(), ids=REFUSED)
def test_geometry_when_coordinates_make_none_is_refused(
    lab: Any, name: str, given: Any, words: str
) -> None:
    with pytest.raises(EarthError, match=words):
        lab.call(f"GeometryConstructors.{name}", given)
