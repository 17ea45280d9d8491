"""A computation for Earth Engine as plain data, so that it may cross a wall or lie in a file."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Expression:
    """An Earth Engine computation in Cloud API form.

    Attributes:
        graph: `{"result": key, "values": {key: node}}`, as `ee.serializer.encode` writes it.
    """

    graph: dict[str, Any]

    def to_json(self) -> str:
        """Write it compactly; what `size_bytes` measures."""
        return json.dumps(self.graph, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> "Expression":
        """Read what `to_json` wrote."""
        return cls(json.loads(text))

    @property
    def size_bytes(self) -> int:
        """Bytes it takes in a request."""
        return len(self.to_json().encode())
