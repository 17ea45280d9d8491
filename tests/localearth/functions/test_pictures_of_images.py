"""Visualisation, painting and distances (semantics 12.4, 3.3 and 6.6)."""

import colorsys
from typing import Any

import numpy as np
import pytest
from scipy import ndimage
from shapely.geometry import LineString, Point

from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.values import Collection, Feature


def _fc(*features: Feature) -> Collection:
    return Collection.of(features, of_images=False)


def test_visualize_when_one_band_is_stretched_to_bytes(lab: Any) -> None:
    image = lab.call(
        "Image.visualize", lab.image([[-5.0, 0.0, 50.0, 100.0, 900.0]]), min=0, max=100
    )

    assert lab.values(image) == {"vis-gray": [[0, 0, 128, 255, 255]]}


def test_visualize_when_palette_is_given_interpolates_colours(lab: Any) -> None:
    image = lab.call(
        "Image.visualize", lab.image([[0.0, 0.5, 1.0]]), min=0, max=1, palette=["000000", "red"]
    )

    assert lab.values(image) == {
        "vis-red": [[0, 128, 255]], "vis-green": [[0, 0, 0]], "vis-blue": [[0, 0, 0]],
    }  # fmt: skip


def test_visualize_when_two_bands_are_red_and_blue(lab: Any) -> None:
    image = lab.call("Image.visualize", lab.image([[1.0]], [[0.5]]), min=0, max=1)

    assert [rows[0][0] for rows in lab.values(image).values()] == [255, 0, 128]


def test_visualize_when_opacity_is_given_multiplies_the_mask(lab: Any) -> None:
    image = lab.image([[1.0, 1.0]], masks=[np.array([0.5, 0.0])])

    shown = lab.call("Image.visualize", image, min=0, max=1, opacity=0.5)

    assert lab.weights(shown) == [[0.25, 0.0]]


def test_visualize_when_bands_is_a_number_is_refused(lab: Any) -> None:
    with pytest.raises(
        EarthError,
        match=r"Image.visualize: Expected a string or list of strings for field 'bands'.",
    ):
        lab.call("Image.visualize", lab.image([[1.0]]), 7)


def test_hsv_when_converted_there_and_back_equals_colorsys(lab: Any) -> None:
    rng = np.random.default_rng(0)
    rgb = rng.random((3, 2, 6)).astype(np.float32)

    hsv = lab.call("Image.rgbToHsv", lab.image(*rgb))

    found = np.stack([plane.data for plane in lab.planes(hsv).values()])
    expected = [colorsys.rgb_to_hsv(*pixel) for pixel in rgb.reshape(3, -1).T.tolist()]
    np.testing.assert_allclose(found.reshape(3, -1).T, expected, atol=1e-6)
    back = lab.planes(lab.call("Image.hsvToRgb", hsv))
    np.testing.assert_allclose(np.stack([p.data for p in back.values()]), rgb, atol=1e-6)


def test_paint_when_filled_covers_pixels_by_their_centres(lab: Any) -> None:
    image = lab.image(np.zeros((1, 4), np.uint8), masks=[np.array([False] * 4)])
    features = _fc(Feature(lab.rectangle(0.4, 0, 2.6, 1), {"value": 7}))

    assert lab.row(lab.call("Image.paint", image, features, "value")) == [7, 7, 7, None]
    assert lab.row(lab.call("Image.paint", image, features, 300)) == [255, 255, 255, None]


def test_paint_when_width_is_given_covers_the_outline(lab: Any) -> None:
    image = lab.image(np.zeros((7, 7), np.uint8))

    painted = lab.call("Image.paint", image, _fc(Feature(lab.rectangle(1.5, 1.5, 5.5, 5.5))), 1, 1)

    expected = np.zeros((7, 7), int)
    expected[1:6, 1:6] = 1
    expected[2:5, 2:5] = 0
    assert lab.values(painted)["B1"] == expected.tolist()


def test_reduce_to_image_when_features_overlap_reduces_their_properties(lab: Any) -> None:
    features = _fc(
        Feature(lab.rectangle(0, 0, 2, 1), {"v": 1}), Feature(lab.rectangle(1, 0, 3, 1), {"v": 5})
    )

    image = lab.call("Collection.reduceToImage", features, ["v"], lab.call("Reducer.mean"))

    assert lab.values(image, lab.grid(4)) == {"mean": [[1.0, 3.0, 5.0, None]]}


def test_style_when_a_line_is_drawn_is_opaque_on_it_and_empty_elsewhere(lab: Any) -> None:
    line = Geometry(
        LineString([(500000, 5299975), (500100, 5299975)]), "EPSG:32633", geodesic=False
    )

    image = lab.call("Collection.style", _fc(Feature(line)), "FF8000", width=1)

    planes = lab.planes(image, lab.grid(10, 5))
    assert [plane.data[2, 5] for plane in planes.values()] == [255, 128, 0]
    assert planes["vis-red"].weights[:, 5].tolist() == [0, 0, 1, 0, 0]


def test_draw_when_a_point_lies_beside_the_tile_still_shows_its_disc(lab: Any) -> None:
    point = Geometry(Point(499995.0, 5299975.0), "EPSG:32633")

    image = lab.call("Collection.draw", _fc(Feature(point)), "red", 3)

    assert lab.planes(image, lab.grid(5, 5))["vis-red"].weights[2, 0] == 1


def test_connected_count_when_larger_than_the_limit_gives_the_limit(lab: Any) -> None:
    values = np.array([[1, 1, 0, 2], [0, 1, 0, 0], [3, 0, 2, 2]])

    eight = lab.call("Image.connectedPixelCount", lab.image(values), 4)
    four = lab.call("Image.connectedPixelCount", lab.image(values), 4, False)

    assert lab.values(eight)["B1"] == [[3, 3, 4, 1], [4, 3, 4, 4], [1, 4, 2, 2]]
    assert lab.values(four)["B1"] == [[3, 3, 3, 1], [1, 3, 3, 3], [1, 1, 2, 2]]


def test_fast_distance_when_measured_is_the_squared_distance_of_scipy(lab: Any) -> None:
    values = (np.random.default_rng(0).random((12, 12)) > 0.95).astype(np.uint8)
    values[5, 5] = 1

    image = lab.call("Image.fastDistanceTransform", lab.image(values), 20)

    expected = ndimage.distance_transform_edt(values == 0) ** 2
    np.testing.assert_allclose(lab.planes(image)["distance"].data, expected)


def test_distance_when_beyond_the_kernel_is_masked(lab: Any) -> None:
    image = lab.call("Image.distance", lab.image([[1, 0, 0, 0]]), lab.call("Kernel.euclidean", 2))

    assert lab.row(image) == [0.0, 1.0, 2.0, None]


def test_zero_crossing_and_entropy_when_small_equal_their_definitions(lab: Any) -> None:
    signs = lab.call("Image.zeroCrossing", lab.image([[1.0, -1.0, -2.0], [1.0, 1.0, 1.0]]))
    image = lab.image(np.array([[1, 1, 2, 3]], np.uint8))
    entropy = lab.call("Image.entropy", image, lab.call("Kernel.rectangle", 1, 0))

    assert lab.values(signs)["B1"][0] == [1, 1, 1]
    third = -(2 / 3 * np.log2(2 / 3) + 1 / 3 * np.log2(1 / 3))
    assert lab.row(entropy) == pytest.approx([0.0, third, np.log2(3), 1.0], abs=1e-6)


def test_interpolate_when_outside_follows_the_behaviour(lab: Any) -> None:
    image = lab.image([[-1.0, 0.5, 3.0]])

    def found(behaviour: str) -> list[Any]:
        return list(
            lab.row(lab.call("Image.interpolate", image, [0, 1, 2], [0, 10, 30], behaviour))
        )

    assert found("extrapolate") == [-10.0, 5.0, 50.0]
    assert found("clamp") == [0.0, 5.0, 30.0]
    assert found("mask") == [None, 5.0, None]
    assert found("input") == [-1.0, 5.0, 3.0]
