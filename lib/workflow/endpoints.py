"""Endpoints that run and cost: what was made of them, kept until everything is taken down."""

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lib.core.errors import DeploymentError, PlanError
from lib.core.home import loam_home
from lib.core.plan import EndpointPlan
from lib.deploy.storage import STORAGE_API
from lib.deploy.vertex.ledger import VertexDeployment
from lib.deploy.vertex.running import PRICES, cost_words
from lib.deploy.vertex.settings import IMAGE, VERTEX_API, VertexSettings, check_name
from lib.earthengine.connection import Connection
from lib.workflow import store
from lib.workflow.workspace import REPOSITORY, StepJobs, Workspace

__all__ = ["PRICES"]

VERTEX_URL_VARIABLE = "LOAM_VERTEX_URL"
STORAGE_URL_VARIABLE = "LOAM_STORAGE_URL"
GUIDE = REPOSITORY / "docs" / "vertex.md"
"""What an endpoint needs, step by step."""

KIND = "teardown"
job = StepJobs(KIND).job


@dataclass(frozen=True)
class Record:
    """A deployment to Vertex AI, from before anything is sent until nothing is left of it.

    Attributes:
        workspace: Id of the project that it was made in.
        realm: Connection that made it.
        label: What pages call that connection.
        plan: What was chosen for it.
        deployment: What it has made so far.
        left: What could not be removed, in words; empty before that was tried.
    """

    workspace: str
    realm: str
    label: str
    plan: EndpointPlan
    deployment: VertexDeployment
    left: str = ""


@dataclass(frozen=True)
class EndpointView:
    """A deployment as a page shows it.

    Attributes:
        name: Names it.
        words: Since when it runs and how it costs, or what is left of it.
        runs: Whether a machine is known to run.
        elsewhere: Whether another project of this account has made it.
        busy: Whether it is still being made.
        obstacle: Why it cannot be taken down from here now; empty where it can.
    """

    name: str
    words: str
    runs: bool
    elsewhere: bool
    busy: bool
    obstacle: str


def settings_of(connection: Connection, plan: EndpointPlan) -> VertexSettings:
    """What a connection's account and a plan make together; addresses may be set from outside.

    Raises:
        PlanError: A setting is impossible.
    """
    return VertexSettings(
        project=connection.project,
        bucket=plan.bucket,
        region=plan.region.strip(),
        machine_type=plan.machine_type.strip(),
        replicas=plan.replicas,
        image=plan.image.strip(),
        vertex_api=os.environ.get(VERTEX_URL_VARIABLE, VERTEX_API),
        storage_api=storage_api(),
    )


def storage_api() -> str:
    """Base address of Cloud Storage; it may be set from outside."""
    return os.environ.get(STORAGE_URL_VARIABLE, STORAGE_API)


def usual_image(workspace: Workspace) -> str:
    """Address of the container that is taken where none is given."""
    region = workspace.project.deployment.endpoint.region
    return IMAGE.format(region=region, project=workspace.connection.project)


def guide() -> str:
    """What an endpoint needs, step by step, as Markdown."""
    return GUIDE.read_text(encoding="utf-8")


def keep(record: Record) -> None:
    """Write down what there is to take away."""
    data = {**asdict(record), "deployment": record.deployment.to_json()}
    store.write_json(_path(record.deployment.name), data)


def find(name: str) -> Record:
    """Read what is known of a deployment.

    Raises:
        DeploymentError: There is none of that name.
    """
    record = _read(_path(name))
    if record is None:
        raise DeploymentError(f"There is no endpoint “{name}” any more.")
    return record


def forget(name: str) -> None:
    """Note that nothing is left of a deployment."""
    _path(name).unlink(missing_ok=True)


def views(workspace: Workspace) -> tuple[EndpointView, ...]:
    """What runs, or is left, of this project's deployments and of its account's others."""
    busy = is_making(workspace)
    return tuple(_view(workspace, record, busy=busy) for record in _concerning(workspace))


def is_making(workspace: Workspace) -> bool:
    """Whether a deployment of the project is under way."""
    making = workspace.job("deploy")
    return making is not None and making.live


def taken_down(workspace: Workspace) -> str:
    """What became of the endpoint that was taken down last, until another is made."""
    down, made = job(workspace), workspace.job("deploy")
    if down is None or down.state != "finished" or any(_concerning(workspace)):
        return ""
    return "" if made is not None and made.created > down.created else down.message


def refuse_second(workspace: Workspace) -> None:
    """Refuse another endpoint while one of the project is there.

    Raises:
        PlanError: One is.
    """
    if any(record.workspace == workspace.id for record in _concerning(workspace)):
        raise PlanError(
            "An endpoint of this project is there already, and may cost by the hour.",
            hint="Take it down first.",
            field="route",
        )


def take_down(workspace: Workspace, name: str) -> str:
    """Undeploy and delete everything of a deployment; returns the id of the job.

    Raises:
        DeploymentError: There is none of that name.
    """
    return workspace.submit(KIND, {"name": find(name).deployment.name})


def _view(workspace: Workspace, record: Record, *, busy: bool) -> EndpointView:
    deployment, own = record.deployment, record.workspace == workspace.id
    being_made = busy and own
    obstacle = ""
    if being_made:
        obstacle = "It is still being made: cancel that first."
    elif record.realm != workspace.realm:
        obstacle = f"Sign in to {record.label} to take it down."
    runs = deployment.running
    words = cost_words(runs) if runs else _unfinished(record, being_made=being_made)
    if record.left:
        words = f"{words} {record.left}"
    return EndpointView(deployment.name, words, runs is not None, not own, being_made, obstacle)


def _unfinished(record: Record, *, being_made: bool) -> str:
    machine = f"{record.deployment.machine_type} in {record.deployment.region}"
    if being_made:
        return (
            f"An endpoint is being made. From the moment that its machine ({machine}) starts, it "
            "costs by the hour."
        )
    return (
        "A deployment ended before it was done. What it had begun is still there, and a machine "
        f"({machine}) may have been started, which costs by the hour."
    )


def _concerning(workspace: Workspace) -> Iterator[Record]:
    """Records of the project, and of its account where it is signed in to one."""
    signed_in = workspace.connection.can.endpoints
    for path in sorted(_folder().glob("*.json")):
        record = _read(path)
        if record is None:
            continue
        if record.workspace == workspace.id or (signed_in and record.realm == workspace.realm):
            yield record


def _folder() -> Path:
    return loam_home() / "endpoints"


def _path(name: str) -> Path:
    return _folder() / f"{check_name(name)}.json"


def _read(path: Path) -> Record | None:
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    plan, deployment = data["plan"], data["deployment"]
    parts = {"plan": EndpointPlan(**plan), "deployment": VertexDeployment.from_json(deployment)}
    return Record(**{**data, **parts})
