"""Numbers from formulas written as text: `Number.expression`."""

import math
from collections.abc import Mapping
from typing import Any

from lib.localearth.context import Context
from lib.localearth.errors import EarthError
from lib.localearth.functions.expression_parser import Node, Number, Variable, parse
from lib.localearth.functions.number import plain_number
from lib.localearth.registry import implements

_FUNCTIONS = {
    "+": "add", "-": "subtract", "*": "multiply", "%": "mod", "**": "pow", "==": "eq", "!=": "neq",
    "<": "lt", ">": "gt", "<=": "lte", ">=": "gte", "&&": "and", "||": "or", "!": "not",
}  # fmt: skip
_CONSTANTS = {"PI": math.pi, "E": math.e}


@implements("Number.expression")
def expression(context: Context, expression: str, vars: Mapping[str, Any] | None) -> Any:  # noqa: A002
    """The value of a formula; variables may be numbers or dictionaries of numbers."""
    return _value(context, parse(expression).tree, vars or {})


def _value(context: Context, node: Node, known: Mapping[str, Any]) -> Any:
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Variable):
        return _variable(node, known)
    if node.name == "?:":
        test, first, second = node.operands
        return _value(context, first if _value(context, test, known) else second, known)
    operands = [_value(context, each, known) for each in node.operands]
    if node.name == "/":
        return _quotient(*operands)
    if node.name == "negate":
        return -operands[0]
    if node.name == "^":
        return int(bool(operands[0]) != bool(operands[1]))
    return context.call(f"Number.{_FUNCTIONS.get(node.name, node.name)}", *operands)


def _variable(node: Variable, known: Mapping[str, Any]) -> Any:
    value = known.get(node.name, _CONSTANTS.get(node.name))
    for part in node.bands:
        value = value.get(part) if isinstance(value, Mapping) else None
    if not isinstance(value, (int, float)):
        raise EarthError(f"'{node.name}' is not a number among the variables of the expression.")
    return plain_number(value)


def _quotient(left: float, right: float) -> float:
    """Division as in expressions: of whole numbers it is whole, and by 0 it gives 0."""
    if not right:
        return 0
    whole = isinstance(left, int) and isinstance(right, int)
    return left // right if whole else left / right
