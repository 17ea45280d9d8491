"""How much of each pixel a geometry covers, and which pixel centres it contains; both exact.

Polygons are summed edge by edge: every edge is cut at the lines between pixels, and each piece
adds its signed height to its own pixel and to all pixels to the right of it.
"""

import numpy as np
from numpy.typing import NDArray

from lib.localearth.raster.outline import Outline

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
_SNAP = 1e-9


def coverage(outline: Outline, width: int, height: int) -> Floats:
    """Covered fraction of each pixel of a window, `(height, width)` in 0..1.

    Args:
        outline: Counted from the window's first pixel. Points cover their whole pixel, lines the
            pixels that they touch.
        width: Pixels across the window.
        height: Pixels down.
    """
    if outline.everywhere:
        return np.ones((height, width))
    covered = _polygon_coverage(outline.rings, width, height)
    for columns, rows in (_touched(outline.lines, width, height), _whole(outline.points)):
        inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        covered[rows[inside], columns[inside]] = 1.0
    return covered


def centres_inside(outline: Outline, width: int, height: int) -> NDArray[np.bool_]:
    """Which pixels of a window have their centre inside, `(height, width)`.

    Points count in their whole pixel and lines in the pixels that they touch.
    """
    if outline.everywhere:
        return np.ones((height, width), bool)
    inside = _polygon_centres(outline.rings, width, height)
    for columns, rows in (_touched(outline.lines, width, height), _whole(outline.points)):
        here = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        inside[rows[here], columns[here]] = True
    return inside


def _polygon_coverage(edges: Floats, width: int, height: int) -> Floats:
    pieces = _cut_at(edges, axis=1, limit=height)
    pieces = _cut_at(pieces, axis=0, limit=width)
    x = np.clip((pieces[:, 0] + pieces[:, 2]) / 2, 0, width)
    y = (pieces[:, 1] + pieces[:, 3]) / 2
    rise = pieces[:, 3] - pieces[:, 1]
    inside = (y > 0) & (y < height) & (rise != 0)
    x, y, rise = x[inside], y[inside], rise[inside]
    column, row = np.minimum(np.floor(x), width).astype(np.int64), np.floor(y).astype(np.int64)
    part = rise * (1 - (x - column))
    size = (width + 2) * height
    at = row * (width + 2) + column
    sums = np.bincount(at, part, size) + np.bincount(at + 1, rise - part, size)
    covered = np.abs(np.cumsum(sums.reshape(height, width + 2), axis=1)[:, :width])
    covered[covered < _SNAP] = 0.0
    covered[covered > 1 - _SNAP] = 1.0
    return covered


def _cut_at(edges: Floats, *, axis: int, limit: int) -> Floats:
    """Cut edges wherever they cross a whole coordinate within [0, limit] along an axis."""
    low = np.minimum(edges[:, axis], edges[:, axis + 2])
    high = np.maximum(edges[:, axis], edges[:, axis + 2])
    first = np.clip(np.floor(low) + 1, 0, limit + 1).astype(np.int64)
    last = np.clip(np.ceil(high) - 1, -1, limit).astype(np.int64)
    counts = np.maximum(last - first + 1, 0)
    if not counts.any():
        return edges
    edge = np.repeat(np.arange(len(edges)), counts)
    rank = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts)
    start, span = edges[edge, axis], edges[edge, axis + 2] - edges[edge, axis]
    downwards = span < 0
    line = np.where(downwards, last[edge] - rank, first[edge] + rank)
    share = (line - start) / span
    points = edges[edge, :2] + share[:, None] * (edges[edge, 2:] - edges[edge, :2])
    points[:, axis] = line
    return _chained(edges, points, counts)


def _chained(edges: Floats, points: Floats, counts: NDArray[np.int64]) -> Floats:
    """Join each edge's start, the points on it in order, and its end into pieces."""
    total = counts + 1
    last = np.cumsum(total) - 1
    first = last - counts
    starts = np.empty((int(total.sum()), 2))
    ends = np.empty_like(starts)
    inner = np.ones(len(starts), bool)
    inner[first] = False
    starts[first], starts[inner] = edges[:, :2], points
    inner[:] = True
    inner[last] = False
    ends[last], ends[inner] = edges[:, 2:], points
    return np.concatenate([starts, ends], axis=1)


def _polygon_centres(edges: Floats, width: int, height: int) -> NDArray[np.bool_]:
    low = np.minimum(edges[:, 1], edges[:, 3])
    high = np.maximum(edges[:, 1], edges[:, 3])
    first = np.clip(np.ceil(low - 0.5), 0, height).astype(np.int64)
    last = np.clip(np.ceil(high - 0.5), 0, height).astype(np.int64)
    counts = np.maximum(last - first, 0)
    edge = np.repeat(np.arange(len(edges)), counts)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts) + first[edge]
    x0, y0, x1, y1 = edges[edge].T
    x = x0 + (row + 0.5 - y0) / (y1 - y0) * (x1 - x0)
    column = np.clip(np.ceil(x - 0.5), 0, width).astype(np.int64)
    turns = np.bincount(row * (width + 1) + column, np.where(y1 > y0, 1, -1), (width + 1) * height)
    return np.asarray(np.cumsum(turns.reshape(height, width + 1), axis=1)[:, :width] != 0)


def _touched(lines: Floats, width: int, height: int) -> tuple[Places, Places]:
    pieces = _cut_at(_cut_at(lines, axis=1, limit=height), axis=0, limit=width)
    return _whole((pieces[:, :2] + pieces[:, 2:]) / 2)


def _whole(points: Floats) -> tuple[Places, Places]:
    if not len(points):
        nothing = np.zeros(0, np.int64)
        return nothing, nothing
    floored = np.clip(np.floor(points), -(2**40), 2**40).astype(np.int64)
    return floored[:, 0], floored[:, 1]
