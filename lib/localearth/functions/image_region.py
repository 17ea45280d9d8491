"""Reductions of the pixels in regions: `reduceRegion` and `reduceRegions`."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.assumptions import choice
from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.raster.image import Image, Plane, Reading
from lib.localearth.raster.projection import PixelType, Projection
from lib.localearth.raster.regions import Region, require_geometry, work_projection
from lib.localearth.reducers.base import Reducer
from lib.localearth.reducers.combine import Combined
from lib.localearth.registry import implements
from lib.localearth.values import Array, Collection, Feature

Weights = NDArray[np.float32]


@dataclass
class Column:
    """Values of one band in a region, part by part, with the weights of both rules.

    Attributes:
        values: Of the pixels that the region touches.
        covered: The lesser of mask and covered fraction.
        centred: 1 where the pixel is valid and its centre inside, else 0.
    """

    kind: PixelType
    values: list[Any] = field(default_factory=list)
    covered: list[Weights] = field(default_factory=list)
    centred: list[Weights] = field(default_factory=list)

    def add(self, plane: Plane, touched: Any, covered: Weights, inside: Any) -> None:
        """Take over the touched pixels of a block."""
        mask = plane.weights[touched]
        self.values.append(plane.data[touched])
        self.covered.append(np.minimum(mask, covered[touched]))
        self.centred.append(((mask > 0) & inside[touched]).astype(np.float32))

    def joined(self) -> tuple[Any, Weights, Weights]:
        """All values and weights."""
        nothing = np.zeros(0, np.float32)
        covered = np.concatenate([nothing, *self.covered])
        centred = np.concatenate([nothing, *self.centred])
        if not self.values:
            return np.zeros(0, self.kind.dtype), covered, centred
        if self.kind.dimensions:
            values: Any = [Array(np.asarray(v), self.kind) for part in self.values for v in part]
            return values, covered, centred
        return np.concatenate(self.values), covered, centred


def collect(image: Image, region: Region, reading: Reading, *, side: int) -> list[Column]:
    """Read the pixels that a region touches, one column a band."""
    columns = [Column(band.type) for band in image.bands]
    for block in region.blocks(side):
        covered = block.covered().astype(np.float32)
        inside = block.inside()
        touched = (covered > 0) | inside
        if not touched.any():
            continue
        for column, plane in zip(columns, image.planes(block.grid, reading), strict=True):
            column.add(plane, touched, covered, inside)
    return columns


def reduce_columns(reducer: Reducer, columns: Sequence[tuple[Any, Weights, Weights]]) -> list[Any]:
    """Reduce values, each part of a combined reducer under its own rule of weights."""
    if isinstance(reducer, Combined):
        return _reduce_parts(reducer, columns)
    rule = 1 if reducer.weighted else 2
    weights = [column[rule] for column in columns]
    if reducer.optional and len(columns) > 1:
        return _reduce_with_nulls(reducer, columns, weights)
    return reducer.reduce([column[0] for column in columns], weights)


def _reduce_parts(reducer: Combined, columns: Sequence[tuple[Any, Weights, Weights]]) -> list[Any]:
    shared = reducer.inputs != sum(part.inputs for part in reducer.parts) or len(reducer.parts) == 1
    answers: list[Any] = []
    first = 0
    for part in reducer.parts:
        answers += reduce_columns(part, columns[first : first + part.inputs])
        first += 0 if shared else part.inputs
    return answers


def _reduce_with_nulls(
    reducer: Reducer, columns: Sequence[tuple[Any, Weights, Weights]], weights: list[Weights]
) -> list[Any]:
    """Masked values of one band become nulls, which do not drop the other bands' values."""
    best = np.maximum.reduce(weights)
    values = []
    for (column, _, _), weight in zip(columns, weights, strict=True):
        held = np.empty(len(weight), object)
        held[:] = list(column) if isinstance(column, list) else column.tolist()
        held[weight <= 0] = None
        values.append(held)
    return reducer.reduce(values, best)


def reduced(reducer: Reducer, names: Sequence[str], columns: Sequence[Column]) -> dict[str, Any]:
    """Reduce the columns of bands to a dictionary, named as Earth Engine names it."""
    data = [column.joined() for column in columns]
    if reducer.inputs == 1:
        result: dict[str, Any] = {}
        for name, column in zip(names, data, strict=True):
            answers = reduce_columns(reducer, [column])
            for output, answer in zip(reducer.outputs, answers, strict=True):
                key = name if len(reducer.outputs) == 1 else f"{name}_{output}"
                result[key] = answer
        return result
    check_inputs(reducer, len(names))
    return dict(zip(reducer.outputs, reduce_columns(reducer, data), strict=True))


def check_inputs(reducer: Reducer, bands: int) -> None:
    """Require one input, or as many as there are bands.

    Raises:
        EarthError: Neither is so.
    """
    if reducer.inputs not in (1, bands) or not bands:
        raise EarthError(
            f"Need {reducer.inputs} bands for Reducer.{reducer.name}, image has {bands}."
        )


@implements("Image.reduceRegion")
def reduce_region(
    context: Any,
    image: Image,
    reducer: Reducer,
    geometry: Geometry | None,
    scale: float | None,
    crs: Projection | None,
    crs_transform: Sequence[float] | None,
    best_effort: bool,
    max_pixels: int,
    tile_scale: float,
) -> dict[str, Any]:
    """Reduce all pixels in a region."""
    if not image.bands:
        return {}
    place = require_geometry(geometry, image)
    region = Region.of(place, work_projection(image, crs, transform=crs_transform, scale=scale))
    if not best_effort:
        check_count(region, int(max_pixels))
    region = region.coarser(place, int(max_pixels))
    columns = collect(image, region, context.reading, side=block_side(tile_scale))
    return without_nulls(reduced(reducer, image.names, columns))


def check_count(region: Region, limit: int) -> None:
    """Refuse a region of too many pixels.

    Raises:
        EarthError: It has more than the limit.
    """
    found = region.count()
    if found > limit:
        raise EarthError(
            f"Too many pixels in the region. Found {found}, but maxPixels allows only {limit}. "
            "Ask for a coarser scale, raise 'maxPixels', or set 'bestEffort' to true."
        )


def without_nulls(result: dict[str, Any]) -> dict[str, Any]:
    """Leave out keys without an answer where the assumptions say so."""
    if choice("empty_region") == "null":
        return result
    return {key: value for key, value in result.items() if value is not None}


def block_side(tile_scale: float) -> int:
    """Pixels a side of the blocks that are read; a greater tileScale makes them smaller."""
    return max(32, int(256 / max(1.0, tile_scale)))


@implements("Image.reduceRegions")
def reduce_regions(
    context: Any,
    image: Image,
    collection: Collection,
    reducer: Reducer,
    scale: float | None,
    crs: Projection | None,
    crs_transform: Sequence[float] | None,
    tile_scale: float,
    max_pixels_per_region: int | None,
) -> Collection:
    """Give every feature the reduction of the pixels under it."""
    check_inputs(reducer, len(image.bands))
    target = work_projection(image, crs, transform=crs_transform, scale=scale)
    names = [""] if len(image.bands) == 1 and reducer.inputs == 1 else list(image.names)
    side = block_side(tile_scale)

    def one(feature: Feature) -> Feature:
        columns = [Column(band.type) for band in image.bands]
        if feature.geometry is not None:
            region = Region.of(feature.geometry, target)
            if max_pixels_per_region is not None and region.count() > max_pixels_per_region:
                raise EarthError(
                    f"Image.reduceRegions: Too many pixels in the region. Found {region.count()}, "
                    f"but maxPixelsPerRegion allows only {max_pixels_per_region}."
                )
            columns = collect(image, region, context.reading, side=side)
        found = reduced(reducer, names, columns)
        if names == [""]:
            found = dict(zip(reducer.outputs, found.values(), strict=True))
        kept = {key: value for key, value in found.items() if value is not None}
        return replace(feature, properties={**feature.properties, **kept})

    def all_features() -> list[Feature]:
        return [one(element) for element in collection.elements if isinstance(element, Feature)]

    return Collection(all_features, of_images=False, properties=collection.properties)
