"""Earth Engine's tasks on Local Earth: start, list, progress, cancel, and errors in words."""

import time

import ee
import numpy as np
import pytest
import rasterio

from lib.core.errors import NotFoundError, PlanError, ServiceError
from lib.deploy.tasks import (
    Task,
    ToAsset,
    ToBucket,
    ToDrive,
    _task,
    cancel_task,
    list_tasks,
    start_export,
    task_of,
)
from lib.earthengine.access import with_connection
from lib.earthengine.graphs import to_expression
from lib.earthengine.pixels import fetch
from tests.deploy.conftest import GRID


@with_connection
def class_map(connection):
    """Stripes of four classes, masked in the north."""
    place = ee.Image.pixelLonLat()
    stripes = place.select("longitude").multiply(2000).floor().mod(4).abs()
    image = stripes.updateMask(place.select("latitude").lt(47.9945)).toByte().rename("class")
    return to_expression(image)


def ended(earth, task):
    until = time.monotonic() + 60
    while not (task := task_of(earth, task.id)).is_done:
        assert time.monotonic() < until, task
        time.sleep(0.02)
    return task


@pytest.mark.parametrize(
    ("destination", "parts"),
    [
        (ToDrive("maps", "classes"), ("drive", "maps", "classes.tif")),
        (ToBucket("gs://meadow", "a/classes"), ("gcs", "meadow", "a", "classes.tif")),
    ],
    ids=["Drive", "bucket"],
)
def test_export_to_files_writes_exactly_the_pixels_of_the_grid(earth, home, destination, parts):
    image = class_map(earth)
    expected, valid = fetch(earth, image, GRID, ["class"], dtype=np.uint8)

    started = start_export(earth, image, GRID, destination, description="my map / 2")
    done = ended(earth, started)

    assert (done.state, done.progress, done.error) == ("SUCCEEDED", 1, "")
    assert (done.description, done.kind) == ("my_map___2", "EXPORT_IMAGE")
    assert done.words.startswith("Done: file://")
    with rasterio.open(home.joinpath("earth", "outside", *parts)) as dataset:
        assert (dataset.height, dataset.width) == GRID.shape
        assert tuple(dataset.transform)[:6] == GRID.transform
        np.testing.assert_array_equal(dataset.read(1), np.where(valid, expected[..., 0], 0))


def test_export_to_an_asset_can_be_read_again(earth):
    image = class_map(earth)

    done = ended(earth, start_export(earth, image, GRID, ToAsset("map"), description="map"))

    assert done.state == "SUCCEEDED"
    again = _asset(earth, "projects/local/assets/map")
    for found, wanted in zip(
        fetch(earth, again, GRID, ["class"], dtype=np.uint8),
        fetch(earth, image, GRID, ["class"], dtype=np.uint8),
        strict=True,
    ):
        np.testing.assert_array_equal(found, wanted)


@with_connection
def _asset(connection, name):
    return to_expression(ee.Image(name))


def test_export_onto_an_asset_that_is_there_is_refused_unless_it_may_be_replaced(earth):
    image = class_map(earth)
    ended(earth, start_export(earth, image, GRID, ToAsset("map"), description="map"))

    with pytest.raises(ServiceError, match="Cannot overwrite asset"):
        start_export(earth, image, GRID, ToAsset("map"), description="map")
    again = ToAsset("projects/local/assets/map", overwrite=True)

    assert ended(earth, start_export(earth, image, GRID, again, description="m")).error == ""


def test_tasks_are_listed_the_latest_first_and_can_be_cancelled(earth):
    image = class_map(earth)
    first = ended(earth, start_export(earth, image, GRID, ToDrive("", "one"), description="one"))
    wide = GRID.pad(2000)
    second = start_export(earth, image, wide, ToDrive("", "two"), description="two")

    asked = cancel_task(earth, second.id)
    cancelled = ended(earth, second)
    listed = list_tasks(earth)

    assert asked.state in ("CANCELLING", "CANCELLED")
    assert (cancelled.state, cancelled.words, cancelled.error) == ("CANCELLED", "Cancelled.", "")
    assert [task.id for task in listed] == [second.id, first.id]
    assert cancel_task(earth, first.id).state == "SUCCEEDED"
    assert list_tasks(earth, most=1) == (listed[0],)


@pytest.mark.parametrize("task_id", ["0" * 32, "a/b"], ids=["unknown", "no id"])
def test_task_that_is_not_there_is_refused(earth, task_id):
    with pytest.raises(NotFoundError):
        task_of(earth, task_id)


@pytest.mark.parametrize(
    ("destination", "words"),
    [
        (ToAsset(" "), "The asset that the map becomes has no name"),
        (ToDrive("maps", ""), "has no name"),
        (ToBucket("", "x"), "No Cloud Storage bucket is given"),
    ],
)
def test_export_without_a_name_is_refused(earth, destination, words):
    with pytest.raises(PlanError, match=words):
        start_export(earth, class_map(earth), GRID, destination, description="x")


@pytest.mark.parametrize(
    ("message", "words"),
    [
        (
            "Export too large: specified 5 pixels (max: 4). (Error code: 3)",
            "Export too large: specified 5 pixels (max: 4). Choose a larger pixel size",
        ),
        (
            "User memory limit exceeded. (Error code: 8)",
            "Earth Engine ran out of memory for this computation. Choose fewer bands",
        ),
        (
            "loam@example.com does not have storage.objects.create access. (Error code: 7)",
            "Check the bucket's name, and that the account may write into it.",
        ),
        (
            "The user's Drive storage quota has been exceeded.",
            "Make room in Google Drive",
        ),
    ],
    ids=["size", "memory", "bucket", "drive"],
)
def test_failed_task_tells_why_and_what_to_do(message, words):
    metadata = {"state": "FAILED", "type": "EXPORT_IMAGE", "description": "map", "progress": 0.3}
    operation = {"name": "projects/p/operations/7", "done": True, "metadata": metadata}

    task = _task({**operation, "error": {"code": 3, "message": message}})

    assert words in task.error
    assert "Error code" not in task.error
    assert task.words == f"Failed: {task.error}"


def test_task_under_way_tells_its_share():
    metadata = {"state": "RUNNING", "progress": 0.25}

    task = _task({"name": "projects/p/operations/7", "metadata": metadata})

    assert isinstance(task, Task)
    assert (task.words, task.is_done) == ("Running, 25% done.", False)
