"""Proof that an endpoint answers as the network does: asked as Earth Engine will ask it.

https://cloud.google.com/vertex-ai/docs/reference/rest/v1/projects.locations.endpoints/predict
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.core.errors import DeploymentError
from lib.deploy.cloud import Cloud
from lib.deploy.parity import Parity
from lib.deploy.vertex import payload
from lib.deploy.vertex.contract import OUTPUT, Contract
from lib.deploy.vertex.deploy import open_cloud
from lib.deploy.vertex.ledger import VertexDeployment
from lib.deploy.vertex.proof import (
    BOUND,
    Tiles,
    coded_tiles,
    compare_tiles,
    decoded_tiles,
    tiles_of,
)
from lib.deploy.vertex.settings import VertexSettings
from lib.earthengine.access import Connection, with_connection
from lib.models.artifact import Artifact

MOST_REQUESTS = 40
"""Requests of a proof at most: large tiles hold thousands of pixels each, and few are enough."""


@with_connection
def prove_endpoint(
    connection: Connection,
    deployment: VertexDeployment,
    settings: VertexSettings,
    artifact_dir: Path,
    x: NDArray[np.float32],
    valid: NDArray[np.bool_] | None = None,
    *,
    bound: float = BOUND,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Parity:
    """Ask an endpoint for held-out samples and compare its answers with those of Keras.

    Args:
        connection: Signed in to Google.
        deployment: A model on an endpoint, which takes serialised tensors over HTTP.
        settings: The same that it was deployed with.
        artifact_dir: Run folder of the network.
        x: As for `proof.prove`; of many samples as many of the first as `MOST_REQUESTS` hold.
        valid: As for `proof.prove`.
        bound: Greatest difference allowed.
        on_progress: Told the requests that were answered, and how many there are; may raise.

    Raises:
        DeploymentError: Its payload is another, or its answers are no probabilities.
        ServiceError: It does not answer, in a sentence.
    """
    contract = deployment.contract
    if contract.payload_format != payload.SERIALIZED:
        raise DeploymentError(
            f"An endpoint with the payload {contract.payload_format} cannot be compared from here.",
            hint=f"Choose {payload.SERIALIZED}.",
        )
    artifact = Artifact.load(artifact_dir)
    first = tiles_of(contract, artifact.network, x[:1], None if valid is None else valid[:1])
    step = _tiles_of_request(contract, first.shape[1])
    some = slice(0, MOST_REQUESTS * step)
    tiles = tiles_of(contract, artifact.network, x[some], None if valid is None else valid[some])
    call = _Asking(open_cloud(connection, settings), settings, deployment)
    requests = -(-len(tiles) // step)

    def ask(block: Tiles) -> NDArray[np.float32]:
        on_progress(call.asked, requests)
        return call(block)

    return compare_tiles(artifact, contract, tiles, ask, step=step, bound=bound)


def _tiles_of_request(contract: Contract, side: int) -> int:
    """Tiles whose request and answer keep to the largest payload."""
    limit = contract.max_payload_bytes / contract.multiplier
    return max(1, int(limit // payload.instance_bytes(contract.inputs, side)))


class _Asking:
    """The endpoint as a function of tiles, through the payload that Earth Engine sends."""

    def __init__(
        self, cloud: Cloud, settings: VertexSettings, deployment: VertexDeployment
    ) -> None:
        self.asked = 0
        self._cloud = cloud
        self._url = f"{settings.api}/v1/{deployment.endpoint}:predict"
        self._contract = deployment.contract

    def __call__(self, tiles: Tiles) -> NDArray[np.float32]:
        texts = {
            name: [text.decode() for text in coded.numpy()]
            for name, coded in coded_tiles(self._contract, tiles).items()
        }
        instances = [
            {name: column[index] for name, column in texts.items()} for index in range(len(tiles))
        ]
        answer = self._cloud.ask("POST", self._url, body={"instances": instances})
        self.asked += 1
        return _probabilities(answer.get("predictions"), len(tiles))


def _probabilities(predictions: Any, count: int) -> NDArray[np.float32]:
    listed = predictions if isinstance(predictions, list) else []
    texts = [item.get(OUTPUT) if isinstance(item, dict) else item for item in listed]
    if len(texts) != count or not all(isinstance(text, str) for text in texts):
        raise DeploymentError(
            "The endpoint answers with something else than one text of probabilities a tile.",
            hint="Look at the container's log; docs/vertex.md tells which image serves the model.",
            field="image",
        )
    return decoded_tiles(texts)
