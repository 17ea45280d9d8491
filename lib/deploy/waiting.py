"""Waiting for work that goes on elsewhere: asked after, ever more seldom, until it is done."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from lib.core.errors import UnreachableError

_GROWTH = 1.5
_SLICE_S = 0.25  # how soon a wish to stop is heard
_SILENT_POLLS = 5  # times in a row that the service may not answer

State = TypeVar("State")


@dataclass(frozen=True)
class Pace:
    """How often to ask.

    Attributes:
        first_wait_s: Seconds before the first question; each wait is longer than the one before.
        longest_wait_s: Seconds that are never exceeded.
    """

    first_wait_s: float
    longest_wait_s: float


def until_done(
    state: State,
    ask: Callable[[], State],
    *,
    is_done: Callable[[State], bool],
    pace: Pace,
    stop_if_asked: Callable[[], object],
    on_wait: Callable[[State, float], object],
) -> State:
    """Wait until something is done, and give its last state.

    Args:
        state: As it is known.
        ask: Gives the state now.
        is_done: Tells whether a state is the last.
        pace: How often to ask.
        stop_if_asked: Called every quarter of a second; raises what shall end the waiting.
        on_wait: Told the state, and the seconds that have gone by, before each wait; may raise.

    Raises:
        UnreachableError: The service did not answer five times in a row.
        ServiceError: The service refuses.
    """
    begun, wait, silent = time.monotonic(), pace.first_wait_s, 0
    while not is_done(state):
        on_wait(state, time.monotonic() - begun)
        _pause(wait, stop_if_asked)
        wait = min(wait * _GROWTH, pace.longest_wait_s)
        try:
            state, silent = ask(), 0
        except UnreachableError:
            # A service that is silent for a moment is no reason to give up.
            silent += 1
            if silent >= _SILENT_POLLS:
                raise
    return state


def _pause(seconds: float, stop_if_asked: Callable[[], object]) -> None:
    end = time.monotonic() + seconds
    stop_if_asked()
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(left, _SLICE_S))
        stop_if_asked()
