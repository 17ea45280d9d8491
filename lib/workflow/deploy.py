"""Step 4: the network is brought to where it maps, proven equal to the original."""

from collections.abc import Iterable

from lib.core.errors import LabelError
from lib.core.formats import count_words, number
from lib.core.plan import EndpointPlan
from lib.deploy.routes import OTHERS, ROUTES, Offer, Route, offers
from lib.earthengine import imagery
from lib.workflow import endpoints
from lib.workflow.train import weight_count
from lib.workflow.views import DeployView, Estimate
from lib.workflow.workspace import StepJobs, Workspace

__all__ = ["Offer"]

KIND = "deploy"
_JOBS = StepJobs(KIND)
job, cancel = _JOBS.job, _JOBS.cancel
CHECK_S = 6.0
RASTER_CHECK_S = 10.0
ENDPOINT_S = 900.0


def routes(workspace: Workspace) -> tuple[Route, ...]:
    """Ways in which the project's network can reach the map over its connection."""
    return tuple(offer.route for offer in _offers(workspace) if offer.fits)


def refused_routes(workspace: Workspace) -> tuple[str, ...]:
    """The other ways, each with the reason why it is none for them."""
    return tuple(offer.reason for offer in _offers(workspace) if not offer.fits)


def ways(workspace: Workspace) -> tuple[Offer, ...]:
    """The routes, and what can be done beside them, each with the reason where it does not fit."""
    return _offers(workspace, (*ROUTES.values(), *OTHERS.values()))


def start(workspace: Workspace) -> str:
    """Start the step's job; returns its id.

    Raises:
        PlanError: Of an endpoint a setting is impossible, or there is one already.
        LabelError: The network learnt from a table of another world than the imagery's.
    """
    _refuse_other_world(workspace)
    plan = workspace.project.deployment
    if plan.route == "vertex":
        endpoints.settings_of(workspace.connection, plan.endpoint)
        endpoints.refuse_second(workspace)
    return _JOBS.start(workspace)


def objection(workspace: Workspace) -> str:
    """Why the network cannot be put on this imagery at all; empty where it can."""
    try:
        _refuse_other_world(workspace)
    except LabelError as error:
        return str(error)
    return ""


def _refuse_other_world(workspace: Workspace) -> None:
    project, samples = workspace.project, workspace.find("samples")
    if project.labels.kind == "table" and samples is not None:
        simulated = bool(samples.summary["simulated"])
        imagery.refuse_table(workspace.connection, project.imagery, simulated=simulated)


def _offers(workspace: Workspace, among: Iterable[Route] | None = None) -> tuple[Offer, ...]:
    return offers(workspace.project.model.family, workspace.connection.can, routes=among)


def estimate(workspace: Workspace) -> Estimate:
    """What deploying will do and cost."""
    weights = number(weight_count(workspace))
    if workspace.project.deployment.route == "raster":
        sentence = f"Make {weights} weights ready to run here and check them: some 10 s."
        return Estimate(sentence, 0, RASTER_CHECK_S)
    if workspace.project.deployment.route == "vertex":
        return Estimate(_endpoint_words(workspace.project.deployment.endpoint), 10, ENDPOINT_S)
    sentence = (
        f"Write {weights} weights as an expression and check it on held-out pixels: some 6 s, more "
        "where many scenes make the image."
    )
    return Estimate(sentence, 4, CHECK_S)


def _endpoint_words(plan: EndpointPlan) -> str:
    machines = count_words(plan.replicas, "machine")
    return (
        f"Start {machines} of the type {plan.machine_type} in {plan.region}, some 5 to 15 min. "
        "It costs by the hour from then on, asked or not, until you take it down."
    )


def read(workspace: Workspace) -> DeployView | None:
    """The deployment with its parity check; None where there is none yet."""
    found = workspace.find(KIND)
    if found is None:
        return None
    summary = found.summary
    return DeployView(
        route=summary["route"],
        size_bytes=summary["size_bytes"],
        limit_bytes=summary["limit_bytes"],
        max_abs_difference=summary["max_abs_difference"],
        bound=summary["bound"],
        pixels=summary["pixels"],
        masked_pixels=summary["masked_pixels"],
        forms=tuple(summary["forms"]),
        advice=summary.get("advice", ""),
        mean_abs_difference=summary.get("mean_abs_difference"),
        equal_classes=summary.get("equal_classes"),
        seen_live=summary["seen_live"],
        forest_fits=summary["forest"]["fits"],
        forest_words=summary["forest"]["words"],
        simulated=summary["simulated"],
        stale=found.stale,
        changed=found.changed_words,
    )
