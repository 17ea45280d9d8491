"""Bring the finished map of the route "raster" through a bucket to an asset."""

from lib.deploy.ingest import map_to_asset
from lib.workflow import endpoints, tasks
from lib.workflow.results import MAP_FILE
from lib.workflow.work.order import Order, Progress


def run(order: Order, progress: Progress) -> None:
    """Upload the map that the results hold, and start the task that makes an asset of it.

    Raises:
        PlanError: The name or the bucket's cannot be one.
        ServiceError: The bucket or Earth Engine refuses, in a sentence with what to do.
    """
    path = order.before("results") / MAP_FILE
    progress.stop_if_cancelled()
    progress.report("To the bucket", "Asking for it", 0.0)

    def on_progress(share: float, words: str) -> None:
        progress.stop_if_cancelled()
        progress.report("To the bucket", words, 0.95 * share)

    made = map_to_asset(
        order.connection,
        path,
        name=order.settings["name"],
        bucket=order.settings["bucket"],
        storage_api=endpoints.storage_api(),
        overwrite=order.settings["overwrite"],
        on_progress=on_progress,
    )
    if made.task is not None:
        tasks.keep(order.root, order.realm, made.task.id)
    progress.report("Handed over", f"{made.uri} becomes {made.asset}", 1.0)
