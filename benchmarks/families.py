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
from lib.models.augment import FOR_FORM, augmenter
from lib.models.dataset import Dataset
from lib.models.families import FAMILIES, Family
from lib.models.feeds import Feed, feed_of
from lib.models.loop import EpochLoop
from lib.models.networks import build_scaled

TITLE = "Training by family"
WORDS = (
    "Seconds an epoch of Loam's loop and of the same network under `model.fit` on arrays in "
    "memory, in turn, with the options of each family: single pixels of 12 predictors at a batch "
    "of 256, series of 23 dates by 4, patches of 15 x 15 x 10 at a batch of 32. Then what brings "
    "patches of 65 x 65 x 10 from the disk to TensorFlow, flipped, turned, brightened and noisy, "
    "against the steps of training on them in memory: the two run at the same time."
)
EPOCHS = 3
CLASSES = 9
# Inner shape, training samples, batch, most times of `model.fit`.
CASES: dict[str, tuple[tuple[int, ...], int, int, float]] = {
    "pixel": ((12,), 40_000, 256, 1 / 1.5),
    "series": ((23, 4), 3_000, 64, 1.0),
    "patch": ((15, 15, 10), 600, 32, 1.0),
}
# Shape of a patch, how many train, and the batch.
PIPELINE = ((65, 65, 10), 256, 32)


def measure() -> list[Row]:
    """Train every family in turn with what it is compared with."""
    patched = [family for family in FAMILIES.values() if family.form == "patch"]
    return [
        *(_row(family) for family in FAMILIES.values()),
        *(_pipeline_row(family) for family in patched),
    ]


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


def _pipeline_row(family: Family) -> Row:
    """Seconds that batches take to be there, against those that training on them takes."""
    dense = family.labels == "every pixel"
    inner, n, batch = PIPELINE
    plan = replace(family.defaults, batch_size=batch)
    samples = _samples(inner, n, dense=dense)
    split = Split(np.arange(n), np.arange(n, len(samples)), np.array([], np.int64), "random", 0)
    data = Dataset.of(samples, split, class_weights=False, dense=dense)
    loop = EpochLoop(build_scaled(plan, data.scaling, data.shape, CLASSES), data, plan)
    with tempfile.TemporaryDirectory() as folder:
        np.save(path := Path(folder) / "patches.npy", samples.predictors)
        mapped = replace(samples, predictors=np.load(path, mmap_mode="r"))
        feed = _changing_feed(Dataset.of(mapped, split, class_weights=False, dense=dense), batch)
        brought, trained = [], []
        for epoch in range(1, EPOCHS + 2):
            began = time.perf_counter()
            feed.run(np.random.default_rng(epoch).permutation(n), 0, n // batch, (0, epoch))
            brought.append(time.perf_counter() - began)
            began = time.perf_counter()
            loop.train_epoch(epoch, learning_rate=1e-3, should_stop=lambda: False)
            trained.append(time.perf_counter() - began)
    ratio = median([a / b for a, b in zip(brought[1:], trained[1:], strict=True)])
    words = f"{family.title}, bringing 65 x 65 x 10 against its steps"
    return Row(words, f"{ratio:.2f} times", "1 times", ratio <= 1)


def _changing_feed(data: Dataset, batch: int) -> Feed:
    """A feed of batches from the disk that are changed, and not trained on."""
    import tensorflow as tf

    change = augmenter(FOR_FORM["patch"], "patch", data.scaling)
    assert change is not None

    def step(x: Any, valid: Any, y: Any, key: Any) -> Any:
        changed = change(x, valid, y, key)
        return tf.stack([tf.reduce_sum(tf.cast(part, tf.float32)) for part in (*changed, x)])

    return feed_of(data.train, step, batch_size=batch)


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
