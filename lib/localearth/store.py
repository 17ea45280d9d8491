"""What outlives a request, on disk under `<home>/earth`, shared by all doors and processes."""

import contextlib
import fcntl
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import platformdirs

from lib.localearth.errors import NotFound, TooManyRequests

REQUEST_SLOTS = 40  # interactive requests at once, developers.google.com/earth-engine/guides/usage
_NAME = re.compile(r"[0-9a-f]{32}")


def default_home() -> Path:
    """The folder of all state: LOAM_HOME, or this user's data folder."""
    chosen = os.environ.get("LOAM_HOME")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("loam"))


class Store:
    """Records by unguessable names, and the slots of requests that are being answered.

    Args:
        home: Folder of all state; Local Earth keeps to its subfolder "earth".
    """

    def __init__(self, home: Path) -> None:
        """Remember where; folders appear when something is written."""
        self.root = home / "earth"

    def save(self, kind: str, record: Mapping[str, Any]) -> str:
        """Keep a record for good and return its name of 128 random bits, in hex."""
        name = secrets.token_hex(16)
        write_atomically(self.root / kind / f"{name}.json", json.dumps(record).encode())
        return name

    def load(self, kind: str, name: str) -> dict[str, Any]:
        """Read a record.

        Raises:
            NotFound: There is none of that name.
        """
        path = self.root / kind / f"{name}.json"
        if not _NAME.fullmatch(name) or not path.is_file():
            raise NotFound(f"Not found: {kind}/{name}.")
        record: dict[str, Any] = json.loads(path.read_bytes())
        return record

    @contextlib.contextmanager
    def slot(self) -> Iterator[None]:
        """Hold one of the request slots; all processes with this home share them.

        Raises:
            TooManyRequests: None is free.
        """
        folder = self.root / "slots"
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as stack:
            first = secrets.randbelow(REQUEST_SLOTS)
            order = ((first + step) % REQUEST_SLOTS for step in range(REQUEST_SLOTS))
            if not any(_lock(stack, folder / f"{number:02d}") for number in order):
                raise TooManyRequests(
                    "Too Many Requests: Request was rejected because the request rate or "
                    "concurrency limit was exceeded."
                )
            yield


class FileLock:
    """A lock on a file; the system frees it when the process dies.

    Args:
        path: Of the file, which appears when it is locked.
    """

    def __init__(self, path: Path) -> None:
        """Lock nothing yet."""
        self._path = path
        self._file: IO[bytes] | None = None

    def acquire(self) -> bool:
        """Lock it, or tell that somebody else has."""
        file = self._path.open("ab")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Unlock it."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _lock(stack: contextlib.ExitStack, path: Path) -> bool:
    """Lock a file until the stack unwinds."""
    lock = FileLock(path)
    if lock.acquire():
        stack.callback(lock.release)
        return True
    return False


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that a reader sees either all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    draft.write_bytes(data)
    draft.replace(path)
