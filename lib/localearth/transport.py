"""The in-process door: what the client takes for an HTTP connection calls the service."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

import httplib2

from lib.localearth.service import Service


class InProcessTransport:
    """Speaks httplib2's interface; give it to `ee.Initialize(http_transport=…)`.

    Example:
        transport = InProcessTransport(open_service())
        ee.Initialize(AnonymousCredentials(), project="local", url="http://local",
                      http_transport=transport)
    """

    def __init__(self, service: Service) -> None:
        """Keep the service; a transport may be used by many threads at once."""
        self._service = service

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        redirections: int | None = None,  # noqa: ARG002 part of httplib2's interface
        connection_type: Any = None,  # noqa: ARG002
    ) -> tuple[httplib2.Response, bytes]:
        """Answer a request in the calling thread."""
        address = urlsplit(uri)
        sent = body.encode() if isinstance(body, str) else body or b""
        answer = self._service.handle(
            method, unquote(address.path), address.query, sent, headers or {}
        )
        told = httplib2.Response({**answer.headers, "status": str(answer.status)})
        return told, answer.body

    def close(self) -> None:
        """Nothing is open."""
