"""What a deployment has made so far: enough to use it, and to take it away."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from lib.deploy.vertex.contract import Contract
from lib.deploy.vertex.running import Running

LABEL = "loam"
"""Label of models and endpoints; its value is the deployment's name."""


@dataclass(frozen=True, kw_only=True)
class VertexDeployment:
    """What a deployment has made so far; texts are empty where it has not come that far.

    Attributes:
        name: Its name, which labels and folders have too.
        project: Cloud project.
        region: Region of endpoint and model.
        bucket: Bucket of the SavedModel.
        prefix: Where in the bucket it lies.
        contract: What the network takes and gives.
        machine_type: Of the machines.
        operation: Resource name of the operation that was begun last and not seen to end.
        model: Resource name of the model.
        endpoint: Resource name of the endpoint.
        since: When the model was deployed, ISO form in UTC.
    """

    name: str
    project: str
    region: str
    bucket: str
    prefix: str
    contract: Contract
    machine_type: str
    operation: str = ""
    model: str = ""
    endpoint: str = ""
    since: str = ""

    @property
    def running(self) -> Running | None:
        """What costs by the hour; None where nothing is known to be deployed."""
        if not self.since:
            return None
        return Running(self.endpoint, self.model, self.since, self.machine_type, self.region)

    def to_json(self) -> dict[str, Any]:
        """Return plain data that `from_json` reads."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` gave."""
        return cls(**{**data, "contract": Contract.from_json(data["contract"])})
