"""Search for better settings, by the validation set alone."""

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lib.core.split import make_split
from lib.models.search import search
from lib.models.trials import JOURNAL, RUNNING, Trial
from lib.workflow.work.order import Order, Progress
from lib.workflow.work.room import require_room


def run(order: Order, progress: Progress) -> None:
    """Try settings around the plan; goes on where an earlier search around it was."""
    samples, asked = order.samples(), order.settings
    require_room(order.project.model, samples)
    split = make_split(samples, order.project.split)
    trials, minutes = asked["trials"], asked["minutes"]
    progress.report("Starting", "Preparing the first trial", 0.01)
    progress.clear_history()
    for row in _told_before(order.folder / JOURNAL):
        progress.append_history(row)

    def on_trial(trial: Trial) -> None:
        progress.report(*_words(trial, trials), fraction=trial.number / trials)
        if trial.state != RUNNING:
            progress.append_history(trial_row(trial))

    with order.making() as making:
        result = search(
            samples,
            split,
            order.project.model,
            order.project.balance,
            folder=making.folder,
            trials=trials,
            minutes=minutes,
            seed=order.project.model.seed,
            class_weights=order.project.sampling.class_weights,
            on_trial=on_trial,
            should_stop=progress.cancelled,
        )
        if not result.trials:
            progress.stop_if_cancelled()
        making.summary = {
            "trials": [trial_row(trial) for trial in result.trials],
            "best": None if result.best is None else result.best.number,
            "best_plan": dataclasses.asdict(result.best_plan),
            "stopped": result.stopped,
        }


def trial_row(trial: Trial) -> dict[str, Any]:
    """The figures of one trial that a table shows."""
    return _row(dataclasses.asdict(trial))


def _row(trial: dict[str, Any]) -> dict[str, Any]:
    rest = {name: value for name, value in trial.items() if name != "losses"}
    return {**rest, "epochs": len(trial["losses"]), "seconds": round(trial["seconds"], 2)}


def _told_before(journal: Path) -> Iterator[dict[str, Any]]:
    """Rows of the trials that an earlier search around the same plan has ended."""
    lines = journal.read_text(encoding="utf-8").splitlines() if journal.is_file() else []
    for line in lines[1:]:
        try:
            yield _row(json.loads(line))
        except ValueError:
            return


def _words(trial: Trial, trials: int) -> tuple[str, str]:
    stage = f"Trial {trial.number + 1} of {trials}"
    if trial.score is None:
        return stage, "beginning"
    return stage, f"epoch {len(trial.losses)} · least validation loss {trial.score:.2f}"
