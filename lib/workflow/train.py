"""Step 3: the network, trained in a worker; a second one for the other split follows it."""

import os
import zipfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from lib.core.accuracy import Scores
from lib.core.formats import duration_words, number
from lib.core.home import loam_home
from lib.core.legend import Legend
from lib.core.model_plan import ModelPlan
from lib.core.samples import beside
from lib.deploy.routes import ROUTES
from lib.earthengine.stack import predictor_names
from lib.jobs.process import available_bytes
from lib.models.checkpoint import has_checkpoint
from lib.models.families import FAMILIES, Family, Option, families_for
from lib.models.families import weight_count as count_weights
from lib.models.limits import Limits, require_fit, seconds_an_epoch
from lib.models.limits import limits as limits_of
from lib.models.logs import FOLDER as LOGS
from lib.models.training import CANCELLED
from lib.workflow import runs, store
from lib.workflow.store import Found
from lib.workflow.train_views import ImportanceView, NetworkView, ReliabilityView, TrainView
from lib.workflow.views import Estimate
from lib.workflow.workspace import StepJobs, Workspace

__all__ = ["Option", "TrainView"]

KIND = "train"
_JOBS = StepJobs(KIND)
job, cancel, history = _JOBS.job, _JOBS.cancel, _JOBS.history
OTHER = "other_split"
other_job = StepJobs(OTHER).job
START_S = 6.0
_FORM_WORDS = {"pixel": "single pixels", "series": "series of dates", "patch": "patches"}


def start(workspace: Workspace) -> str:
    """Start training; returns the job's id.

    Raises:
        PlanError: This machine cannot hold it; the message says what would fit.
    """
    require_fit(needs(workspace))
    return _JOBS.start(workspace)


def families(workspace: Workspace) -> tuple[Family, ...]:
    """Families that can learn from samples of the project's form."""
    plan = workspace.project.imagery
    return families_for(plan.form, dense=plan.form == "patch" and plan.dense)


def routes_of(family: Family) -> tuple[str, ...]:
    """Titles of the deployments that take a family."""
    return tuple(route.title for route in ROUTES.values() if family.name in route.families)


def plan_of(family: Family, before: ModelPlan) -> ModelPlan:
    """The defaults of a family, with what does not depend on it as it was."""
    kept = ("forest_trees", "seed", "tensorboard", "mixed_precision")
    return replace(family.defaults, **{name: getattr(before, name) for name in kept})


def fit_family(workspace: Workspace) -> str:
    """Choose a family that takes the project's samples, where the present one does not.

    Returns:
        A sentence on the change; empty where there was none.
    """
    plan = workspace.project.model
    fitting = families(workspace)
    if plan.family in [family.name for family in fitting]:
        return ""
    chosen = fitting[0]
    title = FAMILIES[plan.family].title if plan.family in FAMILIES else plan.family
    workspace.change(model=plan_of(chosen, plan))
    form = _FORM_WORDS[workspace.project.imagery.form]
    return f"The samples are {form}, which the {title} does not take. It is a {chosen.title} now."


def weight_count(workspace: Workspace) -> int:
    """Weights that the network will have."""
    *inner, n_in = _shape(workspace)[1:]
    return count_weights(workspace.project.model, n_in, _classes(workspace), inner=tuple(inner))


def needs(workspace: Workspace) -> Limits:
    """Memory and time that training takes on this machine, and the most that fits."""
    return limits_of(
        workspace.project.model,
        _shape(workspace),
        _classes(workspace),
        bytes_free=available_bytes(),
        cores=os.cpu_count() or 1,
    )


def estimate(workspace: Workspace) -> Estimate:
    """What training will do and how long it may take."""
    model, shape = workspace.project.model, _shape(workspace)
    seconds = START_S + model.epochs * seconds_an_epoch(model, shape, _classes(workspace))
    sentence = (
        f"Train {number(weight_count(workspace))} weights on {number(shape[0])} samples for "
        f"up to {model.epochs} epochs: {duration_words(seconds)}."
    )
    return Estimate(sentence, 0, seconds)


def can_resume(workspace: Workspace) -> bool:
    """Whether a training with these settings was interrupted, so that it can go on."""
    key = store.key_of(store.dependencies(workspace.project, workspace.realm, KIND))
    return has_checkpoint(store.result_folder(workspace.folder, KIND, key))


def read(workspace: Workspace) -> TrainView | None:
    """The trained network with its scores; None where there is none yet.

    The second network's training is started here once the first is there and its test set open.
    """
    found = workspace.find(KIND)
    samples = workspace.find("samples")
    if found is None or samples is None:
        return None
    other = _second(workspace, found)
    summary, opened = found.summary, runs.is_opened(found)
    forest, validation = summary["baseline"], summary.get("validation")
    return TrainView(
        network=NetworkView.of(summary),
        other=NetworkView.of(other.summary) if other else None,
        other_running=opened and _other_running(workspace, found, other),
        forest=Scores.from_json(forest) if forest else None,
        validation=Scores.from_json(validation) if validation else None,
        reliability=ReliabilityView.of(summary.get("reliability")),
        importance=ImportanceView.of_summary(summary.get("importance")),
        opened=opened,
        opened_runs=runs.opened_count(workspace),
        log_folder=_log_folder(found),
        weight_count=summary["weight_count"],
        legend=Legend.from_json(samples.summary["legend"]),
        reference_map=samples.summary["reference_map"],
        simulated=samples.summary["simulated"],
        stale=found.stale,
        changed=found.changed_words,
    )


def open_test(workspace: Workspace) -> None:
    """Open the test set for the network that is shown."""
    found = workspace.find(KIND)
    if found is not None:
        runs.open_test(workspace, found.folder.name)


def _log_folder(found: Found) -> str:
    """Where TensorBoard's logs lie, from LOAM_HOME; empty where there are none."""
    folder = found.folder / LOGS
    return str(folder.relative_to(loam_home())) if folder.is_dir() else ""


def _second(workspace: Workspace, first: Found) -> Found | None:
    """The second network; one that was cut short like a cancelled first does for that one alone."""
    other = workspace.find(OTHER)
    if other is None or other.stale:
        return None
    cut_short = other.summary.get("cut_short", False)
    return None if cut_short and first.summary["stopped"] != CANCELLED else other


def _other_running(workspace: Workspace, found: Found, other: Found | None) -> bool:
    """Whether the second network is on its way; starts it where it is due."""
    if found.stale or other is not None:
        return False
    status = workspace.job(OTHER)
    if status is None or (not status.live and status.created < found.finished):
        workspace.submit(OTHER)
        return True
    return status.live


def _classes(workspace: Workspace) -> int:
    samples = workspace.find("samples")
    return len(samples.summary["legend"]) if samples else 2


def _shape(workspace: Workspace) -> tuple[int, ...]:
    """Shape of the predictors: of the samples that were drawn, or of those to come."""
    samples = workspace.find("samples")
    if samples is None:
        return (0, len(predictor_names(workspace.project.imagery)))
    path = samples.folder / "samples.npz"
    return _stored_shape(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _stored_shape(path: Path, _changed: int) -> tuple[int, ...]:
    """Read the shape of stored predictors without the predictors themselves."""
    if beside(path).is_file():
        large = np.load(beside(path), mmap_mode="r", allow_pickle=False)
        return tuple(int(length) for length in large.shape)
    with zipfile.ZipFile(path) as archive, archive.open("predictors.npy") as file:
        np.lib.format.read_magic(file)
        shape, _order, _kind = np.lib.format.read_array_header_1_0(file)
    return tuple(int(length) for length in shape)
