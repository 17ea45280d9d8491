"""The paths of the REST API that start, tell of and stop operations."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from lib.localearth import orders
from lib.localearth.answers import json_object
from lib.localearth.outside import Outside
from lib.localearth.wire import PROJECT, Handler, Request, Response, route

if TYPE_CHECKING:
    from lib.localearth.service import Service

MAX_WAIT_S = 60.0
_STEP_S = 0.05

Check = Callable[[Mapping[str, Any], orders.Desk], None]


def _start(kind: str, check: Check) -> Handler:
    """Check an order at once and perform it in the background."""

    def handler(service: "Service", request: Request, found: Mapping[str, str]) -> Response:
        order = json_object(request.body)
        outside = Outside.of(service.home, request.access, found["project"])
        check(order, orders.Desk(service.assets, request.access, outside))
        operation = service.operations.submit(found["project"], kind, order, request.access)
        return Response.json(operation)

    return handler


def _list(service: "Service", request: Request, found: Mapping[str, str]) -> Response:
    return Response.json(service.operations.list(found["project"], request.query))


def _get(service: "Service", _: Request, found: Mapping[str, str]) -> Response:
    return Response.json(service.operations.get(found["project"], found["name"]))


def _cancel(service: "Service", _: Request, found: Mapping[str, str]) -> Response:
    service.operations.cancel(found["project"], found["name"])
    return Response.json({})


def _wait(service: "Service", request: Request, found: Mapping[str, str]) -> Response:
    """Answer when the operation is done, or when the time that the request names is over."""
    until = time.monotonic() + _seconds(json_object(request.body).get("timeout"))
    operation = service.operations.get(found["project"], found["name"])
    while not operation["done"] and time.monotonic() < until:
        time.sleep(_STEP_S)
        operation = service.operations.get(found["project"], found["name"])
    return Response.json(operation)


def _seconds(timeout: Any) -> float:
    text = str(timeout or "").removesuffix("s")
    try:
        return min(max(float(text), 0.0), MAX_WAIT_S)
    except ValueError:
        return MAX_WAIT_S


_OPERATION = PROJECT + r"/operations/(?P<name>[^/:]+)"

ROUTES = (
    route("POST", PROJECT + "/image:export", _start("EXPORT_IMAGE", orders.check_image_export)),
    route("POST", PROJECT + "/table:export", _start("EXPORT_FEATURES", orders.check_table_export)),
    route("POST", PROJECT + "/image:import", _start("INGEST_IMAGE", orders.check_image_import)),
    route("POST", PROJECT + "/table:import", _start("INGEST_TABLE", orders.check_table_import)),
    route("GET", PROJECT + "/operations", _list),
    route("GET", _OPERATION, _get),
    route("POST", _OPERATION + ":cancel", _cancel),
    route("POST", _OPERATION + ":wait", _wait),
)
