"""Addresses of the endpoints that models are asked at, and the asking."""

import ipaddress
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lib.localearth.errors import EarthError
from lib.localearth.store import write_atomically

if TYPE_CHECKING:
    import requests

RESOURCE = re.compile(r"projects/[^/\s]+/locations/[^/\s]+/endpoints/[^/\s]+")
_LAST_PART = re.compile(r"[^/\s]+")
ANSWER_BYTES = 256 * 2**20
TIMEOUT_S = 120.0
_PIECE = 2**20


class Endpoints:
    """Endpoints by name, each with an address; kept on disk, so that all processes know them.

    Args:
        home: Folder of all state.
    """

    def __init__(self, home: Path) -> None:
        """Remember where."""
        self._path = home / "earth" / "endpoints.json"

    def register(self, addresses: Mapping[str, str], *, anywhere: bool = False) -> None:
        """Add addresses to those that are known.

        Args:
            addresses: URLs by resource name, "projects/P/locations/R/endpoints/ID", or by its
                last part. A URL with a path is asked as it stands; one without gets the path
                that Vertex AI has, "/v1/<resource name>:predict".
            anywhere: Whether addresses beyond this machine are allowed.

        Raises:
            EarthError: A name or an address cannot be one.
        """
        for name, url in addresses.items():
            if not RESOURCE.fullmatch(name) and not _LAST_PART.fullmatch(name):
                raise EarthError(f"'{name}' is neither an endpoint's resource name nor its id.")
            _check(url, anywhere=anywhere)
        write_atomically(self._path, json.dumps({**self.known(), **addresses}).encode())

    def known(self) -> dict[str, str]:
        """All addresses by name."""
        if not self._path.is_file():
            return {}
        known: dict[str, str] = json.loads(self._path.read_bytes())
        return known

    def address(self, endpoint: str) -> str:
        """Where the predictions of an endpoint are asked for.

        Args:
            endpoint: Its resource name.

        Raises:
            EarthError: It is no resource name, or nothing is registered under it.
        """
        if not RESOURCE.fullmatch(endpoint):
            raise EarthError(
                f"Invalid endpoint '{endpoint}'. "
                "Expected 'projects/PROJECT/locations/REGION/endpoints/ENDPOINT'."
            )
        known = self.known()
        url = known.get(endpoint) or known.get(endpoint.rsplit("/", 1)[-1])
        if url is None:
            raise EarthError(
                f"Endpoint '{endpoint}' is not registered with Local Earth. "
                f"Registered: [{', '.join(sorted(known))}]. "
                "Start it with --endpoint NAME=URL."
            )
        if urlsplit(url).path.strip("/"):
            return url
        return f"{url.rstrip('/')}/v1/{endpoint}:predict"


def _check(url: str, *, anywhere: bool) -> None:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise EarthError(f"'{url}' is not the address of an endpoint: http://HOST:PORT is one.")
    if not anywhere and not _is_loopback(host):
        raise EarthError(
            f"'{url}' is not on this machine. Local Earth sends imagery to other machines only "
            "when told so with --remote-endpoints."
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def ask(url: str, instances: Sequence[str]) -> list[Any]:
    """Ask an endpoint for predictions.

    Args:
        url: Address of the predictions.
        instances: Each as JSON.

    Returns:
        One prediction an instance, parsed from JSON.

    Raises:
        EarthError: It cannot be reached, refuses, or answers with something else.
    """
    import requests  # slow import

    body = f'{{"instances": [{", ".join(instances)}]}}'.encode()
    with requests.Session() as session:
        session.trust_env = False  # no proxy of the environment gets to see it
        try:
            answer = session.post(
                url, body, headers={"content-type": "application/json"},
                timeout=TIMEOUT_S, allow_redirects=False, stream=True,
            )  # fmt: skip
            text = _bounded(answer)
        except requests.RequestException as error:
            raise EarthError(
                f"The endpoint at {url} cannot be reached: {type(error).__name__}."
            ) from None
    parsed = _parsed(text)
    if answer.status_code != requests.codes.ok:
        raise EarthError(f"The endpoint answered {answer.status_code}: {_told(parsed, text)}")
    predictions = parsed.get("predictions") if isinstance(parsed, dict) else None
    if not isinstance(predictions, list) or len(predictions) != len(instances):
        raise EarthError(
            f"The endpoint must answer {len(instances)} instances with as many predictions."
        )
    return predictions


def _bounded(answer: "requests.Response") -> bytes:
    text = bytearray()
    for piece in answer.iter_content(_PIECE):
        text += piece
        if len(text) > ANSWER_BYTES:
            raise EarthError(f"The endpoint's answer exceeds {ANSWER_BYTES} bytes.")
    return bytes(text)


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _told(parsed: Any, text: bytes) -> str:
    error = parsed.get("error") if isinstance(parsed, dict) else None
    if isinstance(error, dict):
        error = error.get("message")
    return str(error or text[:300].decode(errors="replace"))[:1000]
