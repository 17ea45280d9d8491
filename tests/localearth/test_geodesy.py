"""Geometries on the Earth: measures, combinations and moves."""

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from lib.localearth import geodesy
from lib.localearth.geometry import Geometry
from lib.localearth.raster.projection import Projection
from lib.localearth.sphere import picture_of

SQUARE = Geometry(shapely.box(0, 0, 1, 1))
WGS84 = pyproj.Geod(ellps="WGS84")


def test_area_when_edges_are_geodesic_is_that_of_the_geodesic_polygon():
    # pyproj 3.7 Geod.geometry_area_perimeter of the same ring
    assert geodesy.area(SQUARE) == pytest.approx(12308778361.469452, rel=1e-12)


def test_area_when_edges_follow_parallels_is_the_zone_between_them():
    # Area between parallels on WGS84, closed form (authalic), times 1/360
    planar = Geometry(shapely.box(0, 0, 1, 1), geodesic=False)
    a, e = 6378137.0, np.sqrt(0.00669437999014)
    sine = np.sin(np.radians(1))
    q = (1 - e**2) * (sine / (1 - (e * sine) ** 2) + np.arctanh(e * sine) / e)
    zone = np.pi * a**2 * q / 360

    assert geodesy.area(planar) == pytest.approx(zone, rel=1e-6)


def test_area_when_a_polygon_has_a_hole_leaves_it_out():
    holed = Geometry(shapely.box(0, 0, 1, 1) - shapely.box(0.2, 0.2, 0.8, 0.8))
    hole = Geometry(shapely.box(0.2, 0.2, 0.8, 0.8))

    assert geodesy.area(holed) == pytest.approx(geodesy.area(SQUARE) - geodesy.area(hole))


def test_length_when_a_degree_of_the_equator_is_measured_is_that_of_wgs84():
    line = Geometry(shapely.LineString([(0, 0), (1, 0)]))

    assert geodesy.length(line) == pytest.approx(np.pi * 6378137.0 / 180)
    assert geodesy.length(SQUARE) == 0


@given(st.floats(-179, 179), st.floats(-75, 75), st.floats(10, 1e5))
def test_buffer_when_a_point_grows_lies_at_the_distance_everywhere(lon, lat, metres):
    ring = shapely.get_coordinates(geodesy.buffer(Geometry(shapely.Point(lon, lat)), metres).shape)
    ones = np.ones(len(ring))

    _, _, distances = WGS84.inv(ones * lon, ones * lat, ring[:, 0], ring[:, 1])

    np.testing.assert_allclose(distances, metres, rtol=1e-6)


def test_buffer_when_a_polygon_shrinks_and_grows_again_comes_back():
    there = geodesy.buffer(geodesy.buffer(SQUARE, 5000), -5000)

    assert geodesy.area(there) == pytest.approx(geodesy.area(SQUARE), rel=1e-3)


def test_intersection_when_edges_are_great_circles_meets_on_them():
    shifted = Geometry(shapely.box(0.5, 0.5, 2, 2))

    met = geodesy.combine(SQUARE, shifted, shapely.intersection)

    # The upper edge of SQUARE bulges polewards: at 0.5 degrees east by 3.807e-5 degrees
    # (half a degree along the great circle between (0, 1) and (1, 1))
    assert met.shape.bounds == pytest.approx((0.5, 0.5, 1, 1.0000380706), abs=1e-9)


def test_intersection_when_both_are_planar_in_one_system_is_exact():
    first, second = (
        Geometry(shapely.box(*each), geodesic=False) for each in ((0, 0, 2, 2), (1, 1, 3, 3))
    )

    assert geodesy.combine(first, second, shapely.intersection).shape.bounds == (1, 1, 2, 2)


def test_intersects_when_a_shape_crosses_the_antimeridian_finds_points_on_both_sides():
    across = Geometry(shapely.box(179, -1, 181, 1))

    found = [
        geodesy.intersects(across, Geometry(shapely.Point(lon, 0))) for lon in (-179.5, 179.5, 0)
    ]

    assert found == [True, True, False]


def test_intersects_when_a_footprint_is_unbounded_is_always_true():
    assert geodesy.intersects(geodesy.EVERYWHERE, Geometry(shapely.Point(10, 80)))


def test_distance_when_a_point_lies_off_a_wide_edge_is_that_to_the_edge():
    wall = Geometry(shapely.box(1, -1, 2, 1))

    assert geodesy.distance(Geometry(shapely.Point(0, 0)), wall) == pytest.approx(
        111319.4908, abs=0.01
    )


def test_to_crs_when_a_planar_shape_moves_to_lonlat_and_back_keeps_its_place():
    shape = shapely.box(500000, 5000000, 510000, 5010000)
    there = geodesy.to_crs(Geometry(shape, "EPSG:32632", geodesic=False), "EPSG:4326")
    back = geodesy.to_crs(there, "EPSG:32632")

    assert not there.geodesic
    assert back.shape.symmetric_difference(shape).area < 1e-3 * shape.area


def test_bounds_when_a_geodesic_edge_bulges_includes_the_bulge():
    line = Geometry(shapely.LineString([(0, 45), (90, 45)]))

    # Greatest latitude of the great circle: atan(tan 45 / cos 45) = 54.7356 degrees
    assert geodesy.bounds(line).shape.bounds[3] == pytest.approx(54.735610317, abs=1e-6)


def test_within_projection_when_it_has_a_transform_gives_pixel_coordinates():
    projection = Projection("EPSG:32632", (30.0, 0.0, 500000.0, 0.0, -30.0, 5000000.0))
    place = Geometry(shapely.Point(500300, 4999700), "EPSG:32632", geodesic=False)

    point = geodesy.within_projection(place, projection)

    assert (point.x, point.y) == pytest.approx((10, 10))
    assert geodesy.from_projection(point, projection).shape.equals_exact(place.shape, 1e-6)


@pytest.mark.parametrize("gnomonic", [True, False])
def test_picture_when_read_back_gives_the_same_places(gnomonic):
    places = shapely.MultiPoint([(10, 60), (12, 61), (11, 58.5)])
    picture = picture_of([places], gnomonic=gnomonic)

    back = picture.read(picture.draw(places))

    np.testing.assert_allclose(
        shapely.get_coordinates(back), shapely.get_coordinates(places), atol=1e-12
    )


def test_cut_line_when_cut_at_a_distance_ends_there():
    pieces = list(geodesy.cut_line(shapely.LineString([(0, 0), (1, 0)]), [50000.0]))

    assert geodesy.length(Geometry(pieces[0])) == pytest.approx(50000)
    assert len(pieces) == 2
