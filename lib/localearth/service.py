"""Local Earth itself: one handler of requests behind every door."""

import functools
import json
import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from lib.localearth.access import project_of
from lib.localearth.answers import Performer
from lib.localearth.assets import Assets
from lib.localearth.errors import EarthError, NotFound
from lib.localearth.listing import Listing
from lib.localearth.operations import Operations
from lib.localearth.prediction.endpoints import Endpoints
from lib.localearth.reads import assets_read
from lib.localearth.rest import MAX_PAYLOAD, find_route
from lib.localearth.store import Store, default_home
from lib.localearth.tiles import TileCache, picture_answer
from lib.localearth.wire import Request, Response

if TYPE_CHECKING:
    from lib.localearth.engine import Engine
    from lib.localearth.tokens import TokenOffice

__all__ = ["Response", "Service", "assets_read", "open_service"]

_log = logging.getLogger(__name__)


class Service:
    """Answers requests of Earth Engine's REST API.

    Args:
        home: Folder of all state.
        pool: Evaluates in processes of its own; None evaluates in this one.
        tokens: Checks who may ask; None lets everybody.
    """

    def __init__(
        self,
        home: Path,
        *,
        pool: Performer | None = None,
        tokens: "TokenOffice | None" = None,
    ) -> None:
        """Open the store; functions are loaded when first needed."""
        self.home = home
        self.store = Store(home)
        self.assets = Assets(home)
        self.listing = Listing(self.assets)
        self.operations = Operations(home, self._batch)
        self.endpoints = Endpoints(home)
        self._cache = TileCache(self.store.root / "tiles")
        self._pool = pool
        self._tokens = tokens
        self._lock = threading.Lock()
        self._engine: Engine | None = None

    def ensure_pool(self, make: Callable[[], Performer]) -> None:
        """Evaluate in a pool from now on, unless there is one already."""
        with self._lock:
            if self._pool is None:
                self._pool = make()

    def handle(
        self,
        method: str,
        path: str,
        query: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        pictures_only: bool = False,
    ) -> Response:
        """Answer one request; whatever goes wrong becomes an answer too.

        Args:
            method: HTTP method.
            path: Path of the address, without query.
            query: Query of the address, still encoded.
            body: Body as sent.
            headers: Headers as sent.
            pictures_only: Answer nothing but tiles, thumbnails, downloads and health.
        """
        try:
            return self._answer(method, path, query, body, headers, pictures_only)
        except EarthError as error:
            return Response.error(error)
        except MemoryError:
            return Response.error(EarthError("User memory limit exceeded."))
        except Exception:
            number = secrets.token_hex(4)
            _log.exception("Internal error %s while answering %s %s", number, method, path)
            message = f"An internal error has occurred (request: {number})."
            return Response.error(EarthError(message))

    def perform(self, task: Mapping[str, Any], body: bytes = b"") -> Response:
        """Have a task evaluated, here or in the pool."""
        answer = (self._pool or self._local_engine()).perform(task, body)
        return Response(200, {"content-type": answer.content_type}, answer.body)

    def tile(self, name: str, *, zoom: int, x: int, y: int, known: str = "") -> Response:
        """A tile of a map, from the cache where it has been drawn before.

        Args:
            name: Of the map.
            zoom: 0 is the whole world.
            x: Counted from the west.
            y: Counted from the north.
            known: ETags of what the client has.
        """
        key = f"{name}/{zoom}-{x}-{y}.png"
        picture = self._cache.get(key)
        if picture is None:
            task = {"do": "tile", "name": name, "zoom": zoom, "x": x, "y": y}
            picture = self.perform(task).body
            self._cache.put(key, picture)
        return picture_answer(picture, known)

    def _answer(
        self,
        method: str,
        path: str,
        query: str,
        body: bytes,
        headers: Mapping[str, str],
        pictures_only: bool,
    ) -> Response:
        request = _parse(method, path, query, body, headers)
        route, found = find_route(request.method, path)
        if pictures_only and not route.pictures:
            raise NotFound(f"Not found: {path}.")
        if self._tokens is not None and not (route.public or route.pictures):
            named = found.get("project") or project_of(found.get("asset", ""))
            request = replace(request, access=self._tokens.check(request.headers, named))
        return _only_fields(route.handler(self, request, found), request.query.get("fields"))

    def _batch(self) -> Performer:
        """What exports and ingestions run in: a process apart from those for requests."""
        return (self._pool or self._local_engine()).batch()

    def _local_engine(self) -> "Engine":
        from lib.localearth.engine import Engine  # slow import

        with self._lock:
            if self._engine is None:
                self._engine = Engine(self.home)
            return self._engine


@functools.cache
def _service_of(home: Path) -> Service:
    return Service(home)


def open_service(
    home: Path | None = None, *, endpoints: Mapping[str, str] | None = None
) -> Service:
    """The one service of this process for a folder of state.

    Args:
        home: Folder of all state; None is the default folder.
        endpoints: Addresses on this machine that answer for endpoints of models, by name.

    Raises:
        EarthError: An address is not on this machine.
    """
    service = _service_of((home or default_home()).resolve())
    if endpoints:
        service.endpoints.register(endpoints)
    return service


def _parse(method: str, path: str, query: str, body: bytes, headers: Mapping[str, str]) -> Request:
    lower = {name.lower(): value for name, value in headers.items()}
    if len(body) > MAX_PAYLOAD:
        raise EarthError(f"Request payload size exceeds the limit: {MAX_PAYLOAD} bytes.")
    overridden = lower.get("x-http-method-override")
    if method == "POST" and overridden:  # how clients send a GET whose address is too long
        method, query, body = overridden.upper(), body.decode(), b""
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    return Request(method, path, parameters, body, lower)


def _only_fields(response: Response, fields: str | None) -> Response:
    """Keep the fields of a JSON answer that the request names."""
    if not fields or fields == "*" or "json" not in response.headers.get("content-type", ""):
        return response
    data = json.loads(response.body)
    wanted = {field.split("/")[0].split("(")[0] for field in fields.split(",")}
    return Response.json({key: value for key, value in data.items() if key in wanted})
