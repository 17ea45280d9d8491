"""Requests of the REST API and their answers: a table of paths, each with what answers it."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lib.localearth.answers import json_object
from lib.localearth.errors import EarthError, NotFound, NotImplementedHere
from lib.localearth.signatures import algorithms_document, client_file

if TYPE_CHECKING:
    from lib.localearth.service import Service

MAX_PAYLOAD = 10_485_760  # developers.google.com/earth-engine/guides/usage
JSON = "application/json; charset=utf-8"


@dataclass(frozen=True)
class Request:
    """A request, parsed.

    Attributes:
        method: "GET", "POST", "PATCH" or "DELETE".
        path: Without query, such as "/v1/projects/local/value:compute".
        query: Parameters of the address.
        body: As sent.
        headers: Names in lower case.
    """

    method: str
    path: str
    query: Mapping[str, str]
    body: bytes
    headers: Mapping[str, str]


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


def find_route(method: str, path: str) -> tuple[Route, Mapping[str, str]]:
    """Find what answers a path.

    Raises:
        NotImplementedHere: Earth Engine answers it and Local Earth does not.
        NotFound: There is no such path.
    """
    for route in _ROUTES:
        found = route.pattern.fullmatch(path)
        if found and route.method == method:
            return route, found.groupdict()
    if re.fullmatch(r"/v1[a-z]*/projects/.+", path):
        call = path.rsplit("/", 1)[-1]
        raise NotImplementedHere(f"Local Earth does not implement {method} {call}.")
    raise NotFound(f"Not found: {path}.")


def _health(_: "Service", __: Request, ___: Mapping[str, str]) -> Response:
    return Response(200, {"content-type": "text/plain"}, b"ok")


def _discovery(_: "Service", request: Request, __: Mapping[str, str]) -> Response:
    version = request.query.get("version", "v1")
    text = client_file("cloud_api_discovery_document.json").read_text()
    return Response(200, {"content-type": JSON}, text.replace("v1alpha", version).encode())


def _algorithms(_: "Service", __: Request, ___: Mapping[str, str]) -> Response:
    return Response.json(algorithms_document())


def _config(_: "Service", __: Request, ___: Mapping[str, str]) -> Response:
    return Response.json({"registrationState": "REGISTERED_NOT_COMMERCIALLY"})


def _compute(action: str) -> Handler:
    """Answer with what the engine makes of the body, while holding a request slot."""

    def handler(service: "Service", request: Request, _: Mapping[str, str]) -> Response:
        with service.store.slot():
            return service.perform({"do": action}, request.body)

    return handler


def _create(kind: str, action: str | None) -> Handler:
    """Keep the body as a map or thumbnail and answer with its name."""

    def handler(service: "Service", request: Request, found: Mapping[str, str]) -> Response:
        record = json_object(request.body)
        if action:
            with service.store.slot():
                record |= json.loads(service.perform({"do": action}, request.body).body)
        name = service.store.save(kind, record)
        answer = {"name": f"projects/{found['project']}/{kind}/{name}"}
        if "simulated" in record:
            answer["simulated"] = record["simulated"]
        return Response.json(answer)

    return handler


def _tile(service: "Service", _: Request, found: Mapping[str, str]) -> Response:
    place = {key: int(found[key]) for key in ("zoom", "x", "y")}
    return service.tile(found["name"], **place)


def _thumbnail(service: "Service", _: Request, found: Mapping[str, str]) -> Response:
    return service.perform({"do": "thumbnail", "name": found["name"]})


def _asset_pixels(service: "Service", request: Request, found: Mapping[str, str]) -> Response:
    with service.store.slot():
        task = {"do": "asset pixels", "asset": found["asset"]}
        return service.perform(task, request.body)


def _get_asset(service: "Service", _: Request, found: Mapping[str, str]) -> Response:
    return Response.json(service.listing.get(found["asset"]))


def _list_assets(service: "Service", request: Request, found: Mapping[str, str]) -> Response:
    return Response.json(service.listing.children(found["parent"], request.query))


def _delete_asset(service: "Service", _: Request, found: Mapping[str, str]) -> Response:
    service.listing.delete(found["asset"])
    return Response.json({})


def _operations(_: "Service", __: Request, ___: Mapping[str, str]) -> Response:
    return Response.json({"operations": []})


def _route(method: str, pattern: str, handler: Handler, **flags: bool) -> Route:
    return Route(method, re.compile(pattern), handler, **flags)


_P = r"/v1[a-z]*/projects/(?P<project>[^/]+)"
_ASSET = r"/v1[a-z]*/(?P<asset>projects/[^/]+/assets/[^:]+)"
_HEX = r"(?P<name>[0-9a-f]{32})"
_TILE = _P + "/maps/" + _HEX + r"/tiles/(?P<zoom>\d{1,2})/(?P<x>\d{1,9})/(?P<y>\d{1,9})"

_ROUTES = (
    _route("GET", "/health", _health, public=True, pictures=True),
    _route("GET", r"/\$discovery/rest", _discovery, public=True),
    _route("GET", _P + "/algorithms", _algorithms),
    _route("GET", _P + "/config", _config),
    _route("POST", _P + "/value:compute", _compute("value")),
    _route("POST", _P + "/image:computePixels", _compute("pixels")),
    _route("POST", _P + "/table:computeFeatures", _compute("features")),
    _route("POST", _P + "/maps", _create("maps", "map")),
    _route("GET", _TILE, _tile, pictures=True),
    _route("POST", _P + "/thumbnails", _create("thumbnails", None)),
    _route("GET", _P + "/thumbnails/" + _HEX + ":getPixels", _thumbnail, pictures=True),
    _route("GET", _P + "/operations", _operations),
    _route("GET", r"/v1[a-z]*/(?P<parent>projects/[^/]+/assets.*):listAssets", _list_assets),
    _route("GET", r"/v1[a-z]*/(?P<parent>projects/[^/]+)/?:listAssets", _list_assets),
    _route("POST", _ASSET + ":getPixels", _asset_pixels),
    _route("GET", _ASSET, _get_asset),
    _route("DELETE", _ASSET, _delete_asset),
)
