"""Functions of one image's values: mathematics, signs and rounding."""

# ruff: noqa: A002 - parameters are those of the signature list

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import special

from lib.localearth.raster import pixel_types as types
from lib.localearth.raster.elementwise import unary
from lib.localearth.raster.image import Image
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.sources import Pixels
from lib.localearth.registry import implements, register

Kind = Callable[[PixelType], PixelType]
LANCZOS = (
    0.99999999999999709182, 57.156235665862923517, -59.597960355475491248,
    14.136097974741747174, -0.49191381609762019978, 0.33994649984811888699e-4,
    0.46523628927048575665e-4, -0.98374475304879564677e-4, 0.15808870322491248884e-3,
    -0.21026444172410488319e-3, 0.21743961811521264320e-3, -0.16431810653676389022e-3,
    0.84418223983852743293e-4, -0.26190838401581408670e-4, 0.36899182659531622704e-5,
)  # fmt: skip


@dataclass(frozen=True)
class Function:
    """A function of one value: on arrays, and on pixel types."""

    function: Callable[[Pixels], Pixels]
    kind: Kind = types.floating

    def apply(self, image: Image) -> Image:
        """Compute the image."""
        kinds = [self.kind(band.type) for band in image.bands]
        return unary(image, self._prepared, kinds)

    def _prepared(self, data: Pixels) -> Pixels:
        if self.kind is types.floating and data.dtype != np.float32:
            data = data.astype(np.float64, copy=False)
        return self.function(data)


def _boolean(kind: PixelType) -> PixelType:
    return PixelType("int", 0, 1, kind.dimensions)


def _same(function: Callable[[float], float]) -> Kind:
    """A rule for functions that grow with their argument and keep the precision."""

    def rule(kind: PixelType) -> PixelType:
        limits = types.range_of(kind)
        if limits is not None:
            limits = float(function(limits[0])), float(function(limits[1]))
        return types.with_range(kind.precision, limits, kind.dimensions)

    return rule


def _absolute(kind: PixelType) -> PixelType:
    limits = types.range_of(kind)
    if limits is not None:
        low, high = limits
        least = 0 if low <= 0 <= high else min(abs(low), abs(high))
        limits = least, max(abs(low), abs(high))
    return types.with_range(kind.precision, limits, kind.dimensions)


def absolute(data: Pixels) -> Pixels:
    """Absolute values, in a type that holds that of the least integer."""
    return np.asarray(np.abs(data.astype(np.int64) if data.dtype.kind == "i" else data))


def half_up(data: Pixels) -> Pixels:
    """Round to the nearest integer, halves upwards."""
    return np.floor(data + data.dtype.type(0.5)) if data.dtype.kind == "f" else data


def _sign(kind: PixelType) -> PixelType:
    return PixelType(kind.precision, -1, 1, kind.dimensions)


def signs(data: Pixels) -> Pixels:
    """-1, 0 or 1."""
    return (data > 0).astype(np.int8) - (data < 0).astype(np.int8)


def _complement(kind: PixelType) -> PixelType:
    """The smallest signed type that holds the input also holds its complement."""
    limits = types.range_of(kind) or (-(2**63), 2**63 - 1)
    for bits in (8, 16, 32):
        if -(2 ** (bits - 1)) <= limits[0] and limits[1] < 2 ** (bits - 1):
            return types.with_range("int", (~int(limits[1]), ~int(limits[0])), kind.dimensions)
    return types.with_range("int", (~int(limits[1]), ~int(limits[0])), kind.dimensions)


def count_bits(data: Pixels) -> Pixels:
    """Bits set in the 64-bit two's complement."""
    return np.bitwise_count(data.astype(np.int64).view(np.uint64)).astype(np.uint8)


def _lanczos(data: Pixels) -> Pixels:
    terms = (weight / (data + index) for index, weight in enumerate(LANCZOS) if index)
    return np.asarray(sum(terms) + LANCZOS[0])


FUNCTIONS = {
    "sin": Function(np.sin),
    "cos": Function(np.cos),
    "tan": Function(np.tan),
    "asin": Function(np.arcsin),
    "acos": Function(np.arccos),
    "atan": Function(np.arctan),
    "sinh": Function(np.sinh),
    "cosh": Function(np.cosh),
    "tanh": Function(np.tanh),
    "sqrt": Function(np.sqrt),
    "log": Function(np.log),
    "log10": Function(np.log10),
    "exp": Function(np.exp),
    "cbrt": Function(np.cbrt),
    "gamma": Function(special.gamma),
    "digamma": Function(special.digamma),
    "trigamma": Function(lambda data: special.polygamma(1, data)),
    "erf": Function(special.erf),
    "erfc": Function(special.erfc),
    "erfInv": Function(special.erfinv),
    "erfcInv": Function(special.erfcinv),
    "lanczos": Function(_lanczos),
    "abs": Function(absolute, _absolute),
    "floor": Function(np.floor, _same(np.floor)),
    "ceil": Function(np.ceil, _same(np.ceil)),
    "round": Function(half_up, _same(lambda value: float(np.floor(value + 0.5)))),
    "signum": Function(signs, _sign),
    "not": Function(lambda data: data == 0, _boolean),
    "bitwiseNot": Function(lambda data: ~data.astype(np.int64), _complement),
    "bitCount": Function(count_bits, lambda kind: PixelType("int", 0, 64, kind.dimensions)),
}


def _registered(function: Function) -> Callable[[Image], Image]:
    def apply(value: Image) -> Image:
        return function.apply(value)

    return apply


for _name, _function in FUNCTIONS.items():
    register(f"Image.{_name}", _registered(_function))
register("Image.bitwise_not", _registered(FUNCTIONS["bitwiseNot"]))


@implements("Image.clamp")
def clamp(input: Image, low: float, high: float) -> Image:
    """Limit values to [low, high]."""
    kinds = [_clamped(band.type, low, high) for band in input.bands]
    return unary(input, lambda data: np.clip(data, *_limits(data, low, high)), kinds)


def _limits(data: Pixels, low: float, high: float) -> tuple[float, float]:
    """Limits in the type of integer data, so that clipping does not make floats of it."""
    if data.dtype.kind == "f":
        return low, high
    info = np.iinfo(data.dtype)
    whole = (int(np.ceil(low)), int(np.floor(high)))
    return max(whole[0], info.min), min(whole[1], info.max)


def _clamped(kind: PixelType, low: float, high: float) -> PixelType:
    limits = types.range_of(kind)
    if limits is not None:
        low, high = max(limits[0], low), min(limits[1], high)
    return types.with_range(kind.precision, (low, high), kind.dimensions)


@implements("Image.unitScale")
def unit_scale(input: Image, low: float, high: float) -> Image:
    """Scale [low, high] to [0, 1] without clamping."""
    kinds = [_scaled(band.type, low, high) for band in input.bands]

    def scale(data: Pixels) -> Pixels:
        wide: Any = np.float32 if _small(data) else np.float64
        shifted = data.astype(wide, copy=False) - wide(low)
        return np.asarray(shifted / wide((high - low) or np.inf))

    return unary(input, scale, kinds)


def _small(data: Pixels) -> bool:
    """Whether float32 holds the values."""
    return data.dtype == np.float32 or (data.dtype.kind != "f" and data.dtype.itemsize <= 2)


def _scaled(kind: PixelType, low: float, high: float) -> PixelType:
    precision = types.quotient_precision(kind, PixelType("int", 1, 1))
    limits = types.range_of(kind)
    if limits is not None and high != low:
        limits = (limits[0] - low) / (high - low), (limits[1] - low) / (high - low)
    return types.with_range(precision, limits, kind.dimensions)


@implements("Image.polynomial")
def polynomial(image: Image, coefficients: Sequence[float]) -> Image:
    """Evaluate a polynomial whose coefficients come in order of increasing degree."""
    kinds = [PixelType(_beside_double(band.type)) for band in image.bands]

    def evaluate(data: Pixels) -> Pixels:
        wide = data.astype(np.float32 if data.dtype == np.float32 else np.float64, copy=False)
        result = np.zeros_like(wide)
        for coefficient in reversed(coefficients):
            result = result * wide + wide.dtype.type(coefficient)
        return result

    return unary(image, evaluate, kinds)


def _beside_double(kind: PixelType) -> str:
    return "float" if kind.precision == "float" else "double"
