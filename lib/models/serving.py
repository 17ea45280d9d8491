"""A SavedModel behind the HTTP interface of Vertex AI's prediction container.

It answers TensorFlow Serving's paths, `/v1/models/NAME` and `/v1/models/NAME:predict`, and the
path that Vertex AI forwards, `/v1/projects/P/locations/L/endpoints/E:predict`.
"""

import socket
import sys
from pathlib import Path
from typing import Any

import anyio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lib.core.errors import ModelError
from lib.models.servable import RequestError, Servable

BODY_BYTES = 64 * 2**20
AT_ONCE = 2  # predictions; TensorFlow uses all cores for each


def app_of(servable: Servable) -> Starlette:
    """What answers requests for a model."""
    limiter = anyio.CapacityLimiter(AT_ONCE)

    async def predict(request: Request) -> Response:
        _check_name(servable, request)
        body = await _body(request)
        found = await anyio.to_thread.run_sync(servable.predict, body, limiter=limiter)
        answer: dict[str, Any] = {"predictions": found}
        if "endpoint" in request.path_params:
            answer |= {"deployedModelId": "0", "modelDisplayName": servable.name}
        return JSONResponse(answer)

    def status(request: Request) -> Response:
        _check_name(servable, request)
        fine = {"error_code": "OK", "error_message": ""}
        return JSONResponse(
            {"model_version_status": [{"version": "1", "state": "AVAILABLE", "status": fine}]}
        )

    routes = [
        Route("/health", lambda _: JSONResponse({}), methods=["GET"]),
        Route("/v1/models/{name}:predict", predict, methods=["POST"]),
        Route("/v1/models/{name}/versions/1:predict", predict, methods=["POST"]),
        Route("/v1/models/{name}", status, methods=["GET"]),
        Route("/v1/models/{name}/versions/1", status, methods=["GET"]),
        Route(
            "/v1/projects/{project}/locations/{location}/endpoints/{endpoint}:predict",
            predict,
            methods=["POST"],
        ),
    ]
    hosts = ["127.0.0.1", "localhost", "testserver"]
    return Starlette(
        routes=routes,
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts)],
        exception_handlers={RequestError: _refused, 404: _unknown, 405: _unknown, 500: _failed},
    )


def _check_name(servable: Servable, request: Request) -> None:
    name = request.path_params.get("name", servable.name)
    if name != servable.name:
        raise RequestError(f"Servable not found for request: Latest({name})", status=404)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > BODY_BYTES:
            raise RequestError(f"The body exceeds {BODY_BYTES} bytes.", status=413)
    return bytes(body)


def _told(request: Request, message: str, status: int) -> Response:
    """An error in the form of whoever is asked: Vertex AI's, or TensorFlow Serving's."""
    if "/endpoints/" in request.url.path:
        word = "INVALID_ARGUMENT" if status < 500 else "INTERNAL"
        return JSONResponse({"error": {"code": status, "message": message, "status": word}}, status)
    return JSONResponse({"error": message}, status)


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, RequestError) else 400
    return _told(request, str(error), status)


async def _unknown(request: Request, error: Exception) -> Response:
    status = getattr(error, "status_code", 404)
    return _told(request, f"Malformed request: {request.method} {request.url.path}", status)


async def _failed(request: Request, _: Exception) -> Response:
    return _told(request, "The model failed.", 500)


def serve(directory: Path, *, port: int, name: str = "") -> None:
    """Serve a SavedModel on 127.0.0.1 until interrupted; its address is printed first.

    Args:
        directory: Of the SavedModel.
        port: To listen on; 0 for a free one.
        name: Of the model in addresses; empty for that of its folder.

    Raises:
        ModelError: There is no SavedModel, or the port is taken.
    """
    import uvicorn  # slow import

    app = app_of(Servable(directory, name=name))
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", port))
        except OSError as error:
            raise ModelError(f"Port {port} cannot be used: {error.strerror}.") from None
        listening.listen()
        sys.stdout.write(f"http://127.0.0.1:{listening.getsockname()[1]}\n")
        sys.stdout.flush()
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        server.run(sockets=[listening])
