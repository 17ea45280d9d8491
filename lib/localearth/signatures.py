"""Signatures of Earth Engine's functions, as the installed client ships them."""

import functools
import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Argument:
    """One argument of a function.

    Attributes:
        name: Name on the wire.
        type: Earth Engine's word for its type, such as "Image<unknown bands>" or "List<Object>".
        optional: Whether it may be left out.
        default: Value when it is left out.
    """

    name: str
    type: str
    optional: bool
    default: Any


@dataclass(frozen=True)
class Signature:
    """A function: its name such as "Image.select", arguments in order, and result type."""

    name: str
    arguments: tuple[Argument, ...]
    returns: str


def client_file(name: str) -> Path:
    """Find a file that the earthengine-api wheel ships, without importing the client.

    Args:
        name: "algorithms.json" or "cloud_api_discovery_document.json".

    Raises:
        FileNotFoundError: The client is not installed, or no longer ships the file.
    """
    spec = importlib.util.find_spec("ee")
    folders = list(spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        path = Path(folder) / "tests" / name
        if path.is_file():
            return path
    raise FileNotFoundError(
        f"The installed earthengine-api has no tests/{name}; Local Earth reads signatures there."
    )


@functools.cache
def algorithms_document() -> dict[str, Any]:
    """The answer to `GET /v1/projects/P/algorithms`."""
    document: dict[str, Any] = json.loads(client_file("algorithms.json").read_text())
    return document


@functools.cache
def signatures() -> Mapping[str, Signature]:
    """All signatures by name."""
    found = (_signature(entry) for entry in algorithms_document()["algorithms"])
    return {signature.name: signature for signature in found}


def _signature(entry: dict[str, Any]) -> Signature:
    arguments = tuple(
        Argument(
            name=argument["argumentName"],
            type=argument["type"],
            optional=argument.get("optional", False),
            default=argument.get("defaultValue"),
        )
        for argument in entry.get("arguments", ())
    )
    name = entry["name"].removeprefix("algorithms/")
    return Signature(name=name, arguments=arguments, returns=entry["returnType"])
