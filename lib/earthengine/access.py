"""What a connection is, and how a function speaks to it.

The `ee` client keeps one global state. It is initialised once, with a transport of ours that
looks the caller's connection up in a context variable; outside of a function decorated with
`with_connection` a request raises. There is no default connection.
"""

import contextvars
import functools
import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Concatenate, ParamSpec, TypeVar

import ee
import httplib2
from google.auth.credentials import AnonymousCredentials
from googleapiclient.errors import HttpError
from googleapiclient.http import HttpRequest

from lib.core.errors import AppError
from lib.earthengine.doors import Door
from lib.earthengine.translation import sentence_for, sentence_for_answer, unreachable

OWN_ASSETS = "projects/"
"""How ids of a person's own assets begin; ids of the public catalogue do not."""

_PUBLIC_ASSETS = "projects/earthengine-public/"
_RETRIES = 5
_PLACEHOLDER_URL = "https://earthengine.invalid"
_PLACEHOLDER_PROJECT = "session"

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")


@dataclass(frozen=True)
class Capabilities:
    """What a connection can do and how much it takes; limits are of Earth Engine's usage page.

    Attributes:
        base_map: Whether the map's ground must come from the connection (a simulated planet).
        planet: Whether catalogue ids are answered by the simulated planet.
        file_import: Whether files of this machine become assets.
        buckets: Whether Cloud Storage can be reached.
        endpoints: Whether Vertex endpoints can be asked.
        drive: Whether exports can go to Google Drive.
        request_bytes: Largest request.
        pixels_bytes: Most uncompressed bytes in one answer of pixels.
        parallel_requests: Most requests under way at once.
        table_page: Most rows in one page of a table.
        data_sets: Catalogue ids that it has; None where it has them all.
    """

    base_map: bool
    planet: bool
    file_import: bool
    buckets: bool
    endpoints: bool
    drive: bool = False
    request_bytes: int = 10_485_760
    pixels_bytes: int = 50_331_648
    parallel_requests: int = 40
    table_page: int = 1000
    data_sets: frozenset[str] | None = None

    def serves(self, collection_id: str) -> bool:
        """Tell whether it has a data set of the catalogue."""
        return self.data_sets is None or collection_id in self.data_sets


@dataclass(frozen=True)
class Connection:
    """One sign-in to one service.

    Attributes:
        id: Names it in caches; unguessable for a signed-in service.
        kind: "local" or "google".
        label: What a page calls it.
        project: Cloud project that requests are made in.
        can: What it can do.
        url: Address of the service, empty in process.
        door: Where its requests leave.
        signatures: Who answers what the client asks when it starts.
        secret: What `from_secret` opens it with again.
    """

    id: str
    kind: str
    label: str
    project: str
    can: Capabilities
    url: str = ""
    door: Door = field(repr=False, compare=False, kw_only=True)
    signatures: Door = field(repr=False, compare=False, kw_only=True)
    secret: Mapping[str, Any] = field(repr=False, compare=False, kw_only=True)

    def __reduce__(self) -> tuple[object, ...]:
        from lib.earthengine.connection import from_secret, secret_of

        return (from_secret, (secret_of(self),))


def is_own(asset: str) -> bool:
    """Tell whether an id names a person's own asset instead of the public catalogue's."""
    return asset.startswith(OWN_ASSETS) and not asset.startswith(_PUBLIC_ASSETS)


_current: contextvars.ContextVar[Connection] = contextvars.ContextVar("earth_engine_connection")
_starting = threading.Lock()


def with_connection(
    function: Callable[Concatenate[Connection, P], R],
) -> Callable[Concatenate[Connection, P], R]:
    """Let a function send requests through its first argument, and speak our errors."""

    @functools.wraps(function)
    def wrapper(connection: Connection, /, *args: P.args, **kwargs: P.kwargs) -> R:
        _initialise(connection)
        token = _current.set(connection)
        try:
            with _translated(connection):
                return function(connection, *args, **kwargs)
        finally:
            _current.reset(token)

    wrapper.__takes_connection__ = True  # type: ignore[attr-defined]
    return wrapper


@with_connection
def map_requests(
    connection: Connection,
    function: Callable[[T], R],
    items: Iterable[T],
    *,
    workers: int | None = None,
    on_done: Callable[[int, int], None] | None = None,
) -> list[R]:
    """Apply a function that sends requests to every item, many at once.

    Args:
        connection: Service to ask.
        function: Called once per item, in a context of its own.
        items: What to apply it to.
        workers: Threads; None for as many as the connection takes.
        on_done: Called with (done, all) after each item, in the calling thread.

    Returns:
        Results in the order of `items`.
    """
    tasks = list(items)
    threads = min(workers or connection.can.parallel_requests, len(tasks))
    with ThreadPoolExecutor(max(threads, 1)) as pool:
        futures = [pool.submit(contextvars.copy_context().run, function, task) for task in tasks]
        try:
            _await_all(futures, on_done)
        finally:
            for future in futures:
                future.cancel()
    return [future.result() for future in futures]


def post(resource: str, body: Mapping[str, Any]) -> bytes:
    """Send a body to a resource of the caller's project, with the client's own retries.

    For expressions that are encoded already; call it inside of a function `with_connection`.

    Args:
        resource: Such as "image:computePixels" or "maps?fields=name".
        body: What is sent as JSON.

    Raises:
        LimitError: The body is larger than the connection takes.
        ServiceError: The service answered with an error.
    """
    text = json.dumps(body, separators=(",", ":"))
    limit = current().can.request_bytes
    if len(text) > limit:
        raise sentence_for(f"Request payload size exceeds the limit: {limit} bytes.")
    return _execute("POST", f"projects/{_PLACEHOLDER_PROJECT}/{resource}", text)


def get(path: str) -> Any:
    """Ask for a JSON document below "/v1/"; call it inside of a function `with_connection`.

    For assets: the client rewrites ids whose project has fewer than six letters, such as "local".

    Raises:
        ServiceError: The service answered with an error.
    """
    return json.loads(_execute("GET", path))


def _execute(method: str, path: str, text: str | None = None) -> bytes:
    headers = {"x-goog-user-project": _PLACEHOLDER_PROJECT}
    if text is not None:
        headers["content-type"] = "application/json"
    request = HttpRequest(
        _Transport(),
        lambda _, content: content,
        f"{_PLACEHOLDER_URL}/v1/{path}",
        method=method,
        body=text,
        headers=headers,
    )
    with _translated(current()):
        content: bytes = request.execute(num_retries=_RETRIES)
    return content


def current() -> Connection:
    """The connection of the function `with_connection` that is running.

    Raises:
        RuntimeError: None is running.
    """
    connection = _current.get(None)
    if connection is None:
        raise RuntimeError("A request was made outside of a function with_connection.")
    return connection


class _Transport:
    """What the `ee` client sends through, in the manner of httplib2."""

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> tuple[httplib2.Response, bytes]:
        connection = current()
        path = _in_project(uri.removeprefix(_PLACEHOLDER_URL), connection.project)
        named = {name.lower(): value for name, value in (headers or {}).items()}
        if "x-goog-user-project" in named:
            named["x-goog-user-project"] = connection.project
        answer = connection.door.send(path, method=method, body=body, headers=named)
        response = httplib2.Response({**answer.headers, "status": str(answer.status)})
        return response, answer.content


def _initialise(connection: Connection) -> None:
    """Start the client once, with the signatures that every connection shares."""
    with _starting:
        if not ee.data.is_initialized():
            start = replace(connection, door=connection.signatures)
            contextvars.copy_context().run(_initialise_as, start)


def _initialise_as(start: Connection) -> None:
    _current.set(start)
    # A list that is not empty keeps the client from fetching one from the network, without a
    # deadline (ee/deprecation.py); lib/catalog knows which collections are of use.
    ee.deprecation.deprecated_assets = {"": None}  # type: ignore[dict-item]
    ee.Initialize(
        AnonymousCredentials(),  # type: ignore[no-untyped-call]
        project=_PLACEHOLDER_PROJECT,
        url=_PLACEHOLDER_URL,
        http_transport=_Transport(),
    )


def _in_project(path: str, project: str) -> str:
    pattern = rf"^(/v\d\w*/projects/){_PLACEHOLDER_PROJECT}(?=[/:?]|$)"
    return re.sub(pattern, lambda match: match[1] + project, path)


@contextmanager
def _translated(connection: Connection) -> Iterator[None]:
    try:
        yield
    except AppError:
        raise
    except HttpError as error:
        raise sentence_for_answer(int(error.resp.status), error.content) from error
    except ee.EEException as error:
        raise sentence_for(str(error), status=_status(error)) from error
    except (TimeoutError, ConnectionError) as error:
        timed_out = isinstance(error, TimeoutError)
        raise unreachable(connection.label, timed_out=timed_out) from error


def _status(error: BaseException) -> int:
    cause = error.__context__
    return int(cause.resp.status) if isinstance(cause, HttpError) else 0


def _await_all(futures: list[Future[Any]], on_done: Callable[[int, int], None] | None) -> None:
    for done, future in enumerate(as_completed(futures), start=1):
        future.result()
        if on_done:
            on_done(done, len(futures))
