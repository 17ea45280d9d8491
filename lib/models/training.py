"""Training of a network: from samples, a split and a plan to a run folder."""

import hashlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from lib.core.errors import ModelError
from lib.core.model_plan import ModelPlan
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.models import runtime
from lib.models.artifact import Card, save_artifact
from lib.models.checkpoint import remove_checkpoint, restore_checkpoint, save_checkpoint
from lib.models.dataset import Dataset
from lib.models.loop import EpochLoop
from lib.models.networks import build_network
from lib.models.progress import EpochRow, Progress, learning_rate_of

FINISHED, EARLY, CANCELLED = "finished", "early", "cancelled"


@dataclass(frozen=True)
class TrainingRun:
    """How a training ended.

    Attributes:
        best_epoch: The epoch whose weights were kept; 0 when it was cancelled within the first,
            and then there is no network.
        epochs: Epochs that were done.
        stopped: "finished" (all epochs), "early" (patience ran out) or "cancelled".
        seconds: Time spent on epochs, those before a resume included.
        history: All epochs.
    """

    best_epoch: int
    epochs: int
    stopped: str
    seconds: float
    history: tuple[EpochRow, ...]


def train(
    samples: SampleSet,
    split: Split,
    plan: ModelPlan,
    *,
    run_dir: Path,
    on_epoch: Callable[[EpochRow], None],
    should_stop: Callable[[], bool],
    class_weights: bool,
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
        should_stop: Asked every few hundred steps; when true, the best epoch so far is kept.
        class_weights: Whether a sample counts by the inverse of its class's frequency.

    Raises:
        ModelError: The loss is no number any more.
        SampleError: Training or validation set are empty.
    """
    runtime.prepare()
    run_dir.mkdir(parents=True, exist_ok=True)
    data = Dataset.of(samples, split, class_weights=class_weights)
    network = build_network(plan, data.x_train, n_classes=data.n_classes)
    loop = EpochLoop(network, data, batch_size=plan.batch_size, seed=plan.seed)
    fingerprint = _fingerprint(plan, data)
    progress = restore_checkpoint(run_dir, loop, fingerprint=fingerprint)
    for row in progress.rows:
        on_epoch(row)

    def keep(row: EpochRow) -> None:
        save_checkpoint(run_dir, loop, progress, fingerprint=fingerprint)
        on_epoch(row)

    stopped = _run_epochs(loop, progress, plan, should_stop=should_stop, after_epoch=keep)
    run = TrainingRun(
        best_epoch=progress.best_epoch,
        epochs=len(progress.rows),
        stopped=stopped,
        seconds=progress.seconds,
        history=tuple(progress.rows),
    )
    if run.best_epoch:
        loop.set_weights(progress.best_weights)
        save_artifact(run_dir, network, _card(samples, split, plan, data, run))
    if stopped != CANCELLED:
        remove_checkpoint(run_dir)
    return run


def _run_epochs(
    loop: EpochLoop,
    progress: Progress,
    plan: ModelPlan,
    *,
    should_stop: Callable[[], bool],
    after_epoch: Callable[[EpochRow], None],
) -> str:
    """Train until all epochs are done, patience runs out, or somebody asks to stop."""
    while progress.wait < plan.patience:
        epoch = len(progress.rows) + 1
        if epoch > plan.epochs:
            return FINISHED
        begin = time.perf_counter()
        rate = learning_rate_of(epoch, plan.epochs, plan.learning_rate)
        trained = loop.train_epoch(epoch, learning_rate=rate, should_stop=should_stop)
        if trained is None:
            return CANCELLED
        checked = loop.validate()
        _refuse_divergence(trained[0], checked[0], epoch)
        seconds = time.perf_counter() - begin
        row = EpochRow(
            epoch=epoch,
            epochs=plan.epochs,
            loss=trained[0],
            accuracy=trained[1],
            val_loss=checked[0],
            val_accuracy=checked[1],
            learning_rate=rate,
            seconds=seconds,
            eta_s=(progress.seconds + seconds) / epoch * (plan.epochs - epoch),
        )
        progress.add(row, loop.weights())
        after_epoch(row)
    return EARLY if len(progress.rows) < plan.epochs else FINISHED


def _refuse_divergence(loss: float, val_loss: float, epoch: int) -> None:
    if not (math.isfinite(loss) and math.isfinite(val_loss)):
        raise ModelError(
            f"The network diverged in epoch {epoch}: its loss is no number any more.",
            hint="Choose a lower learning rate.",
            field="learning_rate",
        )


def _fingerprint(plan: ModelPlan, data: Dataset) -> str:
    text = json.dumps([asdict(plan), data.n_classes, data.fingerprint(), runtime.versions()])
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
    )
