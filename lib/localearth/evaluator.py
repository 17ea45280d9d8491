"""Walks an expression: a graph of constants, calls and function definitions becomes a value.

A node is computed once for every set of arguments that it depends on: nodes that use no argument
of a surrounding function are shared by the whole evaluation, others by one call.
"""

import base64
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lib.localearth.context import Context
from lib.localearth.errors import EarthError
from lib.localearth.form import Node, check_form
from lib.localearth.registry import find

_DEPTH = 20_000  # calls in Python; a chain of 500 images needs some 4,000
_NOTHING = object()


@dataclass
class _Scope:
    """Arguments of one call of a function, within the scope where it was defined."""

    arguments: Mapping[str, Any] = field(default_factory=dict)
    parent: "_Scope | None" = None
    memo: dict[int, Any] = field(default_factory=dict)


def evaluate(expression: Mapping[str, Any], context: Context) -> Any:
    """Compute the value of an expression.

    Args:
        expression: `{"result": key, "values": {key: node}}`, as in the REST API.
        context: What functions are called with.

    Raises:
        EarthError: The expression is malformed or a function refuses its arguments.
    """
    check_form(expression)
    sys.setrecursionlimit(max(_DEPTH, sys.getrecursionlimit()))
    evaluation = _Evaluation(expression["values"], context)
    try:
        return evaluation.named(expression.get("result", "0"), _Scope())
    except RecursionError:
        raise EarthError("The expression is nested too deeply.") from None


class _Evaluation:
    """One evaluation: the nodes by name and which arguments each depends on."""

    def __init__(self, values: Mapping[str, Node], context: Context) -> None:
        self._values = values
        self._context = context
        self._free: dict[int, frozenset[str]] = {}

    def named(self, name: str, scope: _Scope) -> Any:
        return self._value(self._values[name], scope)

    def _value(self, node: Node, scope: _Scope) -> Any:
        kind = _kind(node)
        if kind in _CONSTANTS:
            return _CONSTANTS[kind](node[kind])
        if kind == "valueReference":
            return self.named(node[kind], scope)
        if kind == "argumentReference":
            return _argument(node[kind], scope)
        return self._remembered(kind, node, scope)

    def _remembered(self, kind: str, node: Node, scope: _Scope) -> Any:
        memo = _home(scope, self._free_arguments(node)).memo
        known = memo.get(id(node), _NOTHING)
        if known is _NOTHING:
            known = self._compute(kind, node, scope)
            memo[id(node)] = known
        return known

    def _compute(self, kind: str, node: Node, scope: _Scope) -> Any:
        body = node[kind]
        if kind == "arrayValue":
            return [self._value(item, scope) for item in body.get("values", ())]
        if kind == "dictionaryValue":
            return {key: self._value(item, scope) for key, item in body.get("values", {}).items()}
        if kind == "functionDefinitionValue":
            return self._function(body, scope)
        return self._call(body, scope)

    def _function(self, body: Mapping[str, Any], scope: _Scope) -> Callable[..., Any]:
        names = tuple(body.get("argumentNames", ()))
        result = body["body"]

        def call(*arguments: Any) -> Any:
            inner = _Scope(dict(zip(names, arguments, strict=False)), scope)
            return self.named(result, inner)

        call.__dict__["argument_names"] = names
        return call

    def _call(self, body: Mapping[str, Any], scope: _Scope) -> Any:
        arguments = body.get("arguments", {})
        if "functionName" in body:
            entry = find(body["functionName"])
            given = {name: self._value(node, scope) for name, node in arguments.items()}
            return self._context.invoke(entry, given)
        function = self.named(body["functionReference"], scope)
        if not callable(function):
            raise EarthError("Invalid expression: 'functionReference' is not a function.")
        given = {name: self._value(node, scope) for name, node in arguments.items()}
        names = getattr(function, "argument_names", tuple(given))
        return function(*(given.get(name) for name in names))

    def _free_arguments(self, node: Node) -> frozenset[str]:
        """Names of the arguments of surrounding functions that a node depends on."""
        known = self._free.get(id(node))
        if known is None:
            known = frozenset(self._collect(node))
            self._free[id(node)] = known
        return known

    def _collect(self, node: Node) -> set[str]:
        kind = _kind(node)
        if kind in _CONSTANTS:
            return set()
        body = node[kind]
        if kind == "argumentReference":
            return {body}
        if kind == "valueReference":
            return set(self._free_arguments(self._values[body]))
        if kind == "functionDefinitionValue":
            names = body.get("argumentNames", ())
            return set(self._free_arguments(self._values[body["body"]])).difference(names)
        return self._free_of_parts(kind, body)

    def _free_of_parts(self, kind: str, body: Mapping[str, Any]) -> set[str]:
        if kind == "functionInvocationValue":
            found = {
                name
                for part in body.get("arguments", {}).values()
                for name in self._free_arguments(part)
            }
            reference = body.get("functionReference")
            return found | (self._free_arguments(self._values[reference]) if reference else set())
        values = body.get("values", ())
        parts = values.values() if isinstance(values, Mapping) else values
        return {name for part in parts for name in self._free_arguments(part)}


def _kind(node: Node) -> str:
    return next(iter(node))


def _argument(name: str, scope: _Scope) -> Any:
    at: _Scope | None = scope
    while at is not None:
        if name in at.arguments:
            return at.arguments[name]
        at = at.parent
    raise EarthError(f"Invalid expression: argument '{name}' is not bound.")


def _home(scope: _Scope, free: frozenset[str]) -> _Scope:
    """The innermost scope that binds one of the names, or the outermost scope."""
    while scope.parent is not None and free.isdisjoint(scope.arguments):
        scope = scope.parent
    return scope


_CONSTANTS: dict[str, Callable[[Any], Any]] = {
    "constantValue": lambda value: value,
    "integerValue": int,
    "bytesValue": base64.b64decode,
}
