"""The form of an expression, checked before anything is evaluated.

The check does not recurse, so that a graph may be as deep and as wide as a request's body allows.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lib.localearth.errors import EarthError

Node = Mapping[str, Any]
_INTEGER_DIGITS = 20  # of 64 bits
_NO_EXPRESSION = "Invalid JSON payload received: an expression needs 'result' and 'values'."


def check_form(expression: Any) -> None:
    """Refuse an expression that is not a graph of nodes of known kinds without cycles.

    Args:
        expression: `{"result": key, "values": {key: node}}`, as in the REST API.

    Raises:
        EarthError: It has another form; the message says where.
    """
    if not isinstance(expression, Mapping) or not isinstance(expression.get("values"), Mapping):
        raise EarthError(_NO_EXPRESSION)
    values = expression["values"]
    needed = {name: _names_in(node, values) for name, node in values.items()}
    _check_name(expression.get("result", "0"), values)
    _refuse_cycles(needed)


def _names_in(node: Any, values: Mapping[str, Any]) -> list[str]:
    """Names that a value refers to, after checking all that lies below it."""
    names = []
    waiting = [node]
    while waiting:
        at = waiting.pop()
        kind = kind_of(at)
        names += [_check_name(name, values) for name in _references(kind, at[kind])]
        waiting.extend(_parts(kind, at[kind]))
    return names


def kind_of(node: Any) -> str:
    """The one key of a node.

    Raises:
        EarthError: It is no node.
    """
    if isinstance(node, Mapping) and len(node) == 1:
        kind = next(iter(node))
        if kind in _BODIES:
            if not _BODIES[kind](node[kind]):
                raise EarthError(f"Invalid expression: malformed {kind} {str(node[kind])[:120]}.")
            return str(kind)
    raise EarthError(f"Invalid expression: unknown kind of value {str(node)[:120]}.")


def _references(kind: str, body: Any) -> Iterator[Any]:
    if kind == "valueReference":
        yield body
    elif kind == "functionDefinitionValue":
        yield body["body"]
    elif kind == "functionInvocationValue" and "functionReference" in body:
        yield body["functionReference"]


def _parts(kind: str, body: Any) -> Iterator[Any]:
    if kind == "functionInvocationValue":
        yield from body.get("arguments", {}).values()
    elif kind == "dictionaryValue":
        yield from body.get("values", {}).values()
    elif kind == "arrayValue":
        yield from body.get("values", ())


def _check_name(name: Any, values: Mapping[str, Any]) -> str:
    if not isinstance(name, str) or name not in values:
        raise EarthError(f"Invalid expression: there is no value '{str(name)[:120]}'.")
    return name


def _refuse_cycles(needed: Mapping[str, list[str]]) -> None:
    """Take away values that need nothing which is still there; what remains is a cycle."""
    users: dict[str, list[str]] = {name: [] for name in needed}
    missing = {name: len(names) for name, names in needed.items()}
    for name, names in needed.items():
        for each in names:
            users[each].append(name)
    free = [name for name, count in missing.items() if not count]
    while free:
        for user in users[free.pop()]:
            missing[user] -= 1
            if not missing[user]:
                free.append(user)
    for name, count in missing.items():
        if count:
            raise EarthError(f"Invalid expression: value '{name[:120]}' refers to itself.")


def _is_text(body: Any) -> bool:
    return isinstance(body, str)


def _is_anything(_: Any) -> bool:
    return True


def _is_integer(body: Any) -> bool:
    digits = str(body).removeprefix("-") if isinstance(body, (int, str)) else ""
    return digits.isdecimal() and len(digits) < _INTEGER_DIGITS


def _is_bytes(body: Any) -> bool:
    try:
        base64.b64decode(body)
    except (TypeError, ValueError):
        return False
    return True


def _is_invocation(body: Any) -> bool:
    return (
        isinstance(body, Mapping)
        and isinstance(body.get("arguments", {}), Mapping)
        and isinstance(body.get("functionName", body.get("functionReference")), str)
    )


def _is_definition(body: Any) -> bool:
    if not isinstance(body, Mapping) or not isinstance(body.get("argumentNames", []), list):
        return False
    return "body" in body and all(map(_is_text, body.get("argumentNames", ())))


def _holds(kind: type) -> Callable[[Any], bool]:
    def check(body: Any) -> bool:
        return isinstance(body, Mapping) and isinstance(body.get("values", kind()), kind)

    return check


_BODIES: Mapping[str, Callable[[Any], bool]] = {
    "constantValue": _is_anything,
    "integerValue": _is_integer,
    "bytesValue": _is_bytes,
    "arrayValue": _holds(list),
    "dictionaryValue": _holds(dict),
    "functionDefinitionValue": _is_definition,
    "functionInvocationValue": _is_invocation,
    "argumentReference": _is_text,
    "valueReference": _is_text,
}
