"""Train a network and the forest beside it, and score both on the test set of their split."""

import dataclasses
import time
from typing import Any

from lib.core.accuracy import Scores, score
from lib.core.formats import number
from lib.core.model_plan import ModelPlan
from lib.core.plan import SplitPlan
from lib.core.samples import SampleSet
from lib.core.split import Split, make_split, other_kind
from lib.models import baseline, runtime, training
from lib.models.artifact import Artifact
from lib.models.evaluate import evaluate
from lib.models.explain import predictor_importance, reliability
from lib.models.progress import BatchRow, EpochRow
from lib.workflow import runs, store
from lib.workflow.work.order import Making, Order, Progress
from lib.workflow.work.room import require_room

_BETWEEN_WORDS_S = 1.0
"""Seconds between two sentences within an epoch; shorter epochs are told as a whole."""
_SHUFFLED_VALUES = 200_000_000
"""Predictor values that go through a network for the importances: some 20 s on two cores."""
_REPEATS = 10
_FEWEST_REPEATS = 3
_QUICK_FOREST = 50_000
"""Training samples up to which a cancelled run gets its forest: it ends within seconds."""


def warm_up() -> None:
    """Import what training needs, while nobody waits for it yet."""
    runtime.warm_up()


def run(order: Order, progress: Progress) -> None:
    """Train the network for the chosen split, score it, and train the forest beside it."""
    samples = order.samples()
    split = make_split(samples, order.project.split)
    with order.making() as making:
        opened = runs.opens_test(order.root, order.project, order.realm)
        plan = order.project.model
        making.summary = _train(order, plan, samples, split, making, progress)
        progress.report("Forest", "Training the random forest beside it", 0.92)
        cancelled = making.summary["stopped"] == training.CANCELLED
        forest = _forest(order, samples, split, quick=cancelled)
        artifact = Artifact.load(making.folder)
        making.summary |= {
            "baseline": forest.to_json() if forest else None,
            "validation": _validation(artifact, samples, split).to_json(),
            "reliability": dataclasses.asdict(reliability(artifact, samples, split)),
            "importance": None,
            "test_opened": opened,
        }
        if not cancelled:
            making.summary["importance"] = _importance(artifact, samples, split, progress)


def run_other_split(order: Order, progress: Progress) -> None:
    """Train a second network for the other kind of split, so that both can be compared.

    Where the first was cancelled, it gets no more epochs than that one had.
    """
    samples = order.samples()
    plan = order.project.model
    first = store.find(order.root, order.project, order.realm, "train")
    if first is not None and first.summary["stopped"] == training.CANCELLED:
        plan = dataclasses.replace(plan, epochs=max(1, first.summary["epochs"]))
    split = make_split(samples, other_plan(order.project.split, samples))
    with order.making() as making:
        making.summary = _train(order, plan, samples, split, making, progress)
        making.summary["cut_short"] = plan.epochs < order.project.model.epochs


def other_plan(plan: SplitPlan, samples: SampleSet) -> SplitPlan:
    """The split that the second network is trained for."""
    return dataclasses.replace(plan, kind=other_kind(plan.kind, samples))


def _train(
    order: Order,
    plan: ModelPlan,
    samples: SampleSet,
    split: Split,
    making: Making,
    progress: Progress,
) -> dict[str, Any]:
    require_room(plan, samples)
    teller = _Teller(progress)
    progress.report("Starting", "Building the network", 0.01)
    progress.clear_history()
    run = training.train(
        samples,
        split,
        plan,
        run_dir=making.folder,
        on_epoch=teller.epoch,
        on_batch=teller.batch,
        should_stop=progress.cancelled,
        class_weights=order.project.sampling.class_weights,
        balance=order.project.balance,
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
        "notes": list(run.notes),
    }


class _Teller:
    """Says how far training is: every epoch, and within long ones about every second."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._told = time.monotonic()

    def epoch(self, row: EpochRow) -> None:
        self._progress.append_history(dataclasses.asdict(row))
        self._say(epoch_words(row), row.epoch / row.epochs, row.eta_s)

    def batch(self, row: BatchRow) -> None:
        if time.monotonic() - self._told >= _BETWEEN_WORDS_S:
            done = (row.epoch - 1 + row.step / row.steps) / row.epochs
            self._say(batch_words(row), done, row.eta_s)

    def _say(self, words: str, done: float, eta_s: float) -> None:
        self._told = time.monotonic()
        self._progress.report("Training", words, 0.9 * done, eta_s)


def _validation(artifact: Artifact, samples: SampleSet, split: Split) -> Scores:
    """Score a network on its validation set: by these figures runs may be compared."""
    rows = split.validation
    return score(
        samples.class_index[rows],
        artifact.classify_samples(samples, rows),
        samples.legend,
        groups=None if split.groups is None else split.groups[rows],
        seed=split.seed,
    )


def _forest(order: Order, samples: SampleSet, split: Split, *, quick: bool) -> Scores | None:
    """Score the forest; an earlier run's where it is the same one.

    Returns:
        None where it has to be quick and the forest would take long.
    """
    known = runs.same_forest(order.root, order.project, order.realm)
    if known is not None:
        return known
    if quick and len(split.training) > _QUICK_FOREST:
        return None
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


def _importance(
    artifact: Artifact, samples: SampleSet, split: Split, progress: Progress
) -> dict[str, Any] | None:
    """Shuffle each predictor, fewer times or on fewer test samples where that would take long."""
    if len(split.test) < 2:
        return None
    repeats, step = shuffles(samples.predictors[0].size, len(samples.names), len(split.test))
    progress.report("Predictors", "Finding out which predictors count", 0.96)
    some = dataclasses.replace(split, test=split.test[::step])
    found = predictor_importance(artifact, samples, some, repeats=repeats)
    return {**dataclasses.asdict(found), "repeats": repeats, "of": len(split.test)}


def shuffles(values: int, predictors: int, tested: int) -> tuple[int, int]:
    """How often each predictor is shuffled, and among each how many-th of the test samples.

    Args:
        values: Predictor values of one sample.
        predictors: Number of predictors.
        tested: Number of test samples.
    """
    once = max(1, values * predictors * tested)
    repeats = min(_REPEATS, max(_FEWEST_REPEATS, _SHUFFLED_VALUES // once))
    step = -(-once * repeats // _SHUFFLED_VALUES)
    return repeats, min(step, max(1, tested // 2))


def epoch_words(row: EpochRow) -> str:
    """Say how far training is, as the page and the command line do."""
    return f"Epoch {row.epoch} of {row.epochs} · validation loss {row.val_loss:.2f}"


def batch_words(row: BatchRow) -> str:
    """Say how far training is within an epoch."""
    return (
        f"Epoch {row.epoch} of {row.epochs} · batch {number(row.step)} of {number(row.steps)} · "
        f"loss {row.loss:.2f} · {number(row.samples_per_s)} samples a second"
    )


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
