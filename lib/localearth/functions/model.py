"""Models behind endpoints: `Model.fromVertexAi` and predictions of images and features."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lib.localearth import promotion
from lib.localearth.assumptions import choice
from lib.localearth.context import Context
from lib.localearth.errors import EarthError
from lib.localearth.prediction import payload
from lib.localearth.prediction.model import (
    MAX_PAYLOAD_BYTES,
    Arrays,
    Model,
    Size,
    predictions,
    property_tensor,
)
from lib.localearth.prediction.tiles import Predicted
from lib.localearth.raster.image import Band, Image
from lib.localearth.raster.projection import PixelType, Projection
from lib.localearth.raster.sources import band_like, cast, unique_names
from lib.localearth.registry import implements
from lib.localearth.values import Array, Collection, Element

MAX_TILE_SIDE = 4096


@implements("Model.fromVertexAi")
def from_vertex_ai(
    context: Context,
    endpoint: str,
    input_properties: Sequence[str] | None,
    input_type_override: Mapping[str, PixelType] | None,
    input_shapes: Mapping[str, Sequence[int]] | None,
    proj: Projection | None,
    fix_input_proj: bool | None,
    input_tile_size: Sequence[int] | None,
    input_overlap_size: Sequence[int] | None,
    output_tile_size: Sequence[int] | None,
    output_bands: Mapping[str, Any] | None,
    output_properties: Mapping[str, Any] | None,
    output_multiplier: float | None,
    max_payload_bytes: int | None,
    payload_format: str | None,
) -> Model:
    """Describe a model on Vertex AI."""
    tile = _size("inputTileSize", input_tile_size, least=1)
    multiplier = 1.0 if output_multiplier is None else output_multiplier
    if not multiplier >= 1:
        raise EarthError(f"The outputMultiplier must be >= 1. Got {multiplier}.")
    model = Model(
        endpoint=endpoint,
        input_properties=tuple(input_properties or ()),
        types=dict(input_type_override or {}),
        shapes={name: tuple(shape) for name, shape in (input_shapes or {}).items()},
        projection=proj,
        fixed=bool(fix_input_proj),
        tile=tile,
        overlap=_size("inputOverlapSize", input_overlap_size, least=0) or (0, 0),
        output_tile=_size("outputTileSize", output_tile_size, least=1) or tile,
        output_bands=_outputs(context, "outputBands", output_bands),
        output_properties=_outputs(context, "outputProperties", output_properties),
        multiplier=multiplier,
        max_payload=MAX_PAYLOAD_BYTES if max_payload_bytes is None else max_payload_bytes,
        payload_format=payload_format or payload.DEFAULT,
    )
    payload.format_named(model.payload_format)
    return model


@implements("Model.predictImage")
def predict_image(context: Context, model: Model, image: Image) -> Image:
    """Predict bands from tiles; masked pixels are sent as 0 and mask the outputs."""
    if not model.output_bands:
        raise EarthError("Parameter 'outputBands' is required for image predictions.")
    if not image.bands:
        raise EarthError("The image has no bands.")
    url = context.endpoint_address(model.endpoint)
    source = Predicted(image, model, url, _property_inputs(model, image))
    base = _placed(image.bands[0], source, model)
    bands = [
        band_like(base, name, kind, source, index)
        for index, (name, kind) in enumerate(model.output_bands.items())
    ]
    return image.with_bands(
        bands if choice("prediction_bands") == "outputs" else _merged(image, bands)
    )


def _placed(band: Band, source: Predicted, model: Model) -> Band:
    """The band with the projection of the outputs; its own pixels if they are the same."""
    inputs = (model.projection if model.fixed else None) or band.projection
    projection = source.output_projection(inputs)
    if projection == band.projection:
        return band
    return replace(band, projection=projection, dimensions=None, origin=None)


def _merged(image: Image, bands: list[Any]) -> list[Any]:
    every = [*image.bands, *bands]
    names = unique_names([band.name for band in every])
    return [replace(band, name=name) for band, name in zip(every, names, strict=True)]


@implements("Model.predictProperties")
def predict_properties(context: Context, model: Model, collection: Collection) -> Collection:
    """Predict properties of each feature from others."""
    if not model.output_properties:
        raise EarthError("Parameter 'outputProperties' is required for property predictions.")
    if not model.input_properties:
        raise EarthError("Parameter 'inputProperties' is required for property predictions.")
    url = context.endpoint_address(model.endpoint)

    def predicted() -> list[Element]:
        elements = collection.elements
        instances = (_property_inputs(model, element) for element in elements)
        found = predictions(model, url, instances, tuple(model.output_properties))
        return [_with(element, model, one) for element, one in zip(elements, found, strict=True)]

    return Collection(predicted, of_images=collection.of_images, properties=collection.properties)


def _with(element: Element, model: Model, found: Arrays) -> Element:
    values = {name: _value(name, found[name], kind) for name, kind in _kinds(model)}
    return replace(element, properties={**element.properties, **values})


def _kinds(model: Model) -> list[tuple[str, PixelType]]:
    return list(model.output_properties.items())


def _value(name: str, found: Any, kind: PixelType) -> Any:
    """A predicted property: a number, or an array of the rank that was declared.

    Raises:
        EarthError: It has another rank.
    """
    if found.dtype.kind not in "fiub":
        raise EarthError(f"Output '{name}' is not of numbers.")
    if not kind.dimensions and found.size == 1:
        return cast(found, kind).reshape(()).item()
    if found.ndim == kind.dimensions + 1 and 1 in (found.shape[0], found.shape[-1]):
        found = found[0] if found.shape[0] == 1 else found[..., 0]
    if found.ndim != kind.dimensions:
        raise EarthError(
            f"Output '{name}' has the shape {list(found.shape)}, but {kind.dimensions} dimensions "
            "were declared."
        )
    return Array(cast(found, kind), replace(kind, dimensions=0))


def _property_inputs(model: Model, element: Element) -> Arrays:
    tensors = {}
    for name in model.input_properties:
        value = element.properties.get(name)
        if value is None:
            index = element.properties.get("system:index")
            raise EarthError(f"Property '{name}' of '{index}' is missing.")
        try:
            tensors[name] = property_tensor(value, model.types.get(name))
        except EarthError as error:
            raise EarthError(f"Property '{name}': {error.message}") from None
    return tensors


def _size(name: str, wanted: Sequence[int] | None, *, least: int) -> Size | None:
    if wanted is None:
        return None
    if len(wanted) != 2 or not all(least <= side <= MAX_TILE_SIDE for side in wanted):
        raise EarthError(
            f"The {name} must be two numbers from {least} to {MAX_TILE_SIDE}. Got {list(wanted)}."
        )
    return wanted[0], wanted[1]


def _outputs(
    context: Context, what: str, wanted: Mapping[str, Any] | None
) -> Mapping[str, PixelType]:
    return {name: _output(context, what, name, info) for name, info in (wanted or {}).items()}


def _output(context: Context, what: str, name: str, info: Any) -> PixelType:
    if not isinstance(info, Mapping) or "type" not in info:
        raise EarthError(f"The {what} must give a 'type' for '{name}'.")
    place = ("Model.fromVertexAi", what)
    kind: PixelType = promotion.coerce(context, info["type"], "PixelType", place=place)
    rank = int(info.get("dimensions") or kind.dimensions)
    return replace(kind, dimensions=rank)
