"""Cross-validation: a network and a forest for every fold, so that each sample is tested once."""

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.core.accuracy import Scores, score
from lib.core.folds import folds
from lib.core.model_plan import ModelPlan
from lib.core.plan import BalancePlan, SplitPlan
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.models.artifact import Artifact
from lib.models.baseline import train_forest
from lib.models.digest import samples_digest
from lib.models.evaluate import predict_test
from lib.models.fold_scores import CrossValidation, FoldScores, spreads
from lib.models.progress import EpochRow
from lib.models.training import CANCELLED, train

_VERSION = 1


def cross_validate(
    samples: SampleSet,
    plan: ModelPlan,
    balance: BalancePlan,
    *,
    k: int = 5,
    kind: str = SplitPlan().kind,
    seed: int = 0,
    block_size_m: float = SplitPlan().block_size_m,
    folder: Path,
    class_weights: bool = True,
    on_fold: Callable[[FoldScores], None] | None = None,
    on_epoch: Callable[[int, EpochRow], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> CrossValidation:
    """Train and test a network and a forest for each of k folds; go on where one was killed.

    Args:
        samples: All samples.
        plan: Family and settings.
        balance: What is resampled, weighed and augmented, within the training part of a fold only.
        k: Number of folds.
        kind: "random", "blocks" or "polygon", as `lib.core.folds.folds` has them.
        seed: Seed of the folds.
        block_size_m: Side of a block in metres.
        folder: Keeps a small file for each fold that is done, and the network in training; folds
            of other samples or settings in it are made anew.
        class_weights: Whether a sample counts by its class's frequency.
        on_fold: Told of each fold, also of those done before.
        on_epoch: Told of each epoch with the number of its fold.
        should_stop: Asked some times a second; when true, the folds done so far are given.

    Returns:
        The folds that were done; fewer than k where somebody asked to stop.

    Raises:
        PlanError: Folds that cannot be.
        SampleError: The samples cannot be dealt to so many, or not be learned from.
        ModelError: The loss is no number in the first epoch of a fold.
    """
    splits = folds(samples, k, kind, seed, block_size_m)
    folder.mkdir(parents=True, exist_ok=True)
    settings = [_VERSION, asdict(plan), asdict(balance), class_weights, k, kind, seed, block_size_m]
    mark = samples_digest(samples, settings)
    done: list[FoldScores] = []
    for number, split in enumerate(splits):
        found = _read(folder, number, mark)
        if found is None:
            if should_stop():
                break
            found = _run_fold(
                samples,
                split,
                plan,
                balance,
                number=number,
                folder=folder,
                class_weights=class_weights,
                on_epoch=on_epoch,
                should_stop=should_stop,
            )
        if found is None:
            break
        _write(folder, found, mark)
        done.append(found)
        if on_fold is not None:
            on_fold(found)
    return _summary(samples, splits, done, k=k, kind=kind, seed=seed)


def _run_fold(
    samples: SampleSet,
    split: Split,
    plan: ModelPlan,
    balance: BalancePlan,
    *,
    number: int,
    folder: Path,
    class_weights: bool,
    on_epoch: Callable[[int, EpochRow], None] | None,
    should_stop: Callable[[], bool],
) -> FoldScores | None:
    """Train and test; None where somebody asked to stop, and then training can go on later."""
    run_dir = folder / f"fold-{number:02d}"

    def tell(row: EpochRow) -> None:
        if on_epoch is not None:
            on_epoch(number, row)

    run = train(
        samples,
        split,
        plan,
        run_dir=run_dir,
        on_epoch=tell,
        should_stop=should_stop,
        class_weights=class_weights,
        balance=balance,
    )
    if run.stopped == CANCELLED:
        return None
    predicted = predict_test(Artifact.load(run_dir), samples, split)
    trees = train_forest(samples, split, plan.forest_trees, plan.seed, class_weights=class_weights)
    shutil.rmtree(run_dir)
    return FoldScores(
        fold=number,
        network=_score(samples, split, predicted),
        forest=_score(samples, split, trees),
        predicted=tuple(predicted.tolist()),
        forest_predicted=tuple(trees.tolist()),
        training=len(split.training),
        validation=len(split.validation),
        best_epoch=run.best_epoch,
        epochs=run.epochs,
        seconds=run.seconds,
        notes=(*split.notes, *run.notes),
    )


def _score(samples: SampleSet, split: Split, predicted: NDArray[Any]) -> Scores:
    reference = samples.class_index[split.test]
    return score(reference, predicted, samples.legend, groups=split.test_groups, seed=split.seed)


def _summary(
    samples: SampleSet,
    splits: Sequence[Split],
    done: list[FoldScores],
    *,
    k: int,
    kind: str,
    seed: int,
) -> CrossValidation:
    notes = tuple(dict.fromkeys(note for fold in done for note in fold.notes))
    if len(done) < k:
        notes = (f"{len(done)} of {k} folds were done; the others were not tested.", *notes)
    return CrossValidation(
        k=k,
        kind=kind,
        seed=seed,
        block_size_m=splits[0].block_size_m,
        folds=tuple(done),
        network=spreads([fold.network for fold in done]),
        forest=spreads([fold.forest for fold in done]),
        pooled_network=_pooled(samples, splits, [fold.predicted for fold in done]),
        pooled_forest=_pooled(samples, splits, [fold.forest_predicted for fold in done]),
        notes=notes,
    )


def _pooled(
    samples: SampleSet, splits: Sequence[Split], predicted: Sequence[tuple[int, ...]]
) -> Scores:
    """Score all tested samples at once; folds were done in order."""
    tested = splits[: len(predicted)]
    rows = np.concatenate([np.empty(0, np.int64), *(split.test for split in tested)])
    said = np.concatenate([np.empty(0, np.int64), *(np.array(part) for part in predicted)])
    groups = splits[0].groups
    return score(
        samples.class_index[rows],
        said,
        samples.legend,
        groups=None if groups is None or not len(rows) else groups[rows],
        seed=splits[0].seed,
    )


def _write(folder: Path, fold: FoldScores, mark: str) -> None:
    text = json.dumps({"made_of": mark, "fold": fold.to_json()})
    unfinished = folder / f".fold-{fold.fold:02d}.json"
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(folder / f"fold-{fold.fold:02d}.json")


def _read(folder: Path, number: int, mark: str) -> FoldScores | None:
    """Read a fold that was done before; None where there is none of these samples and settings."""
    try:
        data = json.loads((folder / f"fold-{number:02d}.json").read_text(encoding="utf-8"))
        return FoldScores.from_json(data["fold"]) if data["made_of"] == mark else None
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
