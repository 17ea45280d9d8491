"""Large constants of an expression: found, and exchanged for what reads them elsewhere."""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import ee
import numpy as np
from numpy.typing import NDArray

from lib.core.expression import Expression
from lib.earthengine.graphs import to_expression

FEWEST = 64
"""Constants of fewer numbers are left alone."""

Numbers = NDArray[np.float64]
Nodes = dict[str, Any]


def constants_of(expression: Expression) -> dict[str, Numbers]:
    """Find the `ee.Array`s of `FEWEST` numbers and more.

    Returns:
        Their numbers by a name that follows from them, sorted by name.
    """
    found: dict[str, Numbers] = {}
    graph = expression.graph
    waiting: list[Any] = list(graph["values"].values())
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            numbers = _numbers_of(node, graph["values"])
            if numbers is not None:
                found[_name_of(numbers)] = numbers
            waiting += node.values()
        elif isinstance(node, list):
            waiting += [part for part in node if isinstance(part, dict | list)]
    return dict(sorted(found.items()))


def _numbers_of(node: Nodes, values: Nodes) -> Numbers | None:
    """The numbers of a call of `Array`; None where it is none, or a small one."""
    call = node.get("functionInvocationValue")
    if not isinstance(call, dict) or call.get("functionName") != "Array":
        return None
    numbers = np.asarray(_plain(call["arguments"].get("values", {}), values))
    large = numbers.size >= FEWEST and np.issubdtype(numbers.dtype, np.number)
    return numbers.astype(np.float64) if large else None


def _plain(node: Nodes, values: Nodes) -> Any:
    """A constant as plain lists, however the client has shared its parts; None for others."""
    if "valueReference" in node:
        return _plain(values[node["valueReference"]], values)
    if "arrayValue" in node:
        return [_plain(part, values) for part in node["arrayValue"]["values"]]
    return node.get("constantValue")


def _name_of(numbers: Numbers) -> str:
    return hashlib.sha256(f"{numbers.shape}".encode() + numbers.tobytes()).hexdigest()[:16]


def with_constants(expression: Expression, readings: Mapping[str, ee.Array]) -> Expression:
    """Exchange constants for arrays that are computed.

    Args:
        expression: What `constants_of` looked at.
        readings: An array for each of its names.
    """
    read = to_expression(ee.Dictionary(dict(readings))).graph
    names = {key: f"kept{key}" for key in read["values"]}
    nodes = {names[key]: _renamed(node, names) for key, node in read["values"].items()}
    by_constant = nodes.pop(names[read["result"]])["dictionaryValue"]["values"]
    graph = expression.graph
    values = {
        key: _exchanged(node, by_constant, graph["values"]) for key, node in graph["values"].items()
    }
    return Expression(_pruned(graph["result"], {**values, **nodes}))


def _renamed(node: Any, names: dict[str, str]) -> Any:
    """A node whose references follow new names."""
    if isinstance(node, dict):
        if isinstance(node.get("valueReference"), str):
            return {"valueReference": names[node["valueReference"]]}
        return {key: _renamed(part, names) for key, part in node.items()}
    if isinstance(node, list):
        return [_renamed(part, names) for part in node]
    return node


def _exchanged(node: Any, by_constant: Nodes, values: Nodes) -> Any:
    if isinstance(node, list):
        return [_exchanged(part, by_constant, values) for part in node]
    if not isinstance(node, dict) or "constantValue" in node:
        return node
    numbers = _numbers_of(node, values)
    if numbers is not None:
        return by_constant[_name_of(numbers)]
    return {key: _exchanged(part, by_constant, values) for key, part in node.items()}


def _pruned(result: str, values: Nodes) -> Nodes:
    """Only what the result needs."""
    kept: Nodes = {}
    waiting = [result]
    while waiting:
        key = waiting.pop()
        if key not in kept:
            kept[key] = values[key]
            waiting += _references(values[key])
    return {"result": result, "values": kept}


def _references(node: Any) -> Iterator[str]:
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if isinstance(part.get("valueReference"), str):
                yield part["valueReference"]
            waiting += [inner for key, inner in part.items() if key != "constantValue"]
        elif isinstance(part, list):
            waiting += part
