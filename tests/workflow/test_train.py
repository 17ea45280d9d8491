"""Training as a step: every form of samples, what a summary holds, stopping and going on."""

import os
import resource
import signal
from dataclasses import replace

import numpy as np
import pytest

from lib.core.errors import JobError
from lib.core.plan import BalancePlan
from lib.models.artifact import Artifact
from lib.models.training import CANCELLED
from lib.workflow import train
from lib.workflow.work.train import shuffles
from tests.jobs.helpers import until
from tests.workflow.trained import QUICK, order_of, samples_of, work, workspace_with_samples

FAMILY = {"pixel": "mlp", "series": "gru", "patch": "fcn"}
SMALL = {"series": {"recurrent_units": (4,)}, "patch": {"filters": (4,)}, "pixel": {}}


def finished(form="pixel", **parts):
    """A project whose network is trained."""
    workspace = workspace_with_samples(form, **parts)
    workspace.submit = lambda kind, settings=None: kind  # type: ignore[method-assign]
    return workspace


@pytest.mark.parametrize("form", ["pixel", "series", "patch"])
def test_training_of_every_form_leaves_a_network_its_scores_and_the_forest(form):
    model = replace(QUICK, family=FAMILY[form], epochs=2, **SMALL[form])
    workspace = workspace_with_samples(form, model=model)
    summary = work(workspace, "train")

    card = Artifact.load(order_of(workspace, "train").folder).card
    assert (card.form, card.plan.family) == (form, FAMILY[form])
    assert summary["weight_count"] == train.weight_count(workspace)
    assert summary["scores"]["n"] == summary["split"]["test"]
    assert summary["baseline"]["n"] == summary["split"]["test"]
    assert summary["validation"]["n"] == summary["split"]["validation"]
    assert summary["reliability"]["before"]["n"] == summary["split"]["validation"]
    assert len(summary["importance"]["predictors"]) == 4
    assert summary["test_opened"] is True


def test_balance_of_the_project_decides_what_is_trained_on():
    workspace = workspace_with_samples(balance=BalancePlan(augment=("flips",)))

    assert any(
        "cannot be done to single pixels" in note for note in work(workspace, "train")["notes"]
    )


def test_cancelled_training_keeps_its_best_epoch_and_goes_on_to_the_undisturbed_weights():
    straight, stopped = workspace_with_samples(), workspace_with_samples()
    work(straight, "train")
    cut = work(stopped, "train", stop_after=1)
    could = train.can_resume(stopped)
    whole = work(stopped, "train")

    assert (cut["stopped"], cut["epochs"], cut["importance"]) == (CANCELLED, 1, None)
    assert could
    assert (whole["stopped"], whole["epochs"]) == ("finished", 3)
    assert not train.can_resume(stopped)
    assert same_weights(straight, stopped)


def test_second_network_has_the_epochs_of_a_cancelled_first_and_all_once_that_went_on():
    workspace = finished()
    work(workspace, "train", stop_after=1)
    short = work(workspace, "other_split")
    beside_cancelled = train.read(workspace)
    work(workspace, "train")
    beside_whole = train.read(workspace)
    whole = work(workspace, "other_split")

    assert (short["epochs"], short["cut_short"]) == (1, True)
    assert beside_cancelled.other is not None
    assert beside_whole.other is None
    assert (whole["epochs"], whole["cut_short"]) == (3, False)
    assert train.read(workspace).other is not None


def test_full_disk_stops_training_with_a_sentence_and_what_was_saved_goes_on():
    wide = replace(QUICK, hidden_units=(128, 128))
    straight, full = (workspace_with_samples(model=wide) for _ in range(2))
    work(straight, "train")
    work(full, "train", stop_after=2)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # A checkpoint of these weights, their moments and the best of them takes some 290 kB.
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(JobError, match="The disk of this server is full") as caught:
            work(full, "train")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert "start this step again: it goes on from there" in caught.value.hint
    folder = order_of(full, "train").folder
    assert {path.name for path in folder.glob(".*")} == set()
    assert work(full, "train")["epochs"] == 3
    assert same_weights(straight, full)


@pytest.mark.slow
def test_worker_that_is_killed_says_so_and_its_training_goes_on_to_the_undisturbed_weights():
    model = replace(QUICK, epochs=8, patience=8, batch_size=1)
    straight, killed = (workspace_with_samples(model=model) for _ in range(2))
    work(straight, "train")
    killed.submit("train")
    until(lambda: len(killed.history("train")) >= 2)
    os.kill(killed.job("train").pid, signal.SIGKILL)

    until(lambda: not killed.job("train").live)
    failed = killed.job("train")
    could = train.can_resume(killed)
    killed.submit("train")
    until(lambda: not killed.job("train").live, 120.0)

    assert (failed.state, could) == ("failed", True)
    assert "worker" in failed.error_message
    assert killed.job("train").state == "finished", killed.job("train").error_message
    assert [row["epoch"] for row in killed.history("train")] == list(range(1, 9))
    assert same_weights(straight, killed)


def same_weights(one, other):
    """Whether two projects have the same network to the last bit."""
    first, second = (
        Artifact.load(order_of(each, "train").folder).network.get_weights() for each in (one, other)
    )
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_interrupted_training_of_other_settings_cannot_be_resumed():
    workspace = workspace_with_samples()
    work(workspace, "train", stop_after=1)
    workspace.change(model=replace(QUICK, seed=1))

    assert not train.can_resume(workspace)


def test_family_that_cannot_take_the_samples_gives_way_to_one_that_can():
    workspace = workspace_with_samples("series")
    note = train.fit_family(workspace)

    assert workspace.project.model.family == "temporal_cnn"
    assert workspace.project.model.forest_trees == QUICK.forest_trees
    assert note == (
        "The samples are series of dates, which the Multilayer perceptron does not take. It is a "
        "Temporal CNN now."
    )
    assert train.fit_family(workspace) == ""


def test_families_of_patches_are_told_with_their_needs():
    workspace = workspace_with_samples("patch")
    centre = [family.name for family in train.families(workspace)]
    workspace.change(imagery=replace(workspace.project.imagery, dense=True))

    assert centre == ["patch_cnn", "fcn"]
    assert [family.name for family in train.families(workspace)] == ["patch_cnn", "fcn", "unet"]


def test_needs_are_those_of_the_stored_samples():
    workspace = workspace_with_samples()
    needs = train.needs(workspace)

    assert needs.fits
    assert needs.most_batch == len(samples_of())
    assert "240 samples" in train.estimate(workspace).sentence


def test_view_of_a_first_run_has_its_test_set_open_and_asks_for_the_second_network():
    workspace = finished()
    work(workspace, "train")
    view = train.read(workspace)

    assert view is not None
    assert (view.opened, view.opened_runs, view.other_running) == (True, 1, True)
    assert view.network.scores.n == view.network.sizes[2]


def test_view_of_a_second_run_keeps_the_test_set_closed_until_it_is_asked_for():
    workspace = finished()
    work(workspace, "train")
    workspace.change(model=replace(QUICK, seed=1))
    work(workspace, "train")
    closed = train.read(workspace)
    train.open_test(workspace)
    opened = train.read(workspace)

    assert closed is not None
    assert opened is not None
    assert (closed.opened, closed.opened_runs, closed.other_running) == (False, 1, False)
    assert (opened.opened, opened.opened_runs, opened.other_running) == (True, 2, True)


def test_logs_are_told_by_their_place_in_the_home():
    workspace = finished(model=replace(QUICK, tensorboard=True))
    work(workspace, "train")
    view = train.read(workspace)

    assert view is not None
    assert view.log_folder.startswith(f"projects/{workspace.id}/results/train/")


@pytest.mark.parametrize(
    ("values", "predictors", "tested", "found"),
    [
        (8, 8, 500, (10, 1)),
        (1_000, 40, 1_000, (5, 1)),
        (42_250, 10, 5_000, (3, 32)),
    ],
    ids=["few values", "fewer repeats", "fewer samples"],
)
def test_shuffling_of_large_test_sets_is_held_to_a_budget(values, predictors, tested, found):
    assert shuffles(values, predictors, tested) == found
