"""Requests and answers as they cross any of the doors, and what connects a path to its handler."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lib.localearth.access import Access
from lib.localearth.errors import EarthError

if TYPE_CHECKING:
    from lib.localearth.service import Service

JSON = "application/json; charset=utf-8"
PROJECT = r"/v1[a-z]*/projects/(?P<project>[^/]+)"
ASSET = r"/v1[a-z]*/(?P<asset>projects/[^/]+/assets/[^:]+)"
NAME = r"(?P<name>[0-9a-f]{32})"


@dataclass(frozen=True)
class Request:
    """A request, parsed.

    Attributes:
        method: "GET", "POST", "PATCH" or "DELETE".
        path: Without query, such as "/v1/projects/local/value:compute".
        query: Parameters of the address.
        body: As sent.
        headers: Names in lower case.
        access: What the one who asks may read.
    """

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    headers: Mapping[str, str]
    access: Access = Access()  # noqa: RUF009 it is frozen


@dataclass(frozen=True)
class Response:
    """Status, headers and body of an answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def json(cls, data: Any, *, status: int = 200) -> "Response":
        """An answer in JSON."""
        return cls(status, {"content-type": JSON}, json.dumps(data).encode())

    @classmethod
    def error(cls, error: EarthError) -> "Response":
        """An error in the shape of Google's APIs."""
        return cls.json(error.body(), status=error.code)


Handler = Callable[["Service", Request, Mapping[str, str]], Response]


@dataclass(frozen=True)
class Route:
    """A method and a pattern of paths, and what answers them.

    Attributes:
        public: Whether it is answered without a token.
        pictures: Whether the mount within the app answers it too.
    """

    method: str
    pattern: re.Pattern[str]
    handler: Handler
    public: bool = False
    pictures: bool = False


def route(method: str, pattern: str, handler: Handler, **flags: bool) -> Route:
    """A route of a pattern's text."""
    return Route(method, re.compile(pattern), handler, **flags)
