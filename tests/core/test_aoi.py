"""The area of interest: shapes, areas, and every refusal."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from shapely import segmentize
from shapely.geometry import MultiPoint, Polygon

from lib.core.aoi import Aoi
from lib.core.errors import AoiError

GEOD = Geod(ellps="WGS84")


def polygon(*ring):
    return {"type": "Polygon", "coordinates": [[list(point) for point in ring]]}


def test_area_of_a_small_polygon_agrees_with_geodesics():
    ring = [(12.0, 47.8), (12.02, 47.81), (12.01, 47.83), (12.0, 47.8)]
    dense = segmentize(Polygon(ring), 1e-5)  # geodesics bulge away from straight degrees
    area, _ = GEOD.geometry_area_perimeter(dense)

    assert Aoi(polygon(*ring)).area_ha == pytest.approx(abs(area) / 1e4, rel=1e-9)


def test_area_of_the_band_between_the_sixties_is_the_ellipsoids():
    """Two caps less: the ellipsoid has 510,065,621.72 km² (WGS 84), the caps by quadrature."""
    e2 = 0.0066943799901413165

    def strip(lat_deg, steps=20_000):
        lat = math.radians(lat_deg)
        total = 0.0
        for i in range(steps):
            phi = (i + 0.5) * lat / steps
            w = 1 - e2 * math.sin(phi) ** 2
            total += 6378137.0**2 * (1 - e2) * math.cos(phi) / w**2 * lat / steps
        return total

    expected_ha = 2 * math.pi * 2 * strip(60) / 1e4
    world_ha = 2 * math.pi * 2 * strip(90) / 1e4

    assert world_ha / 100 == pytest.approx(510_065_621.72, rel=1e-8)
    assert Aoi.from_bounds(-180, -60, 180, 60).area_ha == pytest.approx(expected_ha, rel=1e-8)


def test_area_of_a_polygon_with_a_hole_leaves_the_hole_out():
    outer = Aoi.from_bounds(10, 50, 11, 51)
    hole = Aoi.from_bounds(10.4, 50.4, 10.6, 50.6)
    ring = hole.geometry["coordinates"][0]

    holed = Aoi({"type": "Polygon", "coordinates": [outer.geometry["coordinates"][0], ring]})

    assert holed.area_ha == pytest.approx(outer.area_ha - hole.area_ha, rel=1e-12)


@pytest.mark.parametrize(
    ("bounds", "code"),
    [
        ((12.0, 47.8, 12.5, 48.0), "EPSG:32633"),
        ((-60.2, -3.2, -60.0, -3.0), "EPSG:32720"),
        ((179.9, 10.0, 180.0, 10.1), "EPSG:32660"),
        ((-180.0, 10.0, -179.9, 10.1), "EPSG:32601"),
    ],
)
def test_utm_crs_is_the_zone_of_the_centre(bounds, code):
    assert Aoi.from_bounds(*bounds).utm_crs == code


def test_bounds_and_centre_of_a_rectangle_are_those_given():
    aoi = Aoi.from_bounds(12.0, 47.8, 12.5, 48.0)

    assert aoi.bounds == (12.0, 47.8, 12.5, 48.0)
    assert aoi.centre == pytest.approx((12.25, 47.9))
    assert aoi.notes == ()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Aoi.from_bounds(179.0, -17.0, -179.5, -16.0),
        lambda: Aoi.from_bounds(179.0, -17.0, 180.5, -16.0),
        lambda: Aoi(polygon((179, -17), (-179.5, -17), (-179.5, -16), (179, -16))),
        lambda: Aoi(polygon((-181, -17), (-179.5, -17), (-179.5, -16), (-181, -16))),
    ],
    ids=["west above east", "east above 180", "long edge", "west below -180"],
)
def test_an_area_over_the_antimeridian_is_split_in_two_and_says_so(make):
    aoi = make()

    assert aoi.geometry["type"] == "MultiPolygon"
    assert [part.bounds for part in aoi.shape.geoms] == [
        (-180.0, -17.0, -179.5, -16.0),
        (179.0, -17.0, 180.0, -16.0),
    ] or [part.bounds for part in aoi.shape.geoms] == [
        (179.0, -17.0, 180.0, -16.0),
        (-180.0, -17.0, -179.5, -16.0),
    ]
    assert "two parts" in aoi.notes[0]
    assert aoi.bounds == (179.0, -17.0, 180.5, -16.0)
    assert aoi.centre == pytest.approx((179.75, -16.5))


def test_a_hole_over_the_antimeridian_is_cut_with_its_polygon():
    outer = [[179, 0], [-179, 0], [-179, 1], [179, 1], [179, 0]]
    hole = [[179.5, 0.4], [-179.5, 0.4], [-179.5, 0.6], [179.5, 0.6], [179.5, 0.4]]

    aoi = Aoi({"type": "Polygon", "coordinates": [outer, hole]})

    plain = Aoi.from_bounds(0, 0, 2, 1).area_ha - Aoi.from_bounds(0, 0.4, 1, 0.6).area_ha
    assert aoi.area_ha == pytest.approx(plain, rel=1e-12)


def test_a_wide_rectangle_that_does_not_cross_stays_whole():
    aoi = Aoi.from_bounds(-100, 0, 100, 1)

    assert aoi.bounds == (-100.0, 0.0, 100.0, 1.0)
    assert aoi.notes == ()


@pytest.mark.parametrize(
    ("geometry", "words"),
    [
        (polygon((12.0, 47.0), (13.0, 48.0), (13.0, 47.0), (12.0, 48.0)), "near 12.50, 47.50"),
        (polygon((0, 0), (0, 84.5), (1, 1)), "reaches latitude 84.5"),
        (polygon((0, 0), (0, -85), (1, 1)), "reaches latitude -85"),
        (polygon((0, 0), (1, 1), (2, 2)), "no surface"),
        (polygon((0, 0), (1, 1), (0, 0)), "2 different corners"),
        (polygon((500000, 5_200_000), (1, 1), (0, 1)), "500000, 5.2e+06"),
        (polygon((0, 0), (1, float("nan")), (0, 1)), "no number"),
        (polygon((0, 0), ("a", 1), (0, 1)), "no pair of numbers"),
        (polygon((0, 80), (120, 80), (-120, 80)), "round a pole"),
        ({"type": "Polygon", "coordinates": []}, "no polygon"),
        ({"type": "Point", "coordinates": [1, 2]}, "is a Point"),
        ({"coordinates": []}, "no “type”"),
        ({"type": "FeatureCollection", "features": []}, "no polygon"),
        ({"type": "Feature", "geometry": None}, "no polygon"),
    ],
)
def test_a_bad_area_is_refused_with_its_reason(geometry, words):
    with pytest.raises(AoiError, match=r"area|corner|outline") as caught:
        Aoi.from_geojson(geometry)

    assert words in caught.value.message
    assert caught.value.hint
    assert caught.value.field == "aoi"


def test_text_that_is_no_json_is_refused_with_the_place():
    with pytest.raises(AoiError, match="line 1, column 2"):
        Aoi.from_geojson("{nonsense")


@pytest.mark.parametrize(
    ("bounds", "words"),
    [((0, 1, 1, 1), "southern edge"), ((1, 0, 1, 1), "both 1"), ((0, 0, math.inf, 1), "no number")],
)
def test_an_empty_rectangle_is_refused(bounds, words):
    with pytest.raises(AoiError, match=words):
        Aoi.from_bounds(*bounds)


def test_features_that_overlap_are_united():
    one, two = Aoi.from_bounds(0, 0, 2, 1), Aoi.from_bounds(1, 0, 3, 1)
    features = [{"type": "Feature", "geometry": aoi.geometry} for aoi in (one, two)]

    together = Aoi.from_geojson({"type": "FeatureCollection", "features": features})

    assert together.area_ha == pytest.approx(Aoi.from_bounds(0, 0, 3, 1).area_ha, rel=1e-12)


def test_features_apart_are_kept_as_parts():
    one, two = Aoi.from_bounds(0, 0, 1, 1), Aoi.from_bounds(5, 0, 6, 1)
    features = [{"type": "Feature", "geometry": aoi.geometry} for aoi in (one, two)]

    together = Aoi.from_geojson(json.dumps({"type": "FeatureCollection", "features": features}))

    assert together.geometry["type"] == "MultiPolygon"
    assert together.area_ha == pytest.approx(one.area_ha + two.area_ha, rel=1e-12)


def test_a_size_within_the_limit_is_counted():
    aoi = Aoi.from_bounds(12.0, 47.8, 12.5, 48.0)

    assert aoi.check_size(10, 10_000_000) == math.ceil(aoi.area_ha * 1e4 / 100)


def test_a_size_above_the_limit_is_refused_with_both_numbers():
    with pytest.raises(AoiError, match=r"8,313,491 pixels of 10 m, and the limit is 5,000,000"):
        Aoi.from_bounds(12.0, 47.8, 12.5, 48.0).check_size(10, 5_000_000)


def test_equal_areas_are_equal_and_hash_alike():
    one, two = Aoi.from_bounds(0, 0, 1, 1), Aoi.from_bounds(0, 0, 1, 1)

    assert one == two
    assert hash(one) == hash(two)


@given(
    west=st.floats(-180, 180),
    width=st.floats(0.001, 340),
    south=st.floats(-83, 82),
    height=st.floats(0.001, 1),
)
def test_a_rectangle_survives_the_way_through_geojson(west, width, south, height):
    aoi = Aoi.from_bounds(west, south, west + width if west + width <= 360 else 360, south + height)

    again = Aoi.from_geojson(aoi.to_geojson())

    assert again == aoi
    assert again.notes == aoi.notes
    assert all(-180 <= part.bounds[0] <= part.bounds[2] <= 180 for part in _parts(again))


@given(st.lists(st.tuples(st.floats(160, 200), st.floats(-80, 80)), min_size=3, max_size=6))
def test_a_convex_polygon_keeps_its_area_when_it_is_split(points):
    hull = MultiPoint(points).convex_hull
    if hull.geom_type != "Polygon" or hull.area < 1e-3:
        return
    moved = [(x - 100, y) for x, y in hull.exterior.coords]

    split = Aoi(polygon(*hull.exterior.coords))

    assert split.area_ha == pytest.approx(Aoi(polygon(*moved)).area_ha, rel=1e-6)


def _parts(aoi):
    return getattr(aoi.shape, "geoms", [aoi.shape])
