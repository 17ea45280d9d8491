"""The round trip by TFRecord as a job: end to end against stand-ins, stopped, and gone on with."""

import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio

from lib.core.aoi import Aoi
from lib.core.errors import DeploymentError, NotFoundError, PlanError
from lib.core.formats import bytes_words
from lib.core.plan import LabelPlan
from lib.deploy import tasks as service
from lib.deploy.geotiff import NODATA
from lib.deploy.tfrecord.records import Patches
from lib.earthengine import imagery
from lib.earthengine.stack import stack_names
from lib.jobs.context import Cancelled
from lib.workflow import store, tasks, trip
from lib.workflow.project import Workspace
from lib.workflow.results import MAP_FILE
from lib.workflow.work import results
from lib.workflow.work import trip as work
from tests.deploy.tfrecord.coming_back import Ingesting, on_grid
from tests.workflow.told import Told
from tests.workflow.trained import order_of
from tests.workflow.walked import small_walk

ASSET = "projects/meadow-1/assets/wood"


class Died(Exception):
    """The process of the job is gone."""


class Dying(Told):
    """Somebody with whom the process dies once some words are told."""

    def __init__(self, at: str) -> None:
        super().__init__()
        self._at = at

    def report(self, stage, message="", fraction=0.0, eta_s=None):
        super().report(stage, message, fraction, eta_s)
        if self._at in self.rows[-1][0]:
            raise Died


@pytest.fixture
def ingesting(filed: Workspace) -> Ingesting:
    """Where the project's ingestions arrive."""
    door = Ingesting(filed.connection.door)
    filed.connection = replace(filed.connection, door=door)
    return door


def travel(workspace: Workspace, told: Told | None = None, **options) -> Told:
    told = told or Told()
    settings = {"name": "wood", "bucket": "meadow", "overwrite": False, **options}
    work.run(order_of(workspace, "trip", settings), told)
    return told


def exports(workspace: Workspace) -> list[service.Task]:
    """All exports that Earth Engine was asked for."""
    every = service.list_tasks(workspace.connection)
    return [task for task in every if task.kind == "EXPORT_IMAGE"]


def folder_of(workspace: Workspace) -> Path:
    return order_of(workspace, "trip", {"bucket": "meadow"}).folder


def grid_of(workspace: Workspace):
    project = workspace.project
    return imagery.training_grid(workspace.connection, project.imagery, project.aoi)


def came_back(workspace: Workspace, cloud, orders: list[dict]) -> np.ndarray:
    """The classes that were handed over, as the files in the bucket have them."""
    (tileset,) = orders[-1]["imageManifest"]["tilesets"]
    *files, mixer = (
        cloud.folder / uri.removeprefix("gs://") for uri in tileset["sources"][0]["uris"]
    )
    return on_grid(Patches(tuple(files), mixer), grid_of(workspace))


def test_trip_that_died_after_its_export_goes_on_without_another_and_brings_the_raster_map(
    cloud, filed, ingesting
):
    assert trip.missing(filed) == ""
    with pytest.raises(Died):
        travel(filed, Dying("Fetching"))
    assert ingesting.orders == []

    told = travel(filed)

    assert [task.state for task in exports(filed)] == ["SUCCEEDED"]
    assert {task.kind for task in tasks.listed(filed)} == {"EXPORT_IMAGE", "INGEST_IMAGE"}
    results.run(order_of(filed, "results"), Told())
    with rasterio.open(filed.find("results").folder / MAP_FILE) as file:
        expected = file.read(1)
    came = came_back(filed, cloud, ingesting.orders)
    np.testing.assert_array_equal(came, expected)
    assert len(np.unique(came[came != NODATA])) > 1
    (order,) = ingesting.orders
    assert order["imageManifest"]["name"] == ASSET
    assert order["imageManifest"]["properties"]["simulated"]
    assert not order["overwrite"]
    shares = [share for _, share in told.rows]
    assert shares == sorted(shares)
    stages = list(dict.fromkeys(words.split(":")[0] for words, _ in told.rows))
    assert stages == [
        "Preparing", "Exporting", "Fetching", "Classifying", "Uploading", "Handed over",
    ]  # fmt: skip
    left = {path.name for path in folder_of(filed).iterdir()}
    assert not left & {"patches", "classes", "trip.json"}
    (place,) = {name.rsplit("/", 2)[0] for name in cloud.objects() if "/classes/" in name}
    assert [name for name in cloud.objects() if name.startswith(f"{place}/patches")]
    said = trip.handed_over(filed)
    assert said.startswith("1 patch came back as classes")
    assert f"makes {ASSET} of them" in said
    assert f"gs://{place} may be deleted" in said


@pytest.mark.slow
def test_export_that_could_not_be_noted_is_found_again_by_its_name(filed, ingesting):
    with pytest.raises(Died):
        travel(filed, Dying("Fetching"))
    state = folder_of(filed) / "trip.json"
    store.write_json(state, json.loads(state.read_text()) | {"export": ""})

    travel(filed)

    assert len(exports(filed)) == 1


@pytest.mark.slow
def test_trip_that_died_before_it_was_noted_as_done_hands_over_once(filed, ingesting):
    with pytest.raises(Died):
        travel(filed, Dying("Handed over"))
    assert len(ingesting.orders) == 1
    # As it was between the note of the task and that of the result.
    told = json.loads((folder_of(filed) / "result.json").read_text())["summary"]
    name = told["place"].removeprefix("gs://meadow/")
    kept = {"name": name, "export": exports(filed)[0].id, "ingestion": told["task"], "patches": 1}
    store.write_json(folder_of(filed) / "trip.json", kept)
    (folder_of(filed) / "result.json").unlink()

    travel(filed)

    assert len(ingesting.orders) == 1
    assert filed.find("trip").summary["asset"] == ASSET


@pytest.mark.slow
def test_second_trip_exports_anew_into_a_folder_of_its_own(cloud, filed, ingesting):
    travel(filed)
    travel(filed, overwrite=True)

    assert len(exports(filed)) == 2
    assert len({name.split("/")[3] for name in cloud.objects()}) == 2


def waiting_behind(workspace: Workspace) -> service.Task:
    """A task that keeps Local Earth's queue, which does one after another, busy."""
    plan, grid = workspace.project.imagery, grid_of(workspace)
    large = replace(grid, shape=(6000, 6000))
    image = imagery.predictors(workspace.connection, plan, workspace.project.aoi)
    to = service.ToBucket("meadow", "before")
    return service.start_export(workspace.connection, image, large, to, description="before")


def settled(workspace: Workspace, task_id: str) -> service.Task:
    until = time.monotonic() + 60
    while not (task := service.task_of(workspace.connection, task_id)).is_done:
        assert time.monotonic() < until, task
        time.sleep(0.02)
    return task


def test_cancelled_trip_cancels_its_export_and_forgets_it(filed):
    before = waiting_behind(filed)

    with pytest.raises(Cancelled):
        travel(filed, Told(stops=lambda words: words == "Exporting: Waiting in the queue."))
    service.cancel_task(filed.connection, before.id)

    (own,) = [task for task in tasks.listed(filed) if task.id != before.id]
    assert settled(filed, own.id).state == "CANCELLED"
    assert not (folder_of(filed) / "trip.json").exists()
    assert trip.handed_over(filed) == ""


@pytest.mark.slow
def test_cancelling_while_patches_are_classified_keeps_them_for_another_name(filed, ingesting):
    with pytest.raises(Cancelled):
        travel(filed, Told(stops=lambda words: words.startswith("Classifying")))
    assert list((folder_of(filed) / "patches").glob("*.tfrecord.gz"))

    travel(filed, name="meadow")
    assert ingesting.orders[0]["imageManifest"]["name"] == "projects/meadow-1/assets/meadow"

    assert len(exports(filed)) == 1


@pytest.mark.slow
def test_export_that_fails_is_told_in_words_and_not_waited_for_again(cloud, filed, ingesting):
    before = waiting_behind(filed)

    def cancel_own(words: str) -> bool:
        """As a person who cancels it in the list of tasks."""
        if words == "Exporting: Waiting in the queue.":
            for task in tasks.listed(filed):
                tasks.cancel(filed, task.id)
            service.cancel_task(filed.connection, before.id)
        return False

    with pytest.raises(DeploymentError, match=r"were not exported\. Cancelled\.") as caught:
        travel(filed, Told(stops=cancel_own))

    assert "exported anew" in caught.value.hint
    assert not (folder_of(filed) / "trip.json").exists()


@pytest.mark.slow
def test_patches_that_were_deleted_are_exported_anew(cloud, filed, ingesting):
    with pytest.raises(Died):
        travel(filed, Dying("Fetching"))
    for name in cloud.objects():
        (cloud.folder / name).unlink()

    with pytest.raises(DeploymentError, match="holds no patches any more"):
        travel(filed)
    travel(filed)

    assert len(exports(filed)) == 2


@pytest.mark.slow
def test_bucket_that_is_not_there_and_name_that_is_taken_are_told_before_the_export(
    filed, ingesting
):
    with pytest.raises(NotFoundError, match="There is no bucket “wood”") as absent:
        travel(filed, bucket="wood")
    to = service.ToAsset(ASSET)
    image = imagery.predictors(filed.connection, filed.project.imagery, filed.project.aoi)
    grid = grid_of(filed)
    task = service.start_export(filed.connection, image, grid, to, description="first")
    assert settled(filed, task.id).state == "SUCCEEDED"
    with pytest.raises(PlanError, match="assets/wood” already") as taken:
        travel(filed)

    assert (absent.value.field, taken.value.field) == ("bucket", "name")
    assert [one.id for one in exports(filed)] == [task.id]


@pytest.mark.parametrize(
    ("options", "field", "words"),
    [
        ({"name": "a/b"}, "name", "“a/b” cannot name an asset"),
        ({"bucket": ""}, "bucket", "No Cloud Storage bucket is given"),
    ],
)
def test_impossible_names_are_told_before_a_job_starts(filed, options, field, words):
    with pytest.raises(PlanError, match=words) as caught:
        trip.start(filed, **{"name": "map", "bucket": "meadow", **options})

    assert caught.value.field == field
    assert trip.job(filed) is None


def test_local_earth_has_no_bucket():
    workspace = small_walk(kinds=("samples", "train"))

    assert "it needs a bucket of Cloud Storage" in trip.missing(workspace)
    with pytest.raises(DeploymentError, match="it needs a bucket"):
        trip.start(workspace, name="map", bucket="meadow")


def test_network_that_is_stale_or_area_that_is_missing_says_what_to_do(filed):
    aoi = filed.project.aoi
    filed.change(aoi=None)
    assert "no area to map" in trip.missing(filed)
    filed.change(aoi=Aoi.from_bounds(12.3, 47.8, 12.31, 47.81))
    assert trip.missing(filed).startswith("The area has changed since. Train the network first")
    filed.change(aoi=aoi)
    assert trip.missing(filed) == ""


def learnt_from_table(workspace: Workspace, *, simulated: bool, predictors: list[str]) -> None:
    """Let the network be one that learnt from a finished table."""
    former = {kind: workspace.find(kind) for kind in ("samples", "train")}
    workspace.change(labels=LabelPlan("table", "tables/mine", ""))
    for kind, found in former.items():
        made_of = store.dependencies(workspace.project, workspace.realm, kind)
        folder = store.result_folder(workspace.folder, kind, store.key_of(made_of))
        shutil.move(found.folder, folder)
        facts = {"simulated": simulated, "predictors": predictors} if kind == "samples" else {}
        store.finish(folder, made_of, {**found.summary, **facts})


def test_table_of_another_world_is_not_mapped(filed):
    learnt_from_table(filed, simulated=False, predictors=["B4"])

    assert "samples are of the Earth and the imagery is simulated" in trip.missing(filed)


def test_table_with_predictors_that_the_imagery_lacks_is_told_by_their_names(filed):
    learnt_from_table(filed, simulated=True, predictors=["B4", "soil", "age"])

    assert trip.missing(filed).startswith("The imagery lacks soil, age,")
    filed.change(aoi=None)
    assert "no area to map" in trip.missing(filed)


def test_words_tell_patches_and_bytes_of_all_predictors(filed):
    names = stack_names(filed.project.imagery)

    words = trip.words_on(filed)

    # The area and a pixel around it fit one patch; a band more says what was observed.
    assert words.startswith("1 patch of 256 x 256 pixels")
    assert bytes_words(256 * 256 * 4 * (len(names) + 1)) in words
    assert "paid by its size" in words
