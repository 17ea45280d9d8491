"""A process of the pool stays under its limit of memory, whatever a request asks for."""

import json
import threading
import time

import pytest

from lib.localearth.errors import EarthError
from lib.localearth.pool import MOST_RESIDENT_BYTES, Pool
from lib.localearth.service import Service
from tests.localearth.graphs import call, expression
from tests.localearth.peaks import GRID, reduction, square

MB = 2**20


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The folder of state of all these tests."""
    return tmp_path_factory.mktemp("earth")


@pytest.fixture(scope="module")
def pool(home):
    """One process that has answered before, so that all of its libraries are loaded."""
    made = Pool(home, size=1)
    graph = sampled(classes(), "Image.stratifiedSample", 4, numPoints=1)
    made.perform({"do": "value"}, json.dumps({"expression": expression(graph)}).encode())
    yield made
    made.close()


class Watch:
    """The greatest resident memory of this process's children while something is done."""

    def __init__(self, pool):
        import psutil

        (self._child,) = [
            child
            for child in psutil.Process().children()
            if "lib.localearth.pool_worker" in child.cmdline()
        ]
        self._pool = pool
        self.start = self._child.memory_info().rss
        self.peak = 0

    def ask(self, task, graph):
        import psutil

        done = threading.Event()

        def look():
            while not done.is_set():
                try:
                    self.peak = max(self.peak, self._child.memory_info().rss)
                except psutil.NoSuchProcess:
                    return
                time.sleep(0.002)

        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        body = json.dumps({"expression": expression(graph)}).encode()
        try:
            return self._pool.perform(task, body)
        finally:
            done.set()
            thread.join()


def stack(radius):
    """The numbers around each pixel, 2 (2 radius + 1)^2 of them."""
    kernel = call("Kernel.square", radius=radius)
    return call("Image.neighborhoodToArray", image=call("Image.pixelLonLat"), kernel=kernel)


def summed(radius):
    lengths = call("Image.arrayLength", input=stack(radius), axis=0)
    return call("Image.select", input=lengths, bandSelectors=[0])


def classes():
    """Four classes of a degree each."""
    whole = call("Image.toInt", value=call("Image.pixelLonLat"))
    return call("Image.mod", image1=whole, image2=call("Image.constant", value=4))


def sampled(image, function, side, **more):
    features = call(function, image=image, region=square(side), projection=GRID, **more)
    return call("Collection.size", collection=features)


BOUNDED = {
    "every class of 16 million pixels": (
        sampled(classes(), "Image.stratifiedSample", 4000, numPoints=100), 250,
    ),
    "100 of 16 million pixels": (
        sampled(call("Image.pixelLonLat"), "Image.sample", 4000, numPixels=100), 250,
    ),
    "samples of 81 x 81 pixels each": (
        sampled(stack(40), "Image.sample", 300, numPixels=50), 850,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BOUNDED)
def test_process_when_much_is_read_for_few_numbers_stays_small(pool, name):
    graph, most_mb = BOUNDED[name]
    watch = Watch(pool)

    answer = watch.ask({"do": "value"}, graph)

    assert json.loads(answer.body)["result"] > 0
    assert watch.peak - watch.start < most_mb * MB
    assert watch.peak < MOST_RESIDENT_BYTES


def test_tile_when_whole_would_not_fit_is_drawn_in_parts(home, pool):
    """256 x 256 pixels with 81 x 81 neighbours in two bands of 8 bytes are 6.4 GB."""
    service = Service(home, pool=pool)
    body = json.dumps({"expression": expression(summed(40)), "fileFormat": "PNG"}).encode()
    made = service.handle("POST", "/v1/projects/local/maps", "", body, {})
    name = json.loads(made.body)["name"]
    watch = Watch(pool)

    answer = watch.ask({"do": "tile", "name": name.split("/")[-1], "zoom": 9, "x": 270, "y": 180},
                       call("Image.constant", value=0))  # fmt: skip

    assert answer.body.startswith((b"\x89PNG", b"\xff\xd8"))
    assert watch.peak < MOST_RESIDENT_BYTES


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (reduction(20_000, "mean"), r"exceeded\. A reduction of 400000000 pixels in 2 bands would"),
        (
            sampled(call("Image.pixelLonLat"), "Image.sample", 3000),
            r"exceeded\. A sample of 9000000 features",
        ),
        (
            sampled(classes(), "Image.stratifiedSample", 100, numPoints=5_000_000),
            r"exceeded\. A sample of 5000000 features",
        ),
    ],
)
def test_request_that_will_not_fit_is_refused_before_it_starts(pool, graph, message):
    watch = Watch(pool)

    with pytest.raises(EarthError, match="User memory limit " + message):
        watch.ask({"do": "value"}, graph)

    assert watch.peak - watch.start < 100 * MB


def test_value_when_arrays_hold_too_many_numbers_is_too_large(pool):
    line = call("Array.repeat", array=call("Array", values=[1.5]), axis=0, copies=6_000_000)

    with pytest.raises(EarthError, match=r"^Computed value is too large\."):
        Watch(pool).ask({"do": "value"}, line)


def test_process_when_an_estimate_fails_ends_and_the_next_request_is_answered(pool):
    """40 arrays of 40 MB: nothing tells beforehand that all of them will be held at once."""
    line = {"arrayValue": {"values": [{"argumentReference": "n"}] + [{"constantValue": 0.5}] * 999}}
    repeat = call("Array.repeat", array=call("Array", values=line), axis=0, copies=5000)
    values = {
        "0": {"functionInvocationValue": {"functionName": "List.map", "arguments": {
            "list": {"constantValue": [number + 0.5 for number in range(40)]},
            "baseAlgorithm": {"functionDefinitionValue": {"argumentNames": ["n"], "body": "1"}},
        }}},
        "1": repeat,
    }  # fmt: skip
    body = json.dumps({"expression": {"result": "0", "values": values}}).encode()

    with pytest.raises(EarthError, match=r"^User memory limit exceeded\.$"):
        pool.perform({"do": "value"}, body)

    seven = json.dumps({"expression": expression(call("Number.abs", input=-7))}).encode()
    assert json.loads(pool.perform({"do": "value"}, seven).body) == {"result": 7}


def test_export_when_a_block_would_not_fit_is_written_in_smaller_ones(home, pool):
    """512 x 512 pixels with 81 x 81 neighbours in two bands are 26 GB."""
    service = Service(home, pool=pool)
    placed = call("Image.setDefaultProjection", image=summed(40), crs=GRID)
    clipped = call("Image.clip", input=placed, geometry=square(150))
    order = {
        "expression": expression(clipped),
        "fileExportOptions": {
            "fileFormat": "GEO_TIFF",
            "driveDestination": {"filenamePrefix": "lengths"},
        },
    }
    made = service.handle(
        "POST", "/v1/projects/local/image:export", "", json.dumps(order).encode(), {}
    )
    assert made.status == 200, made.body
    name = json.loads(made.body)["name"]

    peak = 0
    for _ in range(3000):
        told = json.loads(service.handle("GET", f"/v1/{name}", "", b"", {}).body)
        peak = max(peak, resident())
        if told.get("done"):
            break
        threading.Event().wait(0.01)

    assert told["metadata"]["state"] == "SUCCEEDED", told
    assert peak < MOST_RESIDENT_BYTES


def resident():
    """The greatest resident memory of the processes of pools."""
    import psutil

    return max(
        child.memory_info().rss
        for child in psutil.Process().children()
        if "lib.localearth.pool_worker" in child.cmdline()
    )
