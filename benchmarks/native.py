"""Networks as Earth Engine expressions: compile time, size, and a tile against Keras."""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

import ee
import numpy as np

from benchmarks.report import Row, bounded, median
from benchmarks.subjects import untrained_card
from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.core.legend import Legend
from lib.core.model_plan import ModelPlan
from lib.deploy.native.compile import compile_network
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.connection import local
from lib.earthengine.graphs import to_expression
from lib.earthengine.pixels import fetch
from lib.earthengine.stack import series_names
from lib.models.artifact import Artifact, save_artifact
from lib.models.families import find_family
from lib.models.networks import build_network

TITLE = "Networks as expressions"
WORDS = (
    "A tile of 256 x 256 pixels whose predictors cost next to nothing: the expression on Local "
    "Earth against Keras on the same pixels in memory. Then the time to compile each family (the "
    "artefact loaded already) and the bytes in the request, nine classes; a softmax regression and "
    "an MLP read 64 predictors, the others ten, series twelve dates."
)
MOST_SECONDS, MOST_KB = 2, 320
CLASSES, STEPS, ROUNDS = 9, 12, 3
TILE = Grid("EPSG:32633", (10.0, 0.0, 280_000.0, 0.0, -10.0, 5_320_000.0), (256, 256))
LEGEND = Legend.from_values(range(1, CLASSES + 1))

Sizes = dict[str, ModelPlan]


def measure() -> list[Row]:
    """Compile and run networks with weights as they are before training."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        earth = local(home / "home")
        rows = [
            _tile(earth, home, "dense, 64-64", _mlp(64, 64)),
            _tile(earth, home, "convolutions, 16-16", _series_of("fcn", filters=(16, 16))),
            _tile(earth, home, "GRU, 8 units", _series_of("gru", recurrent_units=(8,))),
        ]
        for name, plan in _families().items():
            rows += _compiled(earth, home, name, plan)
    return rows


def _mlp(*widths: int) -> ModelPlan:
    return ModelPlan(hidden_units=widths, activation="relu", batch_norm=False)


def _series_of(family: str, **settings: Any) -> ModelPlan:
    return ModelPlan(family=family, hidden_units=(), activation="relu", **settings)


def _families() -> Sizes:
    plans = {"softmax regression": ModelPlan(family="softmax")}
    for size, width in (("small", 16), ("middle", 32), ("large", 64)):
        plans |= {
            f"mlp, {size}": _mlp(2 * width, 2 * width),
            f"temporal CNN, {size}": _series_of("temporal_cnn", filters=(width,) * 3),
            f"LSTM, {size}": _series_of("lstm", recurrent_units=(width,)),
            f"GRU, {size}": _series_of("gru", recurrent_units=(width,)),
            f"fully convolutional, {size}": _series_of("fcn", filters=(width,) * 3),
        }
    return plans


def _compiled(earth: Connection, home: Path, name: str, plan: ModelPlan) -> list[Row]:
    count = 64 if find_family(plan.family).form == "pixel" else 10
    folder, image = _trained(earth, home, plan, count)
    started = time.perf_counter()
    found = compile_network(earth, folder, image, LEGEND, grid=TILE)
    seconds, size = time.perf_counter() - started, found.size_bytes / 1000
    if name != "mlp, large":
        return [Row(f"{name}: compile, size", f"{seconds:.2f} s, {size:,.0f} kB")]
    return [
        bounded("64-128-128-9: compile", seconds, MOST_SECONDS, "s"),
        bounded("64-128-128-9: size", size, MOST_KB, "kB"),
    ]


def _tile(earth: Connection, home: Path, name: str, plan: ModelPlan) -> Row:
    """The expression and Keras in turn; both answer with classes."""
    folder, image = _trained(earth, home, plan, 10)
    artifact = Artifact.load(folder)
    written = compile_network(earth, folder, image, LEGEND, grid=TILE)
    form = find_family(plan.family).form
    shape = {"pixel": (256, 256, 10), "series": (256, 256, STEPS, 10), "patch": (1, 256, 256, 10)}
    pixels = np.random.default_rng(0).normal(size=shape[form]).astype(np.float32)
    native, keras = [], []
    for _ in range(ROUNDS):
        native.append(_seconds(lambda: fetch(earth, written.expression, TILE, ["class"])))
        keras.append(_seconds(lambda: artifact.classify(pixels, dense=form == "patch")))
    slower = median([a / b for a, b in zip(native, keras, strict=True)])
    words = f"{median(native):.2f} s, {median(keras):.3f} s with Keras, {slower:.0f} times"
    return Row(f"tile of 256 x 256, {name}", words)


def _trained(earth: Connection, home: Path, plan: ModelPlan, count: int) -> tuple[Path, Expression]:
    """A run folder with the network of a plan, and an image that it reads."""
    form = find_family(plan.family).form
    inner = {"pixel": (), "series": (STEPS,), "patch": (9, 9)}[form]
    x_train = np.random.default_rng(0).normal(size=(20, *inner, count)).astype(np.float32)
    names = tuple(f"b{place}" for place in range(count))
    folder = Path(tempfile.mkdtemp(dir=home))
    network = build_network(plan, x_train, n_classes=CLASSES)
    save_artifact(folder, network, untrained_card(names, LEGEND, plan, inner))
    return folder, _image(earth, names, form)


@with_connection
def _image(connection: Connection, names: tuple[str, ...], form: str) -> Expression:
    """Bands that are steps of the coordinates, each by another number."""
    place = ee.Image.pixelLonLat().select("longitude").multiply(2000)
    bands = [place.add(number) for number in range(len(names))]
    if form != "series":
        return to_expression(ee.Image.cat(bands).rename(list(names)).toFloat())
    values, flags = series_names(names, STEPS)
    series = [band.multiply(step + 1) for step in range(STEPS) for band in bands]
    stack = ee.Image.cat([*series, *[ee.Image(1)] * STEPS])
    return to_expression(stack.rename([*values, *flags]).toFloat())


def _seconds(work: Any) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
