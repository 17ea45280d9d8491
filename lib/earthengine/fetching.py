"""Many requests at once: told of, stopped when asked, kept for the next time, halved if too large.

Requests that fail for a moment (429, 5xx, no or half an answer) are sent again by `access.post`,
with growing waits of random length; so nothing here does it a second time.
"""

import contextvars
import hashlib
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

from lib.core.errors import TooLargeError
from lib.core.formats import number
from lib.earthengine.access import Connection, with_connection

OnProgress = Callable[[float, str, float | None], None]
T = TypeVar("T")

_ASKED_EVERY_S = 0.2
_DIGEST_BYTES = hashlib.sha256().digest_size


def _nobody(_share: float, _words: str, _seconds: float | None) -> None:
    """Tell nobody."""


def _go_on() -> None:
    """Never stop."""


@dataclass(frozen=True)
class Watch:
    """Who follows a fetch.

    Attributes:
        on_progress: Called with the share done, a few words with counts, and the seconds left
            (None while they are not known), in the thread that fetches.
        check: Asked a few times a second; it leaves the fetch by raising.
        keep: Folder where the answer of each request is kept, so that the same fetch goes on where
            it was stopped; None to keep nothing.
    """

    on_progress: OnProgress = _nobody
    check: Callable[[], None] = _go_on
    keep: Path | None = None

    def within(self, low: float, high: float) -> "Watch":
        """The same watch for a part of the work that takes the share from low to high."""

        def on_progress(share: float, words: str, seconds: float | None) -> None:
            self.on_progress(low + (high - low) * share, words, seconds)

        return replace(self, on_progress=on_progress)


@dataclass(frozen=True)
class Errand(Generic[T]):
    """What is fetched, piece by piece; everything but `name` is called in threads.

    Attributes:
        name: What the pieces are, for the words of progress, such as "Labels".
        ask: Sends the request of a piece, made anew, and returns what is to be kept.
        take: Uses what `ask` returned, now or in an earlier run.
        halves: Cuts a piece that is too large for one request into smaller ones; one or none
            where it cannot be cut.
        key: Names a piece; two pieces of equal key have equal answers.
    """

    name: str
    ask: Callable[[T], bytes]
    take: Callable[[T, bytes], None]
    halves: Callable[[T], Sequence[T]]
    key: Callable[[T], str]


@with_connection
def fetch_all(
    connection: Connection,
    errand: Errand[T],
    pieces: Sequence[T],
    watch: Watch = Watch(),
) -> int:
    """Fetch all pieces, as many at once as the connection takes.

    Args:
        connection: Service to ask.
        errand: What is fetched.
        pieces: One request each.
        watch: Who follows.

    Returns:
        Number of pieces that were fetched, with the parts of those that were cut.

    Raises:
        ServiceError: A request failed for good; what was fetched before is kept.
    """
    if watch.keep:
        watch.keep.mkdir(parents=True, exist_ok=True)
    pool = ThreadPoolExecutor(connection.can.parallel_requests)
    under_way = _Round(pool, errand, watch)
    try:
        return under_way.run(pieces)
    finally:
        under_way.stop()
        pool.shutdown(wait=False, cancel_futures=True)


def key_of(*parts: object) -> str:
    """Name something by what it is made of; arrays by their bytes."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part if isinstance(part, bytes) else repr(part).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:40]


class _Round(Generic[T]):
    """One fetch under way."""

    def __init__(self, pool: ThreadPoolExecutor, errand: Errand[T], watch: Watch) -> None:
        self._pool = pool
        self._errand = errand
        self._watch = watch
        self._ended: queue.SimpleQueue[Future[tuple[bool, Sequence[T]]]] = queue.SimpleQueue()
        self._count = 0
        self._asked = 0
        self._stopped = False
        self._lock = threading.Lock()

    def stop(self) -> None:
        """Keep nothing from now on, whatever answers still come."""
        with self._lock:
            self._stopped = True

    def run(self, pieces: Sequence[T]) -> int:
        started = time.monotonic()
        self._submit(pieces)
        done = 0
        while done < self._count:
            self._watch.check()
            try:
                asked, parts = self._ended.get(timeout=_ASKED_EVERY_S).result()
            except queue.Empty:
                continue
            self._submit(parts)
            self._asked += asked
            done += 1
            self._tell(done, time.monotonic() - started)
        return done

    def _submit(self, pieces: Sequence[T]) -> None:
        self._count += len(pieces)
        for piece in pieces:
            context = contextvars.copy_context()
            future = self._pool.submit(context.run, self._fetch, piece)
            future.add_done_callback(self._ended.put)

    def _fetch(self, piece: T) -> tuple[bool, Sequence[T]]:
        """Whether the service was asked, and the parts of a piece that was too large."""
        path = self._place(piece)
        content = _kept(path)
        asked = content is None
        if content is None:
            try:
                content = self._errand.ask(piece)
            except TooLargeError:
                parts = self._errand.halves(piece)
                if len(parts) < 2:
                    raise
                return True, parts
            self._keep(path, content)
        self._errand.take(piece, content)
        return asked, ()

    def _place(self, piece: T) -> Path | None:
        folder = self._watch.keep
        return None if folder is None else folder / f"{self._errand.key(piece)}.part"

    def _keep(self, path: Path | None, content: bytes) -> None:
        if path is None:
            return
        unfinished = path.with_suffix(f".{os.getpid()}.tmp")
        with unfinished.open("wb") as file:
            file.write(hashlib.sha256(content).digest())
            file.write(content)
        with self._lock:
            if not self._stopped:
                unfinished.replace(path)
        unfinished.unlink(missing_ok=True)

    def _tell(self, done: int, elapsed: float) -> None:
        words = f"{self._errand.name}: request {number(done)} of {number(self._count)}"
        left = (self._count - done) * elapsed / self._asked if self._asked else None
        self._watch.on_progress(done / self._count, words, left)


def _kept(path: Path | None) -> bytes | None:
    """What was kept, or None where there is nothing or not all of it."""
    if path is None or not path.exists():
        return None
    whole = path.read_bytes()
    digest, content = whole[:_DIGEST_BYTES], whole[_DIGEST_BYTES:]
    return content if hashlib.sha256(content).digest() == digest else None
