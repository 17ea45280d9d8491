"""The HTTP doors: the pictures that the app's pages load, and the whole API on 127.0.0.1."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lib.localearth.faults import Dice, Faults

if TYPE_CHECKING:
    from lib.localearth.service import Service
    from lib.localearth.tokens import TokenOffice

MAX_WAITING = 120  # requests that may wait at once; more queue within the event loop
PICTURES_AT_ONCE = 8  # of a map; the rest wait where a closed connection is noticed
_MAX_BODY = 12 * 2**20
_TOO_LARGE = "Request payload size exceeds the limit: 10485760 bytes."
_METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]


_STATUS = {
    401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED", 500: "INTERNAL", 503: "UNAVAILABLE",
}  # fmt: skip


def pictures_app(home: Path | None = None) -> Starlette:
    """What the app mounts: GET of tiles, thumbnails and downloads by their names, and health.

    It also gives the process its pool, which then evaluates for every door of the process.

    Args:
        home: Folder of all state; None for the default.
    """
    gate = anyio.CapacityLimiter(PICTURES_AT_ONCE)
    limiter = anyio.CapacityLimiter(PICTURES_AT_ONCE)

    async def answer(request: Request) -> Response:
        async with gate:
            if await request.is_disconnected():  # the map has moved on; nobody waits for this
                return Response(status_code=503)
            service = await anyio.to_thread.run_sync(pooled_service, home, limiter=limiter)
            return await _answer(service, request, limiter=limiter, pictures_only=True)

    return Starlette(routes=[Route("/{path:path}", answer, methods=["GET"])])


def pooled_service(home: Path | None = None) -> "Service":
    """The one service of this process, evaluating in a pool."""
    from lib.localearth.pool import Pool  # slow import
    from lib.localearth.service import open_service

    service = open_service(home)
    service.ensure_pool(lambda: Pool(service.home))
    return service


def api_app(
    service: "Service",
    *,
    latency_ms: int = 0,
    faults: Faults | None = None,
    tokens: "TokenOffice | None" = None,
) -> Starlette:
    """The whole API, for clients on this machine.

    Args:
        service: Answers.
        latency_ms: To wait before every answer.
        faults: To answer with now and then.
        tokens: Issues tokens at "/token"; None has no such address.
    """
    dice = Dice(faults or Faults())
    limiter = anyio.CapacityLimiter(MAX_WAITING)

    async def answer(request: Request) -> Response:
        if latency_ms:
            await asyncio.sleep(latency_ms / 1000)
        fault = dice.roll()
        if fault == "slow":
            await asyncio.sleep(dice.faults.slow_ms / 1000)
        elif fault is not None and fault != "truncate":
            return _faulty(fault)
        whole = await _answer(service, request, limiter=limiter)
        return _Cut(whole) if fault == "truncate" else whole

    async def token(request: Request) -> Response:
        if tokens is None:
            return _told(404, "There is no token address without --require-token.")
        status, told = tokens.answer(await _body(request) or b"")
        return JSONResponse(told, status)

    routes = [
        Route("/token", token, methods=["POST"]),
        Route("/{path:path}", answer, methods=_METHODS),
    ]
    hosts = ["127.0.0.1", "localhost", "testserver"]
    return Starlette(
        routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=hosts)]
    )


async def _answer(
    service: "Service",
    request: Request,
    *,
    limiter: anyio.CapacityLimiter,
    pictures_only: bool = False,
) -> Response:
    if int(request.headers.get("content-length") or 0) > _MAX_BODY:
        return _told(400, _TOO_LARGE)
    # A picture has no body; reading one would wait for ever after `is_disconnected` took it.
    body = b"" if pictures_only else await _body(request)
    if body is None:
        return _told(400, _TOO_LARGE)
    root = str(request.scope.get("root_path", ""))
    path = str(request.scope["path"]).removeprefix(root)
    query = request.url.query

    def handle() -> Any:
        headers = dict(request.headers)
        return service.handle(
            request.method, path, query, body, headers, pictures_only=pictures_only
        )

    answer = await anyio.to_thread.run_sync(handle, limiter=limiter)
    return Response(answer.body, answer.status, dict(answer.headers))


async def _body(request: Request) -> bytes | None:
    """The body of a request, also of one that does not tell its length; None if too large."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > _MAX_BODY:
            return None
        parts.append(part)
    return b"".join(parts)


def _faulty(kind: str) -> Response:
    if kind == "drop":
        return _Dropped()
    return _told(int(kind), "A fault that was asked for.")


def _told(code: int, message: str) -> Response:
    error = {"code": code, "message": message, "status": _STATUS.get(code, "INVALID_ARGUMENT")}
    return JSONResponse({"error": error}, code)


class _Dropped(Response):
    """Promises a body and ends the connection before it."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG002
        await _send_part(send, 200, [(b"content-length", b"1000")], b"")


class _Cut(Response):
    """Ends the connection in the middle of the body."""

    def __init__(self, whole: Response) -> None:
        super().__init__(whole.body, whole.status_code)
        self.raw_headers = whole.raw_headers

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ARG002
        half = bytes(self.body)[: len(self.body) // 2]
        await _send_part(send, self.status_code, list(self.raw_headers), half)


async def _send_part(send: Any, status: int, headers: list[Any], body: bytes) -> None:
    headers = [*headers, (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    raise ConnectionAbortedError("dropped on purpose")


def serve(
    port: int,
    *,
    home: Path | None = None,
    latency_ms: int = 0,
    faults: str = "",
    require_token: bool = False,
    keys: Path | None = None,
    token_lifetime_s: float = 3600.0,
    endpoints: Mapping[str, str] | None = None,
    remote_endpoints: bool = False,
) -> None:
    """Serve the whole API on 127.0.0.1 until interrupted.

    Args:
        port: To listen on.
        home: Folder of all state (its subfolder "earth" is used); None for the default.
        latency_ms: To wait before every answer.
        faults: Such as "429:0.1,503:0.05", or a schedule: "schedule:3=429,7=drop".
        require_token: Whether requests need a token of "/token".
        keys: Registry of service accounts.
        token_lifetime_s: Seconds that a token lasts.
        endpoints: Addresses that answer for endpoints of models, by name.
        remote_endpoints: Whether they may be on other machines.

    Raises:
        EarthError: An option cannot be used.
    """
    import uvicorn  # slow import

    from lib.localearth.pool import Pool
    from lib.localearth.service import Service
    from lib.localearth.store import default_home
    from lib.localearth.tokens import TokenOffice

    home = (home or default_home()).resolve()
    tokens = TokenOffice.from_file(keys, lifetime_s=token_lifetime_s) if require_token else None
    pool = Pool(home)
    service = Service(home, pool=pool, tokens=tokens)
    service.endpoints.register(endpoints or {}, anywhere=remote_endpoints)
    app = api_app(service, latency_ms=latency_ms, faults=Faults.parse(faults), tokens=tokens)
    try:
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
    finally:
        pool.close()
