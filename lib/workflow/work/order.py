"""What every long part of a step gets: the order, and somebody to tell how far it is."""

import contextlib
import errno
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from lib.core.errors import JobError
from lib.core.samples import SampleSet
from lib.earthengine.connection import Connection
from lib.workflow import store
from lib.workflow.document import Project
from lib.workflow.workspace import realm_of

SAMPLES = "samples.npz"
"""File of the drawn samples in the folder of their result."""

_FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))


class Progress(Protocol):
    """Somebody who wants to know how far the work is, and may ask it to stop."""

    def report(
        self, stage: str, message: str = "", fraction: float = 0.0, eta_s: float | None = None
    ) -> None:
        """Take note of a stage, a sentence on it, the share done (0 to 1) and seconds left."""

    def append_history(self, row: Mapping[str, Any]) -> None:
        """Take note of one row of the work's history, such as an epoch."""

    def clear_history(self) -> None:
        """Forget all rows, before a resumed work tells them again."""

    def cancelled(self) -> bool:
        """Whether the work should stop."""

    def stop_if_cancelled(self) -> None:
        """Leave the work if it should stop."""


@dataclass(frozen=True)
class Order:
    """A result that is wanted.

    Attributes:
        kind: One of `store.KINDS`.
        project: What it is made from.
        connection: Who answers.
        root: The project's folder.
        depends_on: Everything the result depends on.
        settings: What is asked of this job alone; no part of the project.
    """

    kind: str
    project: Project
    connection: Connection
    root: Path
    depends_on: dict[str, Any]
    settings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def make(
        cls,
        kind: str,
        *,
        project: Project,
        connection: Connection,
        root: Path,
        settings: Mapping[str, Any] | None = None,
    ) -> "Order":
        """Order the result of a kind for a project."""
        parts = store.dependencies(project, realm_of(connection), kind)
        asked = dict(settings or {})
        parts |= store.deciding(kind, asked)
        return cls(kind, project, connection, root, parts, asked)

    @property
    def folder(self) -> Path:
        """Where the result belongs."""
        return store.result_folder(self.root, self.kind, store.key_of(self.depends_on))

    @property
    def realm(self) -> str:
        """Which connection answers, as results are kept by it."""
        return realm_of(self.connection)

    def before(self, kind: str) -> Path:
        """The folder of an earlier result that this one builds on.

        Raises:
            JobError: It is not there, or does not fit the project any more.
        """
        found = store.find(self.root, self.project, self.realm, kind)
        if found is None or found.stale:
            raise JobError(
                f"The step “{kind}” has no result for these settings.", hint="Run that step first."
            )
        return found.folder

    def samples(self) -> SampleSet:
        """The samples that were drawn, as they are after a person's edits.

        Raises:
            JobError: There are none for these settings.
            SampleError: They cannot be read, or the edits do not fit them.
        """
        drawn = SampleSet.load(self.before("samples") / SAMPLES)
        return self.project.edits.apply(drawn)

    @contextlib.contextmanager
    def making(self) -> Iterator["Making"]:
        """Make the folder, time the work, and mark the result as complete at the end."""
        making = Making(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            yield making
        except OSError as error:
            if error.errno in _FULL:
                raise _full() from error
            raise
        making.summary["seconds"] = round(time.monotonic() - making.started, 2)
        store.finish(self.folder, self.depends_on, making.summary)

    def discard(self) -> None:
        """Forget what is there of the result, so that it is made anew."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _full() -> JobError:
    return JobError(
        "The disk of this server is full; what was saved before is kept.",
        hint="Make room, then start this step again: it goes on from there.",
    )


class Making:
    """A result in the making: `summary` is what pages will read of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.summary: dict[str, Any] = {}
        self.started = time.monotonic()


Work = Callable[[Order, Progress], None]
