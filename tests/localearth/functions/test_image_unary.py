"""Functions of one image, casts and polynomials. Values by section of the semantics page."""

from typing import Any

import numpy as np
import pytest

from lib.localearth.raster.projection import PixelType


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("round", 10.5, 11),  # 3.2
        ("round", -10.5, -10),
        ("ceil", -2.5, -2),
        ("floor", -2.5, -3),
        ("signum", -3.2, -1),
        ("not", 0.1, 0),  # 3.2
        ("not", 0, 1),
        ("bitwiseNot", 255, -256),  # 3.2
        ("bitCount", -1, 64),  # 3.2
        ("abs", -7, 7),
        ("digamma", 1.0, -0.577215664901532),
        ("erfInv", 0.5, 0.4769362762044699),
        ("cbrt", 27.0, 3.0),
    ],
)
def test_function_on_a_constant_when_documented_gives_its_value(
    lab: Any, name: str, value: float, expected: float
) -> None:
    assert lab.row(lab.call(f"Image.{name}", value), lab.grid(1)) == pytest.approx([expected])


def test_lanczos_at_zero_is_that_of_commons_math(lab: Any) -> None:
    image = lab.call("Image.lanczos", 0.0)

    assert lab.row(image, lab.grid(1)) == pytest.approx([32.946318679], abs=1e-8)  # 3.2


@pytest.mark.parametrize(
    ("cast", "value", "expected"),
    [
        ("byte", -1, 0),  # 3.2: clamped, never wrapped
        ("byte", 256, 255),
        ("toByte", 3.99, 3),
        ("toInt8", -3.99, -3),
        ("toUint16", 70000.0, 65535),
        ("toInt32", -3e9, -(2**31)),
        ("toInt64", 1e19, 2**63 - 1),
        ("toByte", float("nan"), 0),
    ],
)
def test_cast_to_integer_when_fraction_or_beyond_truncates_and_clamps(
    lab: Any, cast: str, value: float, expected: int
) -> None:
    image = lab.image(np.array([[value]], np.float64))

    assert lab.row(lab.call(f"Image.{cast}", image)) == [expected]


def test_cast_when_done_keeps_properties_and_mask(lab: Any) -> None:
    image = lab.image(
        [[1.7, 2.7]], masks=[np.array([True, False])], properties={"system:time_start": 5}
    )

    cast = lab.call("Image.toByte", image)

    assert cast.properties == {"system:time_start": 5}
    assert lab.row(cast) == [1, None]
    assert cast.bands[0].type == PixelType("int", 0, 255)


def test_clamp_when_applied_limits_both_ends_and_the_type(lab: Any) -> None:
    clamped = lab.call("Image.clamp", lab.image(np.array([[0, 7, 200]], np.uint8)), 5, 100)

    assert lab.row(clamped) == [5, 7, 100]
    assert clamped.bands[0].type == PixelType("int", 5, 100)


def test_unit_scale_when_outside_is_not_clamped(lab: Any) -> None:
    scaled = lab.call("Image.unitScale", lab.image(np.array([[0, 50, 300]], np.uint16)), 100, 200)

    assert lab.row(scaled) == [-1.0, -0.5, 2.0]
    assert scaled.bands[0].type.precision == "float"


def test_polynomial_when_evaluated_takes_increasing_degrees(lab: Any) -> None:
    image = lab.call("Image.polynomial", lab.image([[2.0]]), [1, 10, 100])

    assert lab.row(image) == [421.0]


def test_square_root_of_negative_when_read_is_not_masked(lab: Any) -> None:
    plane = lab.planes(lab.call("Image.sqrt", lab.image([[-1.0, 4.0]])))["B1"]

    assert np.isnan(plane.data[0, 0])
    assert plane.data[0, 1] == 2.0
    assert plane.valid.all()


def test_cast_bands_when_one_is_missing_adds_it_masked(lab: Any) -> None:
    image = lab.image([[300.0]], names=["b"])

    cast = lab.call("Image.cast", image, {"a": "uint8", "b": "uint8"}, ["b", "a"])

    assert lab.values(cast) == {"b": [[255]], "a": [[None]]}
