"""Taking a deployment away, whole or half made: one call, which tells what it could not remove."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from lib.core.errors import AppError, NotFoundError
from lib.deploy.cloud import Cloud
from lib.deploy.storage import Bucket
from lib.deploy.vertex.deploy import OnProgress, open_cloud
from lib.deploy.vertex.ledger import LABEL, VertexDeployment
from lib.deploy.vertex.operations import Waiter
from lib.deploy.vertex.settings import VertexSettings
from lib.earthengine.access import Connection, with_connection


@dataclass(frozen=True)
class Left:
    """Something that could not be removed.

    Attributes:
        name: Resource name, or "gs://…".
        reason: Why, and what to do.
        costs: Whether it may cost by the hour.
    """

    name: str
    reason: str
    costs: bool


@dataclass(frozen=True)
class TornDown:
    """What became of a deployment.

    Attributes:
        removed: Names of what was removed.
        left: What could not be removed.
    """

    removed: tuple[str, ...]
    left: tuple[Left, ...]

    @property
    def still_costs(self) -> bool:
        """Whether something is left that may cost by the hour."""
        return any(item.costs for item in self.left)

    @property
    def words(self) -> str:
        """What was removed and what was not, as sentences."""
        done = f"Removed {len(self.removed)} things." if self.removed else "Removed nothing."
        if not self.left:
            return f"{done} Nothing is left, and nothing costs any more."
        names = "; ".join(f"{item.name}: {item.reason}" for item in self.left)
        costs = " Part of it may still cost by the hour." if self.still_costs else ""
        return f"{done} Not removed: {names}.{costs}".replace("..", ".")


@with_connection
def tear_down(
    connection: Connection,
    deployment: VertexDeployment,
    settings: VertexSettings,
    *,
    on_progress: OnProgress = lambda _share, _words: None,
) -> TornDown:
    """Undeploy and delete all that a deployment has made, even if it failed half-way.

    What its ledger does not know, because an answer was lost, is found by its label. It may be
    called again until nothing is left.

    Args:
        connection: Signed in to Google.
        deployment: What `deploy` told last.
        settings: The same that it was deployed with.
        on_progress: Told the share done and a few words.

    Raises:
        SignInError: The connection has no Google account.
    """
    cloud = open_cloud(connection, settings)
    work = _TearDown(cloud, settings, deployment)
    on_progress(0.0, "Ending what was begun")
    work.end_operation()
    on_progress(0.2, "Undeploying")
    work.remove_endpoints()
    on_progress(0.7, "Deleting the model")
    work.remove_models()
    on_progress(0.9, "Deleting files")
    work.remove_files()
    on_progress(1.0, "Taken away")
    return TornDown(tuple(work.removed), tuple(work.left))


class _TearDown:
    """Removes one thing after the other and notes down how it went."""

    def __init__(
        self, cloud: Cloud, settings: VertexSettings, deployment: VertexDeployment
    ) -> None:
        self.removed: list[str] = []
        self.left: list[Left] = []
        self._cloud = cloud
        self._settings = settings
        self._deployment = deployment
        self._waiter = Waiter(cloud, settings)

    def end_operation(self) -> None:
        """What is still being made appears only when it is done; so that is waited for."""
        name = self._deployment.operation
        if name:
            self._attempt(name, lambda: self._waiter.end(name), costs=True, counts=False)

    def remove_endpoints(self) -> None:
        for name in self._found("endpoints", self._deployment.endpoint, costs=True):
            self._attempt(name, partial(self._remove_endpoint, name), costs=True)

    def remove_models(self) -> None:
        for name in self._found("models", self._deployment.model, costs=False):
            self._attempt(name, partial(self._delete, name, "Deleting the model"))

    def remove_files(self) -> None:
        bucket = Bucket(self._cloud, self._deployment.bucket, self._settings.storage_api)
        place = f"gs://{bucket.name}/"
        names: list[str] = []
        prefix = self._deployment.prefix + "/"
        self._attempt(place + prefix, lambda: names.extend(bucket.names(prefix)), counts=False)
        for name in names:
            self._attempt(place + name, partial(bucket.delete, name))

    def _remove_endpoint(self, name: str) -> None:
        endpoint = self._cloud.ask("GET", self._url(name))
        for deployed in endpoint.get("deployedModels", []):
            body = {"deployedModelId": str(deployed["id"])}
            operation = self._cloud.ask("POST", self._url(name) + ":undeployModel", body=body)
            self._waiter.finish(operation, "Undeploying")
        self._delete(name, "Deleting the endpoint")

    def _delete(self, name: str, words: str) -> None:
        self._waiter.finish(self._cloud.ask("DELETE", self._url(name)), words)

    def _found(self, kind: str, known: str, *, costs: bool) -> Iterator[str]:
        """What the ledger knows, and what else has the deployment's label."""
        labelled: list[dict[str, Any]] = []
        params = {"filter": f"labels.{LABEL}={self._deployment.name}"}

        def look() -> None:
            url = f"{self._settings.base}/{kind}"
            labelled.extend(self._cloud.pages(url, kind, params=params))

        self._attempt(f"{self._settings.parent}/{kind}", look, costs=costs, counts=False)
        known = known.partition("@")[0]
        names = [known, *(str(entry["name"]).partition("@")[0] for entry in labelled)]
        yield from dict.fromkeys(name for name in names if name)

    def _attempt(
        self,
        name: str,
        action: Callable[[], object],
        *,
        costs: bool = False,
        counts: bool = True,
    ) -> None:
        """Do something and note it down; what is not there any more is as good as removed."""
        try:
            action()
        except NotFoundError:
            return
        except AppError as error:
            self.left.append(Left(name, str(error), costs))
            return
        if counts:
            self.removed.append(name)

    def _url(self, name: str) -> str:
        return f"{self._settings.api}/v1/{name}"
