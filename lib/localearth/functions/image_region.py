"""Reductions of the pixels in regions: `reduceRegion` and `reduceRegions`."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth import memory
from lib.localearth.assumptions import choice
from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.raster.image import Image, Plane, Reading
from lib.localearth.raster.projection import PixelType, Projection
from lib.localearth.raster.regions import Region, region_side, require_geometry, work_projection
from lib.localearth.reducers.base import Reducer
from lib.localearth.reducers.combine import Combined
from lib.localearth.registry import implements
from lib.localearth.values import Array, Collection, Feature

Weights = NDArray[np.float32]
FEW_PIXELS = 500_000  # of a region: need little memory, unless all pairs are compared
ARRAY_BYTES = 320.0  # of an array-valued pixel, measured with three numbers
WEIGHTS_BYTES = 8  # of a pixel in a band by both rules
NULLS_BYTES = 40  # of a Python number that may be null, in a list and in an array


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

    def add(self, plane: Plane, touched: Any, weights: tuple[Weights, Weights]) -> None:
        """Take over the touched pixels of a block with their weights by both rules."""
        self.values.append(plane.data[touched])
        self.covered.append(weights[0])
        self.centred.append(weights[1])

    def joined(self, known: dict[tuple[int, ...], Weights]) -> tuple[Any, Weights, Weights]:
        """All values and weights; the parts of the values are given up.

        Args:
            known: Weights that were joined for other bands, by what they were joined of.
        """
        covered, centred = (_joined(parts, known) for parts in (self.covered, self.centred))
        parts, self.values = self.values, []
        if not parts:
            return np.zeros(0, self.kind.dtype), covered, centred
        if self.kind.dimensions:
            values: Any = [Array(np.asarray(v), self.kind) for part in parts for v in part]
            return values, covered, centred
        return np.concatenate(parts), covered, centred


def _joined(parts: list[Weights], known: dict[tuple[int, ...], Weights]) -> Weights:
    key = tuple(map(id, parts))
    if key not in known:
        known[key] = np.concatenate([np.zeros(0, np.float32), *parts])
    return known[key]


def _weights(mask: Any, touched: Any, covered: Weights, inside: Any) -> tuple[Weights, Weights]:
    """Weights of touched pixels: the lesser of mask and coverage; 1 where the centre is inside."""
    if mask is None:
        return covered[touched], inside[touched].astype(np.float32)
    part = mask.astype(np.float32)[touched]
    return np.minimum(part, covered[touched]), ((part > 0) & inside[touched]).astype(np.float32)


def collect(image: Image, region: Region, reading: Reading, *, side: int) -> list[Column]:
    """Read the pixels that a region touches, one column a band; equal masks share weights."""
    columns = [Column(band.type) for band in image.bands]
    for block in region.blocks(side):
        covered = block.covered().astype(np.float32)
        inside = block.inside()
        touched = (covered > 0) | inside
        if not touched.any():
            continue
        planes = image.planes(block.grid, reading)
        masks = {id(plane.mask): plane.mask for plane in planes}
        weights = {key: _weights(m, touched, covered, inside) for key, m in masks.items()}
        for column, plane in zip(columns, planes, strict=True):
            column.add(plane, touched, weights[id(plane.mask)])
    return columns


def _check_memory(reducer: Reducer, image: Image, region: Region) -> float:
    """Bytes that the values of a region and their reduction need, where they are many.

    Raises:
        EarthError: They do not fit into memory.
    """
    count = region.count()
    if count <= FEW_PIXELS and not reducer.workspace.pair:
        return 0.0
    needed = count * bytes_per_pixel(reducer, image, count)
    memory.require(needed, f"A reduction of {count} pixels in {len(image.bands)} bands")
    return needed


def bytes_per_pixel(reducer: Reducer, image: Image, count: int) -> float:
    """Bytes that the reduction of a region needs for each of so many pixels.

    The bands' values with their weights by both rules are held as they were read and once more
    joined, all bands' or one band's after the other; answers such as lists stay.
    """
    kinds = [band.type for band in image.bands]
    if any(kind.dimensions for kind in kinds):
        return ARRAY_BYTES
    sizes = [kind.dtype.itemsize for kind in kinds]
    collected = sum(sizes) + 2 * len(sizes) * WEIGHTS_BYTES
    space = reducer.workspace
    if reducer.inputs == 1:
        most = max(sizes)
        working = max(most, space.over_values([most], count) / count)
        return collected + most + working + len(sizes) * space.kept
    nulls = (
        NULLS_BYTES * len(sizes) if reducer.optional and not isinstance(reducer, Combined) else 0
    )
    working = space.over_values(sizes, count) / count
    return collected + sum(sizes) + nulls + working + space.kept


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
    known: dict[tuple[int, ...], Weights] = {}
    if reducer.inputs == 1:
        result: dict[str, Any] = {}
        for name, column in zip(names, columns, strict=True):
            answers = reduce_columns(reducer, [column.joined(known)])
            for output, answer in zip(reducer.outputs, answers, strict=True):
                key = name if len(reducer.outputs) == 1 else f"{name}_{output}"
                result[key] = answer
        return result
    check_inputs(reducer, len(names))
    data = [column.joined(known) for column in columns]
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
    kept = _check_memory(reducer, image, region)
    side = region_side(image, region, context.reading, most=block_side(tile_scale), kept=kept)
    columns = collect(image, region, context.reading, side=side)
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
    reading: Reading = context.reading

    def one(feature: Feature) -> Feature:
        columns = [Column(band.type) for band in image.bands]
        if feature.geometry is not None:
            region = Region.of(feature.geometry, target)
            if max_pixels_per_region is not None and region.count() > max_pixels_per_region:
                raise EarthError(
                    f"Image.reduceRegions: Too many pixels in the region. Found {region.count()}, "
                    f"but maxPixelsPerRegion allows only {max_pixels_per_region}."
                )
            needed = _check_memory(reducer, image, region)
            side = region_side(image, region, reading, most=block_side(tile_scale), kept=needed)
            columns = collect(image, region, reading, side=side)
        found = reduced(reducer, names, columns)
        if names == [""]:
            found = dict(zip(reducer.outputs, found.values(), strict=True))
        kept = {key: value for key, value in found.items() if value is not None}
        return replace(feature, properties={**feature.properties, **kept})

    def all_features() -> list[Feature]:
        return [one(element) for element in collection.elements if isinstance(element, Feature)]

    return Collection(all_features, of_images=False, properties=collection.properties)
