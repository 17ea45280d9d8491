"""Geometries on the Earth and in projections (semantics 11).

Sources of truth: pyproj's geodesics on WGS84 for what is measured, closed formulas of the sphere
and of the ellipsoid's zones, shapely and pyproj's transformation for what is flat.
"""

import math
from typing import Any

import pyproj
import pytest
import shapely

from lib.localearth.geometry import Geometry
from lib.localearth.raster.projection import Projection

GEOD = pyproj.Geod(ellps="WGS84")
UTM = Projection("EPSG:32633")
TO_UTM = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32633", always_xy=True)
ECCENTRICITY = math.sqrt(GEOD.es)

EMPTY = Geometry(shapely.GeometryCollection())
SQUARE = Geometry(shapely.box(14, 50, 15, 51))
SHIFTED = Geometry(shapely.box(14.5, 50.25, 15.5, 51.25))
LINE = Geometry(shapely.LineString([(14, 50), (15, 50.5), (15, 51)]))
WIDE = shapely.Polygon([(0, 40), (20, 40), (20, 50), (0, 50)])  # its northern edge bulges
MIXED = Geometry(shapely.GeometryCollection([SQUARE.shape, LINE.shape, shapely.Point(3, 4)]))


def _flat(west: float, south: float, east: float, north: float) -> Geometry:
    """A box of metres in UTM."""
    return Geometry(shapely.box(west, south, east, north), UTM.crs, geodesic=False)


def _moved(shape: Any) -> Any:
    """A shape of longitudes and latitudes in UTM, its corners only."""
    return shapely.transform(shape, TO_UTM.transform, interleaved=False)


def _zone(south: float, north: float, width: float) -> float:
    """Area between parallels, `width` degrees wide (Snyder 1987, equation 3-12)."""

    def authalic(latitude: float) -> float:
        e, sine = ECCENTRICITY, math.sin(math.radians(latitude))
        return (1 - e**2) * (sine / (1 - (e * sine) ** 2) + math.atanh(e * sine) / e)

    return GEOD.a**2 * math.radians(width) * (authalic(north) - authalic(south)) / 2


MEASURED: dict[str, tuple[str, Geometry, Projection | None, float]] = {
    "area between parallels": (
        "area", Geometry(shapely.box(14, 50, 15, 51), geodesic=False), None, _zone(50, 51, 1),
    ),
    "area of lines and points": ("area", LINE, None, 0),
    "area counts overlaps twice": (
        "area", Geometry(shapely.MultiPolygon([SQUARE.shape] * 2)), None,
        2 * GEOD.geometry_area_perimeter(SQUARE.shape)[0],
    ),
    "area in a projection": ("area", _flat(0, 0, 30, 50), UTM, 1500),
    "length of a line": ("length", LINE, None, GEOD.geometry_length(LINE.shape)),
    "length along a parallel": (
        "length", Geometry(shapely.LineString([(0, 60), (10, 60)]), geodesic=False), None,
        math.radians(10) * GEOD.a / math.sqrt(1 - GEOD.es * 0.75) / 2,
    ),
    "length of polygons": ("length", SQUARE, None, 0),
    "length of a mixture": ("length", MIXED, None, GEOD.geometry_length(LINE.shape)),
    "length in a projection": (
        "length", Geometry(shapely.LineString([(0, 0), (3, 4)]), UTM.crs, False), UTM, 5,
    ),
    "length of a mixture in a projection": ("length", MIXED, UTM, _moved(LINE.shape).length),
    "perimeter": (
        "perimeter", SQUARE, None, GEOD.geometry_length(SQUARE.shape.exterior),
    ),
    "perimeter with a hole": (
        "perimeter",
        Geometry(SQUARE.shape.difference(shapely.box(14.2, 50.2, 14.4, 50.4))), None,
        GEOD.geometry_length(SQUARE.shape.exterior)
        + GEOD.geometry_length(shapely.box(14.2, 50.2, 14.4, 50.4).exterior),
    ),
    "perimeter of lines": ("perimeter", LINE, None, 0),
    "perimeter in a projection": ("perimeter", _flat(0, 0, 30, 50), UTM, 160),
    "perimeter of a mixture in a projection": (
        "perimeter", MIXED, UTM, _moved(SQUARE.shape).length,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "shape", "proj", "expected"), MEASURED.values(), ids=MEASURED)
def test_measure_when_taken_agrees_with_geodesics_and_planes(
    lab: Any, name: str, shape: Geometry, proj: Projection | None, expected: float
) -> None:
    found = lab.call(f"Geometry.{name}", shape, None, proj)

    # Edges bend on the sphere, but not on the plane that pyproj moves corners to
    assert found == pytest.approx(expected, rel=1e-6 if proj is None else 2e-4)


def test_distance_when_between_points_is_that_of_the_ellipsoid_or_of_the_sphere(lab: Any) -> None:
    here, there = Geometry(shapely.Point(0, 50)), Geometry(shapely.Point(10, 50))
    chord = math.sin(math.radians(5)) * math.cos(math.radians(50))

    assert lab.call("Geometry.distance", here, there) == pytest.approx(
        GEOD.inv(0, 50, 10, 50)[2], rel=1e-12
    )
    assert lab.call("Geometry.distance", here, there, spherical=True) == pytest.approx(
        2 * 6371008.8 * math.asin(chord)  # the haversine formula with the mean radius
    )


def test_distance_when_in_a_projection_is_in_its_units(lab: Any) -> None:
    left, right = _flat(0, 0, 10, 10), _flat(13, 14, 20, 20)

    assert lab.call("Geometry.distance", left, right, proj=UTM) == pytest.approx(5)
    halved = Projection(UTM.crs, (2, 0, 0, 0, 2, 0))
    assert lab.call("Geometry.distance", left, right, proj=halved) == pytest.approx(2.5)


BULGE = math.degrees(math.atan(math.tan(math.radians(50)) / math.cos(math.radians(10))))
NORTH = Geometry(shapely.Point(10, 50.2))  # south of the great circle, north of the parallel


@pytest.mark.parametrize(
    ("name", "left", "right", "proj", "expected"),
    [
        ("contains", Geometry(WIDE), NORTH, None, True),
        ("contains", Geometry(WIDE, geodesic=False), NORTH, None, False),
        ("contains", Geometry(WIDE, geodesic=False), NORTH, Projection(), False),
        ("containedIn", NORTH, Geometry(WIDE), None, True),
        ("containedIn", NORTH, Geometry(WIDE, geodesic=False), None, False),
        ("intersects", Geometry(WIDE), NORTH, None, True),
        ("intersects", Geometry(WIDE, geodesic=False), NORTH, Projection(), False),
        ("disjoint", Geometry(WIDE), NORTH, None, False),
        ("disjoint", Geometry(WIDE, geodesic=False), NORTH, None, True),
        ("contains", _flat(0, 0, 9, 9), _flat(1, 1, 9, 8), UTM, True),  # its edge included
        ("contains", _flat(0, 0, 9, 9), _flat(1, 1, 9.01, 8), UTM, False),
        ("intersects", SQUARE, EMPTY, None, False),
        ("contains", SQUARE, EMPTY, None, False),
    ],
)
def test_relation_when_asked_depends_on_how_edges_run(
    lab: Any, name: str, left: Geometry, right: Geometry, proj: Any, expected: bool
) -> None:
    assert lab.call(f"Geometry.{name}", left, right, None, proj) is expected


def test_bounds_when_edges_are_geodesic_reach_the_great_circles_summit(lab: Any) -> None:
    found = lab.call("Geometry.bounds", Geometry(WIDE))

    assert found.shape.bounds == pytest.approx((0, 40, 20, BULGE), abs=1e-4)
    assert lab.call("Geometry.bounds", Geometry(WIDE, geodesic=False)).shape.equals(WIDE)


def test_bounds_when_in_a_projection_are_upright_there(lab: Any) -> None:
    line = Geometry(shapely.LineString([(14, 50), (14.01, 50.01)]))

    found = lab.call("Geometry.bounds", line, None, UTM)

    assert found.crs == UTM.crs
    assert found.shape.bounds == pytest.approx(_moved(line.shape).bounds, abs=0.01)


@pytest.mark.parametrize(
    ("distance", "within"), [(GEOD.inv(14, 52, 14, 51)[2] + 1, True), (110_000, False)]
)
def test_within_distance_when_asked_measures_on_the_ellipsoid(
    lab: Any, distance: float, within: bool
) -> None:
    point = Geometry(shapely.Point(14, 52))

    assert lab.call("Geometry.withinDistance", SQUARE, point, distance) is within


def test_within_distance_when_in_a_projection_counts_its_units(lab: Any) -> None:
    left, right = _flat(0, 0, 10, 10), _flat(13, 14, 20, 20)

    assert lab.call("Geometry.withinDistance", left, right, 5, proj=UTM) is True
    assert lab.call("Geometry.withinDistance", left, right, 4.9, proj=UTM) is False


def test_closest_points_when_a_line_runs_along_the_equator_lie_on_one_meridian(lab: Any) -> None:
    line, point = Geometry(shapely.LineString([(0, 0), (10, 0)])), Geometry(shapely.Point(4, 3))

    near = lab.call("Geometry.closestPoints", point, line)
    only = lab.call("Geometry.closestPoint", point, line)

    assert sorted(near) == ["left", "right"]
    assert near["left"].shape.coords[0] == pytest.approx((4, 3), abs=1e-9)
    assert near["right"].shape.coords[0] == pytest.approx((4, 0), abs=1e-4)
    assert only.shape.equals(near["right"].shape)


def test_closest_points_when_in_a_projection_are_the_planes(lab: Any) -> None:
    near = lab.call("Geometry.closestPoints", _flat(0, 0, 10, 10), _flat(13, 14, 20, 20), proj=UTM)

    assert [each.shape.coords[0] for each in near.values()] == [(10, 10), (13, 14)]
    assert {each.crs for each in near.values()} == {UTM.crs}


def test_closest_points_when_one_is_empty_are_none(lab: Any) -> None:
    assert lab.call("Geometry.closestPoints", SQUARE, EMPTY) == {}  # "an empty dictionary"
    assert lab.call("Geometry.closestPoint", SQUARE, EMPTY) is None


@pytest.mark.parametrize("name", ["union", "intersection", "difference", "symmetricDifference"])
def test_set_operation_when_flat_is_that_of_shapely(lab: Any, name: str) -> None:
    left, right = _flat(0, 0, 30, 40), _flat(10, -5, 50, 20)
    operation = {"symmetricDifference": "symmetric_difference"}.get(name, name)
    expected = getattr(left.shape, operation)(right.shape)

    for proj in (None, UTM):
        found = lab.call(f"Geometry.{name}", left, right, None, proj)
        assert found.shape.equals_exact(expected, 1e-6, normalize=True)
        assert (found.crs, found.geodesic) == (UTM.crs, False)


def test_set_operations_when_on_the_sphere_share_out_the_areas(lab: Any) -> None:
    def area(name: str) -> float:
        return lab.call("Geometry.area", lab.call(f"Geometry.{name}", SQUARE, SHIFTED))

    both, whole = lab.call("Geometry.area", SQUARE), lab.call("Geometry.area", SHIFTED)

    common = GEOD.geometry_area_perimeter(shapely.box(14.5, 50.25, 15, 51))[0]
    assert area("intersection") == pytest.approx(common, rel=1e-4)
    # Great circles and geodesics of the ellipsoid differ by some millionths of these areas
    assert area("union") == pytest.approx(both + whole - area("intersection"), rel=1e-5)
    assert area("difference") == pytest.approx(both - area("intersection"), rel=1e-5)
    assert area("symmetricDifference") == pytest.approx(
        both + whole - 2 * area("intersection"), rel=1e-5
    )
