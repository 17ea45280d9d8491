"""Training each family against plain `model.fit` of the same network on arrays in memory."""

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import Row, median
from lib.core.legend import Legend
from lib.core.model_plan import ModelPlan
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.models import training
from lib.models.families import FAMILIES, Family

TITLE = "Training by family"
WORDS = (
    "Seconds an epoch of Loam's loop and of the same network under `model.fit` on arrays in "
    "memory, in turn, with the options of each family: single pixels of 12 predictors at a batch "
    "of 256, series of 23 dates by 4, patches of 15 x 15 x 10 at a batch of 32."
)
EPOCHS = 3
CLASSES = 9
# Inner shape, training samples, batch, most times of `model.fit`.
CASES: dict[str, tuple[tuple[int, ...], int, int, float]] = {
    "pixel": ((12,), 40_000, 256, 1 / 1.5),
    "series": ((23, 4), 3_000, 64, 1.0),
    "patch": ((15, 15, 10), 600, 32, 1.0),
}


def measure() -> list[Row]:
    """Train every family in turn with what it is compared with."""
    return [_row(family) for family in FAMILIES.values()]


def _row(family: Family) -> Row:
    shape, n, batch, bound = CASES[family.form]
    plan = replace(
        family.defaults, epochs=EPOCHS, patience=EPOCHS, batch_size=batch, optimizer="adam"
    )
    samples = _samples(shape, n, dense=family.labels == "every pixel")
    with tempfile.TemporaryDirectory() as folder:
        ours = _train(samples, n, plan, Path(folder))
    ratio = ours / fit_seconds(samples, n, plan)
    return Row(
        f"{family.title}, an epoch against `model.fit`",
        f"{ratio:.2f} times",
        f"{bound:.2f} times",
        ratio <= bound,
    )


def _samples(shape: tuple[int, ...], n: int, *, dense: bool) -> SampleSet:
    """Training samples, and a tenth more to validate with."""
    rng = np.random.default_rng(0)
    total = n + n // 10
    classes = rng.integers(0, CLASSES, total)
    inner = shape[:-1]
    x = rng.normal(size=(total, *shape)) + classes.reshape(total, *[1] * len(shape)) / 3
    every = np.broadcast_to(classes.reshape(total, *[1] * len(inner)), (total, *inner))
    return SampleSet(
        predictors=x.astype(np.float32),
        class_index=classes.astype(np.int16),
        names=tuple(f"x{i}" for i in range(shape[-1])),
        legend=Legend.from_values(range(1, CLASSES + 1)),
        lon=np.zeros(total),
        lat=np.zeros(total),
        group=np.full(total, -1, np.int32),
        ids=np.arange(total),
        dense=every.astype(np.int16) if dense else None,
    )


def _train(samples: SampleSet, n: int, plan: ModelPlan, run_dir: Path) -> float:
    parts = np.arange(n), np.arange(n, len(samples)), np.array([], np.int64)
    run = training.train(
        samples,
        Split(*parts, kind="random", seed=0),
        plan,
        run_dir=run_dir,
        on_epoch=lambda _: None,
        should_stop=lambda: False,
        class_weights=False,
    )
    return median([row.seconds for row in run.history[1:]])


def fit_seconds(samples: SampleSet, n: int, plan: ModelPlan) -> float:
    """Seconds an epoch of `model.fit`, with labels for every pixel where the network gives those.

    Args:
        samples: Training samples, and those to validate with behind them.
        n: Number of training samples.
        plan: What is trained; Adam whatever it says.
    """
    import keras

    from lib.models.networks import build_network

    keras.utils.set_random_seed(0)
    network = build_network(plan, samples.predictors[:n], n_classes=CLASSES)
    network.compile(
        "adam", "sparse_categorical_crossentropy", metrics=["accuracy"], jit_compile=False
    )
    y = samples.class_index.astype(np.int32)
    inner = samples.predictors.shape[1:-1]
    if len(network.outputs[0].shape) == 4:
        y = np.broadcast_to(y[:, None, None], (len(y), *inner)).copy()
    x: Any = samples.predictors
    if len(network.inputs) > 1:
        x = [x, np.ones((len(y), *inner, 1), np.float32)]

    def part(rows: slice) -> tuple[Any, Any]:
        return ([one[rows] for one in x] if isinstance(x, list) else x[rows]), y[rows]

    clock = _clock()
    network.fit(
        *part(slice(0, n)),
        validation_data=part(slice(n, None)),
        batch_size=plan.batch_size,
        epochs=plan.epochs,
        verbose=0,
        callbacks=[clock],
    )
    return median(clock.seconds[1:])


def _clock() -> Any:
    import keras

    class Clock(keras.callbacks.Callback):  # type: ignore[misc]
        """Times every epoch."""

        seconds: list[float]

        def on_train_begin(self, logs: Any = None) -> None:
            self.seconds = []

        def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
            self.started = time.perf_counter()

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.seconds.append(time.perf_counter() - self.started)

    return Clock()
