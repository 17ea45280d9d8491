"""Faults on purpose, for tests of clients: as shares of all requests, or by a schedule."""

import random
import re
import threading
from dataclasses import dataclass, field

from lib.localearth.errors import EarthError

WORDS = ("drop", "slow", "truncate")
SLOW_MS = 5000.0
_NOTE = (
    "Faults look like '429:0.1,drop:0.05,seed:7' or 'schedule:3=429,7=drop,slow_ms:200', not '{}'."
)


@dataclass(frozen=True)
class Faults:
    """What goes wrong on purpose.

    A kind is an HTTP status such as "429", "drop" (the connection ends without an answer), "slow"
    (the answer comes late), or "truncate" (half of the answer comes).

    Attributes:
        shares: Probability by kind.
        seed: Makes shares repeatable.
        schedule: Kind by the number of a request, counted from 1.
        slow_ms: How late a slow answer is.
    """

    shares: tuple[tuple[str, float], ...] = ()
    seed: int = 0
    schedule: tuple[tuple[int, str], ...] = ()
    slow_ms: float = SLOW_MS

    @classmethod
    def parse(cls, text: str) -> "Faults":
        """Read "429:0.1,503:0.05,drop:0.01,seed:7" or "schedule:3=429,7=drop".

        Raises:
            EarthError: It has another form.
        """
        parts = [part.strip() for part in text.split(",") if part.strip()]
        if parts and parts[0].startswith("schedule:"):
            parts[0] = parts[0].removeprefix("schedule:")
        numbers = dict(_share(text, part) for part in parts if "=" not in part)
        schedule = tuple(_turn(text, part) for part in parts if "=" in part)
        seed, slow_ms = int(numbers.pop("seed", 0)), numbers.pop("slow_ms", SLOW_MS)
        for kind in [*numbers, *(kind for _, kind in schedule)]:
            if kind not in WORDS and not re.fullmatch("[45][0-9][0-9]", kind):
                raise EarthError(
                    f"Unknown fault '{kind}': use an HTTP status or {', '.join(WORDS)}."
                )
        return cls(tuple(numbers.items()), seed, schedule, slow_ms)


def _share(text: str, part: str) -> tuple[str, float]:
    kind, _, share = part.partition(":")
    try:
        return kind.strip(), float(share)
    except ValueError:
        raise EarthError(_NOTE.format(text)) from None


def _turn(text: str, part: str) -> tuple[int, str]:
    number, _, kind = part.partition("=")
    if not number.strip().isdecimal():
        raise EarthError(_NOTE.format(text))
    return int(number), kind.strip()


@dataclass
class Dice:
    """Chooses the fault of each request, or none."""

    faults: Faults
    _count: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._random = random.Random(self.faults.seed)  # noqa: S311 faults need no secrecy
        self._schedule = dict(self.faults.schedule)

    def roll(self) -> str | None:
        """The fault of the next request."""
        with self._lock:
            self._count += 1
            planned = self._schedule.get(self._count)
            thrown = self._random.random()
        if planned is not None:
            return planned
        for kind, share in self.faults.shares:
            if thrown < share:
                return kind
            thrown -= share
        return None
