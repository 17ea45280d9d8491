"""Trials of a search, and the journal that keeps them; without TensorFlow."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lib.core.model_plan import ModelPlan

RUNNING, FINISHED, PRUNED, FAILED = "running", "finished", "pruned", "failed"
JOURNAL = "trials.jsonl"


@dataclass(frozen=True)
class Trial:
    """One network that was tried.

    Attributes:
        number: From 0, which has the settings of the plan itself.
        settings: Value of each dimension of the search space, by name.
        state: "running", "finished", "pruned" (stopped early because the losses of others were
            lower) or "failed".
        score: Least validation loss so far; None before the first epoch.
        accuracy: Validation accuracy of that epoch.
        losses: Validation loss of each epoch.
        seconds: Time spent.
        message: Why it failed.
    """

    number: int
    settings: dict[str, Any]
    state: str
    score: float | None = None
    accuracy: float | None = None
    losses: tuple[float, ...] = ()
    seconds: float = 0.0
    message: str = ""


@dataclass(frozen=True)
class SearchResult:
    """What came of a search.

    Attributes:
        trials: All that ended, in order, those of earlier calls included.
        best: The finished one with the least validation loss, the first of equals; None where
            none finished.
        best_plan: The plan with its settings; the plan itself where none finished.
        stopped: Why it ended: "trials", "minutes" or "cancelled".
    """

    trials: tuple[Trial, ...]
    best: Trial | None
    best_plan: ModelPlan
    stopped: str


class Journal:
    """Trials that ended, a line each, under a first line that says what they are of."""

    def __init__(self, path: Path, mark: str) -> None:
        self._path = path
        self.trials: list[Trial] = []
        lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
        if lines and lines[0] == json.dumps({"made_of": mark}):
            self.trials = _whole_lines(lines[1:])
        kept = [json.dumps({"made_of": mark}), *(json.dumps(asdict(t)) for t in self.trials)]
        unfinished = path.with_suffix(".tmp")
        unfinished.write_text("\n".join(kept) + "\n", encoding="utf-8")
        unfinished.replace(path)

    def add(self, trial: Trial) -> None:
        """Write a trial that ended."""
        self.trials.append(trial)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(trial)) + "\n")


def _whole_lines(lines: list[str]) -> list[Trial]:
    """Read trials up to the first line that a kill has cut off."""
    found = []
    for line in lines:
        try:
            data = json.loads(line)
        except ValueError:
            break
        found.append(Trial(**{**data, "losses": tuple(data["losses"])}))
    return found
