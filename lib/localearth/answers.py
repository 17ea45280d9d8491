"""What evaluates a task gives back, whether it sits in this process or in another."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from lib.localearth.errors import EarthError

Task = Mapping[str, Any]


@dataclass(frozen=True)
class Answer:
    """The bytes of an answer and what they are."""

    content_type: str
    body: bytes

    @classmethod
    def json(cls, data: Any) -> "Answer":
        """An answer in JSON."""
        return cls("application/json", json.dumps(data, allow_nan=False).encode())


class Performer(Protocol):
    """Answers tasks: an engine in this process, or the pool."""

    def batch(self) -> "Performer":
        """What performs exports and ingestions, which may take days."""

    def perform(self, task: Task, body: bytes = b"") -> Answer:
        """Answer a task with the body of its request, or raise an EarthError."""


def json_object(body: bytes) -> dict[str, Any]:
    """Read the body of a request; an empty one is an empty object.

    Raises:
        EarthError: It is not a JSON object.
    """
    if not body:
        return {}
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        raise EarthError("Invalid JSON payload received.") from None
    if not isinstance(parsed, dict):
        raise EarthError("Invalid JSON payload received: it must be an object.")
    return parsed
