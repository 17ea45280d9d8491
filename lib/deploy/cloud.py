"""Requests to Google Cloud's REST services in a connection's name, and what they answer.

Plain REST through google-auth: the libraries of Vertex AI take 273 MB, and their `deploy` waits
without end. Base addresses are the caller's, so the same code speaks to a stand-in on loopback.
"""

import json
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urlsplit

import requests

from lib.core.errors import NotFoundError, ServiceError, SignInError, UnreachableError
from lib.deploy.cloud_words import sentence_for_cloud
from lib.earthengine.access import Connection
from lib.earthengine.credentials import credentials_from, google_session

TIMEOUT_S = (10, 120)
"""Seconds to connect, and to wait for an answer; long work is an operation that is polled."""


class Cloud:
    """Sends requests with an account's tokens and turns refusals into sentences.

    Args:
        session: A session of `requests`.
        project: Cloud project that pays for requests.
        place: Where things are made, such as a region; for sentences.
    """

    def __init__(self, session: Any, project: str, *, place: str = "") -> None:
        """Send nothing yet."""
        self.project = project
        self._session = session
        self._place = place

    @classmethod
    def of(cls, connection: Connection, *addresses: str, place: str = "") -> Self:
        """Open with a connection's account.

        Args:
            connection: Signed in to Google; any other may only speak to this machine.
            addresses: Base addresses that will be asked.
            place: As for the class.

        Raises:
            SignInError: The connection has no Google account, and an address is not of loopback.
        """
        secret = connection.secret
        if secret.get("kind") == "google":
            session = google_session(credentials_from(secret["credentials"]))
            return cls(session, connection.project, place=place)
        if not all(_is_loopback(address) for address in addresses):
            raise SignInError(
                f"{connection.label} is not signed in to Google Cloud, where Vertex AI and Cloud "
                "Storage are.",
                hint="Connect to Earth Engine with a service-account key of your project.",
                field="connection",
            )
        return cls(requests.Session(), connection.project, place=place)

    def ask(
        self,
        method: str,
        url: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Send JSON and read JSON.

        Raises:
            ServiceError: In a sentence with what to do.
        """
        headers = {} if body is None else {"content-type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        answer = self.send(method, url, data=data, headers=headers, params=params)
        try:
            found = answer.json() if answer.content else {}
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise ServiceError(
                f"{urlsplit(url).hostname} answered with something else than JSON.",
                hint="Check the base address in the settings.",
            )
        return found

    def send(
        self,
        method: str,
        url: str,
        *,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send bytes and give the answer, 308 ("go on") included.

        Raises:
            ServiceError: In a sentence with what to do.
        """
        named = {"x-goog-user-project": self.project, **(headers or {})}
        try:
            answer: requests.Response = self._session.request(
                method,
                url,
                data=data,
                headers=named,
                params=params,
                timeout=TIMEOUT_S,
                allow_redirects=False,
            )
        except (requests.RequestException, ConnectionError):
            raise UnreachableError(
                f"{urlsplit(url).hostname} cannot be reached.",
                hint="Check the network, and the region in the settings.",
                field="region",
            ) from None
        if answer.status_code >= 400:
            raise sentence_for_cloud(
                answer.status_code, answer.content, project=self.project, place=self._place
            )
        return answer

    def exists(self, url: str) -> bool:
        """Tell whether there is something at an address that answers JSON."""
        try:
            self.ask("GET", url)
        except NotFoundError:
            return False
        return True

    def pages(self, url: str, key: str, *, params: Mapping[str, str]) -> list[dict[str, Any]]:
        """Collect the entries of a list that comes in pages."""
        page = self.ask("GET", url, params=params)
        entries: list[dict[str, Any]] = list(page.get(key, []))
        while page.get("nextPageToken"):
            more = {**params, "pageToken": str(page["nextPageToken"])}
            page = self.ask("GET", url, params=more)
            entries += page.get(key, [])
        return entries


def _is_loopback(address: str) -> bool:
    return urlsplit(address).hostname in ("127.0.0.1", "localhost", "::1")
