"""What every page asks of a project: open it, sign in, how far it is and what it misses."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lib.core.errors import ProjectError, SignInError
from lib.earthengine import connection as connections
from lib.earthengine import imagery
from lib.earthengine.connection import Connection
from lib.workflow import store, uploads
from lib.workflow.document import Project, from_text
from lib.workflow.store import STEPS
from lib.workflow.workspace import REPOSITORY, Workspace, realm_of

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

PREPARED = REPOSITORY / "examples" / "prepared"
DEMO = REPOSITORY / "examples" / "demo.json"


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
        return StepStatus(step, "stale", found.changed_words)
    return StepStatus(step, "done", "")


_NEEDS: dict[str, tuple[str, str]] = {
    "train": ("samples", "There are no samples to train on yet."),
    "deploy": ("train", "There is no trained network yet."),
    "results": ("deploy", "The network is not deployed yet."),
}


def missing_for(workspace: Workspace, step: str) -> Missing | None:
    """What a step needs before it can begin; None where it can."""
    if step in ("home", "imagery"):
        return None
    from_table = workspace.project.labels.kind == "table" and step in ("samples", "train")
    if workspace.project.aoi is None and not from_table:
        return Missing("No area is chosen yet.", "imagery")
    if workspace.connection.can.file_import and uploads.missing(workspace):
        return Missing("Files that this project was made with are not here yet.", "imagery")
    before, words = _NEEDS.get(step, ("", ""))
    if not before:
        return None
    found = workspace.find(before)
    if found is None:
        return Missing(words, before)
    if found.stale and workspace.find(step) is None:
        return Missing(f"{found.changed_words} Do this step again first.", before)
    return None


def is_simulated(workspace: Workspace) -> bool:
    """Whether the project's imagery, or its table alone, comes from the simulated planet."""
    if workspace.project.labels.kind == "table" and workspace.project.aoi is None:
        found = workspace.find("samples")
        return found is not None and bool(found.summary["simulated"])
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
