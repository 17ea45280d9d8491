"""Runs that are kept: compared by their validation set, and the test set opened for one of them.

Every run lies under the hash of what it depends on. Runs on the same samples and split differ in
the network's settings only; whoever compares them by their test scores and takes the best has
fitted the choice to the test set. So its figures are shown for the first run, and for another one
only when a person asks for them, which is noted and told.
"""

from pathlib import Path
from typing import Any

from lib.core.accuracy import Scores
from lib.core.errors import JobError
from lib.models.families import find_family
from lib.workflow import store
from lib.workflow.document import Project, from_dict, to_dict
from lib.workflow.store import Found
from lib.workflow.train_views import NetworkView, Run, RunsView
from lib.workflow.workspace import Workspace

KIND = "train"
_SETTINGS = ("model", "class_weights", "balance")
_OPENED = "test-opened"


def compared(workspace: Workspace) -> RunsView:
    """The runs that may be compared: those on the project's samples and split."""
    project, realm = workspace.project, workspace.realm
    every = store.find_all(workspace.folder, project, realm, KIND)
    found = _peers(workspace.folder, project, realm)
    scores = [_validation(item) for item in found]
    known = [score for score in scores if score is not None]
    best = max(known) if len(known) > 1 else None
    differing = _differing(found)
    runs = [
        _run(item, number, score, best=best, differing=differing)
        for number, (item, score) in enumerate(zip(found, scores, strict=True), start=1)
    ]
    return RunsView(tuple(runs), len(every) - len(found))


def open_test(workspace: Workspace, run_id: str) -> None:
    """Note that somebody looks at the test scores of a run.

    Raises:
        JobError: There is no such run.
    """
    (_peer(workspace, run_id).folder / _OPENED).touch()


def use(workspace: Workspace, run_id: str) -> None:
    """Put the settings of a run back into the project.

    Raises:
        JobError: There is no such run.
    """
    made_of = _peer(workspace, run_id).made_of
    data = to_dict(workspace.project)
    sampling = {**data["sampling"], "class_weights": made_of["class_weights"]}
    settings = {"model": made_of["model"], "balance": made_of["balance"], "sampling": sampling}
    project = from_dict({**data, **settings})
    workspace.change(model=project.model, balance=project.balance, sampling=project.sampling)


def is_opened(found: Found) -> bool:
    """Whether the test set was opened for a run; results of before this was noted count."""
    return bool(found.summary.get("test_opened", True)) or (found.folder / _OPENED).exists()


def opened_count(workspace: Workspace) -> int:
    """For how many of the runs that may be compared the test set was opened."""
    peers = _peers(workspace.folder, workspace.project, workspace.realm)
    return sum(is_opened(item) for item in peers)


def opens_test(root: Path, project: Project, realm: str) -> bool:
    """Whether a new run shows its test scores: where no other that shares its test set does."""
    own = store.key_of(store.dependencies(project, realm, KIND))
    peers = _peers(root, project, realm)
    return not any(is_opened(item) for item in peers if item.folder.name != own) or any(
        is_opened(item) for item in peers if item.folder.name == own
    )


def same_forest(root: Path, project: Project, realm: str) -> Scores | None:
    """The forest's scores of an earlier run that trained the very same one."""
    wanted = store.dependencies(project, realm, KIND)
    for found in _peers(root, project, realm):
        scores = found.summary.get("baseline")
        if scores is not None and _forest_of(found.made_of) == _forest_of(wanted):
            return Scores.from_json(scores)
    return None


def _forest_of(parts: dict[str, Any]) -> tuple[Any, ...]:
    model = parts["model"]
    return parts["class_weights"], model["forest_trees"], model["seed"]


def _peers(root: Path, project: Project, realm: str) -> tuple[Found, ...]:
    """Runs on the same samples and split, in the order in which they were completed."""
    wanted = _apart_from_settings(store.dependencies(project, realm, KIND))
    every = store.find_all(root, project, realm, KIND)
    return tuple(item for item in every if _apart_from_settings(item.made_of) == wanted)


def _peer(workspace: Workspace, run_id: str) -> Found:
    peers = _peers(workspace.folder, workspace.project, workspace.realm)
    found = next((item for item in peers if item.folder.name == run_id), None)
    if found is None:
        raise JobError("This run is no longer here.", hint="Reload the page.")
    return found


def _apart_from_settings(parts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parts.items() if name not in _SETTINGS}


def _validation(found: Found) -> float | None:
    scores = found.summary.get("validation")
    return None if scores is None else scores["macro_f1"]


def _run(
    found: Found, number: int, macro_f1: float | None, *, best: float | None, differing: list[str]
) -> Run:
    network = NetworkView.of(found.summary)
    kept = network.history[network.best_epoch - 1]
    settings = _flat(found.made_of)
    return Run(
        id=found.folder.name,
        name=f"Run {number}",
        family=find_family(settings["family"]).title,
        settings=", ".join(f"{_title(n)} {_words(settings.get(n))}" for n in differing),
        macro_f1=macro_f1,
        accuracy=kept["val_accuracy"],
        loss=kept["val_loss"],
        best_epoch=network.best_epoch,
        epochs=network.epochs,
        seconds=network.seconds,
        stopped=network.stopped,
        best=best is not None and macro_f1 == best,
        current=not found.stale,
        opened=is_opened(found),
        history=network.history,
    )


def _title(name: str) -> str:
    return {"hidden_units": "layers"}.get(name, name).replace("_", " ")


def _flat(made_of: dict[str, Any]) -> dict[str, Any]:
    balance = {name: made_of["balance"][name] for name in ("resample", "weighting", "augment")}
    return {**made_of["model"], **balance, "class_weights": made_of["class_weights"]}


def _differing(found: tuple[Found, ...]) -> list[str]:
    """Names of settings that are not the same in all runs; the family has its own column."""
    rows = [_flat(item.made_of) for item in found]
    names = [name for name in (rows[0] if rows else {}) if name != "family"]
    return [name for name in names if any(row.get(name) != rows[0][name] for row in rows)]


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, list):
        return "-".join(str(item) for item in value) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
