"""Maps of a stored raster: against rasterio and `model.predict`, and in flat memory."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import rasterio
from rasterio.windows import Window

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.report import Row, bounded, median
from benchmarks.training import PREDICTORS, train_once
from lib.core.grid import Grid
from lib.core.legend import Legend
from lib.deploy.cog import RawMap, write_cog
from lib.deploy.geotiff import NODATA, class_codes, colour_table
from lib.deploy.raster.run import RasterResult, run_raster_file
from lib.deploy.raster.shares import SHARE_STEPS, pack
from lib.models.artifact import Artifact

TITLE = "Raster deployment"
WORDS = (
    "An MLP 12-64-64-9 over a stored float32 raster of 12 bands, tiled and deflated. One million "
    "pixels in turn with rasterio, `model.predict` and the same Cloud-Optimised GeoTIFFs (classes, "
    "probabilities and entropy), both from the run folder on, so that ours writes its TFLite file "
    "each time. Then sizes of 1, 25 and 100 million pixels, each in a process of its own without "
    "TensorFlow; `LOAM_RASTER_MPX=1` chooses among them."
)
SIDES = {1: 1_000, 25: 5_000, 100: 10_000}
ROUNDS = 3
_FILLED = 25
"""From so many Mpx on all blocks that may be in memory at once are; below, growth says nothing."""

_PATTERN = 1_024
_ROOT = Path(__file__).parents[1]


def measure() -> list[Row]:
    """Map the raster in turn with what it is compared with, then the sizes that are asked for."""
    asked = os.environ.get("LOAM_RASTER_MPX", "1,25,100")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run_dir = train_once(folder / "run")
        rows = [_against_predict(folder, run_dir)]
        return rows + _sizes(folder, run_dir, [int(size) for size in asked.split(",")])


def _against_predict(folder: Path, run_dir: Path) -> Row:
    source = _raster(folder / "1.tif", SIDES[1])
    legend = Artifact.load(run_dir).card.legend
    ratios = []
    for number in range(ROUNDS + 1):
        started = time.perf_counter()
        _ours(source, run_dir, folder / "ours.tif", folder / f"keep{number}", legend)
        ours = time.perf_counter() - started
        started = time.perf_counter()
        _theirs(source, run_dir, folder / "theirs", legend)
        ratios.append(ours / (time.perf_counter() - started))
    # The first time TensorFlow starts, in ours.
    return bounded(
        "1 Mpx, against rasterio, `model.predict` and the same files",
        median(ratios[1:]),
        1.5,
        "times",
    )


def _ours(source: Path, run_dir: Path, out: Path, keep: Path, legend: Legend) -> RasterResult:
    return run_raster_file(source, run_dir, out, legend=legend, keep=keep)


def _theirs(source: Path, run_dir: Path, folder: Path, legend: Legend) -> None:
    """What one writes first: all in memory, `model.predict`, the same files."""
    import keras

    folder.mkdir(exist_ok=True)
    network = keras.saving.load_model(run_dir / "model.keras")
    with rasterio.open(source) as file:
        values = np.moveaxis(file.read(), 0, -1).reshape(-1, PREDICTORS)
        t = file.transform
        grid = Grid(file.crs.to_string(), (t.a, t.b, t.c, t.d, t.e, t.f), file.shape)
    shares = network.predict(values, batch_size=65_536, verbose=0)
    parts = pack(shares.reshape(*grid.shape, -1), class_codes(legend))
    names = [["class"], [*legend.names, "entropy"]]
    colours = [colour_table(legend), {}]
    scales, levels, overviews = [1.0, 1 / SHARE_STEPS], [6, 1], ["mode", "average"]
    for number, part in enumerate(parts):
        raw = folder / f"{number}.raw"
        part.tofile(raw)
        told = RawMap(raw, grid, names[number], NODATA, scales[number], colours[number], {})
        write_cog(told, folder / f"{number}.tif", overviews=overviews[number], level=levels[number])


def _sizes(folder: Path, run_dir: Path, sizes: list[int]) -> list[Row]:
    """Seconds a megapixel and memory of each size; the first run leaves the TFLite file."""
    found = {}
    for size in sizes:
        source = _raster(folder / f"{size}.tif", SIDES[size])
        command = [sys.executable, __file__, str(source), str(run_dir), str(folder / "keep0")]
        told = subprocess.run(command, cwd=_ROOT, capture_output=True, check=True)
        found[size] = json.loads(told.stdout.splitlines()[-1])
        source.unlink()
    rows = [
        Row(
            f"{size} Mpx",
            f"{one['seconds'] / size:.2f} s a Mpx, {one['peak_mb']:.0f} MB at most",
        )
        for size, one in found.items()
    ]
    if len(found) < 2:
        return rows
    *_, before, last = found
    ratios = {
        "memory": found[last]["peak_mb"] / found[before]["peak_mb"],
        "seconds a Mpx": (found[last]["seconds"] / last) / (found[before]["seconds"] / before),
    }
    named = {f"{what}, {last} against {before} Mpx": ratio for what, ratio in ratios.items()}
    if before < _FILLED:
        return rows + [Row(what, f"{ratio:.2f} times") for what, ratio in named.items()]
    return rows + [bounded(what, ratio, 1.25, "times") for what, ratio in named.items()]


def _raster(path: Path, side: int) -> Path:
    """Noise around a mosaic, in steps that deflate packs, written tile by tile."""
    if path.exists():
        return path
    rng = np.random.default_rng(0)
    mosaic = rng.normal(0, 1.5, (PREDICTORS, _PATTERN // 16, _PATTERN // 16))
    pattern = np.kron(mosaic, np.ones((16, 16))) + rng.normal(
        0, 0.3, (PREDICTORS, _PATTERN, _PATTERN)
    )
    pattern = (np.round(pattern * 64) / 64).astype(np.float32)
    profile = {
        "driver": "GTiff", "width": side, "height": side, "count": PREDICTORS, "tiled": True,
        "dtype": "float32", "crs": "EPSG:32633", "blockxsize": 512, "blockysize": 512,
        "transform": rasterio.Affine(10, 0, 300_000, 0, -10, 5_300_000), "compress": "deflate",
        "zlevel": 1, "num_threads": "all_cpus", "interleave": "band", "bigtiff": "if_safer",
    }  # fmt: skip
    with rasterio.Env(GDAL_CACHEMAX=64), rasterio.open(path, "w", **profile) as file:
        for top in range(0, side, _PATTERN):
            for left in range(0, side, _PATTERN):
                height, width = min(_PATTERN, side - top), min(_PATTERN, side - left)
                file.write(pattern[:, :height, :width], window=Window(left, top, width, height))
    return path


def _peak_mb() -> float:
    """The most memory that this process had; `ru_maxrss` counts what started it too."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM"))


def _alone(source: Path, run_dir: Path, keep: Path) -> None:
    """Map a raster in this process and print what it took."""
    legend = Artifact.load(run_dir).card.legend
    started = time.perf_counter()
    _ours(source, run_dir, source.with_suffix(".map.tif"), keep, legend)
    found = {
        "seconds": time.perf_counter() - started,
        "peak_mb": _peak_mb(),
        "tensorflow": "tensorflow" in sys.modules,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    _alone(*(Path(argument) for argument in sys.argv[1:]))
