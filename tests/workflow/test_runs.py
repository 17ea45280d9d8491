"""Runs are compared by their validation set, and the test set is opened for one of them."""

from dataclasses import replace

import pytest

from lib.core.errors import JobError
from lib.core.plan import BalancePlan, SplitPlan
from lib.workflow import runs, store
from lib.workflow.project import Workspace
from tests.workflow.trained import QUICK, order_of, workspace_with_samples


def finish(workspace: Workspace, *, macro_f1: float, opened: bool) -> str:
    """Keep a run of the project's settings, with little in its summary; gives its id."""
    order = order_of(workspace, "train")
    epoch = {"epoch": 1, "val_accuracy": 0.5, "val_loss": 1.0}
    scores = {"overall_accuracy": 0.9, "per_class": [], "matrix": [], "interval95": None}
    plain = dict.fromkeys(
        ("n", "macro_f1", "kappa", "quantity_disagreement", "allocation_disagreement")
    )
    whole = {**plain, **scores, "interval_kind": "none", "group_count": 0, "macro_f1": macro_f1}
    with order.making() as making:
        making.summary = {
            "scores": whole,
            "baseline": whole,
            "validation": whole,
            "split": {"kind": "random", "notes": [], "training": 1, "validation": 1, "test": 1},
            "best_epoch": 1,
            "epochs": 1,
            "stopped": "finished",
            "training_seconds": 1.0,
            "history": [epoch],
            "test_opened": opened,
        }
    return order.folder.name


@pytest.fixture
def three() -> Workspace:
    """A project with three runs; the project has the settings of the last."""
    workspace = workspace_with_samples()
    finish(workspace, macro_f1=0.6, opened=True)
    workspace.change(model=replace(QUICK, dropout=0.3))
    finish(workspace, macro_f1=0.8, opened=False)
    workspace.change(model=replace(QUICK, seed=4), balance=BalancePlan(resample="over"))
    finish(workspace, macro_f1=0.7, opened=False)
    return workspace


def test_runs_stand_side_by_side_with_what_they_differ_in(three):
    found = runs.compared(three).runs

    assert [run.name for run in found] == ["Run 1", "Run 2", "Run 3"]
    assert [run.settings for run in found] == [
        "dropout 0.1, seed 0, resample none",
        "dropout 0.3, seed 0, resample none",
        "dropout 0.1, seed 4, resample over",
    ]
    assert [run.best for run in found] == [False, True, False]
    assert [run.current for run in found] == [False, False, True]
    assert [run.opened for run in found] == [True, False, False]


def test_runs_of_another_split_are_counted_but_not_compared(three):
    three.change(split=SplitPlan(kind="random", seed=3))
    alone = runs.compared(three)
    finish(three, macro_f1=0.9, opened=True)

    assert (alone.runs, alone.elsewhere) == ((), 3)
    assert [run.best for run in runs.compared(three).runs] == [False]


def test_run_that_is_used_brings_back_all_its_settings(three):
    second = runs.compared(three).runs[1].id
    runs.use(three, second)

    assert three.project.model == replace(QUICK, dropout=0.3)
    assert three.project.balance == BalancePlan()
    found = three.find("train")
    assert found is not None
    assert (found.folder.name, found.stale) == (second, False)


def test_opening_the_test_set_is_noted_and_counted(three):
    runs.open_test(three, runs.compared(three).runs[2].id)

    assert [run.opened for run in runs.compared(three).runs] == [True, False, True]
    assert runs.opened_count(three) == 2


def test_run_that_is_not_here_cannot_be_used(three):
    with pytest.raises(JobError, match="no longer here"):
        runs.use(three, "0" * 24)


def test_new_run_opens_the_test_set_only_where_no_other_did(three):
    other = replace(three.project, model=replace(QUICK, seed=9))
    first = replace(three.project, model=QUICK, balance=BalancePlan())
    elsewhere = replace(other, split=SplitPlan(kind="random", seed=3))

    opens = [
        runs.opens_test(three.folder, project, "local") for project in (other, first, elsewhere)
    ]
    assert opens == [False, True, True]


def test_forest_of_an_earlier_run_is_known_where_it_is_the_same(three):
    wider = replace(three.project, model=replace(QUICK, hidden_units=(16,)))
    larger = replace(three.project, model=replace(QUICK, forest_trees=6))

    assert runs.same_forest(three.folder, wider, "local") is not None
    assert runs.same_forest(three.folder, larger, "local") is None


def test_all_results_come_in_the_order_of_their_completion(three):
    found = store.find_all(three.folder, three.project, "local", "train")

    assert [item.summary["validation"]["macro_f1"] for item in found] == [0.6, 0.8, 0.7]
