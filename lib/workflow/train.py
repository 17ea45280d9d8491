"""Step 3: the network, trained in a worker; a second one for the other split follows it."""

from typing import Any

from lib.core.accuracy import Scores
from lib.core.formats import duration_words, number
from lib.core.legend import Legend
from lib.models.families import FAMILIES, Family
from lib.models.families import weight_count as count_weights
from lib.workflow.store import Found
from lib.workflow.views import Estimate, NetworkView, TrainView
from lib.workflow.workspace import StepJobs, Workspace

KIND = "train"
_JOBS = StepJobs(KIND)
start, job, cancel, resume, history = (
    _JOBS.start,
    _JOBS.job,
    _JOBS.cancel,
    _JOBS.resume,
    _JOBS.history,
)
OTHER = "other_split"
other_job = StepJobs(OTHER).job
SAMPLES_A_SECOND = 60_000
START_S = 6.0


def families() -> tuple[Family, ...]:
    """Network families to choose from."""
    return tuple(FAMILIES.values())


def weight_count(workspace: Workspace) -> int:
    """Weights that the network will have."""
    samples = workspace.find("samples")
    classes = len(samples.summary["legend"]) if samples else 2
    plan = workspace.project.imagery
    return count_weights(workspace.project.model, len(plan.bands) + len(plan.indices), classes)


def estimate(workspace: Workspace) -> Estimate:
    """What training will do and how long it may take."""
    samples = workspace.find("samples")
    count = samples.summary["count"] if samples else 0
    model = workspace.project.model
    seconds = START_S + count * model.epochs / SAMPLES_A_SECOND
    sentence = (
        f"Train {number(weight_count(workspace))} weights on {number(count)} samples for "
        f"up to {model.epochs} epochs: {duration_words(seconds)}."
    )
    return Estimate(sentence, 0, seconds)


def read(workspace: Workspace) -> TrainView | None:
    """The trained network with its scores; None where there is none yet.

    The second network's training is started here once the first is there.
    """
    found = workspace.find(KIND)
    samples = workspace.find("samples")
    if found is None or samples is None:
        return None
    other = workspace.find(OTHER)
    return TrainView(
        network=_network(found.summary),
        other=_network(other.summary) if other and not other.stale else None,
        other_running=_other_running(workspace, found, other),
        forest=Scores.from_json(found.summary["baseline"]),
        weight_count=found.summary["weight_count"],
        legend=Legend.from_json(samples.summary["legend"]),
        reference_map=samples.summary["reference_map"],
        simulated=samples.summary["simulated"],
        stale=found.stale,
        changed=found.changed_words,
    )


def _other_running(workspace: Workspace, found: Found, other: Found | None) -> bool:
    """Whether the second network is on its way; starts it where it is due."""
    if found.stale or (other is not None and not other.stale):
        return False
    status = workspace.job(OTHER)
    if status is None or (not status.live and status.created < found.finished):
        workspace.submit(OTHER)
        return True
    return status.live


def _network(summary: dict[str, Any]) -> NetworkView:
    split = summary["split"]
    return NetworkView(
        scores=Scores.from_json(summary["scores"]),
        split_kind=split["kind"],
        split_notes=tuple(split["notes"]),
        sizes=(split["training"], split["validation"], split["test"]),
        best_epoch=summary["best_epoch"],
        epochs=summary["epochs"],
        stopped=summary["stopped"],
        seconds=summary["training_seconds"],
        history=tuple(summary["history"]),
    )
