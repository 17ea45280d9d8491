"""Shapes made of shapes, what geometries tell of themselves, and features in their place.

Sources of truth: the definitions in the signature list, pyproj's geodesics, and shapely.
"""

from typing import Any

import numpy as np
import pyproj
import pytest
import shapely

from lib.localearth.geometry import Geometry
from lib.localearth.raster.projection import Projection
from lib.localearth.values import ErrorMargin, Feature

GEOD = pyproj.Geod(ellps="WGS84")
UTM = Projection("EPSG:32633")
TO_UTM = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:32633", always_xy=True)
SQUARE = Geometry(shapely.box(14, 50, 15, 51))
EQUATOR = Geometry(shapely.LineString([(0, 0), (1, 0), (3, 0)]))


def _flat(shape: Any) -> Geometry:
    return Geometry(shape, UTM.crs, geodesic=False)


def test_centroid_when_dimensions_are_mixed_is_that_of_the_polygons(lab: Any) -> None:
    parts = [
        shapely.box(14, 0, 14.2, 0.2),
        shapely.LineString([(50, 20), (51, 20)]),
        shapely.Point(80, 3),
    ]

    found = lab.call("Geometry.centroid", Geometry(shapely.GeometryCollection(parts)))

    assert found.shape.coords[0] == pytest.approx((14.1, 0.1), abs=1e-4)


def test_centroid_when_in_a_projection_is_the_planes(lab: Any) -> None:
    triangle = _flat(shapely.Polygon([(0, 0), (30, 0), (0, 60)]))

    found = lab.call("Geometry.centroid", triangle, None, UTM)

    assert found.shape.coords[0] == pytest.approx((10, 20))


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        (shapely.Point(14, 50), "Point"),
        (shapely.MultiPoint([(14, 0), (15, 0), (17, 0)]), "LineString"),
        (shapely.MultiPoint([(14, 50), (15, 50), (14, 51)]), "Polygon"),
    ],
)
def test_convex_hull_when_points_are_few_or_collinear_is_of_their_dimension(
    lab: Any, shape: Any, kind: str
) -> None:
    found = lab.call("Geometry.convexHull", Geometry(shape))

    assert lab.call("Geometry.type", found) == kind
    assert found.shape.bounds[:1] == pytest.approx((14,))


def test_convex_hull_when_flat_is_that_of_shapely(lab: Any) -> None:
    points = shapely.MultiPoint(np.random.default_rng(2).uniform(0, 100, (20, 2)))

    found = lab.call("Geometry.convexHull", _flat(points), None, UTM)

    assert found.shape.equals_exact(points.convex_hull, 1e-6, normalize=True)


def test_cut_lines_when_on_the_earth_cuts_at_metres_from_the_start(lab: Any) -> None:
    found = lab.call("Geometry.cutLines", EQUATOR, [50_000, 200_000])

    lengths = [GEOD.geometry_length(piece) for piece in found.shape.geoms]
    whole = GEOD.geometry_length(EQUATOR.shape)
    assert lengths == pytest.approx([50_000, 150_000, whole - 200_000], abs=0.01)
    assert lab.call("Geometry.type", found) == "MultiLineString"


def test_cut_lines_when_in_a_projection_cuts_at_its_units(lab: Any) -> None:
    found = lab.call(
        "Geometry.cutLines", _flat(shapely.LineString([(0, 0), (30, 40)])), [10, 35, 90], proj=UTM
    )

    assert [list(piece.coords) for piece in found.shape.geoms] == [
        [(0, 0), pytest.approx((6, 8))],
        [pytest.approx((6, 8)), pytest.approx((21, 28))],
        [pytest.approx((21, 28)), (30, 40)],
    ]


@pytest.mark.parametrize("proj", [None, UTM])
def test_cut_lines_when_there_are_none_is_empty(lab: Any, proj: Projection | None) -> None:
    found = lab.call("Geometry.cutLines", SQUARE, [1000], None, proj)

    assert lab.call("Geometry.type", found) == "MultiLineString"  # "an empty MultiLineString"
    assert found.shape.is_empty


def test_dissolve_when_parts_overlap_leaves_their_union(lab: Any) -> None:
    boxes = shapely.MultiPolygon([shapely.box(0, 0, 20, 10), shapely.box(10, 0, 30, 10)])

    found = lab.call("Geometry.dissolve", _flat(boxes), None, UTM)

    assert found.shape.equals(shapely.box(0, 0, 30, 10))
    assert lab.call("Geometry.dissolve", SQUARE).shape.equals_exact(
        SQUARE.shape, 1e-9, normalize=True
    )


def test_simplify_when_a_corner_is_within_the_error_leaves_it_out(lab: Any) -> None:
    metre = 1 / 111_000
    line = Geometry(shapely.LineString([(0, 0), (1, 20 * metre), (2, 0), (3, 900 * metre), (4, 0)]))

    found = lab.call("Geometry.simplify", line, ErrorMargin(100))

    assert shapely.get_coordinates(found.shape)[:, 0] == pytest.approx([0, 2, 3, 4], abs=1e-6)


def test_simplify_when_in_a_projection_is_douglas_and_peuckers(lab: Any) -> None:
    line = shapely.LineString([(0, 0), (10, 2), (20, 0), (30, 9), (40, 0)])

    found = lab.call("Geometry.simplify", _flat(line), ErrorMargin(3), UTM)

    assert list(found.shape.coords) == [(0, 0), (20, 0), (30, 9), (40, 0)]


def test_transform_when_to_a_projection_moves_points_as_pyproj_does(lab: Any) -> None:
    points = [(14, 50), (15.5, -3), (12, 70)]

    found = lab.call("Geometry.transform", Geometry(shapely.MultiPoint(points)), UTM)
    back = lab.call("Geometry.transform", found)

    expected = [TO_UTM.transform(*point) for point in points]
    np.testing.assert_allclose(shapely.get_coordinates(found.shape), expected, atol=1e-6)
    np.testing.assert_allclose(shapely.get_coordinates(back.shape), points, atol=1e-9)
    assert (found.geodesic, back.geodesic) == (False, True)  # "geographic: geodesic edges"


def test_geometry_of_a_feature_when_moved_keeps_its_edges_unless_told(lab: Any) -> None:
    bowed = Geometry(shapely.LineString([(10, 50), (20, 50)]))

    same = lab.call("Feature.geometry", Feature(bowed), None, UTM)
    straight = lab.call("Element.geometry", Feature(bowed), None, UTM, False)

    assert (same.geodesic, straight.geodesic) == (True, False)  # "the same as the original"
    back = lab.call("Geometry.transform", same, Projection(), None, False)
    summit = np.degrees(np.arctan(np.tan(np.radians(50)) / np.cos(np.radians(5))))
    assert back.shape.bounds == pytest.approx((10, 50, 20, summit), abs=1e-4)


def test_buffer_when_in_a_projection_grows_by_its_units(lab: Any) -> None:
    found = lab.call("Geometry.buffer", _flat(shapely.box(0, 0, 10, 10)), 5, ErrorMargin(0.01), UTM)

    assert found.shape.area == pytest.approx(100 + 4 * 50 + np.pi * 25, rel=1e-3)
    assert found.shape.bounds == pytest.approx((-5, -5, 15, 15))


POINTS = Geometry(shapely.MultiPoint([(1, 2), (3, 4)]))
TOLD: dict[str, tuple[str, Geometry, Any]] = {
    "type": ("type", SQUARE, "Polygon"),
    "type of a mixture": (
        "type", Geometry(shapely.GeometryCollection([SQUARE.shape, POINTS.shape])),
        "GeometryCollection",
    ),
    "type of a ring": ("type", Geometry(SQUARE.shape.exterior), "LinearRing"),
    "coordinates": ("coordinates", POINTS, [[1, 2], [3, 4]]),
    "geodesic": ("geodesic", SQUARE, True),
    "not geodesic": ("geodesic", _flat(SQUARE.shape), False),
    "edgesAreGeodesics": ("edgesAreGeodesics", SQUARE, True),
    "isUnbounded": ("isUnbounded", SQUARE, False),
    "projection": ("projection", _flat(SQUARE.shape), UTM),
    "projection by default": ("projection", SQUARE, Projection()),
}  # fmt: skip


@pytest.mark.parametrize(("name", "shape", "expected"), TOLD.values(), ids=TOLD)
def test_geometry_when_asked_about_itself_answers(
    lab: Any, name: str, shape: Geometry, expected: Any
) -> None:
    assert lab.call(f"Geometry.{name}", shape) == expected


def test_geometries_when_there_are_several_lists_them_and_a_single_one_itself(lab: Any) -> None:
    several, single = (
        lab.call("Geometry.geometries", POINTS),
        lab.call("Geometry.geometries", SQUARE),
    )

    assert [each.shape.coords[0] for each in several] == [(1, 2), (3, 4)]
    assert single == [SQUARE]


def test_footprint_of_a_constant_when_asked_for_is_unbounded(lab: Any) -> None:
    footprint = lab.call("Image.geometry", lab.call("Image.constant", 1))

    assert lab.call("Geometry.isUnbounded", footprint) is True


@pytest.mark.parametrize("name", ["bounds", "centroid", "convexHull", "dissolve"])
def test_shape_of_an_empty_geometry_when_made_is_empty(lab: Any, name: str) -> None:
    assert lab.call(f"Geometry.{name}", Geometry(shapely.GeometryCollection())).shape.is_empty


LEFT = Geometry(shapely.box(14, 50, 15, 51))
RIGHT = Geometry(shapely.box(14.5, 50.5, 16, 51.5))
ALIKE: dict[str, tuple[Any, ...]] = {
    "area": (LEFT,),
    "bounds": (LEFT,),
    "buffer": (LEFT, 1000),
    "centroid": (LEFT,),
    "closestPoint": (LEFT, RIGHT),
    "closestPoints": (LEFT, RIGHT),
    "containedIn": (LEFT, RIGHT),
    "contains": (LEFT, RIGHT),
    "convexHull": (LEFT,),
    "cutLines": (EQUATOR, [1000]),
    "difference": (LEFT, RIGHT),
    "disjoint": (LEFT, RIGHT),
    "dissolve": (LEFT,),
    "distance": (LEFT, RIGHT),
    "intersection": (LEFT, RIGHT),
    "intersects": (LEFT, RIGHT),
    "length": (EQUATOR,),
    "perimeter": (LEFT,),
    "simplify": (LEFT, 1000),
    "symmetricDifference": (LEFT, RIGHT),
    "transform": (LEFT, UTM),
    "union": (LEFT, RIGHT),
    "withinDistance": (LEFT, RIGHT, 10),
}


@pytest.mark.parametrize("name", ALIKE)
def test_function_of_features_when_called_is_that_of_their_geometries(lab: Any, name: str) -> None:
    # Where the answer is a feature, it is one "with the properties of the left feature"
    owners = iter(({"side": "left", "system:index": "a"}, {"side": "right"}))
    features = [
        Feature(each, next(owners)) if isinstance(each, Geometry) else each for each in ALIKE[name]
    ]

    of_geometries = lab.call(f"Geometry.{name}", *ALIKE[name])
    of_features = lab.call(f"Feature.{name}", *features)

    if isinstance(of_features, Feature):
        assert of_features.properties == {"side": "left", "system:index": "a"}
        of_features = of_features.geometry
    assert of_features == of_geometries
