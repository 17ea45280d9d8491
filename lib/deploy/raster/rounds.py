"""Rounds over the blocks of a map: told of, stopped when asked, failed ones tried again."""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from lib.core.errors import (
    AccessError,
    DeploymentError,
    NotFoundError,
    ServiceError,
    SignInError,
)
from lib.core.formats import number
from lib.deploy.raster.store import MapStore
from lib.earthengine.fetching import OnProgress

_SAVED_EVERY_S = 3.0
_ASKED_EVERY_S = 0.2
# No other try and no other block helps against these.
_FATAL = (SignInError, AccessError, NotFoundError)


class Stopped(DeploymentError):
    """A map was stopped by its owner; what is done is kept."""


def nobody(_share: float, _words: str, _seconds: float | None) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Follow:
    """Who follows the blocks.

    Attributes:
        on_progress: Called with the share done, a few words, and seconds left.
        should_stop: Asked a few times a second; may also raise.
        share: Share of the whole that the blocks are.
    """

    on_progress: OnProgress
    should_stop: Callable[[], bool]
    share: float


class Rounds:
    """Goes through the blocks that are left, and then again through those that failed.

    Args:
        block: Makes the block of a number; called from many threads.
        store: Where blocks are written and noted.
        at_once: Blocks under way at once.
        follow: Who follows.
    """

    def __init__(
        self,
        block: Callable[[int], None],
        store: MapStore,
        at_once: int,
        follow: Follow,
    ) -> None:
        self._block, self._store, self._at_once = block, store, at_once
        self._follow = follow
        self._first = store.manifest.done
        self._count = self._first + len(store.manifest.left())
        self._started = self._saved = time.monotonic()

    def run(self, rounds: int) -> None:
        """Go through the blocks once and so many times more while any is left.

        Raises:
            Stopped: Its owner said so.
            ServiceError: The service refuses for good, or no block came at all.
        """
        try:
            for _ in range(rounds + 1):
                left = self._store.manifest.left()
                if left:
                    self._go_through(left)
        finally:
            self._store.save()

    def _go_through(self, left: list[int]) -> None:
        ahead = iter(left)
        under_way: dict[Future[None], int] = {}
        errors: list[ServiceError] = []
        pool = ThreadPoolExecutor(self._at_once)
        try:
            while True:
                for at in ahead:
                    under_way[pool.submit(self._block, at)] = at
                    if len(under_way) > self._at_once:
                        break
                if not under_way:
                    return
                self._refuse_if_stopped()
                done, _ = wait(under_way, _ASKED_EVERY_S, FIRST_COMPLETED)
                for future in done:
                    self._take(under_way.pop(future), future, errors)
                self._keep()
        finally:
            # A request that is still under way finds its files closed.
            pool.shutdown(wait=False, cancel_futures=True)

    def _take(self, at: int, future: Future[None], errors: list[ServiceError]) -> None:
        error = future.exception()
        if error is None:
            self._store.manifest.finish(at)
            self._tell()
            return
        if isinstance(error, _FATAL) or not isinstance(error, ServiceError):
            raise error
        errors.append(error)
        self._store.manifest.fail(at, str(error))
        # Nothing came at all: it is not a matter of single blocks.
        if not self._store.manifest.done and len(errors) >= min(self._count, 2 * self._at_once):
            raise error

    def _refuse_if_stopped(self) -> None:
        if self._follow.should_stop():
            done, count = number(self._store.manifest.done), number(self._count)
            raise Stopped(
                f"The map was stopped after {done} of {count} blocks.",
                hint="Start it again and it goes on there.",
            )

    def _keep(self) -> None:
        if time.monotonic() - self._saved > _SAVED_EVERY_S:
            self._store.save()
            self._saved = time.monotonic()

    def _tell(self) -> None:
        done = self._store.manifest.done
        each = (time.monotonic() - self._started) / (done - self._first)
        words = f"Block {number(done)} of {number(self._count)}"
        self._follow.on_progress(
            self._follow.share * done / self._count, words, each * (self._count - done)
        )
