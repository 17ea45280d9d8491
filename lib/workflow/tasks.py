"""Earth Engine's tasks: exports of the class map that go on by themselves, and how they fare."""

import fcntl
import json
import re
from dataclasses import dataclass
from pathlib import Path

from lib.core.aoi import Aoi
from lib.core.errors import DeploymentError, PlanError
from lib.core.expression import Expression
from lib.core.formats import number
from lib.core.legend import Legend
from lib.deploy import tasks
from lib.deploy.classmap import class_values
from lib.deploy.tasks import Destination, Task, ToAsset, ToBucket, ToDrive
from lib.earthengine import imagery
from lib.earthengine.assets import make_folder
from lib.workflow import store, uploads
from lib.workflow.area import check_aoi
from lib.workflow.store import Found
from lib.workflow.workspace import Workspace

__all__ = ["Task"]

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_FILE = "tasks.json"
_MOST = 100


@dataclass(frozen=True)
class Place:
    """A place that a map can be exported to.

    Attributes:
        name: "asset", "drive" or "bucket".
        title: What a page calls it.
        words: What becomes of the map there.
        needs: Capability that a connection must have; empty for none.
        lacking: Why it is none where the connection has not.
    """

    name: str
    title: str
    words: str
    needs: str = ""
    lacking: str = ""


PLACES = (
    Place("asset", "Asset", "An image of your project, to use in other computations."),
    Place(
        "drive",
        "Google Drive",
        "A GeoTIFF in the Drive of the account that is signed in. That of a service account is "
        "seen by nobody: with a key, choose a bucket or an asset.",
        "drive",
        "it belongs to a Google account, which this connection has none of.",
    ),
    Place(
        "bucket",
        "Cloud Storage",
        "A cloud-optimised GeoTIFF in a bucket of your project, which is paid by its size.",
        "buckets",
        "it needs a Google Cloud project, which this connection has none of.",
    ),
)


def places(workspace: Workspace) -> tuple[Place, ...]:
    """Places that the connection can write to."""
    return tuple(place for place in PLACES if _can(workspace, place))


def refused_places(workspace: Workspace) -> tuple[str, ...]:
    """The others, each with the reason."""
    return tuple(
        f"{place.title}: {place.lacking}" for place in PLACES if not _can(workspace, place)
    )


def missing(workspace: Workspace) -> str:
    """What is missing before a map can be exported, in a sentence; empty where nothing is."""
    found = workspace.find("deploy")
    if found is None or found.stale:
        changed = f"{found.changed_words} " if found else ""
        return f"{changed}Deploy the network first: the task computes its deployed form."
    if not _classes(found).exists():
        return (
            "The route “Map as a file” makes no image in Earth Engine that a task could export: "
            "its finished file becomes an asset instead."
        )
    return ""


def is_file(workspace: Workspace) -> bool:
    """Whether the map is made as a file, so that no task of Earth Engine computes it."""
    found = workspace.find("deploy")
    return found is not None and not found.stale and not _classes(found).exists()


def words_on(workspace: Workspace) -> str:
    """What an export does, and how large it is."""
    aoi = aoi_of(workspace)
    pixels = number(check_aoi(workspace, aoi).pixels)
    return (
        f"{pixels} pixels with the legend's values, computed in the service's queue. It goes on "
        "when this page is closed."
    )


def aoi_of(workspace: Workspace) -> Aoi:
    """The area that is mapped.

    Raises:
        DeploymentError: There is none.
    """
    aoi = workspace.project.aoi
    if aoi is None:
        raise DeploymentError("There is no area to map.", hint="Choose one.", field="aoi")
    return aoi


def usual_name(workspace: Workspace) -> str:
    """What a map is called where nobody says otherwise."""
    simulated = imagery.plan_is_simulated(workspace.connection, workspace.project.imagery)
    return f"{workspace.file_stem[:60]}-classes{'-simulated' if simulated else ''}"


def where(workspace: Workspace, name: str) -> str:
    """Id of the asset that a map of a name becomes.

    Raises:
        PlanError: It cannot be an asset's name.
    """
    name = name.strip()
    if not workspace.connection.can.file_import and "/" in name:
        return name
    if not _PLAIN.fullmatch(name):
        raise PlanError(
            f"“{name}” cannot name the map." if name else "The map has no name.",
            hint="Use up to 100 letters, digits, hyphens and underscores.",
            field="task-name",
        )
    # On Local Earth assets are everybody's, but for those in a project's own folder.
    folder = f"{uploads.folder_of(workspace)}/" if workspace.connection.can.file_import else ""
    return f"projects/{workspace.connection.project}/assets/{folder}{name}"


def start(
    workspace: Workspace,
    place: str,
    *,
    name: str,
    folder: str = "",
    bucket: str = "",
    overwrite: bool = False,
) -> Task:
    """Start an export of the class map.

    Args:
        workspace: Whose map.
        place: Name of one of `places`.
        name: What asset or file is called.
        folder: Of Google Drive; empty for its root.
        bucket: Of Cloud Storage.
        overwrite: Whether an asset of that name is replaced.

    Raises:
        PlanError: A name is impossible.
        DeploymentError: There is no map to export.
        ServiceError: The service refuses it.
    """
    lacking = missing(workspace)
    if lacking:
        raise DeploymentError(lacking)
    if place not in [item.name for item in places(workspace)]:
        raise PlanError("The connection cannot export to this place.", field="task-place")
    to = _destination(workspace, place, name, folder, bucket, overwrite=overwrite)
    deployment, samples, aoi = (
        workspace.find("deploy"),
        workspace.find("samples"),
        aoi_of(workspace),
    )
    if deployment is None or samples is None:
        raise DeploymentError(
            "The samples that the network was deployed for are gone.", hint="Draw them again."
        )
    legend = Legend.from_json(samples.summary["legend"])
    classes = Expression.from_json(_classes(deployment).read_text())
    task = tasks.start_export(
        workspace.connection,
        class_values(workspace.connection, classes, legend, aoi),
        imagery.training_grid(workspace.connection, workspace.project.imagery, aoi),
        to,
        description=f"{workspace.project.name} {name}",
    )
    keep(workspace.folder, workspace.realm, task.id)
    return task


def listed(workspace: Workspace) -> tuple[Task, ...]:
    """The project's exports over its connection, the latest first.

    Raises:
        ServiceError: The service does not tell.
    """
    own = set(_kept(workspace.folder).get(workspace.realm, ()))
    if not own:
        return ()
    every = tasks.list_tasks(workspace.connection, most=_MOST)
    return tuple(task for task in every if task.id in own)


def keep(root: Path, realm: str, task_id: str) -> None:
    """Note that a task belongs to a project; pages and workers may do so at once.

    Args:
        root: The project's folder.
        realm: Of the connection that started it.
        task_id: Names it.
    """
    with (root / f".{_FILE}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = _kept(root)
        mine = [task_id, *kept.get(realm, [])][:_MOST]
        store.write_json(root / _FILE, {**kept, realm: mine})


def cancel(workspace: Workspace, task_id: str) -> None:
    """Ask a task to stop.

    Raises:
        NotFoundError: There is none of that id.
    """
    tasks.cancel_task(workspace.connection, task_id)


def _destination(
    workspace: Workspace, place: str, name: str, folder: str, bucket: str, *, overwrite: bool
) -> Destination:
    if place == "asset" and workspace.connection.can.file_import:
        make_folder(workspace.connection, uploads.folder_of(workspace))
    if place == "drive":
        return ToDrive(folder, name)
    if place == "bucket":
        return ToBucket(bucket, name)
    return ToAsset(where(workspace, name), overwrite=overwrite)


def _can(workspace: Workspace, place: Place) -> bool:
    return not place.needs or bool(getattr(workspace.connection.can, place.needs))


def _classes(deployment: Found) -> Path:
    return deployment.folder / "classes.json"


def _kept(root: Path) -> dict[str, list[str]]:
    """Ids of the tasks that were started in a project, by the connection's realm."""
    try:
        kept: dict[str, list[str]] = json.loads((root / _FILE).read_text())
    except (OSError, ValueError):
        return {}
    return kept
