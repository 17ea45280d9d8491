"""Which pixels of an image lie over a place."""

import math
from typing import Any

from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image
from lib.localearth.raster.outline import outline_of

_EDGE = 1e-6  # of a pixel: an edge on the line between two pixels does not pull in the next one
AFFINE = ("scaleX", "shearX", "translateX", "shearY", "scaleY", "translateY")
"""Names in requests of a grid's transform, in its order."""


def native_grid(image: Image) -> Grid:
    """The pixels of an image's first band.

    Raises:
        EarthError: The image has no bands or no bounds.
    """
    if not image.bands:
        raise EarthError("The image has no bands.")
    band = image.bands[0]
    if band.dimensions is None:
        raise EarthError("Image has no fixed projection: specify a pixel grid.")
    whole = Grid(band.projection.crs, band.projection.transform, *band.dimensions)
    return whole.window(*band.origin, *band.dimensions) if band.origin else whole


def export_grid(image: Image) -> Grid:
    """The pixels that an export of an image has: those of its first band, over its footprint.

    Raises:
        EarthError: The image has no bands or no bounds.
    """
    if image.bands and image.bands[0].dimensions is None:
        if image.footprint is None or image.footprint.unbounded:
            raise EarthError("Unable to export unbounded image.")
        return grid_over(image, image.footprint)
    return native_grid(image)


def grid_over(image: Image, place: Geometry) -> Grid:
    """The pixels of an image's first band that a place touches.

    Raises:
        EarthError: The place is empty.
    """
    projection = image.bands[0].projection
    bounds = outline_of(place, projection).bounds()
    if bounds is None:
        raise EarthError("The geometry is empty.")
    left, top = math.floor(bounds[0] + _EDGE), math.floor(bounds[1] + _EDGE)
    right, bottom = math.ceil(bounds[2] - _EDGE), math.ceil(bounds[3] - _EDGE)
    width, height = max(right - left, 1), max(bottom - top, 1)
    return Grid(projection.crs, projection.transform, 1, 1).window(left, top, width, height)


def window_over(image: Image, place: Geometry) -> dict[str, Any]:
    """The same within the image's own pixels, as a request names a grid.

    Raises:
        EarthError: The place lies beside the image.
    """
    grid, band = grid_over(image, place), image.bands[0]
    if band.dimensions is not None:
        grid = _common(grid, export_grid(image), place)
    crs = "crsCode" if ":" in grid.crs[:12] else "crsWkt"
    return {
        "dimensions": {"width": grid.width, "height": grid.height},
        "affineTransform": dict(zip(AFFINE, grid.transform, strict=True)),
        crs: grid.crs,
    }


def _common(grid: Grid, own: Grid, place: Geometry) -> Grid:
    a, b, c, d, e, f = own.transform
    x, y = grid.transform[2] - c, grid.transform[5] - f
    size = a * e - b * d
    column, row = round((x * e - y * b) / size), round((y * a - x * d) / size)
    left, top = max(column, 0), max(row, 0)
    width = min(column + grid.width, own.width) - left
    height = min(row + grid.height, own.height) - top
    if width < 1 or height < 1:
        raise EarthError(f"The region lies beside the image: {place.shape.bounds}.")
    return own.window(left, top, width, height)
