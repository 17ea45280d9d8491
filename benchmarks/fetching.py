"""Fetching samples and patches from a service that is far away, and where the time goes here."""

import contextlib
import cProfile
import math
import pstats
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import requests
from rasterio.transform import Affine

from benchmarks.app import ROOT, free_port, stop
from benchmarks.report import Row, bounded
from lib.core.aoi import Aoi
from lib.core.imagery_plan import ImageryPlan
from lib.core.legend import Legend
from lib.core.plan import LabelPlan, SamplingPlan
from lib.earthengine import assets, imagery, sampling
from lib.earthengine.connection import Connection, local, over_http
from lib.earthengine.doors import Answer, Door

TITLE = "Fetching samples and patches"
WORDS = (
    "10,000 samples of 12 bands, and 2,000 patches of 65 x 65 x 10, of an own raster of 4,096 x "
    "4,096 pixels, from `python -m lib earth` in processes of its own. The ideal is 0.3 s for each "
    "40 requests, of labels and of predictors, one kind after the other. Without latency, the rows "
    "a second of the same draw in this process, and by a profile the share of each part of it."
)
LATENCY_S = 0.3
RATIO = 1.5
SIDE, CLASSES = 4096, 8
CRS, ORIGIN = "EPSG:32632", (600_000.0, 5_310_000.0)
BANDS = tuple(f"b{number:02d}" for number in range(12))
LEGEND = Legend.from_values(range(1, CLASSES + 1))
START_LIMIT_S = 30
PARTS = {
    "json": "JSON",
    "rasterio": "reading the raster",
    "lib/localearth": "Local Earth",
    "lib/earthengine": "graphs and rows",
    "lib/core": "graphs and rows",
    "/ee/": "graphs and rows",
    "numpy": "numpy",
    "pyproj": "coordinates",
    "shapely": "coordinates",
}


@dataclass
class Meter:
    """A door that notes each request's kind and when it was under way."""

    door: Door
    kinds: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, path: str, *, method: str, body: Any, headers: Mapping[str, str]) -> Answer:
        """Note a request and pass it on."""
        with self._lock:
            self.kinds.append(path.rsplit("/", 1)[-1])
        return self.door.send(path, method=method, body=body, headers=headers)


def measure() -> list[Row]:
    """Draw from afar, then near."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        earth = local(home)
        source, labels = _write(Path(folder), earth)
        aoi = assets.extent(earth, source)
        samples = _plan(source, BANDS, "pixel")
        patches = _plan(source, BANDS[:10], "patch")
        rows = []
        with _served(home, latency_ms=round(1000 * LATENCY_S)) as url:
            far = over_http(url)
            rows += _far("10,000 samples of 12 bands", far, samples, labels, aoi, 10_000)
            rows += _far("2,000 patches of 65 x 65 x 10", far, patches, labels, aoi, 2_000)
        return [*rows, *_near(earth, samples, labels, aoi)]


def _far(
    what: str, earth: Connection, plan: ImageryPlan, labels: str, aoi: Aoi, count: int
) -> list[Row]:
    meter = Meter(earth.door)
    metered = replace(earth, door=meter)
    _draw(metered, plan, labels, aoi, 2 * CLASSES)  # processes have started then
    meter.kinds.clear()
    seconds = _draw(metered, plan, labels, aoi, count)
    phases = _phases(meter.kinds)
    ideal = sum(math.ceil(n / earth.can.parallel_requests) * LATENCY_S for n in phases)
    words = f"{what}: {seconds:.1f} s for {sum(phases)} requests, ideal {ideal:.1f} s"
    return [bounded(words, seconds / ideal, RATIO, "times")]


def _phases(kinds: list[str]) -> list[int]:
    """Requests that wait for one another: facts of assets, 64 tiles of labels, predictors."""
    tiles = 64
    pieces = [kind for kind in kinds if "compute" in kind and "value" not in kind]
    facts = [1] * (len(kinds) - len(pieces))
    return [*facts, tiles, len(pieces) - tiles]


def _near(earth: Connection, plan: ImageryPlan, labels: str, aoi: Aoi) -> list[Row]:
    """One slot and one process, so that a profile of it tells everything."""
    one = replace(earth, can=replace(earth.can, parallel_requests=1))
    _draw(one, plan, labels, aoi, 2 * CLASSES)
    seconds = _draw(one, plan, labels, aoi, 10_000)
    threads = _Profiles()
    threading.setprofile(threads.start)
    try:
        _draw(one, plan, labels, aoi, 10_000)
    finally:
        threading.setprofile(None)
    shares = threads.shares()
    table = "; ".join(f"{name} {share:.0%}" for name, share in shares)
    return [
        Row("without latency, one slot in one process", f"{10_000 / seconds:,.0f} rows a second"),
        Row("where the time of requests goes", table),
    ]


class _Profiles:
    """A profile of each thread that starts."""

    def __init__(self) -> None:
        self._all: list[cProfile.Profile] = []

    def start(self, *_: object) -> None:
        sys.setprofile(None)
        profile = cProfile.Profile()
        self._all.append(profile)
        with contextlib.suppress(ValueError):  # one of the process is profiled already
            profile.enable()

    def shares(self) -> list[tuple[str, float]]:
        """Own time by part, the largest first; waiting left out."""
        parts: dict[str, float] = {}
        for profile in self._all:
            profile.disable()
            for (file, _, name), row in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
                if "acquire" in name or "sleep" in name or "SimpleQueue" in name:
                    continue
                part = next((said for key, said in PARTS.items() if key in file + name), "other")
                parts[part] = parts.get(part, 0.0) + row[2]
        whole = sum(parts.values())
        return sorted(((k, v / whole) for k, v in parts.items()), key=lambda pair: -pair[1])


def _draw(earth: Connection, plan: ImageryPlan, labels: str, aoi: Aoi, count: int) -> float:
    """Seconds of a draw."""
    predictors = imagery.predictors(earth, plan, aoi)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        samples, _ = sampling.draw(
            earth,
            predictors,
            LabelPlan(kind="map", source=labels, band="class"),
            plan=SamplingPlan(per_class=count // CLASSES),
            imagery=plan,
            legend=LEGEND,
            aoi=aoi,
            large=Path(folder) / "large.npy",
        )
        seconds = time.perf_counter() - started
        assert len(samples) == count
    return seconds


def _plan(source: str, bands: tuple[str, ...], form: str) -> ImageryPlan:
    return ImageryPlan(
        collection=source, start="", end="", bands=bands, indices=(), scale_m=10.0,
        form=form, patch_size=65,
    )  # fmt: skip


def _write(folder: Path, earth: Connection) -> tuple[str, str]:
    """A raster of twelve bands and one of eight classes, both smooth."""
    rng = np.random.default_rng(4)
    coarse = rng.integers(0, 4000, (len(BANDS), SIDE // 64, SIDE // 64)).astype(np.int16)
    classes = rng.integers(1, CLASSES + 1, (1, SIDE // 64, SIDE // 64)).astype(np.uint8)
    return tuple(
        assets.import_raster(earth, _raster(folder / f"{name}.tif", values, names), name)
        for name, values, names in (("source", coarse, BANDS), ("labels", classes, ("class",)))
    )


def _raster(path: Path, coarse: np.ndarray, names: tuple[str, ...]) -> Path:
    shape = {"width": SIDE, "height": SIDE, "count": len(names), "dtype": coarse.dtype}
    transform = Affine(10, 0, ORIGIN[0], 0, -10, ORIGIN[1])
    with rasterio.open(
        path, "w", driver="GTiff", tiled=True, compress="deflate", zlevel=1, crs=CRS,
        transform=transform, **shape,
    ) as dataset:  # fmt: skip
        for number, (band, name) in enumerate(zip(coarse, names, strict=True), start=1):
            dataset.write(np.kron(band, np.ones((64, 64), band.dtype)), number)
            dataset.set_band_description(number, name)
    return path


@contextlib.contextmanager
def _served(home: Path, *, latency_ms: int) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "lib", "earth", "--port", str(port)]
    command += ["--assets", str(home), "--latency-ms", str(latency_ms)]
    server = subprocess.Popen(command, cwd=ROOT)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url)
        yield url
    finally:
        stop(server)


def _wait(url: str) -> None:
    limit = time.monotonic() + START_LIMIT_S
    while time.monotonic() < limit:
        with contextlib.suppress(requests.ConnectionError):
            requests.get(url, timeout=5)
            return
        time.sleep(0.05)
    raise TimeoutError(f"Local Earth did not answer at {url} within {START_LIMIT_S} s.")
