"""Geometries laid onto grids: their edges as segments in pixel coordinates of a projection."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from lib.localearth.geometry import Geometry
from lib.localearth.raster.projection import (
    Projection,
    Transform,
    crs_of,
    metres_per_unit,
    transformer,
)

Floats = NDArray[np.float64]
STEP_METRES = 1000.0  # an arc of 1 km strays from its chord by some centimetres
MAX_PIECES = 4096


@dataclass(frozen=True)
class Outline:
    """A geometry in pixel coordinates.

    Attributes:
        rings: Edges of polygons `(n, 4)` as x0, y0, x1, y1; shells one way round, holes the other.
        lines: Segments of lines `(n, 4)`.
        points: `(n, 2)`.
        everywhere: Whether it covers all pixels.
    """

    rings: Floats
    lines: Floats
    points: Floats
    everywhere: bool = False

    def moved(self, columns: float, rows: float) -> "Outline":
        """The same, counted from another pixel."""
        shift = np.array([columns, rows, columns, rows])
        return Outline(
            self.rings - shift, self.lines - shift, self.points - shift[:2], self.everywhere
        )

    def bounds(self) -> tuple[float, float, float, float] | None:
        """Least x, least y, greatest x, greatest y; None where it is empty."""
        ends = [self.rings[:, :2], self.rings[:, 2:], self.lines[:, :2], self.lines[:, 2:]]
        corners = np.concatenate([*ends, self.points])
        corners = corners[np.isfinite(corners).all(axis=1)]
        if not len(corners):
            return None
        low, high = corners.min(axis=0), corners.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def area(self) -> float:
        """Pixels that the polygons cover."""
        x0, y0, x1, y1 = self.rings.T
        return abs(float(((x0 + x1) / 2 * (y1 - y0)).sum()))


def outline_of(geometry: Geometry, projection: Projection) -> Outline:
    """Bring a geometry into pixel coordinates, bending its edges as its CRS demands."""
    nothing = np.zeros((0, 4))
    if geometry.unbounded:
        return Outline(nothing, nothing, np.zeros((0, 2)), everywhere=True)
    rings, lines, points = [nothing], [nothing], [np.zeros((0, 2))]
    for part in _parts(geometry.shape):
        if part.geom_type == "Polygon":
            turned: Any = shapely.orient_polygons(part)
            outer: list[Any] = [turned.exterior, *turned.interiors]
            rings += [_segments(geometry, _xy(ring), projection) for ring in outer]
        elif part.geom_type in ("LineString", "LinearRing"):
            lines.append(_segments(geometry, _xy(part), projection))
        elif part.geom_type == "Point":
            points.append(to_pixels(_xy(part), geometry.crs, projection))
    return Outline(np.concatenate(rings), np.concatenate(lines), np.concatenate(points))


def to_pixels(xy: Floats, crs: str, projection: Projection) -> Floats:
    """Coordinates `(n, 2)` of a CRS as columns and rows of a projection."""
    if crs != projection.crs:
        moved = transformer(crs, projection.crs).transform(xy[:, 0], xy[:, 1])
        xy = np.column_stack([np.asarray(moved[0]), np.asarray(moved[1])])
    return apply_transform(inverse(projection.transform), xy)


def inverse(transform: Transform) -> Transform:
    """The transform from CRS coordinates to pixels."""
    a, b, c, d, e, f = transform
    size = a * e - b * d
    return (
        e / size,
        -b / size,
        (b * f - c * e) / size,
        -d / size,
        a / size,
        (c * d - a * f) / size,
    )


def apply_transform(transform: Transform, xy: Floats) -> Floats:
    """Transform coordinates `(n, 2)`."""
    a, b, c, d, e, f = transform
    x, y = xy[:, 0], xy[:, 1]
    return np.column_stack([a * x + b * y + c, d * x + e * y + f])


def _parts(shape: BaseGeometry) -> Iterator[BaseGeometry]:
    if shape.is_empty:
        return
    if hasattr(shape, "geoms"):
        for part in shape.geoms:
            yield from _parts(part)
    else:
        yield shape


def _xy(shape: BaseGeometry) -> Floats:
    return np.asarray(shapely.get_coordinates(shape), np.float64)


def _segments(geometry: Geometry, xy: Floats, projection: Projection) -> Floats:
    bent = geometry.geodesic and crs_of(geometry.crs).is_geographic
    if bent or geometry.crs != projection.crs:
        xy = _densified(xy, geometry.crs, geodesic=bent)
    pixels = to_pixels(xy, geometry.crs, projection)
    edges = np.column_stack([pixels[:-1], pixels[1:]])
    return edges[np.isfinite(edges).all(axis=1)]


def _densified(xy: Floats, crs: str, *, geodesic: bool) -> Floats:
    """Put points between, so that straight pieces follow the edges closely."""
    start, end = xy[:-1], xy[1:]
    metres = np.hypot(*(end - start).T) * metres_per_unit(crs)
    counts = np.clip(np.ceil(metres / STEP_METRES), 1, MAX_PIECES).astype(int)
    edge = np.repeat(np.arange(len(start)), counts)
    offset = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = (offset / np.repeat(counts, counts))[:, None]
    first, last = start[edge], end[edge]
    between = _arc(first, last, share) if geodesic else first + (last - first) * share
    return np.concatenate([between, xy[-1:]])


def _arc(first: Floats, last: Floats, share: Floats) -> Floats:
    """Points on great circles of the sphere, in degrees."""
    start, end = _unit_vectors(first), _unit_vectors(last)
    angle = np.arctan2(np.linalg.norm(np.cross(start, end), axis=1), (start * end).sum(axis=1))[
        :, None
    ]
    near = angle < 1e-12
    sine = np.sin(np.where(near, 1.0, angle))
    vector = (start * np.sin((1 - share) * angle) + end * np.sin(share * angle)) / sine
    longitude = np.degrees(np.arctan2(vector[:, 1], vector[:, 0]))
    latitude = np.degrees(np.arctan2(vector[:, 2], np.hypot(vector[:, 0], vector[:, 1])))
    longitude += 360 * np.round((first[:, 0] - longitude) / 360)
    found = np.column_stack([longitude, latitude])
    return np.where(near | (share == 0), first, found)


def _unit_vectors(lonlat: Floats) -> Floats:
    longitude, latitude = np.radians(lonlat).T
    flat = np.cos(latitude)
    return np.column_stack([flat * np.cos(longitude), flat * np.sin(longitude), np.sin(latitude)])
