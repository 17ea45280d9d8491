"""Which blocks of a map are done: a small JSON file, replaced whole, that outlives the job."""

import json
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

VERSION = 1


class Manifest:
    """The state of a map's blocks; all methods may be called from any thread.

    Args:
        path: Its file.
        key: Names all that decides the map's bytes; another key starts from nothing.
        count: Number of blocks.
    """

    def __init__(self, path: Path, *, key: str, count: int) -> None:
        self._path = path
        self._key = key
        self._count = count
        self._lock = threading.Lock()
        self._done: set[int] = set()
        self.failed: dict[int, str] = {}
        """Why blocks failed for good, in a sentence each."""
        self.resumed = self._read()

    @property
    def done(self) -> int:
        """Number of blocks that are done."""
        return len(self._done)

    def left(self) -> list[int]:
        """Blocks that are not done, in order."""
        return [number for number in range(self._count) if number not in self._done]

    def finish(self, number: int) -> None:
        """Take note of a block whose bytes are written."""
        with self._lock:
            self._done.add(number)
            self.failed.pop(number, None)

    def fail(self, number: int, why: str) -> None:
        """Take note of a block that failed."""
        with self._lock:
            self.failed[number] = why

    def save(self) -> None:
        """Write the file, whole or not at all."""
        with self._lock:
            data = {
                "version": VERSION,
                "key": self._key,
                "blocks": self._count,
                "done": list(_runs(self._done)),
                "failed": {str(number): why for number, why in sorted(self.failed.items())},
            }
        unfinished = self._path.with_suffix(".tmp")
        unfinished.write_text(json.dumps(data), encoding="utf-8")
        unfinished.replace(self._path)

    def delete(self) -> None:
        """Forget everything."""
        self._path.unlink(missing_ok=True)

    def _read(self) -> bool:
        """Take over what an earlier run left; tells whether there was anything of this key."""
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
            if (data["version"], data["key"], data["blocks"]) != (VERSION, self._key, self._count):
                return False
            self._done = {n for first, last in data["done"] for n in range(first, last + 1)}
        except (OSError, ValueError, KeyError, TypeError):
            return False
        return True


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run of consecutive numbers."""
    first = last = -2
    for number in sorted(numbers):
        if number != last + 1:
            if last >= 0:
                yield first, last
            first = number
        last = number
    if last >= 0:
        yield first, last
