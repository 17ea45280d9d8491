"""`Image.expression`: parsed text evaluated with the operations on images."""

# ruff: noqa: A002 - parameters are those of the signature list

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lib.localearth.errors import EarthError
from lib.localearth.functions.expression_parser import (
    Call,
    Node,
    Number,
    Parsed,
    Variable,
    free_variables,
    parse,
)
from lib.localearth.functions.image_bands import constant, find_bands, renamed
from lib.localearth.functions.image_binary import BY_NAME, Operator, divide_pixels
from lib.localearth.functions.image_cast import NAMED_TYPES, cast_image
from lib.localearth.functions.image_unary import FUNCTIONS
from lib.localearth.raster import pixel_types as types
from lib.localearth.raster.elementwise import arithmetic_properties, footprint_of, matched, place
from lib.localearth.raster.image import Image, Plane, intersect
from lib.localearth.raster.projection import PixelType
from lib.localearth.raster.sources import Banded, Pixels, band_like, compute_pixels
from lib.localearth.registry import implements

CONSTANTS = {"PI": math.pi, "E": math.e}
DEFAULT = ""


def _quotient(left: PixelType, right: PixelType) -> PixelType:
    if left.precision == right.precision == "int":
        return types.combined(left, right, _whole_quotient, "int")
    return types.combined(left, right, types.quotient_range, types.quotient_precision(left, right))


def _whole_quotient(a: types.Range, b: types.Range) -> types.Range:
    """Range of a // b: no quotient of integers is larger than the dividend."""
    size = max(abs(a[0]), abs(a[1]))
    return (-size if a[0] < 0 or b[0] < 0 else 0), size


def _quotient_working(left: PixelType, right: PixelType) -> PixelType:
    kind = _quotient(left, right)
    return types.plain(types.union([left, right, kind])) if kind.precision == "int" else kind


def _divide(left: Pixels, right: Pixels) -> Pixels:
    if left.dtype.kind == "f":
        return divide_pixels(left, right)
    return np.where(right == 0, 0, left // np.where(right == 0, 1, right))


DIVIDE = Operator(("/",), _divide, _quotient, _quotient_working)
XOR = Operator(
    ("^",), lambda a, b: (a != 0) ^ (b != 0), lambda a, b: types.combined(a, b, _bit, "int")
)


def _bit(a: types.Range, b: types.Range) -> types.Range:
    return 0, 1


OPERATORS = {
    "+": BY_NAME["add"], "-": BY_NAME["subtract"], "*": BY_NAME["multiply"], "/": DIVIDE,
    "%": BY_NAME["mod"], "**": BY_NAME["pow"], "==": BY_NAME["eq"], "!=": BY_NAME["neq"],
    "<": BY_NAME["lt"], ">": BY_NAME["gt"], "<=": BY_NAME["lte"], ">=": BY_NAME["gte"],
    "&&": BY_NAME["and"], "||": BY_NAME["or"], "^": XOR, "pow": BY_NAME["pow"],
    "min": BY_NAME["min"], "max": BY_NAME["max"], "hypot": BY_NAME["hypot"],
}  # fmt: skip
SINGLE = {name: FUNCTIONS[name] for name in FUNCTIONS if name not in ("not", "bitwiseNot")}
SINGLE["!"] = FUNCTIONS["not"]


@implements("Image.parseExpression")
def parse_expression(
    context: Any,
    expression: str,
    arg_name: str,
    vars: Sequence[str],
    map_free_vars_to_default_image_bands: bool,
) -> Callable[..., Image]:
    """Turn text into a function of images, with one argument for each of `vars`."""
    parsed = parse(expression)
    _check_variables(parsed, vars, arg_name, lenient=map_free_vars_to_default_image_bands)

    def call(*arguments: Any) -> Image:
        given = dict(zip(vars, arguments, strict=False))
        images = {name: _promoted(context, value) for name, value in given.items()}
        images[DEFAULT] = images.get(arg_name)
        return _Evaluation(images).result(parsed)

    call.__dict__["argument_names"] = tuple(vars)
    return call


def _check_variables(parsed: Parsed, given: Sequence[str], default: str, *, lenient: bool) -> None:
    for name in free_variables(parsed.tree):
        if name == DEFAULT and default not in given:
            raise EarthError("The expression uses b(), but there is no default image.")
        if name != DEFAULT and name not in given and name not in CONSTANTS and not lenient:
            raise EarthError(f"Missing argument: the expression has no variable '{name}'.")


def _promoted(context: Any, value: Any) -> Image | None:
    if value is None or isinstance(value, Image):
        return value
    image: Image = context.call("Image.constant", value)
    return image


class _Evaluation:
    """One call of a parsed expression."""

    def __init__(self, images: Mapping[str, Image | None]) -> None:
        self._images = images

    def result(self, parsed: Parsed) -> Image:
        image = self._value(parsed.tree)
        if parsed.name is None:
            return image
        if len(image.bands) != 1:
            raise EarthError("Only an expression with a single band can be given a name.")
        return renamed(image, [parsed.name])

    def _value(self, node: Node) -> Image:
        if isinstance(node, Number):
            return constant(node.value)
        if isinstance(node, Variable):
            return self._variable(node)
        if node.name == "b":
            (variable,) = node.operands
            return self._value(variable)
        return self._call(node, [self._value(operand) for operand in node.operands])

    def _variable(self, node: Variable) -> Image:
        if node.name not in self._images:
            return self._free(node)
        image = self._images[node.name]
        if image is None:
            raise EarthError(f"Parameter '{node.name}' is required and may not be null.")
        if not node.bands:
            return image
        return image.with_bands([band for each in node.bands for band in find_bands(image, each)])

    def _free(self, node: Variable) -> Image:
        default = self._images.get(DEFAULT)
        if default is not None and node.name in default.names:
            return default.with_bands(find_bands(default, node.name))
        if node.name in CONSTANTS:
            return constant(CONSTANTS[node.name])
        raise EarthError(f"Missing argument: the expression has no variable '{node.name}'.")

    def _call(self, node: Call, operands: list[Image]) -> Image:
        if node.name == "?:":
            return choose(*operands)
        if node.name == "negate":
            return BY_NAME["multiply"].apply(operands[0], constant(-1))
        if node.name in SINGLE and len(operands) == 1:
            return SINGLE[node.name].apply(operands[0])
        if node.name in NAMED_TYPES and len(operands) == 1:
            return cast_image(operands[0], NAMED_TYPES[node.name])
        if node.name in OPERATORS and len(operands) >= 2:
            result = operands[0]
            for operand in operands[1:]:
                result = OPERATORS[node.name].apply(result, operand)
            return result
        raise EarthError(f"Unknown function '{node.name}' with {len(operands)} arguments.")


def choose(test: Image, first: Image, second: Image) -> Image:
    """Take from `first` where the test is not 0, else from `second`; masked where any is."""
    pairs = matched(first, second)
    kinds = [types.union([left.type, right.type]) for left, right in pairs]
    longer = first if len(first.bands) >= len(second.bands) else second
    tests = matched(test, longer)
    if len(tests) != len(pairs):
        raise EarthError("The test of '?:' has more bands than its values.")

    def compute(index: int, planes: list[Plane]) -> Plane:
        data = compute_pixels(_chosen, planes).astype(kinds[index].dtype, copy=False)
        return Plane(data, intersect(*(plane.mask for plane in planes)))

    source = Banded([test, first, second], compute)
    bands = [
        band_like(
            place(*pair, tests[index][0]), longer.bands[index].name, kinds[index], source, index
        )
        for index, pair in enumerate(pairs)
    ]
    footprint = footprint_of(test, first, second)
    return Image(tuple(bands), arithmetic_properties(first), footprint)


def _chosen(test: Pixels, first: Pixels, second: Pixels) -> Pixels:
    if test.ndim < max(first.ndim, second.ndim):
        test = test.reshape(test.shape + (1,) * (max(first.ndim, second.ndim) - test.ndim))
    return np.where(test != 0, first, second)
