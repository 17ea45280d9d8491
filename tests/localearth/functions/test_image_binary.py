"""Arithmetic of images: values, band matching, types and ranges, masks.

Numbers from the semantics page are named by its sections; the others are NumPy's.
"""

import math
from typing import Any

import numpy as np
import pytest

from lib.localearth.errors import EarthError
from lib.localearth.raster.projection import PixelType


@pytest.mark.parametrize(
    ("name", "left", "right", "expected"),
    [
        ("mod", -12, 5, -2),  # 3.2: the dividend's sign
        ("mod", 1, -2, 1),
        ("mod", 5.5, 2, 1.5),
        ("mod", 2.5, 1.2, 0.10000000000000009),
        ("mod", 3, 0, 0),
        ("divide", 5, 10, 0.5),  # 3.2: true division of integers
        ("divide", 10, 0, 0.0),  # 2.4: division by zero is 0
        ("atan2", 0, 1, math.pi / 2),  # 3.2: left is x
        ("atan2", -1, 0, math.pi),
        ("gammainc", 10, 1, 0.9999546),  # 3.2: left is x
        ("hypot", 3, 4, 5.0),
        ("pow", 10, -2, 0.009999999776482582),  # 7.1: float32
        ("and", 5, 10, 1),
        ("or", 0, 0, 0),
        ("firstNonZero", 0, 7, 7),
        ("first", 0, 7, 0),
        ("leftShift", 3, 2, 12),
        ("rightShift", -8, 1, -4),  # 3.2: signed
        ("bitwiseAnd", 6, 3, 2),
        ("bitwiseOr", 6, 3, 7),
        ("bitwiseXor", 6, 3, 5),
        ("max", 2, 3, 3),
        ("min", 2, 3, 2),
        ("neq", 2, 3, 1),
        ("lte", 2, 2, 1),
    ],
)
def test_operator_on_constants_when_documented_gives_its_value(
    lab: Any, name: str, left: float, right: float, expected: float
) -> None:
    image = lab.call(f"Image.{name}", left, right)

    assert lab.row(image, lab.grid(1)) == pytest.approx([expected], rel=1e-7)


def test_eq_between_float_band_and_double_compares_exact_values(lab: Any) -> None:
    image = lab.image(np.array([[1.1, 0.5]], np.float32))

    assert lab.row(lab.call("Image.eq", image, 1.1)) == [0, 0]  # 3.2: float32(1.1) != 1.1
    assert lab.row(lab.call("Image.eq", image, 0.5)) == [0, 1]


def test_add_of_bytes_when_beyond_255_widens_instead_of_overflowing(lab: Any) -> None:
    image = lab.image(np.array([[200, 255]], np.uint8))

    total = lab.call("Image.add", image, image)

    assert lab.row(total) == [400, 510]
    assert total.bands[0].type == PixelType("int", 0, 510)  # 3.2


def test_subtract_of_bytes_when_negative_keeps_the_sign(lab: Any) -> None:
    image = lab.image(np.array([[3]], np.uint8), np.array([[7]], np.uint8))

    difference = lab.call("Image.subtract", image, lab.call("Image.select", image, ["B2", "B1"]))

    assert lab.values(difference) == {"B1": [[-4]], "B2": [[4]]}
    assert difference.bands[0].type == PixelType("int", -255, 255)


def test_scaled_uint16_when_multiplied_and_shifted_is_float_with_its_range(lab: Any) -> None:
    image = lab.image(np.array([[10000]], np.uint16))

    scaled = lab.call("Image.add", lab.call("Image.multiply", image, 0.0000275), -0.2)

    kind = scaled.bands[0].type
    assert (kind.precision, kind.minimum) == ("float", -0.2)
    assert kind.maximum == pytest.approx(1.6022125, abs=1e-12)  # 3.2, geemap#1058
    assert lab.planes(scaled)["B1"].data.dtype == np.float32


def test_bands_when_names_differ_are_matched_by_order(lab: Any) -> None:
    left = lab.image([[1]], [[2]], names=["x", "y"])
    right = lab.image([[10]], [[20]], names=["y", "x"])

    assert lab.values(lab.call("Image.add", left, right)) == {"x": [[11]], "y": [[22]]}  # 3.1


def test_names_when_one_operand_has_one_band_come_from_the_longer(lab: Any) -> None:
    image = lab.image([[1]], [[2]], [[3]])

    product = lab.call("Image.multiply", 2, image)

    assert lab.values(product, lab.grid(1)) == {"B1": [[2]], "B2": [[4]], "B3": [[6]]}  # 3.1


def test_binary_when_band_counts_do_not_match_is_refused(lab: Any) -> None:
    two, three = lab.image([[1]], [[2]]), lab.image([[1]], [[2]], [[3]])
    none = lab.call("Image.constant", [])

    with pytest.raises(EarthError, match=r"same number of bands. Got 2 and 3"):
        lab.call("Image.add", two, three)
    with pytest.raises(
        EarthError,
        match=r"Image.multiply: If one image has no bands, the other must also have no bands. "
        r"Got 0 and 1.",
    ):
        lab.call("Image.multiply", none, 1)


def test_mask_when_both_are_fractional_is_the_lesser(lab: Any) -> None:
    left = lab.image([[1.0, 2.0, 3.0]], masks=[np.array([0.5, 1.0, 0.0])])
    right = lab.image([[1.0, 2.0, 3.0]], masks=[np.array([0.75, 0.25, 1.0])])

    total = lab.call("Image.add", left, right)

    assert lab.weights(total) == [[0.5, 0.25, 0.0]]  # 2.2


def test_or_when_one_side_is_masked_is_masked(lab: Any) -> None:
    image = lab.image([[1, 1]], masks=[np.array([True, False])])

    assert lab.row(lab.call("Image.or", 1, image), lab.grid(2)) == [1, None]  # 2.2


def test_comparison_when_type_is_asked_is_boolean(lab: Any) -> None:
    image = lab.call("Image.lt", lab.image([[1.5]]), 2)

    assert image.bands[0].type == PixelType("int", 0, 1)  # 3.2


def test_projection_when_first_operand_is_constant_is_that_of_the_band(lab: Any) -> None:
    image = lab.image([[1]])

    assert lab.call("Image.add", 1, image).bands[0].projection == image.bands[0].projection


def test_large_chain_when_read_in_blocks_gives_the_same(lab: Any) -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(8, 8)).astype(np.float32)
    image = lab.image(values)
    result = lab.call("Image.divide", lab.call("Image.multiply", image, image), 3)

    whole = lab.planes(result)["B1"].data
    half = lab.planes(result, lab.grid(8, 8).window(4, 4, 4, 4))["B1"].data

    np.testing.assert_array_equal(whole, values * values / np.float32(3))
    np.testing.assert_array_equal(whole[4:, 4:], half)
