"""Training against plain `model.fit`, and classifying pixels against one matrix product."""

import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.families import fit_seconds
from benchmarks.report import Row, median
from lib.core.legend import Legend
from lib.core.model_plan import ModelPlan
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.models import training
from lib.models.artifact import Artifact

TITLE = "Training and classifying"
WORDS = (
    "An MLP 12-64-64-9 on 40,000 samples: seconds an epoch of Loam's loop and of the same "
    "`model.fit`, in turn. Then one million pixels classified, against one float32 matrix product "
    "of as many multiply-adds."
)
SAMPLES, PREDICTORS, CLASSES, EPOCHS, ROUNDS = 50_000, 12, 9, 4, 3
PIXELS = 1_000_000
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
        ratio = _classify_ratio(Artifact.load(run_dir))
    fit = median([a / b for a, b in zip(ours, theirs, strict=True)])
    return [
        Row("an epoch, against `model.fit`", f"{fit:.2f} times", "1 times", fit <= 1),
        Row(
            "classifying, against the matrix product",
            f"{ratio:.2f} times",
            "2.5 times",
            ratio <= 2.5,
        ),
    ]


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


def _classify_ratio(artifact: Artifact) -> float:
    rng = np.random.default_rng(1)
    pixels = rng.normal(size=(PIXELS, PREDICTORS)).astype(np.float32)
    flops = PIXELS * (PREDICTORS * 64 + 64 * 64 + 64 * CLASSES)
    side = 1024
    left, right = rng.normal(size=(2, side, side)).astype(np.float32)
    artifact.classify(pixels)
    ratios = []
    for _ in range(7):
        time.sleep(_BLAS_REST_S)
        started = time.perf_counter()
        artifact.classify(pixels)
        ours = time.perf_counter() - started
        started = time.perf_counter()
        for _ in range(8):
            left @ right
        product = (time.perf_counter() - started) / 8
        ratios.append(ours / (product * flops / side**3))
    return median(ratios)
