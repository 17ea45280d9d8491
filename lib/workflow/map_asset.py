"""The finished map of the route "raster" as an asset: there already, or brought by a bucket."""

from lib.core.errors import ServiceError
from lib.core.formats import bytes_words
from lib.deploy.ingest import check_way
from lib.workflow import by_bucket, tasks
from lib.workflow.results import MAP_FILE
from lib.workflow.store import Found
from lib.workflow.workspace import StepJobs, Workspace

KIND = "map_asset"
_JOBS = StepJobs(KIND)
job, cancel = _JOBS.job, _JOBS.cancel


def asset_of(workspace: Workspace) -> str:
    """Id of the asset that the finished map is already; empty where it is none."""
    found = _finished(workspace)
    return str(found.summary.get("asset", "")) if found else ""


def missing(workspace: Workspace) -> str:
    """What is missing before the map can be uploaded, in a sentence; empty where nothing is."""
    if not tasks.is_file(workspace):
        return "Only a map that was made as a file is uploaded: choose “Map as a file”."
    try:
        check_way(workspace.connection)
    except ServiceError as error:
        return str(error)
    if _finished(workspace) is not None:
        return ""
    former = workspace.find("results")
    changed = f"{former.changed_words} " if former else ""
    return (
        f"{changed}Put the network on the map first, on the page Results: the file that is made "
        "there becomes the asset."
    )


def words_on(workspace: Workspace) -> str:
    """What the upload does, and how much goes up."""
    found = _finished(workspace)
    size = bytes_words((found.folder / MAP_FILE).stat().st_size) if found else "The map"
    return (
        f"{size} to loam/maps in the bucket, which is paid by its size; a task of Earth Engine "
        "makes an asset of it. The file stays in the bucket."
    )


def start(workspace: Workspace, *, name: str, bucket: str, overwrite: bool = False) -> str:
    """Start the upload; returns the id of the job.

    Args:
        workspace: Whose map.
        name: Last part of the asset's id.
        bucket: Bucket of the connection's project; "gs://" may stand in front.
        overwrite: Whether an asset of that name is replaced.

    Raises:
        PlanError: One of the names is impossible.
        DeploymentError: There is no finished map, or it cannot be uploaded.
    """
    return by_bucket.submit(
        workspace, KIND, missing(workspace), name=name, bucket=bucket, overwrite=overwrite
    )


def _finished(workspace: Workspace) -> Found | None:
    found = workspace.find("results")
    return found if found is not None and not found.stale else None
