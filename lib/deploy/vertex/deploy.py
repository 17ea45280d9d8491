"""From an exported SavedModel to an endpoint that answers, step by step.

Surface: https://cloud.google.com/vertex-ai/docs/reference/rest (models.upload, endpoints.create,
endpoints.deployModel). What was made is told after every step, so that nothing that costs is
forgotten, whatever happens next.
"""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lib.deploy.cloud import Cloud
from lib.deploy.storage import Bucket
from lib.deploy.vertex.contract import FILE, load_contract
from lib.deploy.vertex.ledger import LABEL, VertexDeployment
from lib.deploy.vertex.operations import Waiter
from lib.deploy.vertex.running import Running
from lib.deploy.vertex.settings import VertexSettings, check_name
from lib.earthengine.access import Connection, with_connection

OnProgress = Callable[[float, str], None]
OnMade = Callable[[VertexDeployment], None]

_FOLDER = "loam"
_UPLOADED, _MODEL_MADE, _ENDPOINT_MADE = 0.2, 0.3, 0.4
_USUAL_S = 900.0  # how long the last step takes, for the bar: some 5 to 15 minutes


@with_connection
def check_access(connection: Connection, settings: VertexSettings) -> None:
    """Ask for bucket, API and region, before anything is made.

    Raises:
        SignInError: The connection has no Google account.
        ServiceError: No bucket, API not switched on, no permission, no such region: in a sentence
            with what to do.
    """
    _check_access(open_cloud(connection, settings), settings)


@with_connection
def deploy(
    connection: Connection,
    exported_dir: Path,
    settings: VertexSettings,
    *,
    on_made: OnMade,
    name: str = "",
    on_progress: OnProgress = lambda _share, _words: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> VertexDeployment:
    """Upload a SavedModel and put it on an endpoint of its own.

    Nothing is taken away after a failure: call `tear_down` with what `on_made` got last.

    Args:
        connection: Signed in to Google.
        exported_dir: What `export_network` wrote.
        settings: Where and on what it runs.
        on_made: Told what there is to take away, first before anything is sent, then after every
            step; keep the last on disk.
        name: Of the deployment; empty for a new one.
        on_progress: Told the share done and a few words.
        should_stop: Asked between questions; true ends the deployment.

    Raises:
        Stopped: `should_stop` said so.
        DeploymentError: The folder holds no export, or a step takes too long.
        ServiceError: A step was refused: in a sentence with what to do.
    """
    name = check_name(name or f"loam-{secrets.token_hex(4)}")
    cloud = open_cloud(connection, settings)
    steps = _Steps(cloud, settings, on_made, on_progress, should_stop)
    ledger = VertexDeployment(
        name=name,
        project=settings.project,
        region=settings.region,
        bucket=settings.bucket,
        prefix=f"{_FOLDER}/{name}",
        contract=load_contract(exported_dir),
        machine_type=settings.machine_type,
    )
    on_progress(0.0, "Asking for bucket and region")
    _check_access(cloud, settings)
    on_made(ledger)
    steps.upload(exported_dir, ledger)
    ledger = steps.make_model(ledger)
    ledger = steps.make_endpoint(ledger)
    return steps.put_on_endpoint(ledger)


@with_connection
def list_running(connection: Connection, settings: VertexSettings) -> tuple[Running, ...]:
    """List all that Loam has deployed in a project and region, and that costs by the hour.

    Raises:
        ServiceError: The service refused, in a sentence with what to do.
    """
    cloud = open_cloud(connection, settings)
    params = {"filter": f"labels.{LABEL}:*"}
    found = cloud.pages(f"{settings.base}/endpoints", "endpoints", params=params)
    return tuple(
        Running(
            str(endpoint["name"]),
            str(deployed["model"]),
            str(deployed.get("createTime", "")),
            str(deployed["dedicatedResources"]["machineSpec"]["machineType"]),
            settings.region,
        )
        for endpoint in found
        for deployed in endpoint.get("deployedModels", [])
    )


@with_connection
def open_cloud(connection: Connection, settings: VertexSettings) -> Cloud:
    """Open a connection's account for Vertex AI and Cloud Storage."""
    return Cloud.of(connection, settings.api, settings.storage_api, place=settings.region)


def _check_access(cloud: Cloud, settings: VertexSettings) -> None:
    Bucket(cloud, settings.bucket, settings.storage_api).check()
    cloud.ask("GET", f"{settings.base}/endpoints", params={"pageSize": "1"})


class _Steps:
    """The steps of a deployment, each of which tells what it has made."""

    def __init__(
        self,
        cloud: Cloud,
        settings: VertexSettings,
        on_made: OnMade,
        on_progress: OnProgress,
        should_stop: Callable[[], bool],
    ) -> None:
        self._cloud = cloud
        self._settings = settings
        self._on_made = on_made
        self._on_progress = on_progress
        self._waiter = Waiter(cloud, settings, should_stop=should_stop)

    def upload(self, directory: Path, ledger: VertexDeployment) -> None:
        """Put the SavedModel into the bucket; TensorFlow Serving wants a numbered folder."""

        def tell(share: float, words: str) -> None:
            self._waiter.stop_if_asked()
            self._on_progress(_UPLOADED * share, words)

        bucket = Bucket(self._cloud, ledger.bucket, self._settings.storage_api)
        folder = ledger.prefix if self._settings.is_prebuilt else f"{ledger.prefix}/1"
        bucket.upload_folder(directory, folder, on_progress=tell, leave_out=(FILE,))

    def make_model(self, ledger: VertexDeployment) -> VertexDeployment:
        model = {
            "displayName": ledger.name,
            "artifactUri": f"gs://{ledger.bucket}/{ledger.prefix}",
            "labels": {LABEL: ledger.name},
            "containerSpec": self._settings.container_spec(),
        }
        url, words = f"{self._settings.base}/models:upload", "Registering the model"
        ledger, response = self._run(url, {"model": model}, ledger, words, _UPLOADED)
        return self._made(replace(ledger, model=str(response["model"])))

    def make_endpoint(self, ledger: VertexDeployment) -> VertexDeployment:
        body = {"displayName": ledger.name, "labels": {LABEL: ledger.name}}
        url, words = f"{self._settings.base}/endpoints", "Making the endpoint"
        ledger, response = self._run(url, body, ledger, words, _MODEL_MADE)
        return self._made(replace(ledger, endpoint=str(response["name"])))

    def put_on_endpoint(self, ledger: VertexDeployment) -> VertexDeployment:
        machines = {
            "machineSpec": {"machineType": self._settings.machine_type},
            "minReplicaCount": self._settings.replicas,
            "maxReplicaCount": self._settings.replicas,
        }
        model = {
            "model": ledger.model,
            "displayName": ledger.name,
            "dedicatedResources": machines,
        }
        # "0" stands for the model that is being deployed.
        body = {"deployedModel": model, "trafficSplit": {"0": 100}}
        url = f"{self._settings.api}/v1/{ledger.endpoint}:deployModel"
        words = "Starting the machine (some minutes)"
        ledger, response = self._run(url, body, ledger, words, _ENDPOINT_MADE)
        since = response.get("deployedModel", {}).get("createTime") or _now()
        ledger = self._made(replace(ledger, since=str(since)))
        self._on_progress(1.0, "The endpoint answers")
        return ledger

    def _run(
        self, url: str, body: dict[str, Any], ledger: VertexDeployment, words: str, start: float
    ) -> tuple[VertexDeployment, dict[str, Any]]:
        """Begin an operation, note it down, and wait for its end."""

        def tell(seconds: float) -> None:
            share = min(seconds / _USUAL_S, 1.0) if start == _ENDPOINT_MADE else 0.0
            self._on_progress(start + (0.99 - start) * share, words)

        self._waiter.stop_if_asked()
        self._on_progress(start, words)
        operation = self._cloud.ask("POST", url, body=body)
        ledger = self._made(replace(ledger, operation=str(operation["name"])))
        response = self._waiter.finish(operation, words, on_poll=tell)
        return replace(ledger, operation=""), response

    def _made(self, ledger: VertexDeployment) -> VertexDeployment:
        self._on_made(ledger)
        return ledger


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
