"""A visitor's open project on disk: its document, its connection, its results and its jobs."""

import os
import re
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lib.core.home import loam_home
from lib.earthengine.connection import Connection, secret_of
from lib.jobs.status import JobStatus
from lib.jobs.supervisor import Supervisor
from lib.workflow import store
from lib.workflow.document import Project, to_text
from lib.workflow.store import Found

REPOSITORY = Path(__file__).parents[2]

WAITING_VARIABLE = "LOAM_WAITING_WORKERS"
"""Environment variable; "0" where no worker is started before it has something to do."""

_SUBMITTING = threading.Lock()
_lock = threading.Lock()
_supervisors: dict[Path, Supervisor] = {}


class Workspace:
    """An open project of one visitor.

    Attributes:
        id: 32 hexadecimal digits; whoever knows it may open the project.
        project: The document as it stands.
        connection: What answers.
        prepared: Whether its results came with Loam instead of being made here.
        expects: Label of the connection that the project was made with, where that needs a
            sign-in that this session has not made; else empty.
    """

    def __init__(
        self,
        workspace_id: str,
        project: Project,
        connection: Connection,
        *,
        prepared: bool = False,
        expects: str = "",
    ) -> None:
        self.id = workspace_id
        self.project = project
        self.connection = connection
        self.prepared = prepared
        self.expects = expects

    @property
    def folder(self) -> Path:
        """Where the project and its results lie."""
        return store.project_folder(self.id)

    @property
    def realm(self) -> str:
        """Which connection answers, as results are kept by it."""
        return realm_of(self.connection)

    @property
    def file_stem(self) -> str:
        """The project's name as files are called."""
        return re.sub(r"[^A-Za-z0-9]+", "-", self.project.name).strip("-").lower() or "loam"

    def change(self, **parts: Any) -> None:
        """Replace parts of the project and save it.

        Args:
            parts: Fields of `Project` by name, such as `aoi=...`.

        Raises:
            AppError: A part is impossible; the project stays as it was.
        """
        project = replace(self.project, **parts)
        self.project = project
        self.save()

    def use(self, connection: Connection) -> None:
        """Go on with another connection."""
        self.connection = connection
        self.expects = ""
        self.save()

    def save(self) -> None:
        """Write the project to disk."""
        store.write_text(self.folder / "project.json", to_text(self.project))
        facts = {"realm": self.realm, "label": self.connection.label, "prepared": self.prepared}
        store.write_json(self.folder / "workspace.json", facts)

    def save_bytes(self) -> bytes:
        """The project file that a person downloads."""
        return to_text(self.project).encode()

    def find(self, kind: str) -> Found | None:
        """The result of a kind, up to date or stale; None where there is none."""
        return store.find(self.folder, self.project, self.realm, kind)

    def job(self, kind: str) -> JobStatus | None:
        """The newest job of a kind; None where there was none."""
        latest = supervisor().latest(self.id, kind)
        return supervisor().status(latest) if latest else None

    def submit(self, kind: str, settings: Mapping[str, Any] | None = None) -> str:
        """Start the job that makes a result; one that is running already is returned instead.

        Args:
            kind: One of `store.KINDS`.
            settings: What is asked of this job alone, as plain data; no part of the project.
        """
        spec = {"workspace": self.id, "realm": self.realm, "project": to_text(self.project)}
        with _SUBMITTING:
            running = self.job(kind)
            if running is not None and running.live:
                return running.id
            return supervisor().submit(
                kind,
                {**spec, "settings": dict(settings or {})},
                project_id=self.id,
                secret=secret_of(self.connection),
                needs_secret=self.connection.kind != "local",
            )

    def cancel(self, kind: str) -> None:
        """Ask the newest job of a kind to stop."""
        latest = supervisor().latest(self.id, kind)
        if latest:
            supervisor().cancel(latest)

    def resume(self, kind: str) -> None:
        """Go on with the newest job of a kind after it failed or was lost."""
        latest = supervisor().latest(self.id, kind)
        if latest:
            supervisor().resume(latest, secret_of(self.connection))

    def history(self, kind: str) -> list[dict[str, Any]]:
        """Rows that the newest job of a kind has told; empty where there was none."""
        latest = supervisor().latest(self.id, kind)
        return supervisor().history(latest) if latest else []

    def warm(self) -> None:
        """Start a worker for this project before its first job, unless the server has none wait."""
        if os.environ.get(WAITING_VARIABLE, "1") != "0":
            supervisor().warm(self.id)


def supervisor() -> Supervisor:
    """The supervisor of this server's jobs."""
    home = loam_home()
    with _lock:
        if home not in _supervisors:
            command = [sys.executable, "-m", "lib.workflow.worker"]
            _supervisors[home] = Supervisor(home, command, cwd=REPOSITORY)
        return _supervisors[home]


def close_supervisor(*, at_once: bool = False) -> None:
    """End the waiting workers of this server; one that has a job ends after it, or at once too."""
    with _lock:
        found = _supervisors.pop(loam_home(), None)
    if found is not None:
        found.close(at_once=at_once)


def realm_of(connection: Connection) -> str:
    """Which service and project a connection means, without anything secret."""
    return "local" if connection.kind == "local" else f"{connection.kind}:{connection.project}"


class StepJobs:
    """Starts, watches and cancels the jobs of one kind; a step module hands these out."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def start(self, workspace: Workspace) -> str:
        """Start the step's job; returns its id."""
        return workspace.submit(self._kind)

    def job(self, workspace: Workspace) -> JobStatus | None:
        """The step's newest job; None where there was none."""
        return workspace.job(self._kind)

    def cancel(self, workspace: Workspace) -> None:
        """Ask the step's job to stop."""
        workspace.cancel(self._kind)

    def resume(self, workspace: Workspace) -> None:
        """Go on with the step's newest job after it failed or was lost."""
        workspace.resume(self._kind)

    def history(self, workspace: Workspace) -> list[dict[str, Any]]:
        """Rows that the step's newest job has told, such as epochs."""
        return workspace.history(self._kind)
