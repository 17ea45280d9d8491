import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lib.core.errors import ModelError
from lib.core.plan import AUGMENTATIONS, BalancePlan
from lib.models import dataset
from lib.models.artifact import Artifact
from lib.models.dataset import Dataset
from lib.models.families import FAMILIES
from lib.models.loop import EpochLoop
from lib.models.networks import build_network
from lib.models.progress import EpochRow, Progress
from lib.models.training import _run_epochs
from tests.models.helpers import SMALL, TINY, curves, make_form, make_samples, make_split, run_small

ROOT = Path(__file__).parents[2]

# 300 training samples in batches of one: two blocks of steps an epoch.
LONG: dict[str, Any] = {
    "samples": make_samples(500),
    "split": make_split(500),
    "plan": replace(SMALL, batch_size=1, learning_rate=0.005),
}


def of_family(name: str, **changes: Any) -> dict[str, Any]:
    """Arguments of a training of series or patches, with gaps and all that is augmented."""
    family = FAMILIES[name]
    return {
        "samples": make_form(family.form, dense=family.labels != "centre"),
        "split": make_split(96),
        "plan": replace(family.defaults, **{**TINY, "epochs": 6, "patience": 6, **changes}),
        "balance": BalancePlan(augment=AUGMENTATIONS),
    }


KILLED: dict[str, dict[str, Any]] = {
    "mlp": LONG,
    "temporal_cnn": of_family("temporal_cnn"),
    "gru": of_family("gru", bidirectional=True),
    "patch_cnn": of_family("patch_cnn"),
    "unet": of_family("unet"),
}
SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in KILLED if name != "mlp"]


def weights_of(run_dir: Path) -> list[np.ndarray]:
    return [value.numpy() for value in Artifact.load(run_dir).network.weights]


def assert_same_weights(one: Path, other: Path) -> None:
    for a, b in zip(weights_of(one), weights_of(other), strict=True):
        assert a.tobytes() == b.tobytes()


@pytest.mark.parametrize("name", ["mlp", *SLOW])
def test_train_when_killed_within_an_epoch_resumes_to_the_same_weights(
    name: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "tests.models.killed_training", str(tmp_path / "killed"), name]
    killed = subprocess.run(command, cwd=ROOT, check=False, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert not (tmp_path / "killed" / "card.json").exists()

    told: list[EpochRow] = []
    resumed = run_small(tmp_path / "killed", **KILLED[name], on_epoch=told.append)
    undisturbed = run_small(tmp_path / "whole", **KILLED[name])

    # Six epochs are told of: the three before the kill again, and those after it.
    assert curves(told) == curves(undisturbed.history)
    assert curves(resumed.history) == curves(undisturbed.history)
    assert resumed.best_epoch == undisturbed.best_epoch
    assert_same_weights(tmp_path / "killed", tmp_path / "whole")


def stopping_after(epochs: int) -> dict[str, Any]:
    """Arguments that stop a training once some epochs are done."""
    rows: list[EpochRow] = []
    return {"on_epoch": rows.append, "should_stop": lambda: len(rows) >= epochs}


def test_train_when_cancelled_keeps_the_best_and_resumes_to_the_same_weights(
    tmp_path: Path,
) -> None:
    cancelled = run_small(tmp_path / "run", **stopping_after(3))
    assert (cancelled.stopped, cancelled.epochs) == ("cancelled", 3)
    losses = [row.val_loss for row in cancelled.history]
    assert cancelled.best_epoch == 1 + int(np.argmin(losses))
    assert Artifact.load(tmp_path / "run").card.stopped == "cancelled"

    resumed = run_small(tmp_path / "run")
    undisturbed = run_small(tmp_path / "whole")

    assert (resumed.stopped, resumed.epochs) == ("finished", 6)
    assert curves(resumed.history) == curves(undisturbed.history)
    assert_same_weights(tmp_path / "run", tmp_path / "whole")


def test_train_when_cancelled_within_the_first_epoch_leaves_no_network(tmp_path: Path) -> None:
    run = run_small(tmp_path, should_stop=lambda: True)

    assert (run.best_epoch, run.epochs, run.stopped) == (0, 0, "cancelled")
    assert not (tmp_path / "model.keras").exists()


def test_train_when_patience_ran_out_before_the_kill_does_not_go_on(tmp_path: Path) -> None:
    """Patience is counted over the resume: Keras' own backup starts to count anew (facts A9)."""
    plan = replace(SMALL, learning_rate=0.3, epochs=40, patience=3)
    whole = run_small(tmp_path / "whole", plan=plan)
    assert whole.stopped == "early"

    run_small(tmp_path / "run", plan=plan, **stopping_after(whole.epochs - 1))
    resumed = run_small(tmp_path / "run", plan=plan)

    assert (resumed.stopped, resumed.epochs) == ("early", whole.epochs)
    assert_same_weights(tmp_path / "run", tmp_path / "whole")


@pytest.mark.parametrize("damage", ["cut", "other plan", "other samples"])
def test_train_when_checkpoint_does_not_fit_starts_anew(tmp_path: Path, damage: str) -> None:
    before: dict[str, Any] = {}
    if damage == "other plan":
        before = {"plan": replace(SMALL, seed=6)}
    if damage == "other samples":
        before = {"samples": make_samples(seed=1)}
    run_small(tmp_path / "run", **before, **stopping_after(2))
    checkpoint = tmp_path / "run" / "checkpoint.npz"
    if damage == "cut":
        checkpoint.write_bytes(checkpoint.read_bytes()[:500])

    run = run_small(tmp_path / "run")
    fresh = run_small(tmp_path / "fresh")

    assert curves(run.history) == curves(fresh.history)
    assert_same_weights(tmp_path / "run", tmp_path / "fresh")
    assert not checkpoint.exists()


def test_train_when_patches_are_read_from_disk_resumes_to_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "MEMORY_BYTES", 1000)
    asked = {
        "samples": make_form("patch"),
        "split": make_split(96),
        "plan": replace(FAMILIES["patch_cnn"].defaults, **TINY),
        "balance": BalancePlan(augment=AUGMENTATIONS),
    }
    run_small(tmp_path / "run", **asked, **stopping_after(2))
    resumed = run_small(tmp_path / "run", **asked)
    undisturbed = run_small(tmp_path / "whole", **asked)

    assert curves(resumed.history) == curves(undisturbed.history)
    assert_same_weights(tmp_path / "run", tmp_path / "whole")


def spoil(run_dir: Path) -> None:
    """Put a weight that is no number into the checkpoint, as if a step had gone to infinity."""
    path = run_dir / "checkpoint.npz"
    with np.load(path) as file:
        arrays = dict(file)
    kernel = next(name for name in arrays if name[0] == "v" and arrays[name].shape == (8, 3))
    arrays[kernel] = np.full((8, 3), np.nan, np.float32)
    np.savez(path, **arrays)


def test_train_when_loss_is_no_number_any_more_keeps_the_best_epoch(tmp_path: Path) -> None:
    run_small(tmp_path, **stopping_after(3))
    spoil(tmp_path)

    run = run_small(tmp_path)

    assert (run.stopped, run.epochs) == ("diverged", 3)
    assert run.best_epoch == 1 + int(np.argmin([row.val_loss for row in run.history]))
    assert "no number any more in epoch 4" in run.notes[-1]
    artifact = Artifact.load(tmp_path)
    assert artifact.card.stopped == "diverged"
    assert np.isfinite(artifact.predict(make_samples().predictors)).all()


def test_epochs_when_the_first_diverges_say_so_and_what_to_do() -> None:
    data = Dataset.of(make_samples(), make_split(), class_weights=True)
    network = build_network(SMALL, data.train.x, n_classes=3)
    network.get_layer("sums").kernel.assign(np.full((8, 3), np.nan))
    with pytest.raises(ModelError, match="diverged in epoch 1") as caught:
        _run_epochs(
            EpochLoop(network, data, SMALL),
            Progress(),
            SMALL,
            should_stop=lambda: False,
            after_epoch=lambda row: None,
            on_batch=None,
        )

    assert caught.value.field == "learning_rate"
