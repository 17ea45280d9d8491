"""Arithmetic on pixel types: which precision and range an operation's results have."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from lib.localearth.assumptions import choice
from lib.localearth.raster.projection import PixelType

Range = tuple[float, float]
RangeRule = Callable[[Range, Range], Range | None]

BOOLEAN = PixelType("int", 0, 1)
FLOAT = PixelType("float")
DOUBLE = PixelType("double")
_RANK = {"int": 0, "float": 1, "double": 2}
_LONG = (-(2**63), 2**63 - 1)


def range_of(kind: PixelType) -> Range | None:
    """Least and greatest value, or None where not both are known."""
    if kind.minimum is None or kind.maximum is None:
        return None
    return kind.minimum, kind.maximum


def is_constant(kind: PixelType) -> bool:
    """Whether a band of plain numbers can hold one value only."""
    return kind.dimensions == 0 and kind.minimum is not None and kind.minimum == kind.maximum


def with_range(precision: str, limits: Range | None, dimensions: int = 0) -> PixelType:
    """A type of that precision; integers without a range get that of 64 bits."""
    if precision == "int":
        low, high = limits if limits is not None else _LONG
        low, high = max(low, _LONG[0]), min(high, _LONG[1])
        return PixelType("int", int(low), int(high), dimensions)
    if limits is None or not np.isfinite(limits).all():
        return PixelType(precision, dimensions=dimensions)
    return PixelType(precision, limits[0], limits[1], dimensions)


def union(kinds: Sequence[PixelType]) -> PixelType:
    """The type that holds the values of all."""
    precision = max((kind.precision for kind in kinds), key=_RANK.__getitem__)
    ranges = [range_of(kind) for kind in kinds]
    known = [limits for limits in ranges if limits is not None]
    hull = None
    if known and len(known) == len(ranges):
        hull = (min(low for low, _ in known), max(high for _, high in known))
    return with_range(precision, hull, max(kind.dimensions for kind in kinds))


def floating(kind: PixelType) -> PixelType:
    """The type of a function of one value: double unless the input is float."""
    return PixelType("float" if kind.precision == "float" else "double", dimensions=kind.dimensions)


def mixed_precision(left: PixelType, right: PixelType) -> str:
    """Precision of arithmetic on two bands."""
    if is_constant(left) != is_constant(right) and choice("constant_precision") == "float":
        band, constant = (right, left) if is_constant(left) else (left, right)
        if constant.precision == "double":
            return _beside_float(band)
    if left.precision == right.precision == "int":
        return "int"
    if "double" in (left.precision, right.precision):
        return "double"
    integers = [kind for kind in (left, right) if kind.precision == "int"]
    return max((_beside_float(kind) for kind in integers), key=_RANK.__getitem__, default="float")


def quotient_precision(left: PixelType, right: PixelType) -> str:
    """Precision of a true division, which is never of integers."""
    precision = mixed_precision(left, right)
    if precision != "int":
        return precision
    return max(_beside_float(left), _beside_float(right), key=_RANK.__getitem__)


def _beside_float(kind: PixelType) -> str:
    """Precision of a band's arithmetic with a float: wide integers need doubles."""
    if kind.precision != "int":
        return kind.precision
    return "double" if kind.dtype.itemsize > 2 and not is_constant(kind) else "float"


def combined(left: PixelType, right: PixelType, rule: RangeRule, precision: str) -> PixelType:
    """The type of a binary operation whose range follows from those of its operands."""
    first, second = range_of(left), range_of(right)
    limits = rule(first, second) if first is not None and second is not None else None
    return with_range(precision, limits, max(left.dimensions, right.dimensions))


def working_dtype(*kinds: PixelType) -> np.dtype[np.generic]:
    """A NumPy type wide enough for all these types' values."""
    return union(kinds).dtype


def plain(kind: PixelType) -> PixelType:
    """The type of one element of an array-valued band."""
    return replace(kind, dimensions=0)


def sum_range(a: Range, b: Range) -> Range:
    """Range of a + b."""
    return a[0] + b[0], a[1] + b[1]


def difference_range(a: Range, b: Range) -> Range:
    """Range of a - b."""
    return a[0] - b[1], a[1] - b[0]


def product_range(a: Range, b: Range) -> Range:
    """Range of a * b."""
    corners = [x * y for x in a for y in b]
    return min(corners), max(corners)


def quotient_range(a: Range, b: Range) -> Range | None:
    """Range of a / b, where b / 0 is 0; unknown where b may come close to 0."""
    if b[0] <= 0 <= b[1]:
        return None
    corners = [x / y for x in a for y in b]
    return min(corners), max(corners)


def greater_range(a: Range, b: Range) -> Range:
    """Range of max(a, b)."""
    return max(a[0], b[0]), max(a[1], b[1])


def lesser_range(a: Range, b: Range) -> Range:
    """Range of min(a, b)."""
    return min(a[0], b[0]), min(a[1], b[1])


def hull_range(a: Range, b: Range) -> Range:
    """Range of a choice between a and b."""
    return min(a[0], b[0]), max(a[1], b[1])


def remainder_range(a: Range, b: Range) -> Range:
    """Range of a mod b, which has the sign of a."""
    size = max(abs(b[0]), abs(b[1]))
    return max(-size, min(a[0], 0)), min(size, max(a[1], 0))


def bits_range(a: Range, b: Range) -> Range | None:
    """Range of a | b and a ^ b."""
    if a[0] < 0 or b[0] < 0:
        return None
    return 0, 2 ** int(max(a[1], b[1])).bit_length() - 1


def and_range(a: Range, b: Range) -> Range | None:
    """Range of a & b."""
    if a[0] < 0 and b[0] < 0:
        return None
    return 0, min(high for low, high in (a, b) if low >= 0)


def left_shift_range(a: Range, b: Range) -> Range | None:
    """Range of a << b."""
    if a[0] < 0 or not 0 <= b[0] <= b[1] < 64:
        return None
    return int(a[0]) << int(b[0]), int(a[1]) << int(b[1])


def right_shift_range(a: Range, b: Range) -> Range | None:
    """Range of a >> b."""
    if not 0 <= b[0] <= b[1] < 64:
        return None
    corners = [int(x) >> int(y) for x in a for y in b]
    return min(corners), max(corners)
