"""Samples of pixels as features: all of them, some at random, or so many of each class."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Point

from lib.localearth import memory
from lib.localearth.errors import EarthError
from lib.localearth.functions.image_bands import one_band
from lib.localearth.geometry import Geometry
from lib.localearth.raster.hashing import pixel_words
from lib.localearth.raster.image import Image, Plane, Reading
from lib.localearth.raster.pixel_sets import (
    SPARE,
    Pixels,
    in_order,
    inner_pixels,
    joined,
    least,
    smallest,
)
from lib.localearth.raster.projection import PixelType, Projection
from lib.localearth.raster.regions import (
    Region,
    centres_lonlat,
    read_pixels,
    region_side,
    require_geometry,
    work_projection,
)
from lib.localearth.registry import implements
from lib.localearth.values import Array, Collection, Feature

Integers = NDArray[np.int64]
RESERVE = 4  # candidates kept beyond those asked for, as multiples, in case some are masked


@implements("Image.sample")
def sample(
    context: Any,
    image: Image,
    region: Geometry | None,
    scale: float | None,
    projection: Projection | None,
    factor: float | None,
    num_pixels: int | None,
    seed: int,
    drop_nulls: bool,
    tile_scale: float,
    geometries: bool,
) -> Collection:
    """Make a feature of each pixel in a region, or of some that are drawn by their hash."""
    if factor is not None and num_pixels is not None:
        raise EarthError("Cannot specify both 'factor' and 'numPixels'.")
    if factor is not None and not 0 < factor <= 1:
        raise EarthError(f"The factor must be within (0, 1]. Got {factor}.")
    if not image.bands:
        return Collection.of([], of_images=False)
    target = work_projection(image, projection, scale=scale, strict=True)
    where = Region.of(require_geometry(region, image), target)

    def draw() -> list[Feature]:
        count = where.count() * (factor or 1)
        memory.require_features(
            count if num_pixels is None else min(count, num_pixels), len(image.bands)
        )
        drawn = in_order(_drawn(inner_pixels(where, seed), factor, num_pixels))
        planes = read_pixels(image, target, drawn.columns, drawn.rows, context.reading)
        return features(image, target, drawn, planes, drop_nulls=drop_nulls, points=geometries)

    return _collection(image, draw)


def _drawn(blocks: Iterable[Pixels], factor: float | None, count: int | None) -> Pixels:
    """Those of a share or of a number that their hashes choose, or all."""
    if count is not None:
        return least(blocks, max(int(count), 0))
    if factor is None or factor == 1:
        return joined(list(blocks))
    limit = np.uint64(int(factor * 2.0**64))
    return joined([block.take(block.words < limit) for block in blocks])


def _collection(image: Image, draw: Callable[[], list[Feature]]) -> Collection:
    return Collection(draw, of_images=False, properties={"band_order": list(image.names)})


def features(
    image: Image,
    projection: Projection,
    pixels: Pixels,
    planes: Sequence[Plane],
    *,
    drop_nulls: bool,
    points: bool,
    identify: Callable[[int], str] = str,
    more: dict[str, Any] | None = None,
) -> list[Feature]:
    """Features of pixels that have been read.

    Args:
        image: Names the properties.
        projection: Of the pixels.
        pixels: Where they are.
        planes: `(1, n)` for each band.
        drop_nulls: Leave out pixels with any masked band.
        points: Give each its centre as geometry.
        identify: Makes ids from positions in the result.
        more: Properties for all.
    """
    kept = np.ones(len(pixels), bool)
    if drop_nulls:
        for plane in planes:
            kept &= plane.valid[0]
    chosen = np.flatnonzero(kept)
    columns = [
        _values(plane, chosen, band.type) for plane, band in zip(planes, image.bands, strict=True)
    ]
    names = image.names
    places: list[Geometry | None] = [None] * len(chosen)
    if points:
        lonlat = centres_lonlat(projection, pixels.columns[chosen], pixels.rows[chosen])
        places = [Geometry(Point(x, y)) for x, y in lonlat.tolist()]
    common = more or {}
    return [
        Feature(
            place,
            {**common, **dict(zip(names, row, strict=True)), "system:index": identify(position)},
        )
        for position, (place, row) in enumerate(
            zip(places, zip(*columns, strict=True), strict=True)
        )
    ]


def _values(plane: Plane, chosen: Integers, kind: PixelType) -> list[Any]:
    """Plain values of the chosen pixels, None where they are masked."""
    data, valid = plane.data[0], plane.valid[0]
    if data.ndim > 1 or data.dtype == object:
        return [Array(np.asarray(data[i]), kind) if valid[i] else None for i in chosen.tolist()]
    values: list[Any] = data[chosen].tolist()
    if valid[chosen].all():
        return values
    return [v if ok else None for v, ok in zip(values, valid[chosen].tolist(), strict=True)]


@implements("Image.stratifiedSample")
def stratified_sample(
    context: Any,
    image: Image,
    num_points: int,
    class_band: str | None,
    region: Geometry | None,
    scale: float | None,
    projection: Projection | None,
    seed: int,
    class_values: Sequence[int] | None,
    class_points: Sequence[int] | None,
    drop_nulls: bool,
    tile_scale: float,
    geometries: bool,
) -> Collection:
    """Draw so many pixels of each class, those with the smallest hashes; fewer where there are."""
    if (class_values is None) != (class_points is None) or len(class_values or ()) != len(
        class_points or ()
    ):
        raise EarthError("The lists 'classValues' and 'classPoints' must have the same length.")
    if not image.bands:
        raise EarthError("The image has no bands.")
    band = one_band(image, class_band) if class_band else image.bands[0]
    if band.type.precision != "int" or band.type.dimensions:
        raise EarthError(f"The class band '{band.name}' must hold integers.")
    asked = dict(zip(class_values or (), class_points or (), strict=True))
    target = work_projection(image, projection, scale=scale, strict=True)
    where = Region.of(require_geometry(region, image), target)
    draw = _Draw(image, image.with_bands([band]), where, context.reading, drop_nulls=drop_nulls)

    memory.require_features(sum(asked.values()) or num_points, len(image.bands))

    def list_features() -> list[Feature]:
        pixels, planes = draw.run(lambda value: max(0, asked.get(value, num_points)), seed)
        return features(image, target, pixels, planes, drop_nulls=drop_nulls, points=geometries)

    return _collection(image, list_features)


class _Draw:
    """Pixels of each class by ascending hash, read until enough of them are valid."""

    def __init__(
        self, image: Image, classes: Image, region: Region, reading: Reading, *, drop_nulls: bool
    ) -> None:
        self._image = image
        self._classes = classes
        self._region = region
        self._reading = reading
        self._drop_nulls = drop_nulls

    def run(self, wanted: Callable[[int], int], seed: int) -> tuple[Pixels, list[Plane]]:
        """Draw; in row order, with the planes of all bands."""
        reserve = RESERVE
        while True:
            candidates, totals = self._candidates(wanted, seed, reserve)
            parts, missing = self._accept(candidates, wanted)
            if not any(missing[v] and len(candidates[v]) < totals[v] for v in candidates):
                break
            reserve *= 16
        pixels = joined([part for part, _ in parts])
        memory.require_features(len(pixels), len(self._image.bands))
        order = np.lexsort((pixels.columns, pixels.rows))
        bands = range(len(self._image.bands))
        planes = [_row([planes[band] for _, planes in parts], order) for band in bands]
        return pixels.take(order), planes

    def _accept(
        self, candidates: dict[int, Pixels], wanted: Callable[[int], int]
    ) -> tuple[list[tuple[Pixels, list[Plane]]], dict[int, int]]:
        """Read candidates of all classes together, batch after batch, until there are enough."""
        missing = {value: wanted(value) for value in candidates}
        at = dict.fromkeys(candidates, 0)
        parts: list[tuple[Pixels, list[Plane]]] = []
        while batches := self._next(candidates, at, missing):
            together = joined([batch for _, batch in batches])
            planes = self._read(together)
            kept = np.ones(len(together), bool)
            if self._drop_nulls:
                kept = np.logical_and.reduce([plane.valid[0] for plane in planes])
            chosen, first = [], 0
            for value, batch in batches:
                valid = first + np.flatnonzero(kept[first : first + len(batch)])
                chosen.append(valid[: missing[value]])
                missing[value] -= len(chosen[-1])
                first += len(batch)
            picks = np.concatenate(chosen)
            parts.append((together.take(picks), [_row([plane], picks) for plane in planes]))
        return parts, missing

    def _next(
        self, candidates: dict[int, Pixels], at: dict[int, int], missing: dict[int, int]
    ) -> list[tuple[int, Pixels]]:
        """The next candidates of each class that still misses some, a few to spare."""
        batches = []
        for value, pixels in candidates.items():
            spare = missing[value] // 8 + 8 if self._drop_nulls else 0
            end = min(at[value] + missing[value] + spare, len(pixels))
            if missing[value] > 0 and end > at[value]:
                batches.append((value, pixels.take(slice(at[value], end))))
                at[value] = end
        return batches

    def _candidates(
        self, wanted: Callable[[int], int], seed: int, reserve: int
    ) -> tuple[dict[int, Pixels], dict[int, int]]:
        """The pixels of each class with the smallest hashes, and how many there are in all."""
        found: dict[int, Pixels] = {}
        totals: dict[int, int] = {}
        limits: dict[int, int] = {}
        side = region_side(self._classes, self._region, self._reading)
        for block in self._region.blocks(side):
            inside = block.inside()
            if not inside.any():
                continue
            (plane,) = self._classes.planes(block.grid, self._reading)
            rows, columns = np.nonzero(inside & plane.valid)
            words = pixel_words(block.grid, seed)[rows, columns]
            values = plane.data[rows, columns]
            pixels = Pixels(columns + block.column, rows + block.row, words)
            for value in np.unique(values).tolist():
                limit = wanted(value) * reserve + 64 if wanted(value) > 0 else 0
                here = pixels.take(values == value)
                totals[value] = totals.get(value, 0) + len(here)
                both = joined([found[value], here]) if value in found else here
                few = len(both) <= SPARE * limit  # to put them in order is dear
                found[value] = both if few else both.take(smallest(both, limit))
                limits[value] = limit
        fewest = {value: at.take(smallest(at, limits[value])) for value, at in found.items()}
        return fewest, totals

    def _read(self, pixels: Pixels) -> list[Plane]:
        return read_pixels(
            self._image, self._region.projection, pixels.columns, pixels.rows, self._reading
        )


def _row(planes: Sequence[Plane], order: Integers) -> Plane:
    """Join planes `(1, n)` and take pixels of them in an order."""
    if not planes:
        return Plane(np.zeros((1, 0)))
    data = np.concatenate([plane.data for plane in planes], axis=1)
    weights = np.concatenate([plane.weights for plane in planes], axis=1)
    return Plane(data[:, order], weights[:, order])
