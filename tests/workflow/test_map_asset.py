"""Finished maps as assets: uploaded by the job, ingested, and found in the list of tasks."""

import io
import time

import numpy as np
import pytest

from lib.core.aoi import Aoi
from lib.core.errors import AccessError, DeploymentError, NotFoundError, PlanError
from lib.core.legend import Legend
from lib.earthengine import imagery, tiles
from lib.earthengine.connection import over_http
from lib.earthengine.pixels import fetch
from lib.jobs.context import Cancelled
from lib.workflow import map_asset, tasks
from lib.workflow.batch import Printed
from lib.workflow.project import Workspace
from lib.workflow.work import map_asset as work
from lib.workflow.work import results
from tests.workflow.filed import as_file, with_map
from tests.workflow.told import Told
from tests.workflow.trained import order_of
from tests.workflow.walked import small_walk

LIMIT_S = 60


def upload(workspace: Workspace, told: Told | None = None, **options) -> None:
    settings = {"name": "wood_map", "bucket": "meadow", "overwrite": False, **options}
    work.run(order_of(workspace, "map_asset", settings), told or Told())


def ended(workspace: Workspace) -> tasks.Task:
    """The project's latest task, once it is over."""
    until = time.monotonic() + LIMIT_S
    while not (task := tasks.listed(workspace)[0]).is_done:
        assert time.monotonic() < until, task
        time.sleep(0.02)
    return task


def test_uploaded_map_is_an_asset_with_its_pixels_and_its_task_is_in_the_list(cloud, filed):
    index = with_map(filed)
    told = Told()
    assert map_asset.missing(filed) == ""

    upload(filed, told)
    task = ended(filed)

    asset = "projects/meadow-1/assets/wood_map"
    assert (task.kind, task.state, task.places) == ("INGEST_IMAGE", "SUCCEEDED", (asset,))
    assert task.description == f'Ingest image: "{asset}"'
    assert cloud.objects() == ["meadow/loam/maps/wood_map.tif"]
    assert told.rows == [
        ("To the bucket: Asking for it", 0.0),
        ("To the bucket: Uploading classes.tif", 0.95),
        (f"Handed over: gs://meadow/loam/maps/wood_map.tif becomes {asset}", 1.0),
    ]
    connection, project = filed.connection, filed.project
    legend = Legend.from_json(filed.find("samples").summary["legend"])
    grid = imagery.training_grid(connection, project.imagery, project.aoi)
    again = tiles.stored_classes(connection, asset, legend)
    found, valid = fetch(connection, again, grid, ["class"], dtype=np.uint8)
    np.testing.assert_array_equal(valid, index >= 0)
    np.testing.assert_array_equal(found[valid][:, 0], index[valid])


def test_asset_of_that_name_is_replaced_only_where_that_is_allowed(cloud, filed):
    with_map(filed)
    upload(filed)
    assert ended(filed).state == "SUCCEEDED"

    before = len(cloud.seen)
    with pytest.raises(PlanError, match="assets/wood_map” already") as caught:
        upload(filed)
    assert caught.value.field == "name"
    assert not [method for method, path, *_ in cloud.seen[before:] if "upload" in path]
    upload(filed, overwrite=True)
    assert ended(filed).state == "SUCCEEDED"
    assert len(tasks.listed(filed)) == 2


def test_upload_that_is_cancelled_starts_no_task(cloud, filed):
    with_map(filed)

    with pytest.raises(Cancelled):
        upload(filed, Told(stops=lambda _: True))

    assert tasks.listed(filed) == ()


def test_bucket_that_is_not_there_or_refuses_is_told_beside_its_field(cloud, filed):
    with_map(filed)
    with pytest.raises(NotFoundError, match="There is no bucket “wood”") as absent:
        upload(filed, bucket="wood")
    denied = "loam@example.com does not have storage.objects.create access to the bucket."
    cloud.refuse["POST /upload/"] = (403, denied)
    with pytest.raises(AccessError, match="lacks the permission storage") as shut:
        upload(filed)

    assert (absent.value.field, shut.value.field) == ("bucket", "bucket")
    assert tasks.listed(filed) == ()
    assert cloud.objects() == []


@pytest.mark.parametrize(
    ("options", "field", "words"),
    [
        ({"name": "a/b"}, "name", "“a/b” cannot name an asset"),
        ({"name": " "}, "name", "The asset has no name"),
        ({"bucket": ""}, "bucket", "No Cloud Storage bucket is given"),
        ({"bucket": "gs://Wood"}, "bucket", "is no bucket's name"),
    ],
)
def test_impossible_names_are_told_before_a_job_starts(filed, options, field, words):
    with_map(filed)

    with pytest.raises(PlanError, match=words) as caught:
        map_asset.start(filed, **{"name": "map", "bucket": "meadow", **options})

    assert caught.value.field == field
    assert map_asset.job(filed) is None


def test_map_that_is_not_made_yet_or_not_for_this_area_says_what_to_do(filed):
    assert map_asset.missing(filed).startswith("Put the network on the map first")
    with pytest.raises(DeploymentError, match="Put the network on the map first"):
        map_asset.start(filed, name="map", bucket="meadow")

    with_map(filed)
    assert map_asset.missing(filed) == ""
    lon, lat = filed.project.aoi.centre
    filed.change(aoi=Aoi.from_bounds(lon, lat, lon + 0.004, lat + 0.004))
    assert "choose “Map as a file”" in map_asset.missing(filed)


def test_connection_without_buckets_says_that_it_has_none(earth_url):
    workspace = small_walk(over_http(earth_url))
    as_file(workspace)
    with_map(workspace)

    assert "takes no files and reaches no bucket" in map_asset.missing(workspace)


def test_map_on_local_earth_is_an_asset_as_soon_as_it_is_made():
    workspace = small_walk()
    as_file(workspace)
    assert map_asset.asset_of(workspace) == ""

    results.run(order_of(workspace, "results"), Printed(io.StringIO()))

    asset = map_asset.asset_of(workspace)
    assert asset == f"projects/local/assets/maps/{workspace.find('results').folder.name}"
    legend = Legend.from_json(workspace.find("samples").summary["legend"])
    grid = imagery.training_grid(
        workspace.connection, workspace.project.imagery, workspace.project.aoi
    )
    again = tiles.stored_classes(workspace.connection, asset, legend)
    _, valid = fetch(workspace.connection, again, grid, ["class"], dtype=np.uint8)
    assert valid.sum() == workspace.find("results").summary["pixels"]


def test_map_of_an_expression_is_exported_and_not_uploaded():
    workspace = small_walk()

    assert not tasks.is_file(workspace)
    assert "Only a map that was made as a file" in map_asset.missing(workspace)
