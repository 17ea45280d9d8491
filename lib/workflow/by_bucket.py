"""What every job takes that brings something through a bucket to an asset."""

from typing import Any

from lib.deploy.ingest import check_asset_name
from lib.deploy.storage import check_bucket_name
from lib.workflow.workspace import Workspace


def usual_bucket(workspace: Workspace) -> str:
    """Bucket that is offered first: the one of the project's endpoint, if it has one."""
    return workspace.project.deployment.endpoint.bucket


def settings_of(*, name: str, bucket: str, overwrite: bool) -> dict[str, Any]:
    """The settings of such a job, as they are kept.

    Args:
        name: Last part of the asset's id.
        bucket: Bucket of the connection's project; "gs://" may stand in front.
        overwrite: Whether an asset of that name is replaced.

    Raises:
        PlanError: One of the names is impossible.
    """
    check_asset_name(name.strip())
    return {
        "name": name.strip(),
        "bucket": check_bucket_name(bucket),
        "overwrite": overwrite,
    }
