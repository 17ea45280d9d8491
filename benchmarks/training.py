"""Training against plain `model.fit`, and classifying pixels against one matrix product."""

import os
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.families import fit_seconds
from benchmarks.report import Row, median
from lib.core.legend import Legend
from lib.core.model_plan import ModelPlan
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.deploy.raster.engine import in_batches, open_engine
from lib.models import training
from lib.models.artifact import Artifact

Pixels = NDArray[np.float32]
Classify = Callable[[Pixels], NDArray[Any]]

TITLE = "Training and classifying"
WORDS = (
    "An MLP 12-64-64-9 on 40,000 samples: seconds an epoch of Loam's loop and of the same "
    "`model.fit`, in turn. Then one million pixels classified, against one float32 matrix product "
    "of as many multiply-adds, and 200,000 against a random forest and `model.predict`."
)
SAMPLES, PREDICTORS, CLASSES, EPOCHS, ROUNDS = 50_000, 12, 9, 4, 3
PIXELS = 1_000_000
_FOREST_PIXELS = 200_000
_FOREST_SAMPLES = 10_000
_BLAS_REST_S = 0.1
"""After a product numpy's BLAS threads keep spinning for a while, at the other's expense."""


def measure() -> list[Row]:
    """Train and classify in turn with what they are compared with."""
    samples, split = _samples()
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(ROUNDS):
            run_dir = Path(folder) / str(number)
            ours.append(_train(samples, split, run_dir))
            theirs.append(fit_seconds(samples.take(np.arange(45_000)), 40_000, _plan()))
        artifact = Artifact.load(run_dir)
        ratio = _classify_ratio(artifact)
        lite = _classify_ratio(artifact, _lite_classes(run_dir))
        others = _against_others(artifact, samples)
    fit = median([a / b for a, b in zip(ours, theirs, strict=True)])
    return [
        Row("an epoch, against `model.fit`", f"{fit:.2f} times", "1 times", fit <= 1),
        Row(
            "classifying, against the matrix product",
            f"{ratio:.2f} times",
            "2.5 times",
            ratio <= 2.5,
        ),
        Row(
            "classifying with LiteRT, as maps are made, against the matrix product",
            f"{lite:.2f} times",
            "2.5 times",
            lite <= 2.5,
        ),
        *others,
    ]


def train_once(run_dir: Path) -> Path:
    """Train the network of these benchmarks into a run folder."""
    _train(*_samples(), run_dir)
    return run_dir


def _plan() -> ModelPlan:
    return ModelPlan(
        hidden_units=(64, 64),
        activation="relu",
        batch_norm=False,
        dropout=0.0,
        optimizer="adam",
        batch_size=32,
        epochs=EPOCHS,
        patience=EPOCHS,
    )


def _samples() -> tuple[SampleSet, Split]:
    rng = np.random.default_rng(0)
    centres = rng.normal(0, 1.5, (CLASSES, PREDICTORS))
    classes = rng.integers(0, CLASSES, SAMPLES)
    samples = SampleSet(
        predictors=(centres[classes] + rng.normal(size=(SAMPLES, PREDICTORS))).astype(np.float32),
        class_index=classes.astype(np.int16),
        names=tuple(f"x{i}" for i in range(PREDICTORS)),
        legend=Legend.from_values(range(1, CLASSES + 1)),
        lon=np.zeros(SAMPLES),
        lat=np.zeros(SAMPLES),
        group=np.full(SAMPLES, -1, np.int32),
        ids=np.arange(SAMPLES),
    )
    parts = np.split(np.arange(SAMPLES), [40_000, 45_000])
    return samples, Split(*parts, kind="random", seed=0)


def _train(samples: SampleSet, split: Split, run_dir: Path) -> float:
    run = training.train(
        samples,
        split,
        _plan(),
        run_dir=run_dir,
        on_epoch=lambda _: None,
        should_stop=lambda: False,
        class_weights=False,
    )
    return median([row.seconds for row in run.history[1:]])


def _lite_classes(run_dir: Path) -> Classify:
    """Classes by LiteRT: two threads that take blocks in turn, as the raster route does."""
    engine = open_engine(run_dir, run_dir / "lite")

    def part(pixels: Pixels) -> NDArray[np.int64]:
        return in_batches(engine, pixels, None).argmax(axis=-1)

    def classes(pixels: Pixels) -> NDArray[np.int64]:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return np.concatenate(list(pool.map(part, np.array_split(pixels, 16))))

    return classes


def _against_others(artifact: Artifact, samples: SampleSet) -> list[Row]:
    """Seconds against a forest of 100 trees and plain `model.predict`, in turn."""
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(100, n_jobs=-1, random_state=0)
    forest.fit(samples.predictors[:_FOREST_SAMPLES], samples.class_index[:_FOREST_SAMPLES])
    pixels = np.random.default_rng(1).normal(size=(_FOREST_PIXELS, PREDICTORS)).astype(np.float32)
    others: dict[str, Classify] = {
        "a forest of 100 trees": forest.predict,
        "`model.predict`": lambda x: artifact.network.predict(x, batch_size=65_536, verbose=0),
    }
    rows = []
    for name, other in others.items():
        other(pixels)
        ratio = median(
            [_seconds(artifact.classify, pixels) / _seconds(other, pixels) for _ in "abc"]
        )
        rows.append(
            Row(f"classifying, against {name}", f"{ratio:.2f} times", "1 times", ratio <= 1)
        )
    return rows


def _seconds(classify: Classify, pixels: Pixels) -> float:
    started = time.perf_counter()
    classify(pixels)
    return time.perf_counter() - started


def _classify_ratio(artifact: Artifact, classify: Classify | None = None) -> float:
    classify = classify or artifact.classify
    rng = np.random.default_rng(1)
    pixels = rng.normal(size=(PIXELS, PREDICTORS)).astype(np.float32)
    flops = PIXELS * (PREDICTORS * 64 + 64 * 64 + 64 * CLASSES)
    side = 1024
    left, right = rng.normal(size=(2, side, side)).astype(np.float32)
    classify(pixels)
    ratios = []
    for _ in range(7):
        time.sleep(_BLAS_REST_S)
        started = time.perf_counter()
        classify(pixels)
        ours = time.perf_counter() - started
        started = time.perf_counter()
        for _ in range(8):
            left @ right
        product = (time.perf_counter() - started) / 8
        ratios.append(ours / (product * flops / side**3))
    return median(ratios)
