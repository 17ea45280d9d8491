"""A deployed network as an Earth Engine image, by `ee.Model.fromVertexAi`."""

from typing import Any

import ee

from lib.core.errors import DeploymentError
from lib.core.expression import Expression
from lib.deploy.native.compile import CLASS_BAND, OUTPUTS, entropy_of
from lib.deploy.vertex.contract import OUTPUT, Contract
from lib.deploy.vertex.ledger import VertexDeployment
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.graphs import projection_of, to_expression, to_image, valid_everywhere


@with_connection
def vertex_expression(
    connection: Connection,  # noqa: ARG001 - used by the decorator
    deployment: VertexDeployment,
    predictors: Expression,
    output: str = "class",
) -> Expression:
    """Write the image that an endpoint computes; it is asked when the image is.

    Networks of pixels and series are asked on the grid that an image is wanted on; networks of
    patches on their training grid.

    Args:
        connection: Service that will ask the endpoint.
        deployment: A model on an endpoint.
        predictors: Image that has the network's predictors by name; for a series the bands of
            `lib.earthengine.stack.stack_names`.
        output: "class" (one band "class", the index in the legend), "probabilities" (bands "p0",
            "p1" …) or "entropy" (one band, 0 to 1).

    Raises:
        DeploymentError: Nothing is deployed yet, or there is no such output.
    """
    if not deployment.since:
        raise DeploymentError(
            f"“{deployment.name}” has no model on its endpoint yet.", hint="Deploy it first."
        )
    if output not in OUTPUTS:
        raise DeploymentError(
            f"There is no output “{output}”.", hint=f"Choose one of {', '.join(OUTPUTS)}."
        )
    contract = deployment.contract
    image, valid = _entering(contract, to_image(predictors))
    model = ee.Model.fromVertexAi(**model_arguments(deployment))
    found = model.predictImage(image).select([OUTPUT])
    if valid is not None:
        found = found.updateMask(valid)
    return to_expression(_written(found, contract, output))


def model_arguments(deployment: VertexDeployment) -> dict[str, Any]:
    """What `ee.Model.fromVertexAi` is told; the client must have started."""
    contract = deployment.contract
    arguments: dict[str, Any] = {
        "endpoint": deployment.endpoint,
        "inputTileSize": [contract.tile, contract.tile],
        "inputOverlapSize": [2 * contract.margin, 2 * contract.margin],
        "outputBands": {OUTPUT: {"type": ee.PixelType.float(), "dimensions": 1}},
        "outputMultiplier": contract.multiplier,
        "maxPayloadBytes": contract.max_payload_bytes,
        "payloadFormat": contract.payload_format,
    }
    if contract.grid is not None:
        arguments |= {"fixInputProj": True, "proj": projection_of(contract.grid)}
    return arguments


def _entering(contract: Contract, image: ee.Image) -> tuple[ee.Image, ee.Image | None]:
    """The bands that are sent; of patches filled, since neighbours without data count too."""
    chosen = image.select(list(contract.bands), list(contract.names)).toFloat()
    if contract.form != "patch":
        return chosen, None
    valid = valid_everywhere(chosen).gt(0).unmask(0, False)
    filled = chosen.updateMask(valid).unmask(0, False)
    if contract.valid:
        filled = filled.addBands(valid.toFloat().rename(contract.valid))
    return filled, valid


def _written(found: ee.Image, contract: Contract, output: str) -> ee.Image:
    if output == "class":
        return found.arrayArgmax().arrayGet(0).toByte().rename(CLASS_BAND)
    names = [f"p{index}" for index in range(contract.classes)]
    shares = found.arrayFlatten([names]).toFloat()
    return shares if output == "probabilities" else entropy_of(shares, contract.classes)
