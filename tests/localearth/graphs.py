"""Expressions of the REST API, written short."""

from typing import Any


def call(name: str, **arguments: Any) -> dict[str, Any]:
    """A function call; plain values become constants, dictionaries of nodes stay."""
    given = {key: _node(value) for key, value in arguments.items()}
    return {"functionInvocationValue": {"functionName": name, "arguments": given}}


def expression(node: Any, **values: Any) -> dict[str, Any]:
    """An expression whose result is the node, with further named values."""
    return {"result": "0", "values": {"0": _node(node)} | values}


def function(body: str, *names: str) -> dict[str, Any]:
    """A function definition with the body of that name."""
    return {"functionDefinitionValue": {"argumentNames": list(names), "body": body}}


def argument(name: str) -> dict[str, Any]:
    """An argument of the surrounding function."""
    return {"argumentReference": name}


def reference(name: str) -> dict[str, Any]:
    """A value by its name."""
    return {"valueReference": name}


def array(*nodes: Any) -> dict[str, Any]:
    """A list of nodes."""
    return {"arrayValue": {"values": [_node(node) for node in nodes]}}


_KINDS = ("Value", "Reference")


def _node(value: Any) -> Any:
    if isinstance(value, dict) and len(value) == 1 and next(iter(value)).endswith(_KINDS):
        return value
    return {"constantValue": value}
