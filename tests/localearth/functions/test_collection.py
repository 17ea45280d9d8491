"""Collections, elements and statistics of a property (semantics 4.1 and 4.3).

Sources of truth: NumPy for statistics, the signature list's words for what collections become.
"""

from typing import Any

import numpy as np
import pyproj
import pytest
import shapely

from lib.localearth.encode import encode
from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.raster.projection import Projection
from lib.localearth.values import Array, Collection, Feature

NUMBERS = [4.0, -1.5, 2.25, 4.0, 8.0]


def _table(*rows: dict[str, Any]) -> Collection:
    features = [Feature(None, {**row, "system:index": str(i)}) for i, row in enumerate(rows)]
    return Collection.of(features, of_images=False)


SAMPLE = _table(*({"v": value} for value in NUMBERS), {"other": 1})
AGGREGATES: dict[str, Any] = {
    "count": 5,  # "the number of non-null values"
    "count_distinct": 4,
    "first": 4.0,
    "array": NUMBERS,
    "max": 8.0,
    "min": -1.5,
    "mean": np.mean(NUMBERS),
    "product": np.prod(NUMBERS),
    "sum": np.sum(NUMBERS),
    "sample_sd": np.std(NUMBERS, ddof=1),
    "sample_var": np.var(NUMBERS, ddof=1),
    "total_sd": np.std(NUMBERS),
    "total_var": np.var(NUMBERS),
}


@pytest.mark.parametrize("name", AGGREGATES)
def test_statistic_of_a_property_when_some_lack_it_is_that_of_numpy(lab: Any, name: str) -> None:
    found = lab.call(f"AggregateFeatureCollection.{name}", SAMPLE, "v")

    assert found == pytest.approx(AGGREGATES[name], rel=1e-12)


def test_statistics_of_a_property_when_asked_for_together_agree_with_numpy(lab: Any) -> None:
    found = lab.call("AggregateFeatureCollection.stats", SAMPLE, "v")

    counts = {"total_count": 6, "valid_count": 5, "weight_sum": 5}
    names = ("max", "mean", "min", "sample_sd", "sample_var", "sum", "total_sd", "total_var")
    sums = {"sum_sq": np.sum(np.square(NUMBERS)), "weighted_sum": np.sum(NUMBERS)}
    expected = {**counts, **sums, **{name: AGGREGATES[name] for name in names}}
    assert found == pytest.approx(expected, rel=1e-12)


def test_histogram_of_a_property_when_values_are_text_counts_them(lab: Any) -> None:
    table = _table({"v": "wood"}, {"v": "lake"}, {"v": "wood"}, {})

    found = lab.call("AggregateFeatureCollection.histogram", table, "v")

    assert found == {"lake": 1, "wood": 2}


@pytest.mark.parametrize(("name", "expected"), [("min", "lake"), ("max", "wood")])
def test_extreme_of_a_property_when_values_are_text_is_alphabetical(
    lab: Any, name: str, expected: str
) -> None:
    table = _table({"v": "wood"}, {"v": "lake"}, {"v": "sand"})

    assert lab.call(f"AggregateFeatureCollection.{name}", table, "v") == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("count", 0), ("count_distinct", 0), ("first", None), ("mean", None), ("histogram", {})],
)
def test_statistic_of_a_property_when_none_has_it_is_empty(
    lab: Any, name: str, expected: Any
) -> None:
    assert lab.call(f"AggregateFeatureCollection.{name}", SAMPLE, "x") == expected


def test_distinct_values_when_integers_and_floats_are_equal_count_once(lab: Any) -> None:
    table = _table({"v": 1}, {"v": 1.0}, {"v": "1"})

    assert lab.call("AggregateFeatureCollection.count_distinct", table, "v") == 2


def test_collection_when_made_of_columns_has_a_row_for_each_place(lab: Any) -> None:
    found = lab.call("Collection.fromColumns", [[1, 2, 3], ["a", "b", None]], ["n", "s"]).elements

    assert [each.properties.get("n") for each in found] == [1, 2, 3]
    assert [each.properties.get("s") for each in found] == ["a", "b", None]
    assert [each.properties["system:index"] for each in found] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("columns", "names"), [([[1, 2], [3]], ["a", "b"]), ([[1, 2]], ["a", "b"])]
)
def test_collection_when_columns_do_not_fit_is_refused(lab: Any, columns: Any, names: Any) -> None:
    with pytest.raises(EarthError, match="column"):
        lab.call("Collection.fromColumns", columns, names)


def test_collection_when_iterated_hands_each_result_to_the_next_call(lab: Any) -> None:
    found = lab.call(
        "Collection.iterate",
        SAMPLE,
        lambda element, state: state + len(encode(element)["properties"]),
        100,
    )

    assert found == 100 + 6


def test_collection_when_listed_starts_at_the_offset(lab: Any) -> None:
    found = lab.call("Collection.toList", SAMPLE, 2, 1)

    assert [each.properties["v"] for each in found] == NUMBERS[1:3]
    assert len(lab.call("Collection.toList", SAMPLE, 100, 4)) == 2


def test_collection_when_cached_is_the_same(lab: Any) -> None:
    assert lab.call("Collection.cache", SAMPLE).elements == SAMPLE.elements


BOXES = Collection.of(
    [
        Feature(Geometry(shapely.box(*corners), geodesic=False), {"system:index": str(index)})
        for index, corners in enumerate([(0, 0, 2, 2), (1, 1, 3, 4), (8, 8, 9, 9)])
    ],
    of_images=False,
)


def test_collection_when_united_is_one_feature_of_all_its_geometries(lab: Any) -> None:
    (found,) = lab.call("Collection.union", BOXES).elements

    expected = shapely.unary_union([each.geometry.shape for each in BOXES.elements])
    assert found.properties == {"system:index": "union_result"}
    assert found.geometry.shape.equals(expected)


def test_collection_when_bounded_has_the_rectangle_around_all(lab: Any) -> None:
    moved = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:3857", always_xy=True).transform(9, 9)

    in_degrees = lab.call("Collection.bounds", BOXES)
    in_metres = lab.call("Collection.bounds", BOXES, None, Projection("EPSG:3857"))

    assert in_degrees.shape.bounds == (0, 0, 9, 9)
    assert in_metres.shape.bounds == pytest.approx((0, 0, *moved), abs=1e-6)


def test_make_array_when_a_property_is_no_number_drops_the_feature(lab: Any) -> None:
    table = _table({"a": 1, "b": 2.5}, {"a": 1}, {"a": 1, "b": "x"}, {"a": 3, "b": 4})

    found = lab.call("FeatureCollection.makeArray", table, ["b", "a"], "pair").elements

    assert [each.properties["pair"].data.tolist() for each in found] == [[2.5, 1], [4, 3]]


def test_random_points_when_in_an_area_lie_evenly_on_the_sphere(lab: Any) -> None:
    region = Geometry(shapely.box(0, 0, 40, 60), geodesic=False)

    found = lab.call("FeatureCollection.randomPoints", region, 4000, 7).elements
    again = lab.call("FeatureCollection.randomPoints", region, 4000, 7).elements

    places = np.array([each.geometry.shape.coords[0] for each in found])
    assert encode(found) == encode(again)
    assert shapely.contains_xy(region.shape.buffer(1e-9), *places.T).all()
    # Half of the area between the equator and 60 degrees lies south of asin(sin(60) / 2)
    south = np.degrees(np.arcsin(np.sin(np.radians(60)) / 2))
    assert (places[:, 1] < south).mean() == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 4000))
    assert (places[:, 0] < 20).mean() == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 4000))


def test_random_points_when_on_lines_lie_evenly_along_them(lab: Any) -> None:
    lines = Geometry(shapely.MultiLineString([[(0, 0), (3, 0)], [(10, 0), (10, 1)]]))

    found = lab.call("FeatureCollection.randomPoints", lines, 2000, 1).elements

    points = [each.geometry.shape for each in found]
    assert max(point.distance(lines.shape) for point in points) < 1e-6
    share = np.mean([point.x < 5 for point in points])  # three of some four degrees
    assert share == pytest.approx(3 / (3 + 110574 / 111320), abs=4 * np.sqrt(0.19 / 2000))


def test_random_points_when_of_points_are_some_of_them(lab: Any) -> None:
    shapes = shapely.GeometryCollection([shapely.Point(1, 2), shapely.MultiPoint([(3, 4)])])

    found = lab.call("FeatureCollection.randomPoints", Geometry(shapes), 50).elements

    assert {each.geometry.shape.coords[0] for each in found} == {(1, 2), (3, 4)}


OWNER = Feature(Geometry(shapely.Point(1, 2)), {"n": 1, "s": "x", "l": [1, 2], "system:index": "7"})
ELEMENT: dict[str, tuple[str, tuple[Any, ...], Any]] = {
    "a number": ("getNumber", ("n",), 1),
    "a string": ("getString", ("s",), "x"),
    "an array": ("getArray", ("l",), [1, 2]),
    "nothing": ("getNumber", ("z",), None),
    "names": ("propertyNames", (), ["l", "n", "s", "system:index"]),
    "geometry": ("geometry", (), {"type": "Point", "coordinates": [1, 2]}),
}


@pytest.mark.parametrize(("name", "arguments", "expected"), ELEMENT.values(), ids=ELEMENT)
def test_element_when_asked_gives_its_properties(
    lab: Any, name: str, arguments: Any, expected: Any
) -> None:
    assert encode(lab.call(f"Element.{name}", OWNER, *arguments)) == expected


def test_element_when_several_properties_are_set_keeps_the_others(lab: Any) -> None:
    found = lab.call("Element.setMulti", OWNER, {"n": 2, "new": "y"})

    assert found.properties == {**OWNER.properties, "n": 2, "new": "y"}
    assert found.geometry == OWNER.geometry


def test_element_when_properties_are_replaced_has_those_of_the_source_only(lab: Any) -> None:
    source = Feature(None, {"z": 3})

    assert lab.call("Element.replaceProperties", OWNER, source).properties == {"z": 3}
    assert lab.call("Element.replaceProperties", OWNER).properties == {}  # "null to remove all"
    assert lab.call("Element.replaceProperties", OWNER, source).geometry == OWNER.geometry


def test_image_when_properties_are_copied_leaves_out_those_of_the_system(lab: Any) -> None:
    source = lab.image([[1]], properties={"a": 1, "b": 2, "system:time_start": 3})
    target = lab.image([[2]], properties={"own": 0})

    copied = lab.call("Image.copyProperties", target, source)
    named = lab.call("Image.copyProperties", target, source, ["system:time_start"])
    others = lab.call("Image.copyProperties", target, source, None, ["a"])

    assert copied.properties == {"own": 0, "a": 1, "b": 2}
    assert named.properties == {"own": 0, "system:time_start": 3}
    assert others.properties == {"own": 0, "b": 2}


def test_feature_when_selected_by_pattern_takes_a_name_for_each_property(lab: Any) -> None:
    owner = Feature(OWNER.geometry, {"b1": 1, "b2": 2, "c": 3})

    plain = lab.call("Feature.select", owner, ["b.*", "c"])
    renamed = lab.call("Feature.select", owner, ["b.*"], ["x", "y"], False)

    assert (plain.properties, plain.geometry) == ({"b1": 1, "b2": 2, "c": 3}, OWNER.geometry)
    assert (renamed.properties, renamed.geometry) == ({"x": 1, "y": 2}, None)
    with pytest.raises(EarthError, match="Got 2 selected properties and 1 new names"):
        lab.call("Feature.select", owner, ["b.*"], ["x"])


def test_feature_when_given_a_geometry_keeps_its_properties(lab: Any) -> None:
    moved = lab.call("Feature.setGeometry", OWNER, Geometry(shapely.Point(8, 9)))

    assert (moved.geometry.shape.coords[0], moved.properties) == ((8, 9), OWNER.properties)
    assert lab.call("Feature.setGeometry", OWNER, None).geometry is None


def test_feature_when_made_an_array_takes_numbers_in_the_given_order(lab: Any) -> None:
    owner = Feature(None, {"a": 1, "b": 2.5, "s": "x"})

    found = lab.call("Feature.toArray", owner, ["b", "a"])

    assert isinstance(found, Array)
    assert found.data.tolist() == [2.5, 1]
    with pytest.raises(EarthError, match="must be numbers"):
        lab.call("Feature.toArray", owner, ["a", "s"])
