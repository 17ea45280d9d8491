"""Reductions of regions (semantics 5.1): which pixels count, how much, names of results."""

from typing import Any

import numpy as np
import pytest
from shapely.geometry import Point

from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.raster.projection import Projection
from lib.localearth.values import Collection, Feature


def _reduce(lab: Any, image: Any, reducer: str, place: Any, **named: Any) -> dict[str, Any]:
    named.setdefault("scale", 10)
    found: dict[str, Any] = lab.call(
        "Image.reduceRegion", image, lab.call(f"Reducer.{reducer}"), place, **named
    )
    return found


def test_mean_when_pixels_are_partly_covered_weighs_them(lab: Any) -> None:
    image = lab.image([[1.0, 2.0, 4.0]])

    found = _reduce(lab, image, "mean", lab.rectangle(0.5, 0, 2.25, 1))

    assert found == {"B1": pytest.approx((0.5 * 1 + 1 * 2 + 0.25 * 4) / 1.75)}


def test_weight_when_mask_is_fractional_is_the_lesser_of_mask_and_coverage(lab: Any) -> None:
    image = lab.image([[1.0, 2.0]], masks=[np.array([0.25, 0.75])])

    found = _reduce(lab, image, "sum", lab.rectangle(0.5, 0, 1.5, 1))

    assert found == {"B1": pytest.approx(0.25 * 1 + 0.5 * 2)}


def test_weighted_when_less_than_half_a_percent_is_covered_leaves_the_pixel_out(lab: Any) -> None:
    image = lab.image([[1.0, 100.0]])

    assert _reduce(lab, image, "mean", lab.rectangle(0, 0, 1.004, 1)) == {"B1": 1.0}
    assert _reduce(lab, image, "mean", lab.rectangle(0, 0, 1.006, 1))["B1"] > 1.0


def test_unweighted_when_the_centre_is_outside_leaves_the_pixel_out(lab: Any) -> None:
    image = lab.image([[1.0, 2.0, 4.0]])
    place = lab.rectangle(0.4, 0, 2.4, 1)

    assert _reduce(lab, image, "count", place) == {"B1": 2}
    unweighted = lab.call("Reducer.unweighted", lab.call("Reducer.mean"))
    assert lab.call("Image.reduceRegion", image, unweighted, place, 10) == {"B1": 1.5}


def test_combined_when_parts_differ_lets_each_follow_its_own_rule(lab: Any) -> None:
    image = lab.image([[1.0, 3.0]])
    both = lab.call(
        "Reducer.combine", lab.call("Reducer.mean"), lab.call("Reducer.count"), "", True
    )

    found = lab.call("Image.reduceRegion", image, both, lab.rectangle(0, 0, 1.25, 1), 10)

    assert found == {"B1_mean": pytest.approx((1 + 0.25 * 3) / 1.25), "B1_count": 1}


def test_point_when_reduced_gives_the_pixel_that_contains_it(lab: Any) -> None:
    point = Geometry(Point(500019.0, 5299999.0), "EPSG:32633")

    assert _reduce(lab, lab.image([[1, 2, 3]]), "mean", point) == {"B1": 2.0}


def test_region_when_all_is_masked_gives_null_zero_count_and_zero_sum(lab: Any) -> None:
    image = lab.image([[1.0]], masks=[np.array([False])])
    place = lab.rectangle(0, 0, 1, 1)

    found = {name: _reduce(lab, image, name, place)["B1"] for name in ("mean", "count", "sum")}

    assert found == {"mean": None, "count": 0, "sum": 0}


def test_names_when_reducer_has_several_outputs_or_inputs(lab: Any) -> None:
    image, place = lab.image([[1.0, 2.0, 3.0]], [[3.0, 5.0, 7.0]]), lab.rectangle(0, 0, 3, 1)

    assert _reduce(lab, image, "minMax", place) == {
        "B1_min": 1.0, "B1_max": 3.0, "B2_min": 3.0, "B2_max": 7.0,
    }  # fmt: skip
    assert _reduce(lab, image, "linearFit", place) == {
        "scale": pytest.approx(2.0), "offset": pytest.approx(1.0),
    }  # fmt: skip


def test_group_when_last_band_tells_the_class_reduces_each(lab: Any) -> None:
    image = lab.image([[1.0, 2.0, 4.0]], np.array([[7, 7, 9]], np.uint8))
    grouped = lab.call("Reducer.group", lab.call("Reducer.sum"), 1, "class")

    found = lab.call("Image.reduceRegion", image, grouped, lab.rectangle(0, 0, 3, 1), 10)

    assert found == {"groups": [{"class": 7, "sum": 3.0}, {"class": 9, "sum": 4.0}]}


def test_scale_when_given_counts_pixels_from_the_crs_origin(lab: Any) -> None:
    """An image off by half a pixel: under scale 10 its pixels are not the work pixels (1.4)."""
    image = lab.image([[1.0, 2.0, 3.0]], transform=(10.0, 0, 500005.0, 0, -10.0, 5300000.0))
    place = lab.rectangle(1, 0, 2, 1)

    by_scale = _reduce(lab, image, "toList", place)
    by_transform = _reduce(
        lab, image, "mean", place, scale=None, crs_transform=[10, 0, 500005, 0, -10, 5300000]
    )

    assert by_scale == {"B1": [2.0]}  # centre 500015 is on an edge: the pixel behind it
    assert by_transform == {"B1": pytest.approx(1.5)}


def test_pixels_when_too_many_is_refused_with_earth_engines_words(lab: Any) -> None:
    image = lab.image(np.ones((20, 20)))

    with pytest.raises(EarthError) as failure:
        _reduce(lab, image, "mean", lab.rectangle(0, 0, 20, 20), max_pixels=100)

    assert failure.value.message.startswith(
        "Image.reduceRegion: Too many pixels in the region. "
        "Found 400, but maxPixels allows only 100."
    )


def test_best_effort_when_too_many_coarsens(lab: Any) -> None:
    image = lab.image(np.ones((20, 20)))

    found = _reduce(
        lab, image, "count", lab.rectangle(0, 0, 20, 20), max_pixels=100, best_effort=True
    )

    assert found == {"B1": 100}


def test_unbounded_when_no_geometry_is_refused(lab: Any) -> None:
    with pytest.raises(EarthError, match="Provide 'geometry' parameter when aggregating"):
        lab.call("Image.reduceRegion", 1, lab.call("Reducer.mean"))


def test_image_when_without_bands_gives_an_empty_dictionary(lab: Any) -> None:
    none = lab.call("Image.constant", [])

    assert lab.call("Image.reduceRegion", none, lab.call("Reducer.mean")) == {}


def test_region_when_larger_than_a_block_equals_one_sum(lab: Any) -> None:
    values = np.random.default_rng(0).random((300, 400))

    found = _reduce(lab, lab.image(values), "sum", lab.rectangle(0, 0, 400, 300))

    assert found["B1"] == pytest.approx(values.sum())


def test_degree_pixels_when_constant_has_no_scale_are_counted(lab: Any) -> None:
    place = Geometry(Point(15.2, 47.3).buffer(2, cap_style="square"), geodesic=False)

    assert lab.call("Image.reduceRegion", 1, lab.call("Reducer.count"), place) == {"constant": 16}


def test_reduce_regions_when_one_band_and_output_names_it_after_the_output(lab: Any) -> None:
    features = Collection.of(
        [
            Feature(lab.rectangle(0, 0, 2, 1), {"name": "a"}),
            Feature(lab.rectangle(2, 0, 3, 1), {"name": "b"}),
            Feature(None, {"name": "c"}),
        ],
        of_images=False,
    )
    image = lab.image([[1.0, 2.0, 4.0]])

    one = lab.call("Image.reduceRegions", image, features, lab.call("Reducer.mean"), 10)
    two = lab.call("Image.reduceRegions", image, features, lab.call("Reducer.minMax"), 10)

    assert [dict(f.properties) for f in one.elements] == [
        {"name": "a", "mean": 1.5}, {"name": "b", "mean": 4.0}, {"name": "c"},
    ]  # fmt: skip
    assert two.elements[0].properties == {"name": "a", "min": 1.0, "max": 2.0}


def test_reduce_regions_when_image_has_no_bands_is_refused(lab: Any) -> None:
    none = lab.call("Image.constant", [])

    with pytest.raises(
        EarthError, match=r"Image.reduceRegions: Need 1 bands for Reducer.mean, image has 0."
    ):
        lab.call(
            "Image.reduceRegions",
            none,
            Collection.of([], of_images=False),
            lab.call("Reducer.mean"),
        )


def test_projection_when_named_is_where_pixels_are(lab: Any) -> None:
    image = lab.image([[1.0] * 4] * 4)

    found = _reduce(
        lab, image, "count", lab.rectangle(0, 0, 4, 4), scale=20, crs=Projection("EPSG:32633")
    )

    assert found == {"B1": 4}
