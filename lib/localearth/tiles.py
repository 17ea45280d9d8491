"""A cache of drawn tiles: some in memory, more on disk, both bounded."""

import contextlib
import hashlib
import threading
from collections import OrderedDict
from pathlib import Path

from lib.localearth.store import write_atomically
from lib.localearth.wire import Response

MEMORY_BYTES = 32 * 2**20
DISK_BYTES = 256 * 2**20
_SWEEP_EVERY = 200  # tiles between two looks at the folder's size


class TileCache:
    """Tiles by key "map/zoom-x-y.png".

    Args:
        folder: Where they lie on disk.
    """

    def __init__(self, folder: Path) -> None:
        """Start with an empty memory; the disk keeps what earlier processes drew."""
        self._folder = folder
        self._memory: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0
        self._written = 0
        self._lock = threading.Lock()

    def get(self, key: str) -> bytes | None:
        """A tile that was drawn before, or None."""
        with self._lock:
            known = self._memory.get(key)
            if known is not None:
                self._memory.move_to_end(key)
                return known
        with contextlib.suppress(OSError):
            tile = (self._folder / key).read_bytes()
            self._remember(key, tile)
            return tile
        return None

    def put(self, key: str, tile: bytes) -> None:
        """Keep a tile."""
        self._remember(key, tile)
        with contextlib.suppress(OSError):  # a full disk must not keep the tile from the map
            write_atomically(self._folder / key, tile)
        self._written += 1
        if self._written % _SWEEP_EVERY == 0:
            sweep(self._folder, DISK_BYTES)

    def _remember(self, key: str, tile: bytes) -> None:
        with self._lock:
            if key in self._memory:
                return
            self._memory[key] = tile
            self._bytes += len(tile)
            while self._bytes > MEMORY_BYTES:
                self._bytes -= len(self._memory.popitem(last=False)[1])


def picture_answer(picture: bytes, known: str) -> Response:
    """A picture that never changes, or 304 where the client has it.

    Args:
        picture: PNG or JPEG.
        known: The header If-None-Match, or "".
    """
    tag = f'"{hashlib.sha256(picture).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "private, max-age=86400, immutable"}
    tags = {part.strip().removeprefix("W/") for part in known.split(",")}
    if tags & {tag, "*"}:
        return Response(304, headers, b"")
    kind = "image/jpeg" if picture.startswith(b"\xff\xd8") else "image/png"
    return Response(200, headers | {"content-type": kind}, picture)


def sweep(folder: Path, limit_bytes: int) -> None:
    """Remove the oldest files below a folder until it holds at most three quarters of the limit."""
    files = []
    for path in folder.rglob("*.png"):
        with contextlib.suppress(OSError):
            found = path.stat()
            files.append((found.st_mtime, found.st_size, path))
    total = sum(size for _, size, _ in files)
    if total <= limit_bytes:
        return
    for _, size, path in sorted(files):
        if total <= limit_bytes * 3 // 4:
            break
        path.unlink(missing_ok=True)
        total -= size
