"""Cross-validate the network's settings: a network and a forest for every fold."""

import dataclasses
from typing import Any

from lib.models.crossval import cross_validate
from lib.models.fold_scores import CrossValidation, FoldScores
from lib.models.progress import EpochRow
from lib.workflow.work.order import Order, Progress
from lib.workflow.work.room import require_room
from lib.workflow.work.train import epoch_words


def run(order: Order, progress: Progress) -> None:
    """Train and test on every fold; goes on where an earlier try with the same settings was."""
    samples, asked = order.samples(), order.settings
    k = asked["k"]
    require_room(order.project.model, samples)

    def on_fold(fold: FoldScores) -> None:
        progress.append_history(fold_row(fold))
        progress.report("Folds", f"{fold.fold + 1} of {k} done", (fold.fold + 1) / k)

    def on_epoch(fold: int, row: EpochRow) -> None:
        done = (fold + row.epoch / row.epochs) / k
        progress.report(f"Fold {fold + 1} of {k}", epoch_words(row), done)

    progress.report("Starting", "Dealing the samples to folds", 0.01)
    progress.clear_history()
    with order.making() as making:
        result = cross_validate(
            samples,
            order.project.model,
            order.project.balance,
            k=k,
            kind=asked["kind"],
            seed=asked["seed"],
            block_size_m=asked["block_size_m"],
            folder=making.folder,
            class_weights=order.project.sampling.class_weights,
            on_fold=on_fold,
            on_epoch=on_epoch,
            should_stop=progress.cancelled,
        )
        if not result.folds:
            progress.stop_if_cancelled()
        making.summary = _summary(result)


def fold_row(fold: FoldScores) -> dict[str, Any]:
    """The figures of one fold that a table shows."""
    return {
        "fold": fold.fold,
        "training": fold.training,
        "tested": fold.network.n,
        "overall_accuracy": fold.network.overall_accuracy,
        "macro_f1": fold.network.macro_f1,
        "forest_overall_accuracy": fold.forest.overall_accuracy,
        "forest_macro_f1": fold.forest.macro_f1,
        "best_epoch": fold.best_epoch,
        "seconds": round(fold.seconds, 2),
    }


def _summary(result: CrossValidation) -> dict[str, Any]:
    spreads = {
        who: {name: dataclasses.asdict(spread) for name, spread in found.items()}
        for who, found in (("network", result.network), ("forest", result.forest))
    }
    return {
        "k": result.k,
        "kind": result.kind,
        "block_size_m": result.block_size_m,
        "folds": [fold_row(fold) for fold in result.folds],
        **spreads,
        "pooled_network": result.pooled_network.to_json(),
        "pooled_forest": result.pooled_forest.to_json(),
        "notes": list(result.notes),
    }
