"""Folds of a network and a forest: complete, the same after a stop, and honest."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lib.core.folds import folds
from lib.core.plan import BalancePlan
from lib.models.crossval import cross_validate
from lib.models.fold_scores import CrossValidation, FoldScores, spread_of
from tests.models.helpers import SMALL, make_samples

PLAN = replace(SMALL, epochs=2, forest_trees=5)
SAMPLES = make_samples(120)


def run(folder: Path, **changes: Any) -> CrossValidation:
    options: dict[str, Any] = {"k": 3, "kind": "random", "folder": folder}
    return cross_validate(SAMPLES, PLAN, BalancePlan(), **{**options, **changes})


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> CrossValidation:
    return run(tmp_path_factory.mktemp("whole"))


def figures(found: CrossValidation) -> list[tuple[Any, ...]]:
    """All of the folds but times."""
    return [(f.fold, f.network, f.forest, f.predicted, f.best_epoch) for f in found.folds]


def test_cross_validate_when_done_has_tested_every_sample_once(
    undisturbed: CrossValidation,
) -> None:
    assert undisturbed.finished
    assert undisturbed.pooled_network.n == undisturbed.pooled_forest.n == 120
    assert [fold.network.n for fold in undisturbed.folds] == [40, 40, 40]
    summed = np.sum([fold.network.matrix for fold in undisturbed.folds], axis=0)
    assert summed.tolist() == [list(row) for row in undisturbed.pooled_network.matrix]
    accuracies = [fold.network.overall_accuracy for fold in undisturbed.folds]
    spread = undisturbed.network["overall_accuracy"]
    assert spread.mean == pytest.approx(np.mean(accuracies))
    assert spread.standard_deviation == pytest.approx(np.std(accuracies, ddof=1))
    assert (spread.least, spread.most, spread.count) == (min(accuracies), max(accuracies), 3)
    assert undisturbed.forest["macro_f1"].mean > 0.8


def test_cross_validate_when_stopped_and_run_again_gives_the_same(
    undisturbed: CrossValidation, tmp_path: Path
) -> None:
    done: list[FoldScores] = []
    stop = [False]

    def after_two_epochs_of_the_second(fold: int, row: Any) -> None:
        stop[0] = (fold, row.epoch) == (1, 1)

    first = run(
        tmp_path,
        on_fold=done.append,
        on_epoch=after_two_epochs_of_the_second,
        should_stop=lambda: stop[0],
    )
    epochs: list[tuple[int, int]] = []
    again = run(tmp_path, on_epoch=lambda fold, row: epochs.append((fold, row.epoch)))

    assert [fold.fold for fold in done] == [0]
    assert not first.finished
    assert first.notes[0] == "1 of 3 folds were done; the others were not tested."
    assert first.pooled_network.n == 40
    assert epochs == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert figures(again) == figures(undisturbed)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "fold-00.json",
        "fold-01.json",
        "fold-02.json",
    ]


def test_cross_validate_when_fold_is_damaged_or_of_other_settings_makes_it_anew(
    tmp_path: Path,
) -> None:
    told: list[int] = []

    def again(**changes: Any) -> list[int]:
        told.clear()
        run(tmp_path, k=2, on_epoch=lambda fold, row: told.append(fold), **changes)
        return list(told)

    assert again() == [0, 0, 1, 1]
    assert again() == []
    (tmp_path / "fold-01.json").write_text('{"made_of": ', encoding="utf-8")
    assert again() == [1, 1]
    assert again(seed=1) == [0, 0, 1, 1]


def test_cross_validate_when_by_blocks_has_intervals_from_the_blocks(tmp_path: Path) -> None:
    found = run(tmp_path, k=2, kind="blocks", block_size_m=10_000.0)

    split = folds(SAMPLES, 2, "blocks", 0, 10_000.0)[0]
    assert split.groups is not None
    assert found.pooled_network.interval_kind == "block bootstrap"
    assert found.pooled_network.group_count == len(np.unique(split.groups))
    assert found.block_size_m == split.block_size_m


def test_fold_scores_when_through_json_are_the_same(undisturbed: CrossValidation) -> None:
    fold = undisturbed.folds[0]

    assert FoldScores.from_json(json.loads(json.dumps(fold.to_json()))) == fold


def test_spread_of_when_there_is_one_fold_has_no_deviation() -> None:
    assert spread_of([0.5]).standard_deviation is None
