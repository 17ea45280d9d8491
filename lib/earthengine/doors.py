"""Where requests leave: a door takes a path of the REST API and brings back the answer."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import requests
from requests.adapters import HTTPAdapter

from lib.core.errors import SignInError
from lib.earthengine.credentials import Tokens

CONNECT_TIMEOUT_S = 10
# Interactive requests end after 5 minutes
# (https://developers.google.com/earth-engine/guides/processing_environments); a little more, so
# that the service's own sentence arrives first.
ANSWER_TIMEOUT_S = 310
_POOL_SIZE = 40


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: status, headers in lower case, and the body."""

    status: int
    headers: Mapping[str, str]
    content: bytes


class Door(Protocol):
    """Sends one request; raises ConnectionError or TimeoutError where no answer comes."""

    def send(self, path: str, *, method: str, body: Any, headers: Mapping[str, str]) -> Answer:
        """Ask for `path` ("/v1/projects/…") and wait for the answer."""


class HttpDoor:
    """A service behind an address, with a bearer token where it wants one."""

    def __init__(self, url: str, *, tokens: Tokens | None = None) -> None:
        """Open nothing yet."""
        self.url = url.rstrip("/")
        self._tokens = tokens
        self._session: Any = None
        self._lock = threading.Lock()

    def send(self, path: str, *, method: str, body: Any, headers: Mapping[str, str]) -> Answer:
        """Send with the current token, and once more with a new one after a 401.

        Raises:
            SignInError: The service refuses the renewed token too.
            ConnectionError: It cannot be reached.
            TimeoutError: It did not answer in time.
        """
        token = self._tokens.current() if self._tokens else ""
        answer = self._send_once(path, method, body, headers, token)
        if answer.status == 401 and self._tokens:
            token = self._tokens.renewed(token)
            answer = self._send_once(path, method, body, headers, token)
        if answer.status == 401:
            raise SignInError(
                "The sign-in has expired or is not accepted.", hint="Sign in again.", field="key"
            )
        return answer

    def _send_once(
        self, path: str, method: str, body: Any, headers: Mapping[str, str], token: str
    ) -> Answer:
        try:
            response = self._opened().request(
                method,
                self.url + path,
                data=body,
                headers=dict(headers),
                timeout=(CONNECT_TIMEOUT_S, ANSWER_TIMEOUT_S),
                auth=_bearer(token),
            )
        except requests.exceptions.Timeout as error:
            raise TimeoutError("The service did not answer in time.") from error
        except requests.exceptions.RequestException as error:
            raise ConnectionError("The service cannot be reached.") from error
        lower = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, lower, response.content)

    def _opened(self) -> Any:
        with self._lock:
            if self._session is None:
                self._session = requests.Session()
                self._session.mount("https://", HTTPAdapter(pool_maxsize=_POOL_SIZE))
                self._session.mount("http://", HTTPAdapter(pool_maxsize=_POOL_SIZE))
        return self._session


class InProcessDoor:
    """A service in this process, opened when it is first asked.

    Args:
        open_transport: Returns an object with `request` in the manner of httplib2.
    """

    def __init__(self, open_transport: Callable[[], Any]) -> None:
        """Open nothing yet."""
        self._open_transport = open_transport
        self._transport: Any = None
        self._lock = threading.Lock()

    def send(self, path: str, *, method: str, body: Any, headers: Mapping[str, str]) -> Answer:
        """Ask the service in the calling thread."""
        response, content = self._opened().request(
            "http://localhost" + path, method=method, body=body, headers=dict(headers)
        )
        return Answer(
            int(response.status), {k.lower(): str(v) for k, v in response.items()}, content
        )

    def _opened(self) -> Any:
        with self._lock:
            if self._transport is None:
                self._transport = self._open_transport()
        return self._transport


class SignatureDoor:
    """Answers what the client asks when it starts, from the documents that ship with it.

    Every connection then builds graphs from the same signatures, and starting needs no network.

    Args:
        discovery: Reads the discovery document of the API.
        algorithms: Reads the signature list.
    """

    def __init__(self, *, discovery: Callable[[], bytes], algorithms: Callable[[], bytes]) -> None:
        """Read nothing yet."""
        self._discovery = discovery
        self._algorithms = algorithms

    def send(self, path: str, **_: Any) -> Answer:
        """Answer the two requests of `ee.Initialize`, and nothing else."""
        where = path.partition("?")[0]
        kind = {"content-type": "application/json"}
        if where.startswith("/$discovery/"):
            # The wheel's document names paths of v1alpha; the documented API is v1.
            return Answer(200, kind, self._discovery().replace(b"v1alpha/", b"v1/"))
        if where.endswith("/algorithms"):
            return Answer(200, kind, self._algorithms())
        message = json.dumps({"error": {"code": 404, "message": f"No document at {where}."}})
        return Answer(404, kind, message.encode())


def _bearer(token: str) -> Callable[[Any], Any]:
    """Set the header as `auth`, so that no .netrc of the machine can replace it."""

    def apply(request: Any) -> Any:
        if token:
            request.headers["authorization"] = f"Bearer {token}"
        return request

    return apply
