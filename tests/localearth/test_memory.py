"""What a request for pixels needs is told beforehand, and what does not fit is refused."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lib.localearth import memory, pixels
from lib.localearth.engine import Engine
from lib.localearth.errors import EarthError
from lib.localearth.raster.grid import Grid
from lib.localearth.registry import entries
from tests.localearth.graphs import call, expression
from tests.localearth.peaks import GRAPHS, VALUES, reduction
from tests.localearth.shapes import ColumnRow, column_row
from tests.localearth.test_pixels import request

ROOT = Path(__file__).parents[2]
DEGREES = Grid("EPSG:4326", (0.01, 0.0, 0.0, 0.0, -0.01, 0.0), 1000, 1000)


@pytest.mark.parametrize("name", [*GRAPHS, *VALUES])
def test_estimate_is_within_a_factor_of_two_of_the_measured_peak(name, home):
    command = [sys.executable, "-m", "tests.localearth.peaks", name, str(home)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)

    assert 0.5 <= told["estimate"] / told["peak"] <= 2, told
    assert told["peak"] < told["limit"]


def test_request_that_cannot_fit_is_refused_before_it_starts(home):
    """A pixel with its 301 x 301 neighbours in two bands is 1.4 MB, 32 x 32 of them 1.4 GB."""
    kernel = call("Kernel.square", radius=150)
    wide = call("Image.neighborhoodToArray", image=call("Image.pixelLonLat"), kernel=kernel)
    sums = call("Image.add", image1=wide, image2=call("Image.constant", value=1))
    length = call("Image.arrayLength", input=sums, axis=0)
    body = json.dumps({"expression": expression(length), **request(600, 600)}).encode()

    with pytest.raises(EarthError, match=r"^User memory limit exceeded\. A part of 32 x 32"):
        Engine(home).perform({"do": "pixels"}, body)


def test_reduction_that_compares_all_pairs_is_refused_where_few_pixels_are_too_many(home):
    """50 million pairs of 35 bytes."""
    graph = reduction(100, "sensSlope")

    with pytest.raises(EarthError, match=r"A reduction of 10000 pixels in 2 bands would need"):
        Engine(home).evaluate(expression(graph))


def test_part_side_is_the_largest_that_fits():
    need = memory.Need((1000.0, 0.0, 0.0))

    assert memory.part_side(need, 0, held=0) == 512
    assert memory.part_side(need, 0, held=memory.LIMIT_BYTES - 1000 * 256**2) == 256
    assert memory.part_side(need, 1000 * 128**2, held=memory.LIMIT_BYTES - 2000 * 128**2) == 128


def test_probe_reads_small_windows_in_the_middle_of_the_grid():
    source = ColumnRow()
    memory.probe(column_row(source), DEGREES)

    sides = [grid.width for grid in source.grids]
    assert max(sides) <= 64
    assert source.grids[0].transform[2] == pytest.approx(0.01 * (1000 - 8) / 2)


def test_download_when_too_large_is_refused_with_its_own_limits():
    """ee.Image.getDownloadURL: 32 MB, 10,000 pixels a side."""
    for body, words in [
        (request(3000, 3000), r"\(72000000 bytes\) must be less than or equal to 33554432 bytes"),
        (request(10_001, 1), "must be less than or equal to 10000"),
    ]:
        with pytest.raises(EarthError, match=words):
            pixels.answer(column_row(), body, simulated=lambda: False, thumbnail=True)


@pytest.mark.parametrize(
    ("graph", "heavy"),
    [
        (call("Image.neighborhoodToArray", image=1, kernel=call("Kernel.square", radius=1)), True),
        (call("Image.matrixMultiply", image1=1, image2=2), True),
        (call("Image.arrayFlatten", image=1, coordinateLabels=[["a"]]), True),
        (call("Image.select", input=call("Image.constant", value=1), bandSelectors=["a"]), False),
    ],
)
def test_request_is_heavy_by_the_functions_that_it_calls(graph, heavy):
    assert memory.is_heavy(expression(graph)) is heavy
    names = {"arrayValue": {"values": [{"constantValue": "B2"}]}}
    assert not memory.is_heavy({"result": "0", "values": {"0": names}})


def told_by_a_process(module, *arguments, limit_s=60):
    done = subprocess.run(
        [sys.executable, "-m", f"tests.localearth.{module}", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, timeout=limit_s,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_weights_are_within_a_factor_of_three_of_what_is_allocated(home):
    """All graphs and all reducers, over windows and over regions, beside `tracemalloc`."""
    told = json.loads(told_by_a_process("weights", home))

    ratios = {
        family: {name: weight / traced for name, (weight, traced) in pairs.items()}
        for family, pairs in told.items()
    }
    for family, least in {"windows": 0.5, "others": 1 / 3, "around": 0.5, "regions": 1 / 3}.items():
        wrong = {n: r for n, r in ratios[family].items() if not least <= r <= 3}
        assert not wrong, family
    assert {name.split(",")[0] for name in ratios["regions"]} == reducer_names() - {"repeat"}


def reducer_names():
    made = [name for name, entry in entries().items() if entry.signature.returns == "Reducer"]
    return {name.removeprefix("Reducer.") for name in made}


def test_engine_when_eight_threads_ask_at_once_answers_all(home):
    """Tracing each estimate ended such a process within 90 s under Python 3.11."""
    answered, asked = map(int, told_by_a_process("hammer", home).split())

    assert answered == asked == 8 * 3


def test_estimate_is_the_same_each_time_and_whatever_other_threads_do():
    image = column_row()
    expected = memory.probe(image, DEGREES)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: memory.probe(image, DEGREES), range(20)))

    assert found == [expected] * 20
