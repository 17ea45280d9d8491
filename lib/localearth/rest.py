"""Requests of the REST API and their answers: a table of paths, each with what answers it."""

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from lib.localearth import rest_assets, rest_operations
from lib.localearth.answers import json_object
from lib.localearth.discovery import discovery_document
from lib.localearth.errors import NotFound, NotImplementedHere
from lib.localearth.signatures import algorithms_document
from lib.localearth.wire import JSON, NAME, PROJECT, Handler, Request, Response, Route, route

if TYPE_CHECKING:
    from lib.localearth.service import Service

MAX_PAYLOAD = 10_485_760  # developers.google.com/earth-engine/guides/usage


def find_route(method: str, path: str) -> tuple[Route, Mapping[str, str]]:
    """Find what answers a path.

    Raises:
        NotImplementedHere: Earth Engine answers it and Local Earth does not.
        NotFound: There is no such path.
    """
    for known in _ROUTES:
        found = known.pattern.fullmatch(path)
        if found and known.method == method:
            return known, found.groupdict()
    if re.fullmatch(r"/v1[a-z]*/projects/.+", path):
        call = path.rsplit("/", 1)[-1]
        raise NotImplementedHere(f"Local Earth does not implement {method} {call}.")
    raise NotFound(f"Not found: {path}.")


def _health(_: "Service", __: Request, ___: Mapping[str, str]) -> Response:
    return Response(200, {"content-type": "text/plain"}, b"ok")


def _discovery(_: "Service", request: Request, __: Mapping[str, str]) -> Response:
    version = request.query.get("version", "v1")
    if not re.fullmatch(r"v1[a-z]*", version):
        raise NotFound(f"Not found: version {version[:20]}.")
    return Response(200, {"content-type": JSON}, discovery_document(version))


def _algorithms(_: "Service", __: Request, ___: Mapping[str, str]) -> Response:
    return Response.json(algorithms_document())


def _config(_: "Service", __: Request, ___: Mapping[str, str]) -> Response:
    return Response.json({"registrationState": "REGISTERED_NOT_COMMERCIALLY"})


def _compute(action: str) -> Handler:
    """Answer with what the engine makes of the body, while holding a request slot."""

    def handler(service: "Service", request: Request, _: Mapping[str, str]) -> Response:
        with service.store.slot():
            return service.perform({"do": action, **request.access.task()}, request.body)

    return handler


def _create(kind: str, action: str | None) -> Handler:
    """Keep the body as a map or thumbnail and answer with its name."""

    def handler(service: "Service", request: Request, found: Mapping[str, str]) -> Response:
        record = json_object(request.body)
        record.pop("projects", None)  # who may read what is not for the request to say
        record |= request.access.task()
        if action:
            task = {"do": action, **request.access.task()}
            with service.store.slot():
                record |= json.loads(service.perform(task, request.body).body)
        name = service.store.save(kind, record)
        answer = {"name": f"projects/{found['project']}/{kind}/{name}"}
        if "simulated" in record:
            answer["simulated"] = record["simulated"]
        return Response.json(answer)

    return handler


def _tile(service: "Service", request: Request, found: Mapping[str, str]) -> Response:
    place = {key: int(found[key]) for key in ("zoom", "x", "y")}
    return service.tile(found["name"], known=request.headers.get("if-none-match", ""), **place)


def _fetch(action: str) -> Handler:
    """Answer with the file of a thumbnail or table that was made before."""

    def handler(service: "Service", _: Request, found: Mapping[str, str]) -> Response:
        with service.store.slot():
            return service.perform({"do": action, "name": found["name"]})

    return handler


_TILE = PROJECT + "/maps/" + NAME + r"/tiles/(?P<zoom>\d{1,2})/(?P<x>\d{1,9})/(?P<y>\d{1,9})"

_ROUTES: tuple[Route, ...] = (
    route("GET", "/health", _health, public=True, pictures=True),
    route("GET", r"/\$discovery/rest", _discovery, public=True),
    route("GET", PROJECT + "/algorithms", _algorithms),
    route("GET", PROJECT + "/config", _config),
    route("POST", PROJECT + "/value:compute", _compute("value")),
    route("POST", PROJECT + "/image:computePixels", _compute("pixels")),
    route("POST", PROJECT + "/table:computeFeatures", _compute("features")),
    route("POST", PROJECT + "/maps", _create("maps", "map")),
    route("GET", _TILE, _tile, pictures=True),
    route("POST", PROJECT + "/thumbnails", _create("thumbnails", None)),
    route(
        "GET", PROJECT + "/thumbnails/" + NAME + ":getPixels", _fetch("thumbnail"), pictures=True
    ),
    route("POST", PROJECT + "/tables", _create("tables", "table")),
    route("GET", PROJECT + "/tables/" + NAME + ":getFeatures", _fetch("download"), pictures=True),
    *rest_operations.ROUTES,
    *rest_assets.ROUTES,
)
