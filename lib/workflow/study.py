"""Cross-validation and search: jobs beside the five steps that judge settings, or find better."""

from collections.abc import Sequence
from typing import Any

from lib.core.accuracy import Scores
from lib.core.errors import PlanError
from lib.core.folds import FOLD_KINDS, MOST_FOLDS
from lib.core.formats import duration_words
from lib.core.model_plan import ModelPlan
from lib.models.limits import require_fit
from lib.models.search import MOST_TRIALS
from lib.models.search_space import search_space
from lib.workflow import store
from lib.workflow.document import from_dict, to_dict
from lib.workflow.store import Found
from lib.workflow.train import estimate, needs
from lib.workflow.train_views import CrossView, SearchView
from lib.workflow.workspace import StepJobs, Workspace

__all__ = ["MOST_FOLDS", "MOST_TRIALS"]

_CROSS, _SEARCH = StepJobs("crossval"), StepJobs("search")
cross_job, cancel_cross = _CROSS.job, _CROSS.cancel
search_job, cancel_search = _SEARCH.job, _SEARCH.cancel


def fold_kinds(workspace: Workspace) -> tuple[str, ...]:
    """Ways in which the samples can be dealt to folds."""
    samples = workspace.find("samples")
    grouped = samples is not None and samples.summary["has_polygons"]
    return tuple(kind for kind in FOLD_KINDS if kind != "polygon" or grouped)


def start_cross(workspace: Workspace, *, k: int, kind: str) -> str:
    """Cross-validate the project's settings; returns the id of the job.

    Args:
        workspace: The project.
        k: Number of folds.
        kind: One of `fold_kinds`.

    Raises:
        PlanError: The folds cannot be made, or this machine cannot hold a training.
    """
    if not 2 <= k <= MOST_FOLDS:
        raise PlanError(
            f"{k} folds cannot be made.",
            hint=f"Ask for between 2 and {MOST_FOLDS}.",
            field="folds",
        )
    split = workspace.project.split
    settings = {"k": k, "kind": kind, "seed": split.seed, "block_size_m": split.block_size_m}
    require_fit(needs(workspace))
    return workspace.submit("crossval", settings)


def start_search(workspace: Workspace, *, trials: int, minutes: float | None) -> str:
    """Search for better settings; returns the id of the job.

    Args:
        workspace: The project.
        trials: Most trials, those of an earlier search around the same settings included.
        minutes: Most minutes, in the same way; None for no bound.

    Raises:
        PlanError: The family has nothing to search, or this machine cannot hold a training.
    """
    search_space(workspace.project.model)
    require_fit(needs(workspace))
    return workspace.submit("search", {"trials": trials, "minutes": minutes})


def words_on_cross(workspace: Workspace, k: int) -> str:
    """What cross-validation does and how long it may take."""
    seconds = k * estimate(workspace).seconds
    return f"{k} networks and {k} forests: {duration_words(seconds)} at most."


def read_cross(workspace: Workspace) -> CrossView | None:
    """The newest cross-validation, first of the project's settings; None where there is none."""
    found = _newest(workspace, "crossval")
    if found is None:
        return None
    summary = found.summary
    return CrossView(
        k=summary["k"],
        kind=summary["kind"],
        folds=tuple(summary["folds"]),
        network=summary["network"],
        forest=summary["forest"],
        pooled_network=Scores.from_json(summary["pooled_network"]),
        pooled_forest=Scores.from_json(summary["pooled_forest"]),
        notes=tuple(summary["notes"]),
        changed=found.changed_words,
    )


def read_search(workspace: Workspace) -> SearchView | None:
    """The newest search, first around the project's settings; None where there is none."""
    found = _newest(workspace, "search")
    if found is None:
        return None
    summary = found.summary
    plan = _plan(workspace, summary["best_plan"])
    in_use = plan == workspace.project.model
    only_model = {**found.made_of, "model": None} == {
        **store.dependencies(workspace.project, workspace.realm, "search"),
        "model": None,
    }
    return SearchView(
        trials=tuple(summary["trials"]),
        best=summary["best"],
        best_plan=plan,
        stopped=summary["stopped"],
        in_use=in_use,
        changed="" if in_use and only_model else found.changed_words,
    )


def use_best(workspace: Workspace) -> None:
    """Put the settings of the search's best trial into the project."""
    found = read_search(workspace)
    if found is not None:
        workspace.change(model=found.best_plan)


def fold_rows(workspace: Workspace) -> tuple[dict[str, Any], ...]:
    """Folds that the running cross-validation has told."""
    return _by_number(_CROSS.history(workspace), "fold")


def trial_rows(workspace: Workspace) -> tuple[dict[str, Any], ...]:
    """Trials that the running search has told."""
    return _by_number(_SEARCH.history(workspace), "number")


def _by_number(rows: Sequence[dict[str, Any]], name: str) -> tuple[dict[str, Any], ...]:
    """Give one row a number, the last that was told; a search that went on tells some again."""
    latest = {row[name]: row for row in rows}
    return tuple(latest[number] for number in sorted(latest))


def _newest(workspace: Workspace, kind: str) -> Found | None:
    found = store.find_all(workspace.folder, workspace.project, workspace.realm, kind)
    fresh = tuple(item for item in found if not item.stale)
    first = fresh or found
    return first[-1] if first else None


def _plan(workspace: Workspace, data: dict[str, Any]) -> ModelPlan:
    return from_dict({**to_dict(workspace.project), "model": data}).model
