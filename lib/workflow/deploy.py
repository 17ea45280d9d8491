"""Step 4: the network becomes an Earth Engine expression, proven equal to the original."""

from lib.core.formats import number
from lib.deploy.routes import ROUTES, Route
from lib.workflow.train import weight_count
from lib.workflow.views import DeployView, Estimate
from lib.workflow.workspace import StepJobs, Workspace

KIND = "deploy"
_JOBS = StepJobs(KIND)
start, job, cancel = (
    _JOBS.start,
    _JOBS.job,
    _JOBS.cancel,
)
CHECK_S = 6.0


def routes() -> tuple[Route, ...]:
    """Ways in which a network can reach the map."""
    return tuple(ROUTES.values())


def estimate(workspace: Workspace) -> Estimate:
    """What deploying will do and cost."""
    weights = number(weight_count(workspace))
    sentence = (
        f"Write {weights} weights as an expression and check it on held-out pixels: some 6 s."
    )
    return Estimate(sentence, 4, CHECK_S)


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
        seen_live=summary["seen_live"],
        forest_fits=summary["forest"]["fits"],
        forest_words=summary["forest"]["words"],
        simulated=summary["simulated"],
        stale=found.stale,
        changed=found.changed_words,
    )
