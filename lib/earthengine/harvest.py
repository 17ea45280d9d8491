"""Candidates for samples: the pixels of a label map, tile by tile, or those under shapes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from lib.core.aoi import Aoi
from lib.core.candidates import Candidates, Harvest
from lib.core.errors import SampleError
from lib.core.expression import Expression
from lib.core.grid import Grid, Window
from lib.core.inside import Inside
from lib.core.plan import SamplingPlan
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.fetching import Errand, Watch, fetch_all, key_of
from lib.earthengine.labels import CLASS_INDEX, PURE, with_purity
from lib.earthengine.pixels import BLOCK_PIXELS, compute_block, read_block, with_validity
from lib.earthengine.shapes import LabelledShape, in_pixels, pixels_of

LIMIT = 50_000
"""Most candidates that are kept of a class; four times as many as asked for, if that is more."""

_LIMIT_APART = 200_000  # where many of them are too close to others
_MOST_TILES = 64
_MOST_TILE_PIXELS = 4_000_000
_MOST_BYTE = 255


@dataclass(frozen=True)
class Field:
    """Where candidates are looked for, and which.

    Attributes:
        classes: Number of classes.
        grid: Where samples lie.
        aoi: Pixels whose centre lies in it may be drawn.
        plan: Seed, and whether all neighbours must be of the same class.
    """

    classes: int
    grid: Grid
    aoi: Aoi
    plan: SamplingPlan


@with_connection
def from_map(connection: Connection, labels: Expression, where: Field, watch: Watch) -> Harvest:
    """Read a map of class indices on a grid and gather candidates.

    Args:
        connection: Service to ask.
        labels: What `labels.label_image` wrote.
        where: Where to look.
        watch: Who follows.
    """
    classes, grid, aoi, plan = where.classes, where.grid, where.aoi, where.plan
    inside = Inside(in_pixels(aoi.shape, grid))
    bands = (CLASS_INDEX, PURE) if plan.pure else (CLASS_INDEX,)
    dtype = np.uint8 if classes <= _MOST_BYTE else np.int16
    masked = with_validity(with_purity(labels) if plan.pure else labels, bands, dtype=dtype)
    harvest = Harvest(classes, limit=_limit(plan, classes))
    name = key_of(masked.graph, grid)

    def take(window: Window, content: bytes) -> None:
        values, valid = read_block(content, bands, dtype=dtype)
        top, left = (side.start for side in window)
        rows, cols = np.nonzero(valid)
        if not inside.holds(shapely.box(left, top, window[1].stop, window[0].stop)):
            kept = inside.points(left + cols + 0.5, top + rows + 0.5)
            rows, cols = rows[kept], cols[kept]
        ids = (rows + top) * grid.shape[1] + cols + left
        found = Candidates.of(grid, ids, values[rows, cols, 0], seed=plan.seed)
        labelled = np.bincount(found.class_index, minlength=classes)
        if plan.pure:
            found = found.take(values[rows, cols, 1] != 0)
        harvest.add(found, labelled)

    errand = Errand(
        name="Labels",
        ask=lambda window: compute_block(masked, grid.window(window)),
        take=take,
        halves=_halves,
        key=lambda window: key_of(name, window),
    )
    fetch_all(connection, errand, tiles(grid, aoi), watch)
    return harvest


def from_shapes(shapes: Sequence[LabelledShape], where: Field, watch: Watch) -> Harvest:
    """Gather the pixels under shapes; a pixel under several belongs to the first of them.

    With `plan.pure`, a pixel of a polygon needs eight neighbours that are labelled alike; a point
    says nothing of its neighbours and is kept.
    """
    classes, grid, plan = where.classes, where.grid, where.plan
    harvest = Harvest(classes, limit=_limit(plan, classes))
    inside = Inside(in_pixels(where.aoi.shape, grid))
    parts = []
    for number, shape in enumerate(shapes):
        if number % 100 == 0:
            watch.check()
        parts.append(pixels_of(shape, grid, inside))
    ids = np.concatenate(parts)
    owner = np.repeat(np.arange(len(shapes)), [len(part) for part in parts])
    ids, first = np.unique(ids, return_index=True)
    owner = owner[first]
    columns = [[getattr(shape, name) for shape in shapes] for name in _COLUMNS]
    class_index, group, given, polygon = (np.array(column)[owner] for column in columns)
    found = Candidates.of(grid, ids, class_index, seed=plan.seed, group=group, given=given)
    labelled = np.bincount(found.class_index, minlength=classes)
    if plan.pure:
        found = found.take(_pure(ids, class_index, grid) | ~polygon)
    harvest.add(found, labelled)
    return harvest


_COLUMNS = ("class_index", "group", "given", "has_area")


def tiles(grid: Grid, aoi: Aoi) -> list[Window]:
    """Windows of a grid that meet an area: of 256 x 256 pixels, larger for very large areas."""
    most = min(max(BLOCK_PIXELS, math.ceil(grid.size / _MOST_TILES)), _MOST_TILE_PIXELS)
    found = [window for _, window in grid.blocks(max_pixels=most)]
    if len(found) < 4:
        return found
    return [window for window in found if aoi.shape.intersects(_outline(grid, window))]


def refuse_nothing(harvest: Harvest) -> None:
    """Refuse an area without any candidate.

    Raises:
        SampleError: There is no labelled pixel, or none that may be drawn.
    """
    if harvest.offered.any():
        return
    if harvest.labelled.any():
        raise SampleError(
            "No labelled pixel has eight neighbours of its class in this area.",
            hint="Take pixels that are not pure too, or choose a smaller pixel size.",
            field="pure",
        )
    raise SampleError(
        "No labelled pixel has valid imagery in this area.",
        hint="Choose an area where the labels and the imagery meet, or a longer period.",
        field="samples",
    )


def _limit(plan: SamplingPlan, classes: int) -> int:
    most = max(plan.per_class * classes, *plan.counts, plan.floor, 0)
    return max(_LIMIT_APART if plan.min_distance_m else LIMIT, 4 * most)


def _halves(window: Window) -> Sequence[Window]:
    rows, cols = window
    height, width = rows.stop - rows.start, cols.stop - cols.start
    if height * width < 2:
        return ()
    if height >= width:
        middle = rows.start + height // 2
        return ((slice(rows.start, middle), cols), (slice(middle, rows.stop), cols))
    middle = cols.start + width // 2
    return ((rows, slice(cols.start, middle)), (rows, slice(middle, cols.stop)))


def _outline(grid: Grid, window: Window) -> shapely.Polygon:
    """A rectangle in degrees around a window, somewhat larger than it."""
    (rows, cols) = window
    pad = 1 + (rows.stop - rows.start + cols.stop - cols.start) // 50
    row = np.linspace(rows.start - pad, rows.stop + pad, 5)
    col = np.linspace(cols.start - pad, cols.stop + pad, 5)
    lon, lat = grid.lonlat(*np.meshgrid(row, col))
    west, east = float(lon.min()), float(lon.max())
    if east - west > 180:  # over the antimeridian
        west, east = -180.0, 180.0
    return shapely.geometry.box(west, float(lat.min()), east, float(lat.max()))


def _pure(
    ids: NDArray[np.int64], class_index: NDArray[np.integer], grid: Grid
) -> NDArray[np.bool_]:
    """Whether the eight neighbours of pixels are among them and of their class; ids rise."""
    pure = np.ones(len(ids), bool)
    width = grid.shape[1]
    row, col = np.divmod(ids, width)
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            wanted = (row + down) * width + col + across
            place = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
            there = (ids[place] == wanted) & (col + across >= 0) & (col + across < width)
            pure &= there & (class_index[place] == class_index)
    return pure
