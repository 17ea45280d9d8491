"""What evaluates a task gives back, whether it sits in this process or in another."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

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

    def perform(self, task: Task) -> Answer:
        """Answer a task or raise an EarthError."""
