"""Which functions Local Earth implements, bound to the client's signature list.

A function is registered under its Earth Engine name and must take exactly the signature's
arguments, in order, spelled in snake case; a first parameter named `context` receives the
request's `Context`. A mismatch fails when the module is imported, so no signature can drift.
"""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from lib.localearth.errors import EarthError, NotImplementedHere
from lib.localearth.signatures import Signature, signatures

Implementation = Callable[..., Any]
F = TypeVar("F", bound=Implementation)

_RESERVED = {"lambda": "lambda_", "from": "from_", "in": "in_", "not": "not_", "list": "list_"}


@dataclass(frozen=True)
class Entry:
    """An implemented function; `takes_context` tells whether it wants the request's context."""

    signature: Signature
    function: Implementation
    takes_context: bool


_entries: dict[str, Entry] = {}


def implements(*names: str) -> Callable[[F], F]:
    """Register a function for one or more Earth Engine names with the same arguments.

    Example:
        @implements("Image.abs")
        def absolute(value): ...
    """

    def decorate(function: F) -> F:
        for name in names:
            register(name, function)
        return function

    return decorate


def register(name: str, function: Implementation) -> None:
    """Bind a function to an Earth Engine name, checking it against the signature list.

    Raises:
        TypeError: The name is unknown or taken, or the parameters differ from the signature.
    """
    signature = signatures().get(name)
    if signature is None:
        raise TypeError(f"The client's signature list has no function {name}.")
    if name in _entries:
        raise TypeError(f"{name} is registered twice.")
    parameters = list(inspect.signature(function).parameters.values())
    takes_context = bool(parameters) and parameters[0].name == "context"
    _check(signature, parameters[takes_context:])
    _entries[name] = Entry(signature, function, takes_context)


def entries() -> Mapping[str, Entry]:
    """All implemented functions by name."""
    return _entries


def find(name: str) -> Entry:
    """Return the implementation of a function.

    Raises:
        NotImplementedHere: Earth Engine has it and Local Earth does not.
        EarthError: Earth Engine has no such function.
    """
    entry = _entries.get(name)
    if entry is not None:
        return entry
    if name in signatures():
        raise NotImplementedHere(
            f"Local Earth does not implement {name}. "
            f"It implements {len(_entries)} of {len(signatures())} functions."
        )
    raise EarthError(f"Unrecognized function name: '{name}'.")


def snake_case(name: str) -> str:
    """Spell an argument name as Python does: "classBand" becomes "class_band"."""
    spelled = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return _RESERVED.get(spelled, spelled)


def _check(signature: Signature, parameters: list[inspect.Parameter]) -> None:
    if any(parameter.kind is inspect.Parameter.VAR_POSITIONAL for parameter in parameters):
        return
    wanted = [snake_case(argument.name) for argument in signature.arguments]
    found = [parameter.name for parameter in parameters]
    if wanted != found:
        raise TypeError(f"{signature.name} takes {wanted}, but its implementation takes {found}.")
