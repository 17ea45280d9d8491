"""A visitor's open project: its document, its connection, and how far its steps are."""

import functools
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lib.core.errors import ProjectError, SignInError
from lib.core.home import loam_home
from lib.earthengine import connection as connections
from lib.earthengine import imagery
from lib.earthengine.connection import Connection
from lib.jobs.status import JobStatus
from lib.jobs.supervisor import Supervisor
from lib.workflow import store
from lib.workflow.document import Project, from_text, to_text
from lib.workflow.store import KINDS, STEPS, Found

__all__ = [
    "STEPS",
    "Missing",
    "Project",
    "StepStatus",
    "Workspace",
    "connect_earth_engine",
    "connect_local",
    "connect_with_machine_credentials",
    "connect_with_secrets",
    "connection_badge",
    "demo_project",
    "is_simulated",
    "load_project",
    "missing_for",
    "new_workspace",
    "open_prepared",
    "open_workspace",
    "step_statuses",
]

REPOSITORY = Path(__file__).parents[2]
PREPARED = REPOSITORY / "examples" / "prepared"
DEMO = REPOSITORY / "examples" / "demo.json"


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

    def submit(self, kind: str) -> str:
        """Start the job that makes a result; one that is running already is returned instead."""
        running = self.job(kind)
        if running is not None and running.live:
            return running.id
        spec = {"workspace": self.id, "realm": self.realm, "project": to_text(self.project)}
        return supervisor().submit(
            kind,
            spec,
            project_id=self.id,
            secret=connections.secret_of(self.connection),
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
            supervisor().resume(latest, connections.secret_of(self.connection))


@functools.cache
def _supervisor_at(home: Path) -> Supervisor:
    command = [sys.executable, "-m", "lib.workflow.worker"]
    return Supervisor(home, command, cwd=REPOSITORY)


def supervisor() -> Supervisor:
    """The supervisor of this server's jobs."""
    return _supervisor_at(loam_home())


def realm_of(connection: Connection) -> str:
    """Which service and project a connection means, without anything secret."""
    return "local" if connection.kind == "local" else f"{connection.kind}:{connection.project}"


@dataclass(frozen=True)
class StepStatus:
    """How far a step is: "done", "stale", "running" or "todo", with a few words on why."""

    step: str
    state: str
    words: str


@dataclass(frozen=True)
class Missing:
    """What a step still needs, and the page where it is given."""

    words: str
    page: str


def step_statuses(workspace: Workspace) -> tuple[StepStatus, ...]:
    """How far each of the five steps is, in order."""
    return tuple(_status(workspace, step) for step in STEPS)


def _status(workspace: Workspace, step: str) -> StepStatus:
    if step == "imagery":
        done = workspace.project.aoi is not None
        return StepStatus(
            step, "done" if done else "todo", "" if done else "No area is chosen yet."
        )
    job = workspace.job(step)
    if job is not None and job.live:
        return StepStatus(step, "running", job.message)
    found = workspace.find(step)
    if found is None:
        return StepStatus(step, "todo", "")
    if found.stale:
        return StepStatus(step, "stale", changed_words(found))
    return StepStatus(step, "done", "")


def changed_words(found: Found) -> str:
    """Say what has changed since a result was made; empty where nothing has."""
    if not found.changed:
        return ""
    *others, last = found.changed
    listed = f"{', '.join(others)} and {last}" if others else last
    verb = "have" if others else "has"
    return f"{listed[0].upper()}{listed[1:]} {verb} changed since."


_NEEDS: dict[str, tuple[str, str]] = {
    "train": ("samples", "There are no samples to train on yet."),
    "deploy": ("train", "There is no trained network yet."),
    "results": ("deploy", "The network is not deployed yet."),
}


def missing_for(workspace: Workspace, step: str) -> Missing | None:
    """What a step needs before it can begin; None where it can."""
    if step in ("home", "imagery"):
        return None
    if workspace.project.aoi is None:
        return Missing("No area is chosen yet.", "imagery")
    before, words = _NEEDS.get(step, ("", ""))
    if not before:
        return None
    found = workspace.find(before)
    if found is None:
        return Missing(words, before)
    if found.stale and workspace.find(step) is None:
        return Missing(f"{changed_words(found)} Do this step again first.", before)
    return None


def is_simulated(workspace: Workspace) -> bool:
    """Whether the project's imagery comes from the simulated planet."""
    return imagery.plan_is_simulated(workspace.connection, workspace.project.imagery)


def connection_badge(workspace: Workspace) -> str:
    """The connection's name for the top of the page."""
    return workspace.connection.label


def new_workspace(
    connection: Connection | None = None, project: Project | None = None
) -> Workspace:
    """Open a new project and save it."""
    workspace = Workspace(store.new_id(), project or Project(), connection or connect_local())
    workspace.save()
    return workspace


def open_workspace(project_id: str, connection: Connection | None = None) -> Workspace:
    """Open a project that was saved, by the id in the page's address.

    Args:
        project_id: 32 hexadecimal digits.
        connection: What this session is signed in to; Local Earth where left out.

    Raises:
        ProjectError: There is no such project, or its file was damaged.
    """
    folder = store.project_folder(project_id)
    try:
        text = (folder / "project.json").read_text()
        facts = json.loads((folder / "workspace.json").read_text())
    except (OSError, ValueError):
        raise ProjectError(
            "The project of this address is not here.",
            hint="Start a new one, or open its file.",
            field="project",
        ) from None
    used = connection or connect_local()
    expects = "" if realm_of(used) == facts["realm"] else facts["label"]
    return Workspace(project_id, from_text(text), used, prepared=facts["prepared"], expects=expects)


def load_project(text: str | bytes) -> Project:
    """Read a project file; see `lib.workflow.document.from_text`."""
    return from_text(text)


def demo_project() -> Project:
    """The guided demo's project, on the simulated planet."""
    if not DEMO.exists():
        raise ProjectError("The demo is not part of this copy of Loam.", field="project")
    return from_text(DEMO.read_text())


def open_prepared() -> Workspace:
    """Open a copy of the finished walk that comes with Loam, marked as prepared."""
    if not (PREPARED / "project.json").exists():
        raise ProjectError("The prepared walk is not part of this copy of Loam.", field="project")
    project_id = store.new_id()
    store.copy_prepared(PREPARED, store.project_folder(project_id))
    project = from_text((PREPARED / "project.json").read_text())
    workspace = Workspace(project_id, project, connect_local(), prepared=True)
    workspace.save()
    return workspace


def connect_local() -> Connection:
    """Local Earth: the simulated planet and own rasters."""
    return connections.local()


def connect_earth_engine(project: str, key_text: str) -> Connection:
    """Sign in to Earth Engine with a pasted service-account key.

    Args:
        project: Google Cloud project; empty for the one that the key names.
        key_text: The key file's JSON text.

    Raises:
        SignInError: The key is none, or Google refuses it.
        AccessError: The project does not exist or may not be used.
    """
    key = connections.ServiceAccountKey.from_text(key_text)
    return _verified(connections.earth_engine(project.strip() or key.project_id, key))


def connect_with_secrets(secrets: Mapping[str, Any], *, from_loopback: bool) -> Connection:
    """Sign in with the key of `st.secrets`, which must say `share = true` to serve visitors.

    Raises:
        SignInError: There is none, or it is not shared with visitors from elsewhere.
    """
    table = secrets.get("earthengine")
    if not isinstance(table, Mapping):
        raise SignInError("The server's secrets hold no table “earthengine”.", field="key")
    if not (from_loopback or table.get("share") is True):
        raise SignInError("The server's key is not shared with visitors.", field="key")
    key = connections.ServiceAccountKey.from_mapping(table)
    return _verified(connections.earth_engine(str(table.get("project") or key.project_id), key))


def connect_with_machine_credentials(project: str, *, from_loopback: bool) -> Connection:
    """Sign in with what `earthengine authenticate` left on this machine.

    Raises:
        SignInError: There is nothing, or the visitor comes from another machine.
    """
    if not from_loopback:
        raise SignInError("Credentials of this machine serve visitors on this machine only.")
    return _verified(connections.earth_engine(project.strip(), connections.machine_credentials()))


def _verified(connection: Connection) -> Connection:
    connections.verify(connection)
    return connection


def kinds() -> tuple[str, ...]:
    """Names of all jobs that a project can have."""
    return KINDS
