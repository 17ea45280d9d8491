"""Functions of numbers: `Number.*`."""

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from lib.localearth.errors import EarthError
from lib.localearth.functions.image_binary import BY_NAME
from lib.localearth.functions.image_cast import NAMED_TYPES
from lib.localearth.functions.image_unary import FUNCTIONS
from lib.localearth.raster.projection import PixelType
from lib.localearth.registry import implements, register
from lib.localearth.text import text_of

Number = int | float
_PATTERN = re.compile(r"%([-#+ 0,(]*)(\d*)(\.\d+)?([sdoxXeEfgGaA])")
_INT64 = (-(2**63), 2**63 - 1)
# Functions that keep integers, which they compute exactly.
WHOLE_OF_WHOLE = frozenset(
    ("abs", "floor", "ceil", "round", "signum", "not", "bitwiseNot", "bitCount")
)


def plain_number(value: Any) -> Number:
    """A NumPy or Python number as a plain one; comparisons are 0 or 1."""
    value = value.item() if isinstance(value, (np.generic, np.ndarray)) else value
    return int(value) if isinstance(value, bool) else value


def _operand(value: Number, *, exact: bool) -> Any:
    return np.int64(value) if exact else np.float64(value)


def _unary(name: str) -> Callable[[Number], Number]:
    function = FUNCTIONS[name].function
    whole = name in WHOLE_OF_WHOLE

    def apply(input: Number) -> Number:  # noqa: A002
        with np.errstate(all="ignore"):
            return plain_number(function(_as_array(input, exact=whole and isinstance(input, int))))

    return apply


def _binary(name: str) -> Callable[[Number, Number], Number]:
    function = BY_NAME[name].function
    exact_name = name not in ("divide", "pow", "atan2", "hypot", "gammainc")

    def apply(left: Number, right: Number) -> Number:
        exact = exact_name and isinstance(left, int) and isinstance(right, int)
        with np.errstate(all="ignore"):
            result = function(_as_array(left, exact=exact), _as_array(right, exact=exact))
        return plain_number(result)

    return apply


def _as_array(value: Number, *, exact: bool) -> Any:
    if exact and _INT64[0] <= value <= _INT64[1]:
        return np.asarray(value, np.int64)
    return np.asarray(value, np.float64)


def cast_number(value: Number, kind: PixelType) -> Number:
    """Cut the fraction off and clamp to an integer type's range, or round to float32."""
    if kind.precision != "int":
        return float(np.float32(value)) if kind.precision == "float" else float(value)
    if math.isnan(value):
        return 0
    low, high = kind.minimum or 0, kind.maximum or 0
    return int(min(max(value, low), high))


def _caster(kind: PixelType) -> Callable[[Number], Number]:
    def apply(input: Number) -> Number:  # noqa: A002
        return cast_number(input, kind)

    return apply


for _name in FUNCTIONS:
    register(f"Number.{_name}", _unary(_name))
register("Number.bitwise_not", _unary("bitwiseNot"))
for _name in BY_NAME:
    register(f"Number.{_name}", _binary(_name))
register("Number.first_nonzero", _binary("firstNonZero"))
for _name, _kind in NAMED_TYPES.items():
    register(f"Number.{_name}", _caster(_kind))
    register(f"Number.to{_name[0].upper()}{_name[1:]}", _caster(_kind))


@implements("Number.clamp")
def clamp(number: Number, min: float, max: float) -> Number:  # noqa: A002
    """Limit a number to [min, max]."""
    limited = max if number > max else min if number < min else number
    return limited if math.isnan(number) is False else number


@implements("Number.unitScale")
def unit_scale(number: Number, min: float, max: float) -> float:  # noqa: A002
    """Scale [min, max] to [0, 1]; 0 where they are equal."""
    return (number - min) / (max - min) if max != min else 0.0


@implements("Number.parse")
def parse(input: str, radix: int) -> Number:  # noqa: A002
    """Read a number; only integers in a radix other than 10."""
    try:
        if radix != 10:
            return int(input, radix)
        return int(input) if re.fullmatch(r"[+-]?\d+", input) else float(input)
    except ValueError:
        raise EarthError(f"Failed to parse number '{input}'.") from None


@implements("Number.format")
def format_number(number: Number, pattern: str) -> str:
    """Write a number as Java's printf does."""
    found = _PATTERN.findall(pattern.replace("%%", ""))
    if len(found) != 1:
        raise EarthError(f"The pattern '{pattern}' must have exactly one format specifier.")
    flags, width, precision, kind = found[0]
    before, after = _PATTERN.split(pattern)[0], _PATTERN.split(pattern)[-1]
    text = _conversion(number, flags, precision, kind)
    if kind == "s" and precision:
        text = text[: int(precision[1:])]
    padded = text.ljust(int(width or 0)) if "-" in flags else _right(text, flags, int(width or 0))
    return before.replace("%%", "%") + padded + after.replace("%%", "%")


def _right(text: str, flags: str, width: int) -> str:
    return text.zfill(width) if "0" in flags else text.rjust(width)


def _conversion(number: Number, flags: str, precision: str, kind: str) -> str:
    sign = "+" if "+" in flags else " " if " " in flags else ""
    if kind == "s":
        return text_of(number)
    if kind in "oxX":
        value = int(number)
        value = value + 2**64 if value < 0 else value
        return format(value, ("#" if "#" in flags else "") + kind)
    comma = "," if "," in flags else ""
    if kind == "d":
        return format(int(number), f"{sign}{comma}d")
    if kind in "aA":
        return _hexadecimal(float(number), kind)
    return format(_half_up(float(number), precision, kind), f"{sign}{comma}{precision}{kind}")


def _half_up(number: float, precision: str, kind: str) -> Any:
    """Round as Java does, halves away from zero, before formatting."""
    from decimal import ROUND_HALF_UP, Decimal

    if kind not in "fF" or not math.isfinite(number):
        return number
    digits = int(precision[1:]) if precision else 6
    return Decimal(repr(number)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def _hexadecimal(number: float, kind: str) -> str:
    text = re.sub(r"\.?0*p\+?", "p", number.hex())
    text = re.sub(r"^(-?0x1)p", r"\1.0p", text)
    return text.upper() if kind == "A" else text
