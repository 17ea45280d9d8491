"""What the background process does: performs an operation, tells how far it is, and can stop."""

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.localearth.access import reader
from lib.localearth.errors import EarthError
from lib.localearth.orders import Desk
from lib.localearth.outside import Outside
from lib.localearth.store import write_atomically

if TYPE_CHECKING:
    from lib.localearth.engine import Engine

_TOLD_EVERY_S = 0.2


class Job:
    """An operation that is being performed.

    Args:
        engine: Evaluates its expression.
        folder: Of the operation.
    """

    def __init__(self, engine: "Engine", folder: Path) -> None:
        """Read what was ordered."""
        record = json.loads((folder / "request.json").read_bytes())
        self.engine = engine
        self.kind: str = record["type"]
        self.order: Mapping[str, Any] = record["request"]
        outside = Outside.of(engine.home, reader(), record["project"])
        self.desk = Desk(engine.assets, reader(), outside)
        self._folder = folder
        self._told = 0.0

    def progress(self, share: float) -> None:
        """Tell how much is done.

        Raises:
            EarthError: The operation was cancelled.
        """
        if (self._folder / "CANCEL").exists():
            raise EarthError("Cancelled.")
        now = time.monotonic()
        if now - self._told >= _TOLD_EVERY_S:
            self._told = now
            told = json.dumps({"progress": round(min(share, 0.99), 4)}).encode()
            write_atomically(self._folder / "progress.json", told)

    def scratch(self, suffix: str = "") -> Path:
        """A new name within the operation's folder, for what is not ready yet."""
        folder = self._folder / "scratch"
        folder.mkdir(exist_ok=True)
        return folder / f"{len(list(folder.iterdir())):06d}{suffix}"

    def deliver(self, draft: Path, target: Path) -> None:
        """Move a finished file to where it was ordered."""
        target.parent.mkdir(parents=True, exist_ok=True)
        near = target.with_name(f".{target.name[:60]}.{self._folder.name}")
        shutil.move(draft, near)
        near.replace(target)

    @contextlib.contextmanager
    def new_asset(self, name: str) -> Iterator[Path]:
        """A folder that becomes an asset when all has gone well."""
        draft = self.engine.assets.draft()
        try:
            yield draft
            self.progress(0.99)
            self.engine.assets.add(name, draft)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def clear(self) -> None:
        """Remove what was not delivered."""
        shutil.rmtree(self._folder / "scratch", ignore_errors=True)


def run(engine: "Engine", name: str) -> dict[str, Any]:
    """Perform an operation.

    Args:
        engine: Evaluates its expression.
        name: Of the operation.

    Returns:
        What its status shall say besides that it has succeeded.

    Raises:
        EarthError: It has failed or was cancelled.
    """
    from lib.localearth import export_image, export_table, ingest

    actions: Mapping[str, Callable[[Job], list[str]]] = {
        "EXPORT_IMAGE": export_image.run,
        "EXPORT_FEATURES": export_table.run,
        "INGEST_IMAGE": ingest.run_image,
        "INGEST_TABLE": ingest.run_table,
    }
    job = Job(engine, engine.store.root / "operations" / name)
    try:
        job.progress(0.0)
        return {"destinationUris": actions[job.kind](job)}
    finally:
        job.clear()
