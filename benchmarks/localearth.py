"""Local Earth beside the same work written by hand: a composite, a tile, networks, samples."""

import io
import json
import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ee
import numpy as np
import psutil
from google.auth.credentials import AnonymousCredentials
from threadpoolctl import threadpool_limits

from benchmarks import byhand, earthdata
from benchmarks.report import Row, bounded, median
from lib.localearth.engine import Engine
from lib.localearth.pool import Pool
from lib.localearth.service import open_service
from lib.localearth.transport import InProcessTransport

TITLE = "Local Earth beside the same work by hand"
WORDS = (
    "Requests answered by one engine with one thread for linear algebra, as in a process of the "
    "pool, against rasterio, numpy and Keras in another process; results are compared before they "
    "are timed; each request meets an engine that has evaluated nothing yet. Memory is the peak of "
    "a fresh process of the pool that answers that one request, its modules included."
)
RUNS = 7
GIGABYTE_MB = 1000.0


@dataclass(frozen=True)
class Case:
    """One piece of work, done both ways.

    Attributes:
        by_hand: Name of the work in `byhand`.
        task: What the engine does.
        body: Of the request.
        check: Compares both results.
        bound: Greatest ratio; None where the design sets none.
    """

    what: str
    by_hand: str
    task: dict[str, Any]
    body: bytes
    check: Callable[[bytes, Any], None]
    bound: float | None


def measure() -> list[Row]:
    """Time all cases in turn, then the peak memory of each."""
    spawn = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory() as folder,
        _client(Path(folder) / "home") as engine,
        ProcessPoolExecutor(1, mp_context=spawn) as hand,
    ):
        place = Path(folder)
        cases = _cases(place, engine, hand)
        rows = [_timed(case, place, hand) for case in cases]
        peaks = [_peak(case.what, case.task, case.body, place / "home") for case in cases]
        heavy = _pixels(_three_convolutions(), 512, first=0)
        words = "three 3 x 3 convolutions of 32 filters, 512 x 512"
        return [*rows, *peaks, _peak(words, {"do": "pixels"}, heavy, place / "home")]


@contextmanager
def _client(home: Path) -> Iterator[Engine]:
    transport = InProcessTransport(open_service(home))
    credentials = AnonymousCredentials()
    ee.Initialize(credentials, project="local", url="http://local", http_transport=transport)
    try:
        with threadpool_limits(1, user_api="blas"):
            yield Engine(home)
    finally:
        ee.Reset()


def _cases(place: Path, engine: Engine, hand: Executor) -> list[Case]:
    for write in (earthdata.write_scenes, earthdata.write_predictors, earthdata.write_classes):
        write(place, place / "home")
    pixels: dict[str, Any] = {"do": "pixels"}
    whole = _pixels(_composite(), earthdata.SIDE, first=0)
    flat, around = (hand.submit(byhand.weights, n).result() for n in ("dense", "convolution"))
    return [
        Case(
            "composite of 12 masked scenes, 6 bands, 1024 x 1024",
            "composite", pixels, whole, _same_bands, 1.5,
        ),
        Case("RGB tile of a COG", "tile", _tile_task(engine), b"", _same_picture, 1.5),
        Case(
            "MLP 12-64-64-9, 256 x 256",
            "dense", pixels, _pixels(_dense(flat), 256), _same_probabilities, 4.0,
        ),
        Case(
            "3 x 3 convolution 12-16-9, 256 x 256",
            "convolution", pixels, _pixels(_convolution(around), 256), _same_probabilities, None,
        ),
        Case(
            "10,000 stratified samples of 12 predictors",
            "samples", {"do": "features"}, _features(_samples()), _same_counts, None,
        ),
    ]  # fmt: skip


def _tile_task(engine: Engine) -> dict[str, Any]:
    image = ee.Image("projects/local/assets/scene00").select(["red", "green", "blue"])
    ranges = [{"min": 0, "max": 1500}]
    record = {"visualizationOptions": {"ranges": ranges}, "fileFormat": "PNG"}
    name = engine.store.save("maps", {"expression": _graph(image), **record})
    zoom, column, row = byhand.TILE
    return {"do": "tile", "name": name, "zoom": zoom, "x": column, "y": row}


def _graph(value: Any) -> Any:
    return ee.serializer.encode(value, for_cloud_api=True)


def _composite() -> Any:
    def clear(image: Any) -> Any:
        return image.select(list(earthdata.BANDS)).updateMask(image.select("clear").eq(1))

    names = [f"projects/local/assets/scene{n:02d}" for n in range(earthdata.SCENES)]
    collection = ee.ImageCollection([ee.Image(name) for name in names])
    return collection.map(clear).median().multiply(0.0001).toFloat()


def _predictors() -> Any:
    return ee.Image("projects/local/assets/predictors")


def _array(numbers: np.ndarray) -> Any:
    """Weights with 7 digits, as the app writes them."""
    plain = [[float(f"{number:.7g}") for number in row] for row in numbers.tolist()]
    return ee.Image(ee.Array(plain))


def _layer(column: Any, kernel: np.ndarray, bias: np.ndarray) -> Any:
    """`W x + b` of columns; the kernel is (in, out), as Keras keeps it."""
    return _array(kernel.T).matrixMultiply(column).add(_array(bias[:, None]))


def _softmax(column: Any) -> Any:
    bands = column.arrayProject([0]).arrayFlatten([[f"v{n}" for n in range(9)]])
    powers = bands.subtract(bands.reduce(ee.Reducer.max())).exp()
    return powers.divide(powers.reduce(ee.Reducer.sum())).toFloat()


def _dense(weights: list[list[np.ndarray]]) -> Any:
    column = _predictors().toArray().toArray(1)
    *hidden, last = weights
    for kernel, bias in hidden:
        column = _layer(column, kernel, bias).max(0)
    return _softmax(_layer(column, *last))


def _convolution(weights: list[list[np.ndarray]]) -> Any:
    (kernel, bias), last = weights
    around = _predictors().unmask(0).neighborhoodToBands(ee.Kernel.square(1))
    names = [
        f"{name}_{x}_{y}" for y in (-1, 0, 1) for x in (-1, 0, 1) for name in earthdata.PREDICTORS
    ]
    column = around.select(names).toArray().toArray(1)
    hidden = _layer(column, kernel.reshape(-1, kernel.shape[-1]), bias).max(0)
    return _softmax(_layer(hidden, last[0].reshape(last[0].shape[-2:]), last[1]))


def _three_convolutions() -> Any:
    """A network that is as heavy as the app allows, with weights from a seed."""
    rng = np.random.default_rng(3)
    image = _predictors()
    for depth in (12, 32, 32):
        around = image.neighborhoodToBands(ee.Kernel.square(1)).toArray().toArray(1)
        kernel = rng.normal(0, 0.1, (9 * depth, 32))
        column = _layer(around, kernel, np.zeros(32)).max(0)
        image = column.arrayProject([0]).arrayFlatten([[f"c{n}" for n in range(32)]])
    return image.select(0)


def _samples() -> Any:
    both = ee.Image("projects/local/assets/classes").addBands(_predictors())
    return both.stratifiedSample(
        numPoints=10_000 // 9 + 1, classBand="class", scale=10, seed=1, geometries=True
    )


def _pixels(image: Any, side: int, *, first: int = byhand.FIRST) -> bytes:
    """A request for the square whose corner is so many pixels from the rasters' own corner."""
    x, y = earthdata.ORIGIN[0] + 10 * first, earthdata.ORIGIN[1] - 10 * first
    affine = {"scaleX": 10, "scaleY": -10, "translateX": x, "translateY": y}
    grid = {
        "dimensions": {"width": side, "height": side},
        "affineTransform": affine,
        "crsCode": earthdata.CRS,
    }
    request = {"expression": _graph(image), "fileFormat": "NPY", "grid": grid}
    return json.dumps(request).encode()


def _features(table: Any) -> bytes:
    return json.dumps({"expression": _graph(table), "pageSize": 20_000}).encode()


def _bands(body: bytes) -> np.ndarray:
    found = np.load(io.BytesIO(body))
    return np.stack([found[name] for name in found.dtype.names])


def _same_bands(body: bytes, expected: Any) -> None:
    np.testing.assert_allclose(_bands(body), expected, atol=1e-6)


def _same_probabilities(body: bytes, expected: Any) -> None:
    np.testing.assert_allclose(np.moveaxis(_bands(body), 0, -1), expected, atol=1e-5)


def _same_picture(body: bytes, expected: Any) -> None:
    """GDAL's warper takes a neighbour where a centre is within an eighth of a pixel of an edge."""
    ours, theirs = byhand.pixels_of(body), byhand.pixels_of(expected)
    assert (ours != theirs).any(axis=-1).mean() < 0.05


def _same_counts(body: bytes, expected: Any) -> None:
    """Which pixels are drawn differs; how many of each class does not."""
    ours, theirs = (
        np.bincount([row["properties"]["class"] for row in json.loads(answer)["features"]])
        for answer in (body, expected)
    )
    assert ours.tolist() == theirs.tolist()


def _timed(case: Case, place: Path, hand: Executor) -> Row:
    """Compare the results, then the times; each request meets an engine that knows nothing yet."""
    expected = hand.submit(byhand.answer, case.by_hand, place).result()
    case.check(Engine(place / "home").perform(case.task, case.body).body, expected)
    pairs = []
    for _ in range(RUNS):
        engine = Engine(place / "home")
        ours = _seconds(lambda engine=engine: engine.perform(case.task, case.body))
        pairs.append((ours, hand.submit(byhand.seconds, case.by_hand, place).result()))
    ours, theirs = (median(column) for column in zip(*pairs, strict=True))
    ratio = median([a / b for a, b in pairs])
    what = f"{case.what}: {ours * 1e3:.0f} ms, by hand {theirs * 1e3:.0f} ms"
    if case.bound is None:
        return Row(what, f"{ratio:.2f} times")
    return bounded(what, ratio, case.bound, "times")


def _seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _peak(what: str, task: dict[str, Any], body: bytes, home: Path) -> Row:
    """The greatest resident memory of a fresh process that answers one request."""
    before = set(psutil.Process().children())
    pool = Pool(home, size=1)
    try:
        pool.perform(task, body)
        (worker,) = set(psutil.Process().children()) - before
        status = Path(f"/proc/{worker.pid}/status").read_text()
    finally:
        pool.close()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return bounded(f"memory: {what}", int(line.split()[1]) / 1000, GIGABYTE_MB, "MB")
