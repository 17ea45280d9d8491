"""Cross-validation and search as jobs: their rows, stopping, going on, and what is put to use."""

from dataclasses import replace

import pytest

from lib.core.errors import PlanError
from lib.workflow import study
from tests.workflow.trained import QUICK, order_of, samples_of, work, workspace_with_samples

CROSS = {"k": 2, "kind": "random", "seed": 0, "block_size_m": 500.0}
SEARCH = {"trials": 2, "minutes": None}


def test_cross_validation_tests_every_sample_once_and_tells_mean_and_spread():
    workspace = workspace_with_samples()
    work(workspace, "crossval", CROSS)
    view = study.read_cross(workspace)

    assert view is not None
    assert [row["fold"] for row in view.folds] == [0, 1]
    assert view.pooled_network.n == view.pooled_forest.n == len(samples_of())
    values = [row["overall_accuracy"] for row in view.folds]
    assert view.network["overall_accuracy"]["mean"] == pytest.approx(sum(values) / 2)
    assert view.changed == ""


def test_cross_validation_that_was_stopped_keeps_its_folds_and_goes_on():
    workspace = workspace_with_samples()
    first = work(workspace, "crossval", CROSS, stop_after=1)
    whole = work(workspace, "crossval", CROSS)

    assert len(first["folds"]) == 1
    assert "1 of 2 folds" in first["notes"][0]
    assert whole["folds"][0] == first["folds"][0]
    assert len(whole["folds"]) == 2


def test_cross_validation_of_other_settings_says_what_has_changed():
    workspace = workspace_with_samples()
    work(workspace, "crossval", CROSS)
    workspace.change(model=replace(QUICK, seed=5))
    view = study.read_cross(workspace)

    assert view is not None
    assert view.changed == "The network's settings have changed since."


def test_search_tells_its_trials_and_the_best_can_be_used():
    workspace = workspace_with_samples()
    summary = work(workspace, "search", SEARCH)
    before = study.read_search(workspace)
    study.use_best(workspace)
    after = study.read_search(workspace)

    assert [row["number"] for row in summary["trials"]] == [0, 1]
    assert before is not None
    assert after is not None
    finished = [row for row in summary["trials"] if row["state"] == "finished"]
    assert before.best == min(finished, key=lambda row: row["score"])["number"]
    assert workspace.project.model == before.best_plan
    assert (after.in_use, after.changed) == (True, "")


def test_search_with_a_larger_budget_goes_on_in_the_same_place():
    workspace = workspace_with_samples()
    first = work(workspace, "search", {"trials": 1, "minutes": None})
    more = work(workspace, "search", SEARCH)

    assert more["trials"][0] == first["trials"][0]
    assert len(more["trials"]) == 2


def test_folds_are_kept_by_their_number_and_kind_and_a_search_whatever_its_budget():
    workspace = workspace_with_samples()

    def place(kind, **settings):
        asked = {**(CROSS if kind == "crossval" else SEARCH), **settings}
        return order_of(workspace, kind, asked).folder

    assert place("crossval") != place("crossval", k=3)
    assert place("search") == place("search", trials=9)


@pytest.mark.parametrize("k", [1, 21])
def test_number_of_folds_that_cannot_be_is_told_beside_its_control(k):
    with pytest.raises(PlanError, match=f"{k} folds cannot be made") as caught:
        study.start_cross(workspace_with_samples(), k=k, kind="random")

    assert caught.value.field == "folds"


def test_samples_without_groups_are_not_dealt_by_group():
    assert study.fold_kinds(workspace_with_samples()) == ("random", "blocks")
