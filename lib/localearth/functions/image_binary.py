"""Arithmetic, comparison, logic and bits of two images."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from lib.localearth.raster import pixel_types as types
from lib.localearth.raster.elementwise import TypeRule, binary
from lib.localearth.raster.image import Image
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.sources import Pixels
from lib.localearth.registry import register


@dataclass(frozen=True)
class Operator:
    """A function of two images.

    Attributes:
        names: Earth Engine's names.
        function: The same on arrays.
        kind: Type of a result.
        working: Type to which operands are brought first; None leaves them.
    """

    names: tuple[str, ...]
    function: Callable[[Pixels, Pixels], Pixels]
    kind: TypeRule
    working: TypeRule | None = None

    def apply(self, image1: Image, image2: Image) -> Image:
        """Compute the image."""
        return binary(image1, image2, self.function, self.kind, working=self.working)


def _arithmetic(
    name: str, function: Callable[[Pixels, Pixels], Pixels], rule: types.RangeRule
) -> Operator:
    def kind(left: PixelType, right: PixelType) -> PixelType:
        return types.combined(left, right, rule, types.mixed_precision(left, right))

    return Operator((name,), function, kind, lambda a, b: _wide(kind(a, b), a, b))


def _wide(result: PixelType, left: PixelType, right: PixelType) -> PixelType:
    if result.precision != "int":
        return types.plain(result)
    return types.plain(types.union([result, left, right]))


def _quotient(left: PixelType, right: PixelType) -> PixelType:
    precision = types.quotient_precision(left, right)
    return types.combined(left, right, types.quotient_range, precision)


def divide_pixels(left: Pixels, right: Pixels) -> Pixels:
    """True division in which x / 0 is 0."""
    size = np.broadcast_shapes(left.shape, right.shape)
    result = np.zeros(size, np.result_type(left, right))
    return np.divide(left, right, out=result, where=np.broadcast_to(right != 0, size))


def _remainder(left: Pixels, right: Pixels) -> Pixels:
    result = np.fmod(left, np.where(right == 0, 1, right))
    return np.where(right == 0, left.dtype.type(0), result)


def _compare(name: str, function: Callable[[Pixels, Pixels], Pixels]) -> Operator:
    return Operator((name,), function, _boolean)


def _boolean(left: PixelType, right: PixelType) -> PixelType:
    return PixelType("int", 0, 1, max(left.dimensions, right.dimensions))


def _float(left: PixelType, right: PixelType) -> PixelType:
    return PixelType("float", dimensions=max(left.dimensions, right.dimensions))


def _float_working(left: PixelType, right: PixelType) -> PixelType:
    return PixelType(types.quotient_precision(left, right))


def _floats(name: str, function: Callable[[Pixels, Pixels], Pixels]) -> Operator:
    return Operator((name,), function, _float, _float_working)


def _bits(
    names: tuple[str, ...], function: Callable[[Pixels, Pixels], Pixels], rule: types.RangeRule
) -> Operator:
    def kind(left: PixelType, right: PixelType) -> PixelType:
        return types.combined(left, right, rule, "int")

    return Operator(names, lambda a, b: function(_whole(a), _whole(b)), kind)


def _whole(data: Pixels) -> Pixels:
    return data.astype(np.int64, copy=False)


def _left_shift(left: Pixels, right: Pixels) -> Pixels:
    return np.asarray(
        np.where(right >= 0, left << np.clip(right, 0, 63), left >> np.clip(-right, 0, 63))
    )


def _right_shift(left: Pixels, right: Pixels) -> Pixels:
    return _left_shift(left, -right)


def _gamma_lower(x: Pixels, a: Pixels) -> Pixels:
    return np.asarray(special.gammainc(a, x))


OPERATORS = (
    _arithmetic("add", np.add, types.sum_range),
    _arithmetic("subtract", np.subtract, types.difference_range),
    _arithmetic("multiply", np.multiply, types.product_range),
    Operator(("divide",), divide_pixels, _quotient, lambda a, b: types.plain(_quotient(a, b))),
    _arithmetic("max", np.maximum, types.greater_range),
    _arithmetic("min", np.minimum, types.lesser_range),
    _arithmetic("mod", _remainder, types.remainder_range),
    _arithmetic("first", lambda a, b: np.broadcast_arrays(a, b)[0], types.hull_range),
    _arithmetic("firstNonZero", lambda a, b: np.where(a != 0, a, b), types.hull_range),
    _compare("and", lambda a, b: (a != 0) & (b != 0)),
    _compare("or", lambda a, b: (a != 0) | (b != 0)),
    _compare("eq", np.equal),
    _compare("neq", np.not_equal),
    _compare("lt", np.less),
    _compare("lte", np.less_equal),
    _compare("gt", np.greater),
    _compare("gte", np.greater_equal),
    _floats("pow", np.power),
    _floats("atan2", lambda x, y: np.arctan2(y, x)),
    _floats("hypot", np.hypot),
    _floats("gammainc", _gamma_lower),
    _bits(("bitwiseAnd", "bitwise_and"), np.bitwise_and, types.and_range),
    _bits(("bitwiseOr", "bitwise_or"), np.bitwise_or, types.bits_range),
    _bits(("bitwiseXor", "bitwise_xor"), np.bitwise_xor, types.bits_range),
    _bits(("leftShift", "left_shift"), _left_shift, types.left_shift_range),
    _bits(("rightShift", "right_shift"), _right_shift, types.right_shift_range),
)

BY_NAME = {name: operator for operator in OPERATORS for name in operator.names}


def _registered(operator: Operator) -> Callable[[Image, Image], Image]:
    def apply(image1: Image, image2: Image) -> Image:
        return operator.apply(image1, image2)

    return apply


for _name, _operator in BY_NAME.items():
    register(f"Image.{_name}", _registered(_operator))
register("Image.first_nonzero", _registered(BY_NAME["firstNonZero"]))
