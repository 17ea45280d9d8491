"""Masks: the rules of section 2.2 of the semantics page."""

from typing import Any

import numpy as np
import pytest

from lib.localearth.raster.projection import PixelType

HALF = np.array([0.0, 0.5, 1.0])


def test_mask_when_read_gives_fractions(lab: Any) -> None:
    image = lab.call("Image.mask", lab.image([[5, 6, 7]], masks=[HALF]))

    assert lab.row(image) == [0.0, 0.5, 1.0]
    assert image.bands[0].type == PixelType("float", 0, 1)


def test_mask_when_set_reveals_zero_or_the_nearest_value_of_the_range(lab: Any) -> None:
    image = lab.image(np.array([[5, 6, 7]], np.uint8), masks=[np.array([False, True, True])])
    high = lab.call("Image.clamp", image, 3, 10)

    assert lab.row(lab.call("Image.mask", image, 1)) == [0, 6, 7]
    assert lab.row(lab.call("Image.mask", high, 1)) == [3, 6, 7]  # 2.2


def test_update_mask_when_old_mask_is_zero_stays_masked(lab: Any) -> None:
    image = lab.image([[5, 6, 7]], masks=[HALF])

    assert lab.weights(lab.call("Image.updateMask", image, 1)) == [[0.0, 0.5, 1.0]]
    assert lab.weights(lab.call("Image.updateMask", image, 0.25)) == [[0.0, 0.25, 0.25]]
    assert lab.row(lab.call("Image.updateMask", image, 0)) == [None, None, None]


def test_self_mask_when_values_are_fractions_uses_them(lab: Any) -> None:
    image = lab.call("Image.selfMask", lab.image([[0.0, 0.3, 5.0]]))

    assert lab.weights(image)[0] == pytest.approx([0.0, 0.3, 1.0])


def test_unmask_when_partly_masked_leaves_the_value_and_fraction(lab: Any) -> None:
    image = lab.call("Image.unmask", lab.image([[5, 6, 7]], masks=[HALF]), 9)

    assert lab.row(image) == [9, 6, 7]
    assert lab.weights(image) == [[1.0, 0.5, 1.0]]


def test_unmask_when_beyond_the_footprint_stays_masked_unless_told(lab: Any) -> None:
    image, wide = lab.image([[5]]), lab.grid(2)

    assert lab.row(lab.call("Image.unmask", image, 9), wide) == [5, None]
    assert lab.row(lab.call("Image.unmask", image, 9, False), wide) == [5, 9]


def test_where_when_test_or_value_is_masked_keeps_the_input(lab: Any) -> None:
    image = lab.image([[1, 2, 3, 4]], masks=[np.array([True, True, True, False])])
    test = lab.image([[1, 1, 0, 1]], masks=[np.array([True, False, True, True])])

    assert lab.row(lab.call("Image.where", image, test, 9)) == [9, 2, 3, None]
    masked = lab.call("Image.updateMask", lab.call("Image.constant", 9), 0)
    assert lab.row(lab.call("Image.where", image, test, masked)) == [1, 2, 3, None]


def test_where_when_value_is_wider_takes_the_wider_type(lab: Any) -> None:
    image = lab.call("Image.where", lab.image(np.array([[1, 2]], np.uint8)), 1, -5)

    assert lab.row(image) == [-5, -5]
    assert image.bands[0].type == PixelType("int", -5, 255)


def test_remap_when_value_is_not_listed_is_masked_or_default(lab: Any) -> None:
    image = lab.image([[10, 20, 30]], masks=[np.array([True, True, False])])

    remapped = lab.call("Image.remap", image, [10, 30], [1, 3])
    filled = lab.call("Image.remap", image, [10, 30], [1, 3], 99)

    assert lab.values(remapped) == {"remapped": [[1, None, None]]}
    assert lab.values(filled) == {"remapped": [[1, 99, None]]}


def test_normalized_difference_when_negative_or_zero_sum_follows_the_rules(lab: Any) -> None:
    image = lab.image([[3.0, 0.0, -1.0]], [[1.0, 0.0, 2.0]], properties={"p": 1})

    index = lab.call("Image.normalizedDifference", image)

    assert lab.values(index) == {"nd": [[0.5, 0.0, None]]}
    assert index.properties == {}
    assert index.bands[0].type == PixelType("float", -1, 1)


def test_blend_when_top_is_half_opaque_mixes(lab: Any) -> None:
    bottom = lab.image([[10.0, 10.0, 10.0]])
    top = lab.image([[20.0, 20.0, 20.0]], masks=[HALF])

    assert lab.row(lab.call("Image.blend", bottom, top)) == [10.0, 15.0, 20.0]


def test_empty_image_of_the_client_when_read_is_masked(lab: Any) -> None:
    image = lab.call("Image.mask", 0, 0)

    assert image.bands[0].type == PixelType("int", 0, 0)  # 1.10
    assert lab.row(image, lab.grid(1)) == [None]
