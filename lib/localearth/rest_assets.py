"""The paths of the REST API that are about assets."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from lib.localearth.answers import json_object
from lib.localearth.errors import EarthError
from lib.localearth.management import Management
from lib.localearth.wire import ASSET, PROJECT, Request, Response, route

if TYPE_CHECKING:
    from lib.localearth.service import Service


def _get(service: "Service", _: Request, found: Mapping[str, str]) -> Response:
    return Response.json(service.listing.get(found["asset"]))


def _list(service: "Service", request: Request, found: Mapping[str, str]) -> Response:
    return Response.json(service.listing.children(found["asset"], request.query))


def _list_project(service: "Service", request: Request, found: Mapping[str, str]) -> Response:
    parent = f"projects/{found['project']}/assets"
    return Response.json(service.listing.children(parent, request.query))


def _create(service: "Service", request: Request, found: Mapping[str, str]) -> Response:
    wanted = request.query.get("assetId") or ""
    if not wanted:
        raise EarthError("Field 'assetId' is required.")
    asset_id = f"projects/{found['project']}/assets/{wanted}"
    return Response.json(Management(service.assets).create(asset_id, json_object(request.body)))


def _update(service: "Service", request: Request, found: Mapping[str, str]) -> Response:
    body, mask = json_object(request.body), request.query.get("updateMask", "")
    return Response.json(Management(service.assets).update(found["asset"], body, mask))


def _delete(service: "Service", _: Request, found: Mapping[str, str]) -> Response:
    Management(service.assets).delete(found["asset"])
    return Response.json({})


def _copy(service: "Service", request: Request, found: Mapping[str, str]) -> Response:
    body = json_object(request.body)
    target = _target(request, body)
    overwrite = bool(body.get("overwrite"))
    return Response.json(
        Management(service.assets).copy(found["asset"], target, overwrite=overwrite)
    )


def _move(service: "Service", request: Request, found: Mapping[str, str]) -> Response:
    target = _target(request, json_object(request.body))
    return Response.json(Management(service.assets).move(found["asset"], target))


def _target(request: Request, body: Mapping[str, object]) -> str:
    target = str(body.get("destinationName") or "")
    if not target:
        raise EarthError("Field 'destinationName' is required.")
    request.access.check(target)
    return target


def _pixels(service: "Service", request: Request, found: Mapping[str, str]) -> Response:
    with service.store.slot():
        task = {"do": "asset pixels", "asset": found["asset"], **request.access.task()}
        return service.perform(task, request.body)


def _features(service: "Service", request: Request, found: Mapping[str, str]) -> Response:
    with service.store.slot():
        task = {"do": "asset features", "asset": found["asset"], "query": dict(request.query)}
        return service.perform(task | request.access.task())


ROUTES = (
    route("GET", PROJECT + "/?:listAssets", _list_project),
    route("GET", PROJECT + "/assets/?:listAssets", _list_project),
    route("GET", PROJECT + "/assets/?:listImages", _list_project),
    route("POST", PROJECT + "/assets", _create),
    route("GET", ASSET + ":listAssets", _list),
    route("GET", ASSET + ":listImages", _list),
    route("GET", ASSET + ":listFeatures", _features),
    route("POST", ASSET + ":getPixels", _pixels),
    route("POST", ASSET + ":copy", _copy),
    route("POST", ASSET + ":move", _move),
    route("GET", ASSET, _get),
    route("PATCH", ASSET, _update),
    route("DELETE", ASSET, _delete),
)
