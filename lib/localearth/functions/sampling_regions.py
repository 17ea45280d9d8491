"""Samples under features, and rectangles of pixels as arrays."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry import Point

from lib.localearth import memory
from lib.localearth.errors import EarthError
from lib.localearth.functions.sampling import features
from lib.localearth.geometry import Geometry
from lib.localearth.raster.image import Image, Reading
from lib.localearth.raster.outline import outline_of
from lib.localearth.raster.pixel_sets import Pixels, in_order
from lib.localearth.raster.projection import Projection
from lib.localearth.raster.regions import (
    Region,
    centres_lonlat,
    read_pixels,
    require_geometry,
    work_projection,
)
from lib.localearth.raster.resampling import window_of
from lib.localearth.registry import implements
from lib.localearth.values import Array, Collection, Feature

MAX_RECTANGLE_PIXELS = 262_144


@implements("Image.sampleRegions")
def sample_regions(
    context: Any,
    image: Image,
    collection: Collection,
    properties: Sequence[str] | None,
    scale: float | None,
    projection: Projection | None,
    tile_scale: float,
    geometries: bool,
) -> Collection:
    """Make a feature of each pixel under each feature, with properties of both."""
    if not image.bands:
        return Collection.of([], of_images=False)
    target = work_projection(image, projection, scale=scale, strict=True)

    def draw() -> list[Feature]:
        regions = [e for e in collection.elements if isinstance(e, Feature)]
        places = (e.geometry for e in regions if e.geometry is not None)
        count = sum(Region.of(place, target).count() for place in places)
        memory.require_features(count, len(image.bands))
        inner = [pixels_under(feature, target) for feature in regions]
        return _sampled(context.reading, image, target, (regions, inner), properties, geometries)

    return Collection(draw, of_images=False, properties={"band_order": list(image.names)})


def pixels_under(feature: Feature, projection: Projection) -> Pixels:
    """Pixels whose centre is under a feature, row by row; those that contain its points."""
    if feature.geometry is None:
        nothing = np.zeros(0, np.int64)
        return Pixels(nothing, nothing, nothing.astype(np.uint64))
    columns: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    rows: list[NDArray[np.int64]] = [np.zeros(0, np.int64)]
    for block in Region.of(feature.geometry, projection).blocks():
        found = np.nonzero(block.inside())
        rows.append(found[0] + block.row)
        columns.append(found[1] + block.column)
    across, down = np.concatenate(columns), np.concatenate(rows)
    return in_order(Pixels(across, down, np.zeros(len(across), np.uint64)))


def _sampled(
    reading: Reading,
    image: Image,
    projection: Projection,
    found: tuple[list[Feature], list[Pixels]],
    properties: Sequence[str] | None,
    points: bool,
) -> list[Feature]:
    """Read all pixels under all features together, then make the features one by one."""
    regions, inner = found
    columns = np.concatenate([np.zeros(0, np.int64), *(pixels.columns for pixels in inner)])
    rows = np.concatenate([np.zeros(0, np.int64), *(pixels.rows for pixels in inner)])
    planes = read_pixels(image, projection, columns, rows, reading)
    result: list[Feature] = []
    first = 0
    for position, (feature, pixels) in enumerate(zip(regions, inner, strict=True)):
        part = slice(first, first + len(pixels))
        first += len(pixels)
        own = [replace(p, data=p.data[:, part], mask=p.weights[:, part]) for p in planes]
        index = feature.properties.get("system:index", position)
        result += features(
            image, projection, pixels, own, drop_nulls=True, points=points,
            identify=lambda n, index=index: f"{index}_{n}",  # type: ignore[misc]
            more=_copied(feature, properties),
        )  # fmt: skip
    return result


def _copied(feature: Feature, properties: Sequence[str] | None) -> dict[str, Any]:
    if properties is None:
        return {k: v for k, v in feature.properties.items() if not k.startswith("system:")}
    return {name: feature.properties.get(name) for name in properties}


@implements("Image.sampleRectangle")
def sample_rectangle(
    context: Any,
    image: Image,
    region: Geometry | None,
    properties: Sequence[str] | None,
    default_value: float | None,
    default_array_value: Array | None,
) -> Feature:
    """All pixels in a region's bounding box as one array a band, rows from the top of the grid."""
    place = require_geometry(region, image)
    kept = (
        image.properties if properties is None else {n: image.properties.get(n) for n in properties}
    )
    arrays = {
        band.name: _rectangle(context.reading, image.with_bands([band]), place, default_value)
        for band in image.bands
    }
    return Feature(place, {**kept, **arrays})


def _rectangle(
    reading: Reading, image: Image, place: Geometry, default_value: float | None
) -> Array:
    (band,) = image.bands
    left, top, width, height = Region.of(place, band.projection).window
    if width * height > MAX_RECTANGLE_PIXELS:
        raise EarthError(
            f"Too many pixels in sample; must be <= {MAX_RECTANGLE_PIXELS}. Got {width * height}."
        )
    (plane,) = image.planes(window_of(band.projection, left, top, width, height), reading)
    if plane.valid.all():
        return Array(np.ascontiguousarray(plane.data), band.type)
    if default_value is None:
        raise EarthError(
            f"Sampled pixels of band '{band.name}' are masked, and no default value is given. "
            "Use Image.unmask or the argument 'defaultValue'."
        )
    valid = plane.valid.reshape(plane.valid.shape + (1,) * (plane.data.ndim - 2))
    return Array(np.where(valid, plane.data, plane.data.dtype.type(default_value)), band.type)


@implements("ImageCollection.getRegion")
def get_region(
    context: Any,
    collection: Collection,
    geometry: Geometry,
    scale: float | None,
    crs: Projection,
    crs_transform: Sequence[float] | None,
) -> list[list[Any]]:
    """Rows of id, longitude, latitude, time and band values; the first row is the header."""
    images = [element for element in collection.elements if isinstance(element, Image)]
    names = list(images[0].names) if images else []
    header = ["id", "longitude", "latitude", "time", *names]
    if not images:
        return [header]
    target = work_projection(images[0], crs, transform=crs_transform, scale=scale)
    pixels = pixels_under(Feature(geometry, {}), target)
    count = len(pixels) * len(images) * (len(names) + 4)
    if count > 1_048_576:
        raise EarthError(f"Too many values: {len(pixels)} points x {len(images)} images > 1048576.")
    places = centres_lonlat(target, pixels.columns, pixels.rows).tolist()
    rows: list[list[list[Any]]] = [[] for _ in places]
    for image in images:
        if not _meets(image, places):
            continue
        made = features(
            image, target, pixels,
            read_pixels(image, target, pixels.columns, pixels.rows, context.reading),
            drop_nulls=False, points=False,
        )  # fmt: skip
        head = [image.properties.get("system:index"), image.properties.get("system:time_start")]
        for at, (place, feature) in enumerate(zip(places, made, strict=True)):
            values = [feature.properties.get(name) for name in names]
            rows[at].append([head[0], *place, _millis(head[1]), *values])
    return [header, *(row for rows_here in rows for row in rows_here)]


def _millis(value: Any) -> Any:
    return getattr(value, "millis", value)


def _meets(image: Image, places: Sequence[Sequence[float]]) -> bool:
    """Whether any place is within the image's footprint."""
    shape = image.footprint
    if shape is None or shape.unbounded:
        return True
    if shape.crs != "EPSG:4326":
        return outline_of(shape, Projection()).bounds() is not None
    return any(shape.shape.intersects(Point(*place)) for place in places)
