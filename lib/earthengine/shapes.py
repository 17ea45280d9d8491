"""Labels that are points and polygons: of an asset, or drawn on the map; and the pixels they label.

Shapes are brought here and laid on the training grid, so that what is drawn is chosen before any
predictor is computed. A polygon labels the pixels whose centre it covers, a point its pixel.
"""

import json
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ee
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from lib.core.aoi import Aoi
from lib.core.errors import LabelError
from lib.core.grid import Grid
from lib.core.inside import Inside
from lib.core.labelcolumns import NO_CLASS, class_key
from lib.core.legend import Legend
from lib.core.plan import LabelPlan
from lib.core.samples import NO_GROUP
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.answers import rows_of
from lib.earthengine.graphs import region_of
from lib.earthengine.labels import class_counts, index_by_text, index_by_value

_STRIP_PIXELS = 1_000_000
_STEP_DEGREES = 0.02  # of an edge that is straight in degrees and bent on the grid
_NUDGE = 1e-5  # of a pixel, so that a centre on the edge of two polygons belongs to one of them
_NO_PART = -1
_NOWHERE = -1  # index of what is no class of the legend
_PARTS = {
    "training": 0, "train": 0,
    "validation": 1, "val": 1, "valid": 1,
    "test": 2, "testing": 2,
}  # fmt: skip


@dataclass(frozen=True)
class LabelledShape:
    """A point or polygon with a class.

    Attributes:
        geometry: Longitude and latitude in degrees.
        class_index: Index into the legend.
        group: Number of the shape or of the group that its column names.
        given: 0, 1 or 2 for training, validation and test set, or -1.
    """

    geometry: BaseGeometry
    class_index: int
    group: int
    given: int = _NO_PART

    @property
    def has_area(self) -> bool:
        """Whether it is a polygon."""
        return self.geometry.area > 0


@dataclass(frozen=True)
class Shapes:
    """Shapes that meet an area.

    Attributes:
        shapes: Those whose class is in the legend.
        unmatched: Values of the class column that are no class of the legend, and how many
            shapes of the area have each.
    """

    shapes: tuple[LabelledShape, ...]
    unmatched: tuple[tuple[str, int], ...] = ()


@with_connection
def labelled_shapes(connection: Connection, plan: LabelPlan, *, legend: Legend, aoi: Aoi) -> Shapes:
    """List the shapes of a label source that meet an area.

    Args:
        connection: Service to ask, for features of an asset.
        plan: A plan of the kind "features" or "drawn".
        legend: Classes.
        aoi: Area.

    Raises:
        LabelError: There is none with a class of the legend, or one cannot be read.
    """
    found = (
        _drawn(plan, legend) if plan.kind == "drawn" else _of_asset(connection, plan, legend, aoi)
    )
    near = tuple(shape for shape in found.shapes if shape.geometry.intersects(aoi.shape))
    if not near:
        source = "that was drawn" if plan.kind == "drawn" else f"of {plan.source}"
        raise LabelError(
            f"No feature {source} with a class of the legend lies in the area.",
            hint="Move the area of interest onto the labels."
            if not found.unmatched
            else f"Its classes are {_listed(found.unmatched)}: name them in the legend.",
            field="labels",
        )
    return Shapes(near, found.unmatched)


def in_pixels(geometry: BaseGeometry, grid: Grid) -> BaseGeometry:
    """A geometry in degrees as it lies on a grid, in columns and rows."""
    return shapely.transform(shapely.segmentize(geometry, _STEP_DEGREES), grid.pixels_at)


def pixels_of(shape: LabelledShape, grid: Grid, area: Inside) -> NDArray[np.int64]:
    """Pixels of a grid that a shape labels, as row * width + column.

    Args:
        shape: The shape.
        grid: The grid.
        area: Where they must lie, in columns and rows.
    """
    if not shape.has_area:
        found = _under_points(shape.geometry, grid)
    else:
        found = _covered(shape.geometry, grid)
    row, col = np.divmod(found, grid.shape[1])
    return np.asarray(found[area.points(col + 0.5, row + 0.5)])


def burnt(shapes: Sequence[LabelledShape], grid: Grid) -> NDArray[np.int16]:
    """Class index of each pixel of a grid, -1 where there is no shape; the first shape wins."""
    values = np.full(grid.size, -1, np.int16)
    for shape in reversed(shapes):
        found = _covered if shape.has_area else _under_points
        values[found(shape.geometry, grid)] = shape.class_index
    return values.reshape(grid.shape)


def _drawn(plan: LabelPlan, legend: Legend) -> Shapes:
    places = index_by_value(plan, legend)
    shapes = tuple(
        LabelledShape(_geometry(json.loads(label.geometry)), places[label.value], number)
        for number, label in enumerate(plan.drawn)
        if label.value in places
    )
    lost = Counter(str(label.value) for label in plan.drawn if label.value not in places)
    return Shapes(shapes, tuple(sorted(lost.items())))


def _of_asset(connection: Connection, plan: LabelPlan, legend: Legend, aoi: Aoi) -> Shapes:
    originals = sorted(class_counts(connection, plan.source, plan.class_property))
    by_key = {class_key(text): k for text, k in index_by_text(originals, plan, legend).items()}
    columns = [plan.class_property, plan.group_property, plan.part_property]
    features = ee.FeatureCollection(plan.source).filterBounds(region_of(aoi))
    rows = rows_of(features.select([name for name in columns if name]))
    cells = [row["properties"].get(plan.class_property) for row in rows]
    classes = [by_key.get(class_key(cell), _NOWHERE) for cell in cells]
    groups = _groups(rows, plan.group_property)
    shapes = tuple(
        LabelledShape(_geometry(row["geometry"]), index, group, _part(row, plan.part_property))
        for row, index, group in zip(rows, classes, groups, strict=True)
        if index != _NOWHERE and row["geometry"]
    )
    lost = Counter(
        NO_CLASS if class_key(cell) is None else str(cell).strip()
        for cell, index in zip(cells, classes, strict=True)
        if index == _NOWHERE
    )
    return Shapes(shapes, tuple(sorted(lost.items())))


def _groups(rows: Sequence[Mapping[str, Any]], column: str) -> list[int]:
    """Numbers of groups in the order of their names; of features where there is no column."""
    if not column:
        return list(range(len(rows)))
    names = [_text(row, column) if column in row["properties"] else "" for row in rows]
    number = {name: place for place, name in enumerate(sorted(set(names) - {""}))}
    return [number.get(name, NO_GROUP) for name in names]


def _part(row: Mapping[str, Any], column: str) -> int:
    return _PARTS.get(_text(row, column).strip().lower(), _NO_PART) if column else _NO_PART


def _text(row: Mapping[str, Any], column: str) -> str:
    return str(row["properties"].get(column))


def _geometry(geojson: Mapping[str, Any]) -> BaseGeometry:
    try:
        geometry = shapely.geometry.shape(dict(geojson))
    except (ValueError, TypeError, KeyError, AttributeError, shapely.errors.ShapelyError):
        raise LabelError(
            f"A label has a geometry that cannot be read: {str(dict(geojson))[:80]}.",
            hint="Draw it again, or repair the file.",
            field="labels",
        ) from None
    if geometry.geom_type == "GeometryCollection":
        parts = [part for part in shapely.get_parts(geometry) if part.area > 0]
        geometry = shapely.union_all(parts) if parts else geometry
    return geometry if geometry.is_valid else shapely.make_valid(geometry)


def _covered(geometry: BaseGeometry, grid: Grid) -> NDArray[np.int64]:
    """Pixels whose centre a polygon covers; one on an edge belongs to what lies right or below."""
    outline = in_pixels(geometry, grid)
    covered = Inside(outline)
    parts = [np.empty(0, np.int64)]
    for rows, cols in _strips(outline, grid.shape):
        row, col = np.mgrid[rows, cols].reshape(2, -1)
        inside = covered.points(col + 0.5 + _NUDGE, row + 0.5 + _NUDGE)
        parts.append(row[inside] * grid.shape[1] + col[inside])
    return np.concatenate(parts)


def _strips(outline: BaseGeometry, shape: tuple[int, int]) -> Iterator[tuple[slice, slice]]:
    """Windows of a bounded size that together hold an outline in pixels, within the grid."""
    west, north, east, south = outline.bounds
    top, bottom = max(math.floor(north), 0), min(math.ceil(south), shape[0])
    left, right = max(math.floor(west), 0), min(math.ceil(east), shape[1])
    if right <= left:
        return
    height = max(1, _STRIP_PIXELS // (right - left))
    for first in range(top, bottom, height):
        yield slice(first, min(first + height, bottom)), slice(left, right)


def _under_points(geometry: BaseGeometry, grid: Grid) -> NDArray[np.int64]:
    points = shapely.get_coordinates(geometry)
    row, col = grid.rowcol(points[:, 0], points[:, 1])
    height, width = grid.shape
    kept = (row >= 0) & (row < height) & (col >= 0) & (col < width)
    return np.unique(row[kept] * width + col[kept])


def _listed(unmatched: Sequence[tuple[str, int]]) -> str:
    words = [f"“{name}” ({count:,})" for name, count in unmatched[:10]]
    return ", ".join(words) + (", …" if len(unmatched) > len(words) else "")
