"""The HTTP doors: the pictures that the app's pages load, and the whole API on 127.0.0.1."""

import asyncio
import random
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lib.localearth.errors import EarthError

if TYPE_CHECKING:
    from lib.localearth.service import Service
    from lib.localearth.tokens import TokenOffice

MAX_WAITING = 120  # requests that may wait at once; more queue within the event loop
PICTURES_AT_ONCE = 8  # of a map; the rest wait where a closed connection is noticed
_MAX_BODY = 12 * 2**20
_METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]


@dataclass(frozen=True)
class Faults:
    """What goes wrong on purpose, for tests of clients.

    Attributes:
        shares: Probability by kind: an HTTP status such as "429", or "drop" (no answer at all).
        seed: Makes it repeatable.
    """

    shares: tuple[tuple[str, float], ...] = ()
    seed: int = 0

    @classmethod
    def parse(cls, text: str) -> "Faults":
        """Read "429:0.1,503:0.05,drop:0.01,seed:7".

        Raises:
            EarthError: It has another form.
        """
        parts = [part.partition(":") for part in text.split(",") if part.strip()]
        try:
            numbers = {key.strip(): float(value) for key, _, value in parts}
        except ValueError:
            raise EarthError(f"Faults look like '429:0.1,503:0.05', not '{text}'.") from None
        seed = int(numbers.pop("seed", 0))
        odd = [key for key in numbers if key != "drop" and not key.isdecimal()]
        if odd:
            raise EarthError(f"Unknown fault '{odd[0]}': use an HTTP status or 'drop'.")
        return cls(tuple(numbers.items()), seed)


class _Dice:
    """Chooses the fault of each request, or none."""

    def __init__(self, faults: Faults) -> None:
        self._shares = faults.shares
        self._random = random.Random(faults.seed)  # noqa: S311 faults need no secrecy

    def roll(self) -> str | None:
        thrown = self._random.random()
        for kind, share in self._shares:
            if thrown < share:
                return kind
            thrown -= share
        return None


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
    dice = _Dice(faults or Faults())
    limiter = anyio.CapacityLimiter(MAX_WAITING)

    async def answer(request: Request) -> Response:
        if latency_ms:
            await asyncio.sleep(latency_ms / 1000)
        fault = dice.roll()
        if fault is not None:
            return _faulty(fault)
        return await _answer(service, request, limiter=limiter)

    async def token(request: Request) -> Response:
        if tokens is None:
            return _told(404, "There is no token address without --require-token.")
        status, told = tokens.answer(await request.body())
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
        return _told(400, "Request payload size exceeds the limit: 10485760 bytes.")
    # A picture has no body; reading one would wait for ever after `is_disconnected` took it.
    body = b"" if pictures_only else await request.body()
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
        headers = [(b"content-length", b"1000"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"", "more_body": True})
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
) -> None:
    """Serve the whole API on 127.0.0.1 until interrupted.

    Args:
        port: To listen on.
        home: Folder of all state (its subfolder "earth" is used); None for the default.
        latency_ms: To wait before every answer.
        faults: Such as "429:0.1,503:0.05".
        require_token: Whether requests need a token of "/token".
        keys: Registry of service accounts.
        token_lifetime_s: Seconds that a token lasts.
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
    app = api_app(service, latency_ms=latency_ms, faults=Faults.parse(faults), tokens=tokens)
    try:
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
    finally:
        pool.close()
