"""Train a network and the forest beside it, and score both on the test set of their split."""

import dataclasses
from typing import Any

from lib.core.accuracy import Scores, score
from lib.core.plan import SplitPlan
from lib.core.samples import SampleSet
from lib.core.split import Split, make_split, other_kind
from lib.models import baseline, runtime, training
from lib.models.artifact import Artifact
from lib.models.evaluate import evaluate
from lib.models.progress import EpochRow
from lib.workflow.work.order import Making, Order, Progress


def warm_up() -> None:
    """Import what training needs, while nobody waits for it yet."""
    runtime.warm_up()


def run(order: Order, progress: Progress) -> None:
    """Train the network for the chosen split, score it, and train the forest beside it."""
    samples = order.samples()
    split = make_split(samples, order.project.split)
    with order.making() as making:
        making.summary = _train(order, samples, split, making, progress)
        progress.report("Forest", "Training the random forest beside it", 0.92)
        making.summary["baseline"] = _forest(order, samples, split).to_json()


def run_other_split(order: Order, progress: Progress) -> None:
    """Train a second network for the other kind of split, so that both can be compared."""
    samples = order.samples()
    split = make_split(samples, other_plan(order.project.split, samples))
    with order.making() as making:
        making.summary = _train(order, samples, split, making, progress)


def other_plan(plan: SplitPlan, samples: SampleSet) -> SplitPlan:
    """The split that the second network is trained for."""
    return dataclasses.replace(plan, kind=other_kind(plan.kind, samples))


def _train(
    order: Order, samples: SampleSet, split: Split, making: Making, progress: Progress
) -> dict[str, Any]:
    def on_epoch(row: EpochRow) -> None:
        progress.append_history(dataclasses.asdict(row))
        progress.report("Training", epoch_words(row), 0.9 * row.epoch / row.epochs, row.eta_s)

    progress.report("Starting", "Building the network", 0.01)
    progress.clear_history()
    run = training.train(
        samples,
        split,
        order.project.model,
        run_dir=making.folder,
        on_epoch=on_epoch,
        should_stop=progress.cancelled,
        class_weights=order.project.sampling.class_weights,
    )
    if not run.best_epoch:
        progress.stop_if_cancelled()
    artifact = Artifact.load(making.folder)
    return {
        "scores": evaluate(artifact, samples, split).to_json(),
        "split": split_summary(split),
        "best_epoch": run.best_epoch,
        "epochs": run.epochs,
        "stopped": run.stopped,
        "training_seconds": round(run.seconds, 2),
        "weight_count": artifact.card.weight_count,
        "history": [dataclasses.asdict(row) for row in run.history],
    }


def _forest(order: Order, samples: SampleSet, split: Split) -> Scores:
    plan = order.project.model
    predicted = baseline.train_forest(
        samples,
        split,
        plan.forest_trees,
        plan.seed,
        class_weights=order.project.sampling.class_weights,
    )
    reference = samples.class_index[split.test]
    return score(reference, predicted, samples.legend, groups=split.test_groups, seed=split.seed)


def epoch_words(row: EpochRow) -> str:
    """Say how far training is, as the page and the command line do."""
    return f"Epoch {row.epoch} of {row.epochs} · validation loss {row.val_loss:.2f}"


def split_summary(split: Split) -> dict[str, Any]:
    """What is told of a split beside every score."""
    return {
        "kind": split.kind,
        "seed": split.seed,
        "training": len(split.training),
        "validation": len(split.validation),
        "test": len(split.test),
        "notes": list(split.notes),
    }
