"""Map tiles: EPSG:3857, 256 x 256 pixels, counted from the top left."""

import functools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from lib.localearth import render, strips
from lib.localearth.errors import EarthError, NotFound
from lib.localearth.memory import Need
from lib.localearth.pixels import parts, select, side_of_parts
from lib.localearth.raster.footprint import Bounds, lonlat_bounds
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image

SIDE = 256
HALF = 20037508.342789244  # half of the square's side in metres
MAX_ZOOM = 24
FORMATS = ("AUTO_JPEG_PNG", "PNG", "JPEG")
_RADIUS = 6378137.0


def tile_grid(zoom: int, column: int, row: int) -> Grid:
    """The pixels of a tile.

    Raises:
        NotFound: There is no such tile.
    """
    count = 2**zoom if 0 <= zoom <= MAX_ZOOM else 0
    if not (0 <= column < count and 0 <= row < count):
        raise NotFound(f"There is no tile {zoom}/{column}/{row}.")
    size = 2 * HALF / (SIDE * count)
    west, north = -HALF + column * SIDE * size, HALF - row * SIDE * size
    return Grid("EPSG:3857", (size, 0.0, west, 0.0, -size, north), SIDE, SIDE)


def tile_bounds(grid: Grid) -> Bounds:
    """West, south, east, north of a tile, in degrees."""
    west, south, east, north = grid.bounds()
    return (
        math.degrees(west / _RADIUS),
        _latitude(south),
        math.degrees(east / _RADIUS),
        _latitude(north),
    )


def _latitude(northing: float) -> float:
    return math.degrees(2 * math.atan(math.exp(northing / _RADIUS)) - math.pi / 2)


def check(image: Image, record: Mapping[str, Any]) -> None:
    """Refuse at once a map that no tile could be drawn of.

    Raises:
        EarthError: Bands are missing or arrays, or options do not fit.
    """
    shown = select(image, record.get("bandIds"))
    look = render.Visualisation.from_request(record.get("visualizationOptions"))
    kind = str(record.get("fileFormat") or "AUTO_JPEG_PNG")
    if kind not in FORMATS:
        raise EarthError(f"Unsupported file format for a map: {kind}.")
    if not shown.bands:
        raise EarthError("Image.visualize: The image has no bands.")
    if look.palette is not None and len(shown.bands) > 1:
        raise EarthError("A palette may only be used with a single band.")
    if any(band.type.dimensions for band in shown.bands[:3]):
        raise EarthError("Array-valued bands cannot be shown.")


def tile(
    image: Image,
    record: Mapping[str, Any],
    *,
    zoom: int,
    column: int,
    row: int,
    needs: dict[str, Need] | None = None,
) -> bytes:
    """Draw a tile as a PNG or JPEG; outside of the footprint it is empty and costs nothing.

    Args:
        image: What the map shows.
        record: The map's "bandIds", "visualizationOptions" and "fileFormat".
        zoom: 0 is the whole world.
        column: Counted from the west.
        row: Counted from the north.
        needs: Where a tile may need much memory: what is known of that, for the next one.

    Raises:
        EarthError: It would not fit into memory.
    """
    grid = tile_grid(zoom, column, row)
    kind = str(record.get("fileFormat") or "AUTO_JPEG_PNG")
    if not _meets(lonlat_bounds(image.footprint), tile_bounds(grid)):
        return blank(kind)
    shown = select(image, record.get("bandIds"))
    shown = shown.with_bands(shown.bands[:3])
    look = render.Visualisation.from_request(record.get("visualizationOptions"))
    side = SIDE if needs is None else side_of_parts(shown, grid, needs)
    picture = np.zeros((SIDE, SIDE, 4), np.uint8)
    for part, rows, columns in parts(grid, side):
        planes = strips.planes(shown, part)
        picture[rows, columns] = render.to_rgba(planes, [band.type for band in shown.bands], look)
    return encoded(picture, kind) if picture[..., 3].any() else blank(kind)


def encoded(picture: render.Bytes, kind: str) -> bytes:
    """A picture as PNG, JPEG, or whichever of them fits: JPEG where nothing is transparent."""
    if kind == "JPEG" or (kind == "AUTO_JPEG_PNG" and bool((picture[..., 3] == 255).all())):
        return render.jpeg(picture)
    return render.png(picture)


@functools.cache
def blank(kind: str = "PNG") -> bytes:
    """The transparent tile; black where the format knows no transparency."""
    return encoded(np.zeros((SIDE, SIDE, 4), np.uint8), kind)


def _meets(footprint: Bounds | None, shown: Bounds) -> bool:
    if footprint is None:
        return True
    west, south, east, north = footprint
    if south > shown[3] or north < shown[1]:
        return False
    return any(west + turn <= shown[2] and east + turn >= shown[0] for turn in (-360, 0, 360))
