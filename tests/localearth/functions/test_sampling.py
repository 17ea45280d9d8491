"""Samples (semantics 8): which pixels, how many, and the same ones every time."""

from collections import Counter
from typing import Any

import numpy as np
import pytest
from shapely.geometry import Point

from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.raster import regions
from lib.localearth.values import Collection, Feature


def _classes(lab: Any, side: int = 300, seed: int = 0) -> Any:
    rng = np.random.default_rng(seed)
    values = np.searchsorted([0.5, 0.9, 0.999], rng.random((side, side))).astype(np.uint8)
    return lab.image(rng.random((side, side)), values, names=["x", "class"])


def _draw(lab: Any, image: Any, count: int, **named: Any) -> list[Feature]:
    named = {"class_band": "class", "region": lab.rectangle(0, 0, 300, 300), "scale": 10} | named
    drawn: list[Feature] = lab.call("Image.stratifiedSample", image, count, **named).elements
    return drawn


def _counts(features: list[Feature]) -> dict[int, int]:
    return dict(Counter(feature.properties["class"] for feature in features))


def test_stratified_when_enough_gives_exactly_so_many_of_each_class(lab: Any) -> None:
    image = _classes(lab)
    values = lab.planes(image)["class"].data

    found = _counts(_draw(lab, image, 200))

    assert (values == 3).sum() < 200
    assert found == {0: 200, 1: 200, 2: 200, 3: int((values == 3).sum())}


def test_stratified_when_class_points_are_given_overrides_those_classes(lab: Any) -> None:
    drawn = _draw(lab, _classes(lab), 10, class_values=[1, 2], class_points=[0, 25])

    assert _counts(drawn) == {0: 10, 2: 25, 3: 10}


def test_stratified_when_repeated_or_cut_otherwise_draws_the_same_pixels(
    lab: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = _classes(lab)
    first = [f.properties["x"] for f in _draw(lab, image, 50)]
    monkeypatch.setattr(regions, "BLOCK_SIDE", 64)
    monkeypatch.setattr(regions.Region.blocks, "__defaults__", (64,))

    assert [f.properties["x"] for f in _draw(lab, image, 50)] == first
    assert [f.properties["x"] for f in _draw(lab, image, 50, seed=1)] != first


def test_stratified_when_predictors_are_masked_skips_those_and_still_fills_up(lab: Any) -> None:
    side = 100
    rng = np.random.default_rng(1)
    valid = rng.random((side, side)) > 0.9
    classes = (rng.random((side, side)) > 0.5).astype(np.uint8)
    image = lab.image(rng.random((side, side)), classes, names=["x", "class"], masks=[valid, None])

    drawn = _draw(lab, image, 300, region=lab.rectangle(0, 0, side, side))

    assert _counts(drawn) == {0: 300, 1: 300}
    assert None not in [feature.properties["x"] for feature in drawn]


def test_stratified_when_drawn_is_spread_evenly_over_the_class(lab: Any) -> None:
    image = lab.image(np.zeros((200, 200), np.uint8), names=["class"])

    drawn = _draw(lab, image, 4000, region=lab.rectangle(0, 0, 200, 200), geometries=True)

    xs = np.array([f.geometry.shape.x for f in drawn if f.geometry])
    counts = np.histogram(xs, 10)[0]
    assert ((counts - 400) ** 2 / 400).sum() < 27.9  # chi-squared, 9 degrees, p = 0.001


def test_stratified_when_class_band_is_not_whole_is_refused(lab: Any) -> None:
    with pytest.raises(EarthError, match="class band 'x' must hold integers"):
        _draw(lab, _classes(lab), 5, class_band="x")


def test_stratified_when_composite_has_no_scale_is_refused(lab: Any) -> None:
    composite = lab.call("reduce.mode", Collection.of([_classes(lab)], of_images=True))
    composite = lab.call("Image.toByte", composite)

    with pytest.raises(EarthError, match="The default WGS84 projection is invalid"):
        _draw(lab, composite, 5, scale=None)


def test_sample_when_all_pixels_are_taken_follows_the_centre_rule(lab: Any) -> None:
    image = lab.image(np.arange(16).reshape(4, 4))

    drawn = lab.call("Image.sample", image, lab.rectangle(0.6, 0, 2.6, 1.4), 10, geometries=True)

    assert [f.properties["B1"] for f in drawn.elements] == [1, 2]
    assert drawn.properties == {"band_order": ["B1"]}
    place = drawn.elements[0].geometry.shape
    assert (place.x, place.y) == (pytest.approx(15.0002004), pytest.approx(47.8533, abs=1e-3))


def test_sample_when_masked_drops_or_keeps_nulls(lab: Any) -> None:
    image = lab.image([[1, 2]], masks=[np.array([True, False])])
    place = lab.rectangle(0, 0, 2, 1)

    kept = lab.call("Image.sample", image, place, 10)
    every = lab.call("Image.sample", image, place, 10, drop_nulls=False)

    assert [f.properties["B1"] for f in kept.elements] == [1]
    assert [f.properties["B1"] for f in every.elements] == [1, None]


def test_sample_when_a_number_or_a_factor_is_given_draws_so_many(lab: Any) -> None:
    image, place = lab.image(np.arange(10000).reshape(100, 100)), lab.rectangle(0, 0, 100, 100)

    number = lab.call("Image.sample", image, place, 10, num_pixels=123).elements
    share = lab.call("Image.sample", image, place, 10, factor=0.1).elements

    assert len(number) == 123
    assert len(share) == pytest.approx(1000, abs=100)
    assert len({f.properties["system:index"] for f in number}) == 123


def test_sample_regions_when_features_overlap_gives_a_sample_for_each(lab: Any) -> None:
    image = lab.image([[1, 2, 3]], [[4, 5, 6]], masks=[None, np.array([True, True, False])])
    features = Collection.of(
        [
            Feature(lab.rectangle(0, 0, 2, 1), {"class": 7, "system:index": "p"}),
            Feature(lab.rectangle(1, 0, 3, 1), {"class": 8}),
            Feature(Geometry(Point(500001.0, 5299999.0), "EPSG:32633"), {"class": 9}),
        ],
        of_images=False,
    )

    drawn = lab.call("Image.sampleRegions", image, features, None, 10).elements

    assert [dict(f.properties) for f in drawn] == [
        {"class": 7, "B1": 1, "B2": 4, "system:index": "p_0"},
        {"class": 7, "B1": 2, "B2": 5, "system:index": "p_1"},
        {"class": 8, "B1": 2, "B2": 5, "system:index": "1_0"},
        {"class": 9, "B1": 1, "B2": 4, "system:index": "2_0"},
    ]


def test_sample_regions_when_points_are_far_apart_reads_little(lab: Any) -> None:
    image = lab.image(np.zeros((1000, 1000), np.uint8))
    points = [
        Feature(Geometry(Point(500000.0 + 10 * i, 5299995.0 - 10 * i), "EPSG:32633"))
        for i in range(50, 1000, 300)
    ]

    drawn = lab.call(
        "Image.sampleRegions", image, Collection.of(points, of_images=False), None, 10
    ).elements

    assert len(drawn) == 4
    assert image.bands[0].source.pixels_read < 10


def test_sample_rectangle_when_masked_needs_a_default(lab: Any) -> None:
    image = lab.image([[1, 2], [3, 4]], masks=[np.array([[True, True], [True, False]])])
    place = lab.rectangle(0.2, 0.2, 1.8, 1.8)

    with pytest.raises(EarthError, match="are masked, and no default value is given"):
        lab.call("Image.sampleRectangle", image, place)
    found = lab.call("Image.sampleRectangle", image, place, None, 0)
    assert found.properties["B1"].data.tolist() == [[1, 2], [3, 0]]


def test_get_region_when_image_is_masked_lists_null(lab: Any) -> None:
    images = [
        lab.image([[1, 2]], properties={"system:index": "a", "system:time_start": 1000}),
        lab.image([[3, 4]], masks=[np.array([False, True])], properties={"system:index": "b"}),
    ]
    point = Geometry(Point(500005.0, 5299995.0), "EPSG:32633")

    rows = lab.call("ImageCollection.getRegion", Collection.of(images, of_images=True), point, 1.0)

    assert rows[0] == ["id", "longitude", "latitude", "time", "B1"]
    assert [(row[0], row[3], row[4]) for row in rows[1:]] == [("a", 1000, 1), ("b", None, None)]
