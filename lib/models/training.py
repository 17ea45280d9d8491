"""Training of a network: from samples, a split and a plan to a run folder."""

import hashlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from lib.core.errors import ModelError
from lib.core.model_plan import ModelPlan
from lib.core.plan import BalancePlan
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.models import runtime
from lib.models.artifact import Card, save_artifact
from lib.models.checkpoint import remove_checkpoint, restore_checkpoint, save_checkpoint
from lib.models.checks import check_fit, check_labels, notes_on
from lib.models.dataset import Dataset
from lib.models.logs import write_logs
from lib.models.loop import EpochLoop, Figures
from lib.models.networks import assign_weights, build_scaled
from lib.models.optimizers import precision
from lib.models.progress import BatchRow, EpochRow, Progress, learning_rate_of

FINISHED, EARLY, CANCELLED, DIVERGED = "finished", "early", "cancelled", "diverged"


@dataclass(frozen=True)
class TrainingRun:
    """How a training ended.

    Attributes:
        best_epoch: The epoch whose weights were kept; 0 when it was cancelled within the first,
            and then there is no network.
        epochs: Epochs that were done.
        stopped: "finished" (all epochs), "early" (patience ran out), "cancelled", or "diverged"
            (the loss became no number; the best epoch before that was kept).
        seconds: Time spent on epochs, those before a resume included.
        history: All epochs.
        notes: What is odd about the samples or the run, as sentences.
    """

    best_epoch: int
    epochs: int
    stopped: str
    seconds: float
    history: tuple[EpochRow, ...]
    notes: tuple[str, ...] = ()


def train(
    samples: SampleSet,
    split: Split,
    plan: ModelPlan,
    *,
    run_dir: Path,
    on_epoch: Callable[[EpochRow], None],
    should_stop: Callable[[], bool],
    class_weights: bool,
    balance: BalancePlan | None = None,
    on_batch: Callable[[BatchRow], None] | None = None,
) -> TrainingRun:
    """Train a network and write it to a run folder; go on where a killed run was.

    The same samples, split and plan give the same weights bit for bit on one machine, whether or
    not the run was interrupted. The weights of the epoch with the least validation loss are kept.

    Args:
        samples: All samples.
        split: Only its training and validation part are looked at.
        plan: Family and settings.
        run_dir: Folder for `model.keras`, `card.json` and the checkpoint; may hold those of an
            interrupted run.
        on_epoch: Called after every epoch; after a resume first for every epoch done before.
        should_stop: Asked some times a second; when true, the best epoch so far is kept.
        class_weights: Whether a sample counts by its class's frequency.
        balance: How, and what is resampled and augmented; None for the defaults.
        on_batch: Called some times a second within an epoch.

    Raises:
        ModelError: The loss is no number in the first epoch.
        SampleError: The family cannot learn from these samples, or a part is empty.
    """
    runtime.prepare()
    run_dir.mkdir(parents=True, exist_ok=True)
    plan_of_balance = balance or BalancePlan()
    data = _data(samples, split, plan, plan_of_balance, class_weights=class_weights)
    loop = _loop(plan, data, plan_of_balance)
    fingerprint = _fingerprint(plan, plan_of_balance, data)
    progress = restore_checkpoint(run_dir, loop, fingerprint=fingerprint)
    for row in progress.rows:
        on_epoch(row)

    def keep(row: EpochRow) -> None:
        save_checkpoint(run_dir, loop, progress, fingerprint=fingerprint)
        on_epoch(row)

    stopped = _run_epochs(
        loop, progress, plan, should_stop=should_stop, after_epoch=keep, on_batch=on_batch
    )
    run = TrainingRun(
        best_epoch=progress.best_epoch,
        epochs=len(progress.rows),
        stopped=stopped,
        seconds=progress.seconds,
        history=tuple(progress.rows),
        notes=(*data.notes, *_notes_on_end(stopped, progress)),
    )
    if run.best_epoch:
        network = _finished(loop, plan, data, progress.best_weights)
        save_artifact(run_dir, network, _card(samples, split, plan, data, run))
    if plan.tensorboard:
        write_logs(run_dir, progress.rows)
    if stopped != CANCELLED:
        remove_checkpoint(run_dir)
    return run


def _data(
    samples: SampleSet, split: Split, plan: ModelPlan, balance: BalancePlan, *, class_weights: bool
) -> Dataset:
    dense = check_fit(plan, samples)
    data = Dataset.of(samples, split, class_weights=class_weights, balance=balance, dense=dense)
    check_labels(data, samples)
    return data.with_notes(notes_on(data, samples, plan, balance.augment))


def _loop(plan: ModelPlan, data: Dataset, balance: BalancePlan) -> EpochLoop:
    """Build the network in the precision of the plan, and what trains it."""
    import keras  # slow import

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision(plan))
    try:
        network = build_scaled(plan, data.scaling, data.shape, data.n_classes)
        return EpochLoop(network, data, plan, augment=balance.augment)
    finally:
        keras.config.set_dtype_policy(before)


def _finished(loop: EpochLoop, plan: ModelPlan, data: Dataset, weights: list[Any]) -> Any:
    """Give the network with its best weights, in 32 bits whatever it was trained in."""
    if precision(plan) == "float32":
        loop.set_weights(weights)
        return loop.network
    network = build_scaled(plan, data.scaling, data.shape, data.n_classes)
    assign_weights(network, weights)
    return network


def _run_epochs(
    loop: EpochLoop,
    progress: Progress,
    plan: ModelPlan,
    *,
    should_stop: Callable[[], bool],
    after_epoch: Callable[[EpochRow], None],
    on_batch: Callable[[BatchRow], None] | None,
) -> str:
    """Train until all epochs are done, patience runs out, or somebody asks to stop."""
    while progress.wait < plan.patience:
        epoch = len(progress.rows) + 1
        if epoch > plan.epochs:
            return FINISHED
        begin = time.perf_counter()
        rate = learning_rate_of(epoch, plan.epochs, plan.learning_rate, schedule=plan.schedule)
        trained = loop.train_epoch(
            epoch,
            learning_rate=rate,
            should_stop=should_stop,
            on_figures=_telling(on_batch, epoch, plan.epochs, progress, begin),
        )
        if trained is None:
            return CANCELLED
        checked = loop.validate(should_stop) if math.isfinite(trained.loss) else trained
        if checked is None:
            return CANCELLED
        if not math.isfinite(checked.loss):
            _refuse_without_network(progress, epoch)
            return DIVERGED
        seconds = time.perf_counter() - begin
        row = EpochRow(
            epoch=epoch,
            epochs=plan.epochs,
            loss=trained.loss,
            accuracy=trained.accuracy,
            val_loss=checked.loss,
            val_accuracy=checked.accuracy,
            learning_rate=rate,
            seconds=seconds,
            eta_s=(progress.seconds + seconds) / epoch * (plan.epochs - epoch),
            samples_per_s=trained.samples / seconds,
            memory_bytes=psutil.Process().memory_info().rss,
        )
        progress.add(row, loop.weights())
        after_epoch(row)
    return EARLY if len(progress.rows) < plan.epochs else FINISHED


def _telling(
    on_batch: Callable[[BatchRow], None] | None,
    epoch: int,
    epochs: int,
    progress: Progress,
    begin: float,
) -> Callable[[Figures], None] | None:
    """Give what tells how far an epoch is, with the time left."""
    if on_batch is None:
        return None

    def tell(figures: Figures) -> None:
        seconds = time.perf_counter() - begin
        done = epoch - 1 + figures.steps / figures.of
        on_batch(
            BatchRow(
                epoch=epoch,
                epochs=epochs,
                step=figures.steps,
                steps=figures.of,
                loss=figures.loss,
                accuracy=figures.accuracy,
                samples_per_s=figures.samples / seconds,
                eta_s=(progress.seconds + seconds) / done * (epochs - done),
            )
        )

    return tell


def _refuse_without_network(progress: Progress, epoch: int) -> None:
    if not progress.best_epoch:
        raise ModelError(
            f"The network diverged in epoch {epoch}: its loss is no number any more.",
            hint="Choose a lower learning rate.",
            field="learning_rate",
        )


def _notes_on_end(stopped: str, progress: Progress) -> tuple[str, ...]:
    if stopped != DIVERGED:
        return ()
    words = (
        f"The loss was no number any more in epoch {len(progress.rows) + 1}; the network of epoch "
        f"{progress.best_epoch} was kept. A lower learning rate may go further."
    )
    return (words,)


def _fingerprint(plan: ModelPlan, balance: BalancePlan, data: Dataset) -> str:
    settings = [asdict(plan), balance.augment, data.fingerprint(), runtime.versions()]
    text = json.dumps(settings)
    return hashlib.sha256(text.encode()).hexdigest()


def _card(
    samples: SampleSet, split: Split, plan: ModelPlan, data: Dataset, run: TrainingRun
) -> Card:
    return Card(
        predictors=samples.names,
        legend=samples.legend,
        plan=plan,
        split_kind=split.kind,
        split_seed=split.seed,
        training_ids=tuple(samples.ids[split.training].tolist()),
        validation_ids=tuple(samples.ids[split.validation].tolist()),
        class_weights=None if data.class_weights is None else tuple(data.class_weights.tolist()),
        best_epoch=run.best_epoch,
        epochs=run.epochs,
        stopped=run.stopped,
        seconds=run.seconds,
        versions=runtime.versions(),
        machine=runtime.machine(),
        form=data.form,
        shape=data.shape[:-1],
        steps=samples.steps,
        dense=data.dense,
        notes=run.notes,
    )
