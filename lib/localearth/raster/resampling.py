"""From one grid to another: nearest pixels, interpolation between them, and boxes of them."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.errors import EarthError
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Mask, Plane
from lib.localearth.raster.outline import inverse
from lib.localearth.raster.projection import Projection

Floats = NDArray[np.float64]
ReadWindow = Callable[[Grid], list[Plane]]
NUDGE = 1e-6  # of a pixel: centres on an edge between source pixels belong to the one behind it
WINDOW_SIDE = 2048
TILE_SIDE = 1024
LIMIT_PIXELS = 2**28


def window_of(projection: Projection, column: int, row: int, width: int, height: int) -> Grid:
    """A window of a projection's own pixels."""
    return Grid(projection.crs, projection.transform, 1, 1).window(column, row, width, height)


def pixel_coordinates(grid: Grid, projection: Projection) -> tuple[Floats, Floats]:
    """Columns and rows of a projection at a grid's pixel centres, each `(height, width)`."""
    x, y = grid.centres_in(projection.crs)
    a, b, c, d, e, f = inverse(projection.transform)
    return a * x + b * y + c, d * x + e * y + f


def offset_within(grid: Grid, projection: Projection) -> tuple[int, int] | None:
    """Column and row of the grid's first pixel if its pixels are those of the projection."""
    if grid.crs != projection.crs:
        return None
    a, b, c, d, e, f = inverse(projection.transform)
    ga, gb, gc, gd, ge, gf = grid.transform
    linear = (a * ga + b * gd, a * gb + b * ge, d * ga + e * gd, d * gb + e * ge)
    reach = max(grid.width, grid.height)
    if any(
        abs(found - one) * reach > 1e-3 for found, one in zip(linear, (1, 0, 0, 1), strict=True)
    ):
        return None
    column, row = a * gc + b * gf + c, d * gc + e * gf + f
    if abs(column - round(column)) > 1e-3 or abs(row - round(row)) > 1e-3:
        return None
    return round(column), round(row)


def nearest(grid: Grid, projection: Projection, read: ReadWindow, *, what: str) -> list[Plane]:
    """Read a grid's pixels from the projection's pixels that contain their centres.

    Args:
        grid: Pixels that are wanted.
        projection: Whose pixels are read.
        read: Gives the planes of a window of them.
        what: Name of the function for the message.

    Raises:
        EarthError: The windows would be too large.
    """
    offset = offset_within(grid, projection)
    if offset is not None:
        return read(window_of(projection, *offset, grid.width, grid.height))
    columns, rows = pixel_coordinates(grid, projection)
    known = np.isfinite(columns) & np.isfinite(rows)
    ix = np.floor(np.where(known, columns, 0) + NUDGE).astype(np.int64)
    iy = np.floor(np.where(known, rows, 0) + NUDGE).astype(np.int64)
    if not known.any():
        return _masked(read(window_of(projection, 0, 0, 1, 1)), ix * 0, iy * 0, known)
    left, right = int(ix[known].min()), int(ix[known].max()) + 1
    top, bottom = int(iy[known].min()), int(iy[known].max()) + 1
    if (right - left) * (bottom - top) > LIMIT_PIXELS:
        raise EarthError(
            f"{what}: Reprojection output too large ({right - left}x{bottom - top} pixels)."
        )
    if max(right - left, bottom - top) <= WINDOW_SIDE:
        planes = read(window_of(projection, left, top, right - left, bottom - top))
        ix, iy = np.clip(ix, left, right - 1) - left, np.clip(iy, top, bottom - 1) - top
        return _masked(planes, ix, iy, known)
    return _by_tiles(projection, read, ix, iy, known)


def _masked(planes: list[Plane], ix: NDArray[Any], iy: NDArray[Any], known: Any) -> list[Plane]:
    result = []
    for plane in planes:
        mask = None if plane.mask is None else plane.mask[iy, ix]
        if not known.all():
            mask = known if mask is None else np.where(known, mask, mask.dtype.type(0))
        result.append(Plane(plane.data[iy, ix], mask))
    return result


def _by_tiles(
    projection: Projection, read: ReadWindow, ix: NDArray[Any], iy: NDArray[Any], known: Any
) -> list[Plane]:
    """Read tile after tile of the inner pixels, only those in which a wanted pixel lies."""
    tile_x, tile_y = ix // TILE_SIDE, iy // TILE_SIDE
    parts: list[tuple[Any, list[Plane]]] = []
    for x, y in sorted(set(zip(tile_x[known].tolist(), tile_y[known].tolist(), strict=True))):
        here = (tile_x == x) & (tile_y == y) & known
        planes = read(window_of(projection, x * TILE_SIDE, y * TILE_SIDE, TILE_SIDE, TILE_SIDE))
        at = iy[here] - y * TILE_SIDE, ix[here] - x * TILE_SIDE
        found = [Plane(p.data[at], None if p.mask is None else p.mask[at]) for p in planes]
        parts.append((here, found))
    return [_assembled(parts, position, ix.shape) for position in range(len(parts[0][1]))]


def _assembled(parts: list[tuple[Any, list[Plane]]], position: int, size: Any) -> Plane:
    first = parts[0][1][position].data
    data = np.zeros((*size, *first.shape[1:]), first.dtype)
    weights = np.zeros(size, np.float32)
    for here, planes in parts:
        data[here] = planes[position].data
        mask = planes[position].mask
        weights[here] = 1 if mask is None else mask
    whole = (weights == 0) | (weights == 1)
    return Plane(data, weights > 0 if whole.all() else weights)


def level_for(grid: Grid, projection: Projection) -> int:
    """Pyramid level to read: the coarsest whose pixels are not larger than the grid's."""
    ratio = grid.projection.nominal_scale / projection.nominal_scale
    return max(0, math.floor(math.log2(ratio * (1 + 1e-9)))) if ratio > 0 else 0


def at_level(projection: Projection, level: int) -> Projection:
    """The projection of a pyramid level: pixels twice as large a level, same corner."""
    a, b, c, d, e, f = projection.transform
    size = 2.0**level
    return Projection(projection.crs, (a * size, b * size, c, d * size, e * size, f))


def interpolate(
    grid: Grid, projection: Projection, read: ReadWindow, *, cubic: bool
) -> list[Plane]:
    """Interpolate between the centres of a projection's pixels."""
    columns, rows = pixel_coordinates(grid, projection)
    known = np.isfinite(columns) & np.isfinite(rows)
    u, v = np.where(known, columns, 0) - 0.5, np.where(known, rows, 0) - 0.5
    ix, iy = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
    reach = 2 if cubic else 1
    left, top = int(ix.min()) - reach + 1, int(iy.min()) - reach + 1
    width, height = int(ix.max()) + reach + 1 - left, int(iy.max()) + reach + 1 - top
    planes = read(window_of(projection, left, top, width, height))
    weigh = _cubic_weights if cubic else _linear_weights
    across, down = weigh((u - ix).astype(np.float32)), weigh((v - iy).astype(np.float32))
    near = np.floor(columns + NUDGE), np.floor(rows + NUDGE)
    near_x = np.clip(np.where(known, near[0], 0).astype(np.int64) - left, 0, width - 1)
    near_y = np.clip(np.where(known, near[1], 0).astype(np.int64) - top, 0, height - 1)
    first = (ix - left - reach + 1, iy - top - reach + 1)
    return [
        _interpolated(
            plane, first, (across, down), _nearest_mask(plane.mask, near_y, near_x, known)
        )
        for plane in planes
    ]


def _nearest_mask(mask: Mask, iy: Any, ix: Any, known: Any) -> Mask:
    found = None if mask is None else mask[iy, ix]
    if known.all():
        return found
    return known if found is None else np.asarray(np.where(known, found, 0), found.dtype)


def _interpolated(plane: Plane, first: Any, shares: Any, mask: Mask) -> Plane:
    wide = np.float64 if plane.data.dtype == np.float64 else np.float32
    total = np.zeros(first[0].shape, wide)
    weight = np.zeros(first[0].shape, wide)
    valid = plane.weights if plane.mask is not None else None
    for j, down in enumerate(shares[1]):
        for i, across in enumerate(shares[0]):
            at = (first[1] + j, first[0] + i)
            share = (down * across).astype(wide)
            if valid is not None:
                share = share * valid[at]
            value = plane.data[at] if valid is None else np.where(valid[at] > 0, plane.data[at], 0)
            total += share * value
            weight += share
    if valid is None:
        return Plane(total, mask)
    return Plane(total / np.where(np.abs(weight) < 1e-6, 1, weight), mask)


def _linear_weights(share: Any) -> list[Any]:
    return [1 - share, share]


def _cubic_weights(t: Any) -> list[Any]:
    """Catmull-Rom weights (a = -0.5) of the four pixels around."""
    return [
        ((-0.5 * t + 1.0) * t - 0.5) * t,
        (1.5 * t - 2.5) * t * t + 1.0,
        ((-1.5 * t + 2.0) * t + 0.5) * t,
        (0.5 * t - 0.5) * t * t,
    ]
