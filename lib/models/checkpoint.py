"""The state of a training run on disk, replaced as a whole after every epoch.

Keras' own means do not do: `BackupAndRestore` and `save_weights` leave out the state of dropout,
the order of samples and the patience counter, so a resumed run ends elsewhere.
"""

import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from lib.models.loop import EpochLoop
from lib.models.progress import EpochRow, Progress

_NAME = "checkpoint.npz"


def save_checkpoint(
    run_dir: Path, loop: EpochLoop, progress: Progress, *, fingerprint: str
) -> None:
    """Write the state after an epoch; a kill in between leaves the state before it."""
    arrays: dict[str, Any] = {
        f"v{i}": variable.numpy() for i, variable in enumerate(loop.variables())
    }
    arrays |= {f"b{i}": value for i, value in enumerate(progress.best_weights)}
    state = {
        "fingerprint": fingerprint,
        "rows": [asdict(row) for row in progress.rows],
        "best_epoch": progress.best_epoch,
        "best_loss": progress.best_loss,
        "wait": progress.wait,
    }
    temporary = run_dir / f".{_NAME}"
    try:
        with temporary.open("wb") as file:
            np.savez(file, state=np.array(json.dumps(state)), **arrays)
        temporary.replace(run_dir / _NAME)
    finally:
        # Where the disk is full, a part of a file makes it fuller.
        temporary.unlink(missing_ok=True)


def restore_checkpoint(run_dir: Path, loop: EpochLoop, *, fingerprint: str) -> Progress:
    """Put network and optimizer into the saved state; a new start if there is none that fits.

    Args:
        run_dir: Folder of the run.
        loop: A loop as it was built for the run.
        fingerprint: Digest of plan and data; a checkpoint of other data is left alone.
    """
    path = run_dir / _NAME
    if not path.is_file():
        return Progress()
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            state: dict[str, Any] = json.loads(str(file["state"]))
            arrays = {name: file[name] for name in file.files if name != "state"}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return Progress()
    if state["fingerprint"] != fingerprint:
        return Progress()
    for index, variable in enumerate(loop.variables()):
        variable.assign(arrays[f"v{index}"])
    return Progress(
        rows=[EpochRow(**row) for row in state["rows"]],
        best_epoch=state["best_epoch"],
        best_loss=state["best_loss"],
        best_weights=[arrays[f"b{i}"] for i in range(len(loop.network.weights))],
        wait=state["wait"],
    )


def has_checkpoint(run_dir: Path) -> bool:
    """Tell whether a run was interrupted and can go on."""
    return (run_dir / _NAME).is_file()


def remove_checkpoint(run_dir: Path) -> None:
    """Remove what is not needed once a run has ended for good."""
    (run_dir / _NAME).unlink(missing_ok=True)
