"""What every job takes that brings something through a bucket to an asset."""

from lib.core.errors import DeploymentError
from lib.deploy.ingest import check_asset_name
from lib.deploy.storage import check_bucket_name
from lib.workflow.workspace import Workspace


def usual_bucket(workspace: Workspace) -> str:
    """Bucket that is offered first: the one of the project's endpoint, if it has one."""
    return workspace.project.deployment.endpoint.bucket


def submit(
    workspace: Workspace, kind: str, lacking: str, *, name: str, bucket: str, overwrite: bool
) -> str:
    """Start such a job; returns its id.

    Args:
        workspace: Whose job.
        kind: One of `store.KINDS`.
        lacking: Why it cannot be done, in a sentence; empty where it can.
        name: Last part of the asset's id.
        bucket: Bucket of the connection's project; "gs://" may stand in front.
        overwrite: Whether an asset of that name is replaced.

    Raises:
        PlanError: One of the names is impossible.
        DeploymentError: Something is lacking.
    """
    if lacking:
        raise DeploymentError(lacking)
    check_asset_name(name.strip())
    settings = {
        "name": name.strip(),
        "bucket": check_bucket_name(bucket),
        "overwrite": overwrite,
    }
    return workspace.submit(kind, settings)
