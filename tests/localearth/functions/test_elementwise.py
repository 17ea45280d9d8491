"""Functions of one and two numbers, in all families that have them: Image, Array and Number.

Source of truth: Python's own operators and its `math` and `statistics`; Java's rules where the
reference names them (signs of remainders, rounding, shifts of 64 bits, Commons Math's gamma).
"""

import itertools
import math
import struct
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from lib.localearth.signatures import signatures
from lib.localearth.values import Array

FAMILIES = ("Image", "Array", "Number")
EULER = 0.5772156649015329
REALS = [-2.75, -1.5, -0.25, 0.0, 0.5, 1.0, 2.5, 10.5]
UNIT = [-1.0, -0.75, -0.1, 0.0, 0.3, 1.0]
POSITIVE = [1e-3, 0.5, 1.0, 2.75, 40.0]
WHOLE = [-(2**31), -129, -7, -1, 0, 1, 5, 255, 65536]


def _lanczos(x: float) -> float:
    """Of `Gamma.lanczos` in Commons Math: x! by g = 607/128, solved for the sum."""
    shifted = x + 607 / 128 + 0.5
    return math.gamma(x + 1) / math.sqrt(2 * math.pi) * shifted ** -(x + 0.5) * math.exp(shifted)


UNARY: dict[str, tuple[list[Any], Any]] = {
    "sin": (REALS, math.sin),
    "cos": (REALS, math.cos),
    "tan": (REALS, math.tan),
    "asin": (UNIT, math.asin),
    "acos": (UNIT, math.acos),
    "atan": (REALS, math.atan),
    "sinh": (REALS, math.sinh),
    "cosh": (REALS, math.cosh),
    "tanh": (REALS, math.tanh),
    "sqrt": (POSITIVE, math.sqrt),
    "log": (POSITIVE, math.log),
    "log10": (POSITIVE, math.log10),
    "exp": (REALS, math.exp),
    "cbrt": (REALS, math.cbrt),
    "gamma": ([-1.5, *POSITIVE], math.gamma),
    "digamma": (
        [0.5, 1.0, 2.0, 3.0],
        {0.5: -EULER - 2 * math.log(2), 1: -EULER, 2: 1 - EULER, 3: 1.5 - EULER}.get,
    ),
    "trigamma": (
        [0.5, 1.0, 2.0],
        {0.5: math.pi**2 / 2, 1: math.pi**2 / 6, 2: math.pi**2 / 6 - 1}.get,
    ),
    "erf": (REALS, math.erf),
    "erfc": (REALS, math.erfc),
    "erfInv": (
        [-0.9, -0.1, 0.0, 0.5, 0.999],
        lambda x: NormalDist().inv_cdf((x + 1) / 2) / math.sqrt(2),
    ),
    "erfcInv": ([0.01, 0.5, 1.0, 1.9], lambda x: -NormalDist().inv_cdf(x / 2) / math.sqrt(2)),
    "lanczos": ([0.5, 1.0, 3.25], _lanczos),
    "abs": (REALS, abs),
    "floor": (REALS, math.floor),
    "ceil": (REALS, math.ceil),
    "round": (REALS, lambda x: math.floor(x + 0.5)),  # Java's Math.round: halves upwards
    "signum": (REALS, lambda x: (x > 0) - (x < 0)),
    "not": (REALS, lambda x: int(x == 0)),
    "bitwiseNot": (WHOLE, lambda x: ~x),
    "bitwise_not": (WHOLE, lambda x: ~x),
    "bitCount": (WHOLE, lambda x: (x % 2**64).bit_count()),
}

PAIRS = ([-12.0, -1.0, 0.0, 1.0, 2.5, 5.5, 7.0], [5.0, 0.5, -3.0, -2.0, 1.25, 2.0, 7.0])
INTEGERS = ([-12, -7, -1, 0, 1, 6, 12, 255, 1023], [5, 12, -3, 7, 3, 2, 12, 15, 6])
COUNTS = ([-12, -7, -1, 0, 1, 6, 12, 255, 1023], [5, 1, 3, 7, 31, 2, 0, 15, 6])

BINARY: dict[str, tuple[tuple[list[Any], list[Any]], Any]] = {
    "add": (PAIRS, lambda a, b: a + b),
    "subtract": (PAIRS, lambda a, b: a - b),
    "multiply": (PAIRS, lambda a, b: a * b),
    "divide": (PAIRS, lambda a, b: a / b),
    "max": (PAIRS, max),
    "min": (PAIRS, min),
    "mod": (PAIRS, math.fmod),  # Java's %: the sign of the dividend
    "first": (PAIRS, lambda a, b: a),
    "firstNonZero": (PAIRS, lambda a, b: a or b),
    "first_nonzero": (PAIRS, lambda a, b: a or b),
    "and": (PAIRS, lambda a, b: int(a != 0 and b != 0)),
    "or": (PAIRS, lambda a, b: int(a != 0 or b != 0)),
    "eq": (PAIRS, lambda a, b: int(a == b)),
    "neq": (PAIRS, lambda a, b: int(a != b)),
    "lt": (PAIRS, lambda a, b: int(a < b)),
    "lte": (PAIRS, lambda a, b: int(a <= b)),
    "gt": (PAIRS, lambda a, b: int(a > b)),
    "gte": (PAIRS, lambda a, b: int(a >= b)),
    "pow": (([0.5, 2.0, 3.0, 10.0], [3.0, -2.0, 0.5, 0.0]), math.pow),
    "atan2": (PAIRS, lambda x, y: math.atan2(y, x)),  # "the angle formed by the vector [x, y]"
    "hypot": (PAIRS, math.hypot),
    "gammainc": (([0.5, 2.0, 10.0], [1.0, 1.0, 1.0]), lambda x, a: 1 - math.exp(-x)),  # a = 1
    "bitwiseAnd": (INTEGERS, lambda a, b: a & b),
    "bitwise_and": (INTEGERS, lambda a, b: a & b),
    "bitwiseOr": (INTEGERS, lambda a, b: a | b),
    "bitwise_or": (INTEGERS, lambda a, b: a | b),
    "bitwiseXor": (INTEGERS, lambda a, b: a ^ b),
    "bitwise_xor": (INTEGERS, lambda a, b: a ^ b),
    "leftShift": (COUNTS, lambda a, b: a << b),
    "left_shift": (COUNTS, lambda a, b: a << b),
    "rightShift": (COUNTS, lambda a, b: a >> b),  # "signed": the sign bit moves in
    "right_shift": (COUNTS, lambda a, b: a >> b),
}
ROUNDED = ("pow", "atan2", "hypot", "gammainc")  # float results, section 3.2

RANGES = {
    "byte": (0, 2**8 - 1),
    "uint8": (0, 2**8 - 1),
    "int8": (-(2**7), 2**7 - 1),
    "uint16": (0, 2**16 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "short": (-(2**15), 2**15 - 1),
    "uint32": (0, 2**32 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "int": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
    "long": (-(2**63), 2**63 - 1),
}
CASTS = [*RANGES, *(f"to{name[0].upper()}{name[1:]}" for name in RANGES)]
BEYOND = [-1e19, -3e9, -70000.9, -200.5, -1.99, 0.99, 127.5, 255.5, 4e4, 7e4, 5e9, 1e19]


def answered(lab: Any, family: str, name: str, *columns: list[Any]) -> list[Any]:
    """What a function gives for each row of its operands."""
    if family == "Image":
        return lab.row(lab.call(f"Image.{name}", *(lab.image(np.array(each)) for each in columns)))
    if family == "Array":
        return lab.call(f"Array.{name}", *map(Array.of, columns)).data.tolist()
    return [lab.call(f"Number.{name}", *row) for row in zip(*columns, strict=True)]


def _in_families(names: Any) -> list[Any]:
    return [
        pytest.param(family, name, id=f"{family}.{name}")
        for family in FAMILIES
        for name in names
        if f"{family}.{name}" in signatures()
    ]


@pytest.mark.parametrize(("family", "name"), _in_families(UNARY))
def test_function_of_one_number_when_called_agrees_with_python(
    lab: Any, family: str, name: str
) -> None:
    values, function = UNARY[name]

    found = answered(lab, family, name, values)

    assert found == pytest.approx([function(value) for value in values], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("family", "name"), _in_families(BINARY))
def test_function_of_two_numbers_when_called_agrees_with_python(
    lab: Any, family: str, name: str
) -> None:
    columns, function = BINARY[name]

    found = answered(lab, family, name, *columns)

    expected = [function(*row) for row in zip(*columns, strict=True)]
    accuracy = 1e-6 if name in ROUNDED else 1e-12
    assert found == pytest.approx(expected, rel=accuracy, abs=1e-15)


@pytest.mark.parametrize(("family", "name"), _in_families(CASTS))
def test_cast_when_numbers_are_fractions_or_beyond_the_type_truncates_and_clamps(
    lab: Any, family: str, name: str
) -> None:
    kind = name.removeprefix("to")
    low, high = RANGES[kind[0].lower() + kind[1:]]

    found = answered(lab, family, name, BEYOND)

    assert found == [min(max(math.trunc(value), low), high) for value in BEYOND]


@pytest.mark.parametrize(
    ("family", "name"), _in_families(["float", "toFloat", "double", "toDouble"])
)
def test_cast_to_floating_when_called_rounds_as_ieee_754_does(
    lab: Any, family: str, name: str
) -> None:
    values = [0.1, -1.1, 1e-30, 16777217.0]

    found = answered(lab, family, name, values)

    single = [struct.unpack("f", struct.pack("f", value))[0] for value in values]
    assert found == (single if "loat" in name else values)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", ["floor", "ceil", "round", "abs", "signum"])
def test_rounding_when_numbers_are_large_integers_keeps_every_digit(
    lab: Any, family: str, name: str
) -> None:
    value = 2**53 + 1  # the first integer that a double does not hold

    found = answered(lab, family, name, [value])

    assert found == [1 if name == "signum" else value]


TYPES = ("uint8", "int16", "uint32", "int64", "float32", "float64")


def _row_of(kind: str, seed: int, name: str) -> Any:
    """Numbers of a type, the extreme ones among them; small ones where they count bits."""
    rng = np.random.default_rng(seed)
    if kind.startswith("float"):
        return (rng.normal(size=(1, 30)) * 5).astype(kind)
    limits = np.iinfo(kind)
    if seed and "hift" in name:
        return rng.integers(0, 20, (1, 30)).astype(kind)
    values = rng.integers(max(limits.min, -(2**40)), min(limits.max, 2**40), (1, 30)).astype(kind)
    values[0, :3] = limits.min, limits.max, 0
    return values


@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_pixels_when_computed_have_the_type_and_range_that_the_band_tells(
    lab: Any, name: str
) -> None:
    for kinds in itertools.product(TYPES, repeat=1 if name in UNARY else 2):
        rows = [_row_of(kind, seed, name) for seed, kind in enumerate(kinds)]

        image = lab.call(f"Image.{name}", *map(lab.image, rows))

        told, (plane,) = image.bands[0].type, lab.planes(image).values()
        assert plane.data.dtype == told.dtype, kinds
        found = plane.data[np.isfinite(plane.data)]
        if told.minimum is not None and found.size:
            assert told.minimum <= found.min() <= found.max() <= told.maximum, kinds
