"""What an expression reads, told without evaluating it."""

from collections.abc import Iterator, Mapping
from typing import Any

_LOADERS = {
    "Image.load": "id",
    "ImageCollection.load": "id",
    "Collection.loadTable": "tableId",
}


def assets_read(expression: Mapping[str, Any]) -> set[str]:
    """Ids of all assets that an expression names; ids that it computes are not found.

    Args:
        expression: `{"result": key, "values": {key: node}}`, as in the REST API.
    """
    values = expression.get("values", {})
    found: set[str] = set()
    for call in _calls(values):
        argument = _LOADERS.get(call.get("functionName", ""))
        if argument is not None:
            node = call.get("arguments", {}).get(argument, {})
            node = values.get(node.get("valueReference"), node)
            if isinstance(node.get("constantValue"), str):
                found.add(node["constantValue"])
    return found


def reads_planet(expression: Mapping[str, Any]) -> bool:
    """Whether an expression reads anything of the simulated planet."""
    from lib.localearth.assets import is_planet_asset  # slow import

    return any(is_planet_asset(asset_id) for asset_id in assets_read(expression))


def _calls(node: Any) -> Iterator[Mapping[str, Any]]:
    """All function calls anywhere below a node; constants are not looked into."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if isinstance(current, Mapping):
            call = current.get("functionInvocationValue")
            if isinstance(call, Mapping):
                yield call
            waiting.extend(part for key, part in current.items() if key != "constantValue")
        elif isinstance(current, list):
            waiting.extend(current)
