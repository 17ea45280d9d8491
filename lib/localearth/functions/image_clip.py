"""Clipping: masks outside of geometries, with fractions where an edge crosses a pixel."""

# ruff: noqa: A002 - parameters are those of the signature list

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from shapely.geometry import box
from shapely.ops import unary_union

from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.raster.coverage import coverage
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Band, Image, Mask, Plane, Reading, Source, intersect
from lib.localearth.raster.outline import Outline, outline_of
from lib.localearth.raster.projection import Projection
from lib.localearth.registry import implements
from lib.localearth.values import Collection, Feature

SLACK_PIXELS = 1


class Clipped(Source):
    """An image's planes masked outside of a geometry."""

    def __init__(self, image: Image, geometry: Geometry) -> None:
        """Keep both; the geometry is laid onto a grid when one is asked for."""
        self._image = image
        self._geometry = geometry
        self._outlines: dict[Projection, Outline] = {}

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        """Narrow the masks by the covered fractions."""
        inside = self.mask(grid)
        planes = planes_of_all(self._image, indices, grid, reading)
        if inside is None:
            return planes
        return [Plane(plane.data, intersect(plane.mask, inside)) for plane in planes]

    def mask(self, grid: Grid) -> Mask:
        """Covered fractions; bool where none is partial, None where all is covered."""
        a, b, c, d, e, f = grid.transform
        base = Projection(grid.crs, (a, b, 0.0, d, e, 0.0))
        if base not in self._outlines:
            self._outlines = {base: outline_of(self._geometry, base)}
        size = a * e - b * d
        columns, rows = (c * e - b * f) / size, (a * f - c * d) / size
        covered = coverage(self._outlines[base].moved(columns, rows), grid.width, grid.height)
        if (covered == 1).all():
            return None
        whole = (covered == 0) | (covered == 1)
        return covered > 0 if whole.all() else covered.astype(np.float32)


def planes_of_all(
    image: Image, indices: Sequence[int], grid: Grid, reading: Reading
) -> list[Plane]:
    """Planes of the bands with these indices."""
    return Image(tuple(image.bands[index] for index in indices)).planes(grid, reading)


def clip_to(image: Image, geometry: Geometry) -> Image:
    """Mask an image outside of a geometry."""
    if geometry.unbounded:
        return image
    source = Clipped(image, geometry)
    bands = tuple(
        _windowed(replace(band, source=source, index=index), geometry)
        for index, band in enumerate(image.bands)
    )
    return replace(image, bands=bands, footprint=_footprint(image, geometry))


def _footprint(image: Image, geometry: Geometry) -> Geometry:
    if image.footprint is None or image.footprint.unbounded:
        return geometry
    if image.footprint.crs != geometry.crs:
        return geometry
    both = image.footprint.shape.intersection(geometry.shape)
    return geometry if both.is_empty else replace(geometry, shape=both)


def _windowed(band: Band, geometry: Geometry) -> Band:
    """The band with its pixels' window cut to the geometry, a pixel of slack around."""
    if band.dimensions is None:
        return band
    bounds = outline_of(geometry, band.projection).bounds()
    if bounds is None:
        return band
    left, top = band.origin or (0, 0)
    first_x = max(math.floor(bounds[0]) - SLACK_PIXELS, left)
    first_y = max(math.floor(bounds[1]) - SLACK_PIXELS, top)
    last_x = min(math.ceil(bounds[2]) + SLACK_PIXELS, left + band.dimensions[0])
    last_y = min(math.ceil(bounds[3]) + SLACK_PIXELS, top + band.dimensions[1])
    if last_x <= first_x or last_y <= first_y:
        return band
    return replace(band, dimensions=(last_x - first_x, last_y - first_y), origin=(first_x, first_y))


@implements("Image.clip")
def clip(input: Image, geometry: Any) -> Image:
    """Mask what a geometry or a feature does not cover."""
    return clip_to(input, as_geometry(geometry))


def as_geometry(value: Any) -> Geometry:
    """The geometry of a geometry, a feature, or all features of a collection.

    Raises:
        EarthError: There is none.
    """
    if isinstance(value, Geometry):
        return value
    if isinstance(value, Feature) and value.geometry is not None:
        return value.geometry
    if isinstance(value, Collection):
        return collection_geometry(value)
    raise EarthError("Parameter 'geometry' must be a Geometry, a Feature or a collection.")


def collection_geometry(collection: Collection) -> Geometry:
    """All geometries of a collection as one, the union of their shapes."""
    found = [
        element.geometry if isinstance(element, Feature) else element.footprint
        for element in collection.elements
    ]
    shapes = [geometry for geometry in found if geometry is not None]
    if not shapes:
        return Geometry(box(0, 0, 0, 0).boundary.intersection(box(1, 1, 2, 2)))
    if len(shapes) == 1:
        return shapes[0]
    first = shapes[0]
    return replace(first, shape=unary_union([geometry.shape for geometry in shapes]))


@implements("Image.clipToCollection")
def clip_to_collection(input: Image, collection: Any) -> Image:
    """Mask what no feature of a collection covers."""
    return clip_to(input, as_geometry(collection))


@implements("Image.clipToBoundsAndScale")
def clip_to_bounds_and_scale(
    input: Image,
    geometry: Geometry | None,
    width: int | None,
    height: int | None,
    max_dimension: int | None,
    scale: float | None,
) -> Image:
    """Clip to a bounding box in the image's projection and set the pixels' size."""
    if not input.bands:
        return input
    projection = input.bands[0].projection
    region = geometry if geometry is not None else input.footprint
    if region is None or region.unbounded:
        raise EarthError("Provide 'geometry' parameter when clipping an unbounded image.")
    bounds = outline_of(region, Projection(projection.crs)).bounds()
    if bounds is None:
        raise EarthError("The geometry is empty.")
    target = _scaled(projection, bounds, (width, height), max_dimension, scale)
    west, south, east, north = bounds
    clipped = clip_to(input, Geometry(box(*bounds), projection.crs, geodesic=False))
    pixels = outline_of(
        Geometry(box(west, south, east, north), projection.crs, geodesic=False), target
    ).bounds()
    if pixels is None:
        raise EarthError("The geometry is empty.")
    left, top = math.floor(pixels[0] + 1e-6), math.floor(pixels[1] + 1e-6)
    right, bottom = math.ceil(pixels[2] - 1e-6), math.ceil(pixels[3] - 1e-6)
    size, origin = (max(right - left, 1), max(bottom - top, 1)), (left, top)
    bands = [replace(b, projection=target, dimensions=size, origin=origin) for b in clipped.bands]
    return clipped.with_bands(bands)


def _scaled(
    projection: Projection,
    bounds: tuple[float, float, float, float],
    size: tuple[int | None, int | None],
    max_dimension: int | None,
    scale: float | None,
) -> Projection:
    """The projection with pixels so large that the box has the wanted size."""
    if scale is not None:
        return projection.at_scale(scale)
    across, down = bounds[2] - bounds[0], bounds[3] - bounds[1]
    width, height = size
    if max_dimension is not None:
        pixel = max(across, down) / max_dimension
        x_size = y_size = pixel
    elif width is not None or height is not None:
        x_size = across / width if width else down / height  # type: ignore[operator]
        y_size = down / height if height else x_size
    else:
        return projection
    north_up = projection.transform[4] < 0
    top = bounds[3] if north_up else bounds[1]
    sign = -1.0 if north_up else 1.0
    return Projection(projection.crs, (x_size, 0.0, bounds[0], 0.0, sign * y_size, top))
