"""The round trip by TFRecord: patches out of Earth Engine, classes back to it, through a bucket."""

from lib.core.formats import bytes_words, count_words
from lib.deploy.tfrecord.trip import PATCH, patch_count
from lib.earthengine import imagery
from lib.earthengine.stack import predictor_names, stack_names
from lib.workflow import by_bucket, deploy, tasks
from lib.workflow.workspace import StepJobs, Workspace

KIND = "trip"
_JOBS = StepJobs(KIND)
job, cancel, resume = _JOBS.job, _JOBS.cancel, _JOBS.resume

_WAY = "tfrecord"
"""Its name in `lib.deploy.routes.OTHERS`."""
_NUMBER_BYTES = 4


def missing(workspace: Workspace) -> str:
    """Why there is no round trip now, in a sentence; empty where there may be one."""
    (offer,) = (offer for offer in deploy.ways(workspace) if offer.route.name == _WAY)
    if offer.reason:
        return offer.reason
    if workspace.project.aoi is None:
        return "There is no area to map: choose one on the page Imagery."
    found = workspace.find("train")
    if found is None or found.stale:
        changed = f"{found.changed_words} " if found else ""
        return f"{changed}Train the network first: its predictors are what is exported."
    return deploy.objection(workspace) or _foreign_predictors(workspace)


def words_on(workspace: Workspace) -> str:
    """What the trip does, how much goes to the bucket, and what that costs."""
    project = workspace.project
    grid = imagery.training_grid(workspace.connection, project.imagery, tasks.aoi_of(workspace))
    patches = patch_count(grid)
    # One band more than the predictors tells where they were observed.
    size = patches * PATCH**2 * (len(stack_names(project.imagery)) + 1) * _NUMBER_BYTES
    return (
        f"{count_words(patches, 'patch', 'patches')} of {PATCH} x {PATCH} pixels, some "
        f"{bytes_words(size)} before compression: by loam/trips in the bucket to this machine, "
        "and as classes back. The export waits in Earth Engine's queue, and so does the task that "
        "makes an asset of the classes. What is in the bucket stays there, paid by its size, until "
        "you delete it."
    )


def start(workspace: Workspace, *, name: str, bucket: str, overwrite: bool = False) -> str:
    """Start the trip, or go on with one that did not come to its end; returns the job's id.

    Args:
        workspace: Whose network.
        name: Last part of the asset's id.
        bucket: Bucket of the connection's project; "gs://" may stand in front.
        overwrite: Whether an asset of that name is replaced.

    Raises:
        PlanError: One of the names is impossible.
        DeploymentError: There is no trip for this network and connection.
    """
    return by_bucket.submit(
        workspace, KIND, missing(workspace), name=name, bucket=bucket, overwrite=overwrite
    )


def handed_over(workspace: Workspace) -> str:
    """What the last trip left, in a sentence or two; empty where none came to its end."""
    found = workspace.find(KIND)
    if found is None:
        return ""
    summary = found.summary
    changed = f" {found.changed_words}" if found.changed else ""
    return (
        f"{count_words(summary['patches'], 'patch', 'patches')} came back as classes. A task of "
        f"Earth Engine, in the list of those, makes {summary['asset']} of them. Once that is done, "
        f"{summary['place']} may be deleted.{changed}"
    )


def _foreign_predictors(workspace: Workspace) -> str:
    """Which predictors of a table the imagery does not have, in a sentence."""
    project, samples = workspace.project, workspace.find("samples")
    if project.labels.kind != "table" or samples is None:
        return ""
    known = predictor_names(project.imagery)
    foreign = [name for name in samples.summary.get("predictors", ()) if name not in known]
    if not foreign:
        return ""
    return (
        f"The imagery lacks {', '.join(foreign)}, which the network learnt from a table: choose "
        "imagery that has its predictors."
    )
