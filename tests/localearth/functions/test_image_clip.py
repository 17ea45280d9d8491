"""Clipping: fractions at edges, footprints and windows (semantics 1.8)."""

from dataclasses import replace
from typing import Any

import pytest
from shapely.geometry import Point, box

from lib.localearth.geometry import Geometry
from lib.localearth.raster.projection import Projection
from lib.localearth.values import Collection, Feature


def test_clip_when_an_edge_crosses_pixels_leaves_covered_fractions(lab: Any) -> None:
    clipped = lab.call("Image.clip", lab.image([[1, 2, 3, 4]]), lab.rectangle(0.5, 0, 2.25, 1))

    assert lab.weights(clipped)[0] == pytest.approx([0.5, 1.0, 0.25, 0.0])


def test_clip_to_a_point_keeps_its_whole_pixel(lab: Any) -> None:
    point = Geometry(Point(500019.0, 5299995.0), "EPSG:32633")

    clipped = lab.call("Image.clip", lab.image([[1, 2, 3]]), point)

    assert lab.row(clipped) == [None, 2, None]


def test_clip_when_done_keeps_properties_and_narrows_window_and_footprint(lab: Any) -> None:
    image = lab.image([[0] * 10] * 10, properties={"a": 1})

    clipped = lab.call("Image.clip", image, lab.rectangle(3.5, 4.5, 6.5, 7.5))

    band = clipped.bands[0]
    assert clipped.properties == {"a": 1}
    assert (band.origin, band.dimensions) == (
        (2, 3),
        (6, 6),
    )  # one pixel of slack around 3..7, 4..8
    assert clipped.footprint.shape.area == pytest.approx(30 * 30)


def test_clip_of_a_constant_gives_it_the_geometry_as_footprint(lab: Any) -> None:
    place = lab.rectangle(0, 0, 1, 1)

    assert lab.call("Image.clip", 5, place).footprint == place


def test_clip_to_collection_when_features_are_apart_keeps_all_of_them(lab: Any) -> None:
    places = Collection.of(
        [Feature(lab.rectangle(0, 0, 1, 1)), Feature(lab.rectangle(2, 0, 3, 1))], of_images=False
    )

    clipped = lab.call("Image.clipToCollection", lab.image([[1, 2, 3]]), places)

    assert lab.row(clipped) == [1, None, 3]


def test_bounds_and_scale_when_a_dimension_is_given_sets_the_pixels(lab: Any) -> None:
    image = lab.call(
        "Image.setDefaultProjection", 7, Projection("EPSG:4326", (1.0, 0, 0, 0, -1.0, 0))
    )
    place = Geometry(box(10, 40, 14, 42), geodesic=False)

    shown = lab.call("Image.clipToBoundsAndScale", image, place, max_dimension=8)

    band = shown.bands[0]
    assert band.projection == Projection("EPSG:4326", (0.5, 0.0, 10.0, 0.0, -0.5, 42.0))
    assert (band.dimensions, band.origin) == ((8, 4), (0, 0))


def test_clip_when_read_in_another_window_gives_the_same_fractions(lab: Any) -> None:
    place = replace(lab.rectangle(0.3, 0.2, 3.7, 2.6), geodesic=False)
    clipped = lab.call("Image.clip", lab.image([[1] * 4] * 4), place)

    whole = lab.planes(clipped)["B1"].weights
    part = lab.planes(clipped, lab.grid(4, 4).window(2, 1, 2, 2))["B1"].weights

    assert part == pytest.approx(whole[1:3, 2:4])
