"""The round trip by TFRecord: out of Earth Engine as patches, back to it as classes.

Files here are deleted once the classes are in the bucket. What is in the bucket stays there, below
`loam/trips`: Earth Engine reads the classes later than this ends, and the patches may serve again.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from lib.core.errors import DeploymentError, NotFoundError
from lib.deploy.cloud import Cloud
from lib.deploy.ingest import open_way
from lib.deploy.raster.engine import open_engine
from lib.deploy.storage import Bucket
from lib.deploy.tasks import Task, asset_id, cancel_task, list_tasks, task_of
from lib.deploy.tfrecord.classify import classify_patches
from lib.deploy.tfrecord.mixer import Mixer
from lib.deploy.tfrecord.records import Patches
from lib.deploy.tfrecord.trip import (
    description_of,
    fetch_patches,
    start_patches,
    upload_patches,
)
from lib.deploy.waiting import Pace, until_done
from lib.earthengine import imagery
from lib.workflow import endpoints, store, tasks
from lib.workflow.work.deploy import compare_engine, samples_to_map
from lib.workflow.work.order import Order, Progress
from lib.workflow.work.samples import require_aoi

FOLDER = "loam/trips"
"""Where in a bucket patches and classes go, each trip to a folder of its own."""

PACE = Pace(first_wait_s=0.25, longest_wait_s=30.0)
"""How often Earth Engine is asked how the export fares, which takes minutes to days."""

_STATE = "trip.json"
_PATCHES, _CLASSES = "patches", "classes"
_PREPARED, _EXPORTED, _FETCHED, _CLASSIFIED, _UPLOADED = 0.05, 0.5, 0.6, 0.9, 0.98
_NEW_ONE = "Start again: the patches are exported anew."


def run(order: Order, progress: Progress) -> None:
    """Export patches, classify them here, and start the task that makes an asset of the classes.

    A trip that failed, was stopped or lost its process goes on where it was: neither is exported
    twice, nor is a file fetched or classified again. One whose export was cancelled begins anew.

    Raises:
        PlanError: The asset's name is taken.
        DeploymentError: The export failed, the network answers here otherwise than Keras, patches
            are missing, or the disk is full.
        ServiceError: The bucket or Earth Engine refuses, in a sentence with what to do.
    """
    with order.making() as making:
        trip = _Trip(order, making.folder, progress)
        if not trip.kept.ingestion:
            trip.prepare()
            trip.export()
            trip.upload(trip.classify(trip.fetch()))
        making.summary = {
            "asset": trip.asset,
            "place": f"gs://{trip.bucket.name}/{trip.kept.name}",
            "task": trip.kept.ingestion,
            "patches": trip.kept.patches,
        }
    trip.forget()
    words = f"{making.summary['place']}/{_CLASSES} becomes {trip.asset}"
    progress.report("Handed over", words, 1.0)


@dataclass(frozen=True)
class _Kept:
    """How far a trip has come, as a later job goes on with it.

    Attributes:
        name: How its objects' names begin; kept before the export is asked for.
        export: Id of the task that exports.
        ingestion: Id of the task that makes the asset.
        patches: How many were classified.
    """

    name: str = ""
    export: str = ""
    ingestion: str = ""
    patches: int = 0


class _Trip:
    """One trip on its way.

    Attributes:
        asset: Id of the image that the classes become.
        bucket: Through which everything goes.
        kept: How far it has come.
    """

    def __init__(self, order: Order, folder: Path, progress: Progress) -> None:
        storage_api = endpoints.storage_api()
        cloud = Cloud.of(order.connection, storage_api)
        self.asset = asset_id(order.connection, order.settings["name"])
        self.bucket = Bucket(cloud, order.settings["bucket"], storage_api)
        self.kept = _read(folder / _STATE)
        self._order, self._folder, self._progress = order, folder, progress
        self._network, self._samples = order.before("train"), samples_to_map(order)
        self._grid = imagery.training_grid(
            order.connection, order.project.imagery, require_aoi(order)
        )

    def prepare(self) -> None:
        """Ask for bucket and name, and prove the network's form, before anything is exported."""
        self._progress.report("Preparing", "Asking for bucket and asset", 0.0)
        open_way(
            self._order.connection,
            self.asset,
            bucket=self.bucket.name,
            storage_api=self.bucket.api,
            overwrite=self._order.settings["overwrite"],
        )
        self._progress.stop_if_cancelled()
        if not self.kept.name:
            self._progress.report("Preparing", "Comparing the network with Keras", 0.01)
            engine = open_engine(self._network, self._folder)
            compare_engine(self._order, engine, self._samples)
            self._progress.stop_if_cancelled()

    def export(self) -> None:
        """Wait until the patches are in the bucket; their export is started unless it goes on."""
        self._progress.report("Exporting", "Handing the export to the queue", _PREPARED)
        try:
            task = self._wait(self._exporting())
        except NotFoundError:
            self.forget()
            raise DeploymentError(
                "Earth Engine knows nothing of the export any more.", hint=_NEW_ONE
            ) from None
        if task.state != "SUCCEEDED":
            self.forget()
            raise DeploymentError(f"The patches were not exported. {task.words}", hint=_NEW_ONE)

    def fetch(self) -> Patches:
        """Bring the patches here."""
        prefix, folder = f"{self.kept.name}/{_PATCHES}", self._folder / _PATCHES
        on_progress = self._telling("Fetching", _EXPORTED, _FETCHED)
        try:
            return fetch_patches(self.bucket, prefix, folder, on_progress=on_progress)
        except DeploymentError:
            if self.bucket.names(prefix):
                raise
            self.forget()
            raise DeploymentError(
                f"gs://{self.bucket.name}/{self.kept.name} holds no patches any more.",
                hint=_NEW_ONE,
            ) from None

    def classify(self, patches: Patches) -> Patches:
        """Classify them."""
        tell = self._telling("Classifying", _FETCHED, _CLASSIFIED)
        return classify_patches(
            self._network,
            patches,
            self._folder / _CLASSES,
            legend=self._samples.legend,
            grid=self._grid,
            keep=self._folder,
            aoi=require_aoi(self._order),
            on_progress=lambda share, words, _: tell(share, words),
        )

    def upload(self, classes: Patches) -> None:
        """Send the classes to the bucket and start the task that reads them there."""
        task = upload_patches(
            self._order.connection,
            classes,
            self.bucket,
            asset=self.asset,
            folder=f"{self.kept.name}/{_CLASSES}",
            overwrite=self._order.settings["overwrite"],
            on_progress=self._telling("Uploading", _CLASSIFIED, _UPLOADED),
        )
        tasks.keep(self._order.root, self._order.realm, task.id)
        total = Mixer.read(classes.mixer).total
        self._keep(replace(self.kept, ingestion=task.id, patches=total))

    def forget(self) -> None:
        """Let the next trip begin anew: nothing of this one is left here but its result."""
        (self._folder / _STATE).unlink(missing_ok=True)
        for name in (_PATCHES, _CLASSES):
            shutil.rmtree(self._folder / name, ignore_errors=True)

    def _exporting(self) -> Task:
        """The export that is under way or done, or else a new one."""
        connection = self._order.connection
        if self.kept.export:
            return task_of(connection, self.kept.export)
        found = None
        if self.kept.name:
            found = self._unnoted()
        else:
            self._keep(_Kept(name=f"{FOLDER}/{store.new_id()[:12]}"))
        task = found or self._start()
        tasks.keep(self._order.root, self._order.realm, task.id)
        self._keep(replace(self.kept, export=task.id))
        return task

    def _unnoted(self) -> Task | None:
        """An export that was started by a job which ended before it could note its id."""
        wanted = description_of(f"{self.kept.name}/{_PATCHES}")
        every = list_tasks(self._order.connection)
        return next((task for task in every if task.description == wanted), None)

    def _start(self) -> Task:
        order = self._order
        plan, aoi = order.project.imagery, require_aoi(order)
        return start_patches(
            order.connection,
            imagery.predictors(order.connection, plan, aoi),
            self._network,
            self._grid,
            bucket=self.bucket.name,
            name=f"{self.kept.name}/{_PATCHES}",
            keep=self._folder,
        )

    def _wait(self, task: Task) -> Task:
        def tell(now: Task, _: float) -> None:
            done = _PREPARED + (_EXPORTED - _PREPARED) * now.progress
            self._progress.report("Exporting", now.words, done)

        return until_done(
            task,
            lambda: task_of(self._order.connection, task.id),
            is_done=lambda now: now.is_done,
            pace=PACE,
            stop_if_asked=lambda: self._stop_export(task),
            on_wait=tell,
        )

    def _stop_export(self, task: Task) -> None:
        """Cancel the export where a person cancels the trip."""
        if self._progress.cancelled():
            cancel_task(self._order.connection, task.id)
            self.forget()
            self._progress.stop_if_cancelled()

    def _telling(self, stage: str, first: float, last: float) -> Callable[[float, str], None]:
        """Somebody who tells the share of a part of the trip, and heeds a wish to stop."""

        def tell(share: float, words: str) -> None:
            self._progress.stop_if_cancelled()
            self._progress.report(stage, words, first + (last - first) * share)

        return tell

    def _keep(self, kept: _Kept) -> None:
        self.kept = kept
        store.write_json(self._folder / _STATE, asdict(kept))


def _read(path: Path) -> _Kept:
    try:
        return _Kept(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return _Kept()
