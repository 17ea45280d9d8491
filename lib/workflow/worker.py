"""The worker process: `python -m lib.workflow.worker`; does the long part of each step."""

import sys
from collections.abc import Callable, Mapping

from lib.core.errors import JobError
from lib.earthengine.connection import from_secret
from lib.jobs.context import JobContext
from lib.jobs.worker_loop import run_worker
from lib.workflow import store
from lib.workflow.document import from_text
from lib.workflow.project import connect_local
from lib.workflow.work import (
    bundle,
    crossval,
    deploy,
    endpoint,
    map_asset,
    quality,
    results,
    samples,
    search,
    train,
    trip,
)
from lib.workflow.work.order import Order, Work
from lib.workflow.workspace import realm_of


def main(argv: list[str]) -> int:
    """Serve jobs until there are none for a while."""
    works: Mapping[str, Work] = {
        "samples": samples.run,
        "label_quality": quality.run,
        "crossval": crossval.run,
        "search": search.run,
        "train": train.run,
        "other_split": train.run_other_split,
        "bundle": bundle.run,
        "deploy": deploy.run,
        "results": results.run,
        "teardown": endpoint.take_down,
        "map_asset": map_asset.run,
        "trip": trip.run,
    }
    return run_worker(
        {kind: _handler(kind, work) for kind, work in works.items()}, argv, warm_up=train.warm_up
    )


def _handler(kind: str, work: Work) -> Callable[[JobContext], None]:
    def handle(context: JobContext) -> None:
        work(order_of(kind, context), context)

    return handle


def order_of(kind: str, context: JobContext) -> Order:
    """What a job asks for: the project as it was when the job was started."""
    # A job that a restarted server found again has lost its secret; Local Earth needs none.
    connection = from_secret(context.secret) if context.secret else connect_local()
    project = from_text(context.spec["project"])
    if context.spec["realm"] != realm_of(connection):
        raise JobError("The job was started with another connection.", hint="Start it again.")
    root = store.project_folder(context.spec["workspace"])
    settings = context.spec.get("settings")
    return Order.make(kind, project=project, connection=connection, root=root, settings=settings)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
