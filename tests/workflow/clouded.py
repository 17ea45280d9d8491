"""A finished walk whose connection is signed in to Google: all of it stand-ins on loopback."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lib.core.plan import DeploymentPlan, EndpointPlan
from lib.earthengine.connection import Connection
from lib.localearth.pool import Pool
from lib.localearth.prediction.endpoints import Endpoints
from lib.localearth.server import api_app
from lib.localearth.service import Service
from lib.workflow import endpoints
from lib.workflow.project import Workspace
from tests.deploy.vertex.conftest import CONTRACT, account, cloud
from tests.deploy.vertex.standin import StandIn
from tests.localearth.batches import outside
from tests.localearth.serving import running
from tests.workflow.filed import as_file
from tests.workflow.walked import small_walk

__all__ = ["account", "cloud", "earth_url", "filed", "signed_in"]

ENDPOINT = "projects/meadow-1/locations/us-central1/endpoints/1"


@pytest.fixture
def earth_url(cloud: StandIn, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Local Earth on loopback for Earth Engine; it asks the stand-in's endpoint."""
    cloud.polls = 0
    Endpoints(home).register({ENDPOINT: cloud.url})
    monkeypatch.setenv("LOAM_VERTEX_URL", cloud.url)
    monkeypatch.setenv("LOAM_STORAGE_URL", cloud.url)
    pool = Pool(home)
    with contextlib.closing(pool), running(api_app(Service(home, pool=pool))) as url:
        monkeypatch.setenv("LOAM_EARTHENGINE_URL", url)
        yield url


@pytest.fixture
def signed_in(earth_url: str, request: pytest.FixtureRequest) -> Workspace:
    """The walk with the route "vertex"; nothing is deployed."""
    connection: Connection = request.getfixturevalue("account")
    workspace = small_walk(connection, kinds=("samples", "train"))
    workspace.change(deployment=vertex())
    return workspace


def vertex(**options: Any) -> DeploymentPlan:
    """A deployment to the stand-in's bucket."""
    return DeploymentPlan("vertex", EndpointPlan(**{"bucket": "meadow", **options}))


def kept(workspace: Workspace, name: str = "loam-1", **parts: Any) -> endpoints.Record:
    """A deployment that is told to run, without any cloud."""
    deployment = endpoints.VertexDeployment(
        name=name, project="meadow-1", region="us-central1", bucket="meadow",
        prefix=f"loam/{name}", contract=CONTRACT, machine_type="n1-standard-2",
        endpoint="projects/meadow-1/locations/us-central1/endpoints/1",
        since="2026-11-22T10:00:00Z",
    )  # fmt: skip
    facts = {"workspace": workspace.id, "realm": "google:meadow-1", "label": "Earth Engine"}
    record = endpoints.Record(**{**facts, **parts}, plan=vertex().endpoint, deployment=deployment)
    endpoints.keep(record)
    return record


@pytest.fixture
def filed(cloud: StandIn, earth_url: str, home: Path, request: pytest.FixtureRequest) -> Workspace:
    """The walk deployed as a file; its bucket lies where Local Earth ingests from."""
    cloud.folder = outside(home, "gcs")
    workspace = small_walk(request.getfixturevalue("account"))
    as_file(workspace, bucket="meadow")
    return workspace
