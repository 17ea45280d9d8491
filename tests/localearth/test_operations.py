"""Operations: what they tell, how they stop, and that they outlive the process that ran them."""

import json

import ee
import pytest

from lib.localearth.access import Access
from lib.localearth.answers import Answer
from lib.localearth.errors import EarthError, NotFound
from lib.localearth.operations import Operations
from lib.localearth.pool import Pool
from lib.localearth.service import Service
from tests.localearth.batches import finished, outside
from tests.localearth.graphs import call, expression
from tests.localearth.test_exports import SCENE, place

ORDER = {"description": "walk", "requestId": "r1", "priority": {"value": 7}}


class Gate:
    """Performs nothing until it is let go."""

    def __init__(self, error=None):
        import threading

        self.open = threading.Event()
        self.begun = threading.Event()
        self.error = error
        self.done = []

    def batch(self):
        return self

    def perform(self, task, body=b""):
        self.begun.set()
        self.open.wait(20)
        self.done.append(task["name"])
        if self.error:
            raise EarthError(self.error)
        return Answer.json({"destinationUris": ["there"]})


def until_done(operations, operation):
    name = operation["name"].rsplit("/", 1)[-1]
    import time

    end = time.monotonic() + 20
    while not (operation := operations.get("p", name))["done"]:
        assert time.monotonic() < end
        time.sleep(0.01)
    return operation


def submit(operations, order=ORDER, project="p"):
    return operations.submit(project, "EXPORT_IMAGE", dict(order), Access())


def test_operation_when_submitted_waits_runs_and_succeeds(home):
    gate = Gate()
    operations = Operations(home, lambda: gate)

    first = submit(operations)
    gate.begun.wait(20)
    running = operations.get("p", first["name"].rsplit("/", 1)[-1])
    gate.open.set()
    last = until_done(operations, first)

    assert first["metadata"]["state"] in ("PENDING", "RUNNING")
    assert running["metadata"]["state"] == "RUNNING"
    assert (last["metadata"]["state"], last["metadata"]["progress"]) == ("SUCCEEDED", 1)
    assert last["metadata"]["destinationUris"] == ["there"]
    assert (last["metadata"]["priority"], last["metadata"]["attempt"]) == (7, 1)
    assert "response" in last


def test_operation_when_sent_twice_with_one_request_id_is_one(home):
    gate = Gate()
    gate.open.set()
    operations = Operations(home, lambda: gate)

    names = {submit(operations)["name"] for _ in range(3)}
    other = submit(operations, ORDER | {"requestId": "r2"})

    assert len(names) == 1
    assert other["name"] not in names
    until_done(operations, other)
    assert len(operations.list("p", {})["operations"]) == 2


def test_operation_when_cancelled_while_it_waits_never_runs(home):
    gate = Gate()
    operations = Operations(home, lambda: gate)
    submit(operations)
    gate.begun.wait(20)
    waiting = submit(operations, {"requestId": "second"})

    operations.cancel("p", waiting["name"].rsplit("/", 1)[-1])
    asked = operations.get("p", waiting["name"].rsplit("/", 1)[-1])
    gate.open.set()
    last = until_done(operations, waiting)

    assert asked["metadata"]["state"] == "CANCELLING"
    assert last["metadata"]["state"] == "CANCELLED"
    assert last["error"]["code"] == 1
    assert len(gate.done) == 1


def test_operation_of_a_dead_process_is_taken_on_by_the_next_who_looks(home):
    """The lock is freed when a process dies; here the operation was written without one."""
    gate = Gate()
    first = Operations(home, lambda: gate)
    name = submit(first)["name"].rsplit("/", 1)[-1]
    gate.begun.wait(20)
    for lock in first._locks.values():
        lock.release()
    second_gate = Gate()
    second_gate.open.set()

    second = Operations(home, lambda: second_gate)
    last = until_done(second, {"name": f"projects/p/operations/{name}"})

    assert last["metadata"]["state"] == "SUCCEEDED"
    assert last["metadata"]["attempt"] == 2
    assert second_gate.done == [name]
    gate.open.set()


def test_operation_of_another_project_is_not_found(home):
    gate = Gate()
    gate.open.set()
    operations = Operations(home, lambda: gate)
    name = submit(operations)["name"].rsplit("/", 1)[-1]

    with pytest.raises(NotFound, match="was not found"):
        operations.get("q", name)
    assert operations.list("q", {}) == {"operations": []}


@pytest.mark.parametrize("name", ["..", "x", "0" * 32, "0" * 31 + "/"])
def test_operation_of_an_odd_name_is_not_found(name, home):
    with pytest.raises(NotFound):
        Operations(home, Gate).get("p", name)


def test_export_when_cancelled_while_it_runs_stops_and_leaves_no_file(door, home):
    """Some 4,000 parts of 512 x 512 pixels: it cannot be done before the cancel arrives."""
    options = {"crs": "EPSG:3857", "scale": 10, "maxPixels": 1e10}
    region = ee.Geometry.Rectangle([0, 0, 3, 3])
    image = ee.Image.random(7).multiply(ee.Image.random(9))
    task = ee.batch.Export.image.toDrive(image, "large", region=region, **options)

    task.start()
    while task.status()["state"] == "READY":
        pass
    task.cancel()

    assert finished(task)["state"] == "CANCELLED"
    assert not outside(home, "drive").exists()


def test_tasks_when_listed_by_the_client_tell_their_states(door, scene):
    task = ee.batch.Export.image.toDrive(ee.Image(SCENE), "listed", **place())
    task.start()
    finished(task)

    (listed,) = ee.batch.Task.list()
    metadata = ee.data.getOperation(task.name)["metadata"]

    assert (listed.state, listed.config["description"]) == ("COMPLETED", "listed")
    assert metadata["createTime"] <= metadata["startTime"] <= metadata["endTime"]


def test_export_in_the_pool_runs_in_a_process_of_its_own(home):
    pool = Pool(home, size=1)
    service = Service(home, pool=pool)
    image = call(
        "Image.clipToBoundsAndScale",
        input=call("Image.constant", value=3),
        geometry=call("GeometryConstructors.Rectangle", coordinates=[0, 0, 1, 1], geodesic=False),
        scale=11132,
    )
    order = {
        "expression": expression(image),
        "fileExportOptions": {
            "fileFormat": "GEO_TIFF",
            "driveDestination": {"filenamePrefix": "three"},
        },
    }

    def ask(method, path, body=b""):
        return json.loads(service.handle(method, f"/v1/{path}", "", body, {}).body)

    started = ask("POST", "projects/p/image:export", json.dumps(order).encode())
    done = ask("POST", f"{started['name']}:wait", b'{"timeout": "60s"}')
    pool.close()

    assert done["metadata"]["state"] == "SUCCEEDED", done
    assert outside(home, "drive", "three.tif").is_file()
