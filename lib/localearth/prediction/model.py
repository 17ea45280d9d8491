"""A description of a model behind an endpoint, and how instances are sent to it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.assumptions import choice
from lib.localearth.errors import EarthError
from lib.localearth.prediction import payload
from lib.localearth.prediction.endpoints import ask
from lib.localearth.raster.projection import PixelType, Projection
from lib.localearth.raster.sources import cast
from lib.localearth.values import Array

MAX_PAYLOAD_BYTES = 1_500_000
_ENVELOPE = len('{"instances": []}')
Size = tuple[int, int]  # across, down
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Model:
    """What `Model.fromVertexAi` says of a model.

    Attributes:
        endpoint: Resource name.
        input_properties: Properties sent with each instance.
        types: Types to which inputs are brought, by band or property.
        shapes: Shapes of array bands, by band.
        projection: Where pixels are sampled if `fixed`; None for the image's own.
        fixed: Whether pixels are sampled there, and not on the grid that is asked for.
        tile: Pixels of an instance without overlap; None where no images are predicted.
        overlap: Pixels added to a tile, both sides together.
        output_tile: Pixels that come back for a tile.
        output_bands, output_properties: Types by name of output.
        multiplier: How much larger outputs are than inputs.
        max_payload: Bytes of a request.
        payload_format: Name of the format.
    """

    endpoint: str
    input_properties: tuple[str, ...]
    types: Mapping[str, PixelType]
    shapes: Mapping[str, tuple[int, ...]]
    projection: Projection | None
    fixed: bool
    tile: Size | None
    overlap: Size
    output_tile: Size | None
    output_bands: Mapping[str, PixelType]
    output_properties: Mapping[str, PixelType]
    multiplier: float
    max_payload: int
    payload_format: str

    def describe(self) -> Any:
        """What a client is told of the model."""
        return {
            "type": "Model",
            "endpoint": self.endpoint,
            "payloadFormat": self.payload_format,
            "maxPayloadBytes": self.max_payload,
        }


def property_tensor(value: Any, kind: PixelType | None) -> NDArray[Any]:
    """A property as an input.

    Raises:
        EarthError: It is neither a number, a text nor an array.
    """
    if isinstance(value, str):
        found = np.array(value, object)
    elif isinstance(value, Array):
        found = cast(value.data, kind or PixelType(choice("property_precision")))
    elif isinstance(value, (bool, int, float)) or (isinstance(value, list) and value):
        found = cast(_of_numbers(value), kind or PixelType(choice("property_precision")))
    else:
        raise EarthError(f"{type(value).__name__} cannot be converted to a tensor.")
    return found.reshape(1) if not found.ndim and choice("scalar_tensor") == "one" else found


def _of_numbers(value: Any) -> NDArray[Any]:
    try:
        found = np.asarray(value)
    except ValueError:
        found = np.empty(0, object)
    if found.dtype.kind not in "fiub":
        raise EarthError("A list that is not of numbers cannot be converted to a tensor.")
    return found


def predictions(
    model: Model, url: str, instances: Iterable[Arrays], names: tuple[str, ...]
) -> Iterator[Arrays]:
    """Ask for the outputs of instances, as many in a request as its limit allows.

    Args:
        model: Says format and limits.
        url: Of the endpoint.
        instances: Inputs by name.
        names: Of the outputs.

    Raises:
        EarthError: An instance alone is too large, or the endpoint fails.
    """
    form = payload.format_named(model.payload_format)
    for batch in _batches(model, (form.instance(inputs) for inputs in instances)):
        for prediction in ask(url, batch):
            yield payload.outputs(prediction, names, form.value)


def _batches(model: Model, instances: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = _ENVELOPE
    for instance in instances:
        alone = len(instance) + _ENVELOPE
        if alone * model.multiplier > model.max_payload:
            raise EarthError(
                f"The payload of one instance ({alone} bytes, outputMultiplier "
                f"{model.multiplier:g}) exceeds maxPayloadBytes ({model.max_payload}). "
                "Use a smaller inputTileSize or a larger maxPayloadBytes."
            )
        added = len(instance) + 2
        if batch and (size + added) * model.multiplier > model.max_payload:
            yield batch
            batch, size = [], _ENVELOPE
        batch.append(instance)
        size += added
    if batch:
        yield batch
