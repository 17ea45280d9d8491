"""Samples of three classes that overlap a little, made from a seed."""

from pathlib import Path
from typing import Any

import numpy as np

from lib.core.legend import Legend
from lib.core.model_plan import ModelPlan
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.models.progress import EpochRow
from lib.models.training import TrainingRun, train

NAMES = ("B2", "B3", "NDVI", "flat")
LEGEND = Legend.from_values([10, 30, 80], ["Trees", "Grass", "Water"])


def make_samples(n: int = 300, *, seed: int = 0) -> SampleSet:
    """Samples with bands of very different size and one predictor that never changes."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n) % 3)
    centres = np.array([[500.0, 700.0, 0.8], [900.0, 1100.0, 0.5], [400.0, 300.0, -0.3]])
    x = centres[y] + rng.normal(size=(n, 3)) * [120.0, 150.0, 0.15]
    return SampleSet(
        predictors=np.column_stack([x, np.full(n, 7.0)]).astype(np.float32),
        class_index=y.astype(np.int16),
        names=NAMES,
        legend=LEGEND,
        lon=rng.uniform(12, 13, n),
        lat=rng.uniform(47, 48, n),
        group=np.full(n, -1, np.int32),
        ids=np.arange(n, dtype=np.int64) + 1000,
    )


def make_split(n: int = 300) -> Split:
    """The first 60 % train, the next 20 % validate, the rest test."""
    first, second = n * 6 // 10, n * 8 // 10
    return Split(
        training=np.arange(first),
        validation=np.arange(first, second),
        test=np.arange(second, n),
        kind="random",
        seed=0,
    )


SMALL = ModelPlan(
    hidden_units=(8,),
    activation="relu",
    batch_norm=False,
    dropout=0.2,
    learning_rate=0.02,
    batch_size=32,
    epochs=6,
    patience=6,
    seed=5,
)


def run_small(run_dir: Path, **changes: Any) -> TrainingRun:
    """Train a small network; `changes` are arguments of `train`, and rows are thrown away."""
    options: dict[str, Any] = {
        "samples": make_samples(),
        "split": make_split(),
        "plan": SMALL,
        "on_epoch": lambda row: None,
        "should_stop": lambda: False,
        "class_weights": True,
    }
    options |= changes
    samples, split, plan = (options.pop(name) for name in ("samples", "split", "plan"))
    return train(samples, split, plan, run_dir=run_dir, **options)


def curves(rows: list[EpochRow] | tuple[EpochRow, ...]) -> list[tuple[float, ...]]:
    """What of epochs must be equal in two equal runs: all but the times."""
    return [(row.epoch, row.loss, row.accuracy, row.val_loss, row.val_accuracy) for row in rows]


SIZES: dict[str, tuple[int, ...]] = {"pixel": (), "series": (6,), "patch": (7, 7)}
TINY: dict[str, Any] = {
    "hidden_units": (8,),
    "filters": (4, 6),
    "recurrent_units": (4,),
    "kernel_size": 3,
    "learning_rate": 0.02,
    "batch_size": 16,
    "epochs": 4,
    "patience": 4,
    "seed": 5,
}
"""Settings of small networks of any family."""


def make_form(form: str, n: int = 96, *, dense: bool = False, seed: int = 0) -> SampleSet:
    """Samples of a form with gaps; the first predictor tells the class, the last never changes."""
    rng = np.random.default_rng(seed)
    y = rng.permutation(np.arange(n) % 3)
    inner = SIZES[form]
    x = rng.normal(size=(n, *inner, 3)) * [50.0, 0.1, 0.0] + [300.0, 0.5, 7.0]
    x[..., 0] += 200.0 * y.reshape(n, *[1] * len(inner))
    valid = rng.random((n, *inner)) > 0.2 if inner else None
    maps = np.broadcast_to(y[:, None, None], (n, *inner)).copy() if dense else None
    if maps is not None:
        maps[:, 0] = -1
    return SampleSet(
        predictors=x if valid is None else np.where(valid[..., None], x, 0),
        class_index=y,
        names=NAMES[1:],
        legend=LEGEND,
        lon=rng.uniform(12, 13, n),
        lat=rng.uniform(47, 48, n),
        group=np.full(n, -1),
        ids=np.arange(n) + 1000,
        valid=valid,
        dense=maps,
    )
