"""Flat pictures of a part of the globe, and edges with enough points to be bent.

Edges of geodesic geometries are great circles on a sphere. In the gnomonic picture they are
straight, so geometry can be cut and joined there exactly. Distances are true from the middle of the
equidistant picture.
"""

import itertools
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from lib.localearth import assumptions

Floats = NDArray[np.float64]
Shape = Any  # of shapely, whose type hints know no common way to parts and rings

RADIUS = assumptions.SPHERE_RADIUS_M
REACH = math.radians(60)  # how far from its middle a picture is used
PART = 0.05  # degrees; a chord of this length lies within 0.6 m of its great circle
MAX_PARTS = 256
LINES = ("LineString", "LinearRing")


@dataclass(frozen=True)
class Picture:
    """A flat picture of the sphere around a middle.

    Attributes:
        longitude, latitude: Middle in degrees.
        gnomonic: Great circles are straight; otherwise distances from the middle are true.
    """

    longitude: float
    latitude: float
    gnomonic: bool = True

    def draw(self, shape: Shape) -> Shape:
        """Longitude and latitude become metres in the picture."""
        return shapely.transform(shape, self._forward)

    def read(self, shape: Shape) -> Shape:
        """Metres in the picture become longitude, near the middle's, and latitude."""
        return shapely.transform(shape, self._back)

    def _forward(self, lonlat: Floats) -> Floats:
        east, north, up = (self._axes() @ unit_vectors(lonlat).T).astype(np.float64)
        side = np.hypot(east, north)
        angle = np.arctan2(side, up)
        length = side / up if self.gnomonic else angle
        share = np.divide(length, side, out=np.ones_like(side), where=side > 0)
        return np.column_stack([east * share, north * share]) * RADIUS

    def _back(self, xy: Floats) -> Floats:
        x, y = xy[:, 0] / RADIUS, xy[:, 1] / RADIUS
        length = np.hypot(x, y)
        angle = np.arctan(length) if self.gnomonic else length
        share = np.divide(np.sin(angle), length, out=np.ones_like(length), where=length > 0)
        vectors = np.column_stack([x * share, y * share, np.cos(angle)]) @ self._axes()
        return degrees_of(vectors, near=self.longitude)

    def _axes(self) -> Floats:
        """Unit vectors to the east, to the north and up at the middle, as rows."""
        lon, lat = math.radians(self.longitude), math.radians(self.latitude)
        east = [-math.sin(lon), math.cos(lon), 0.0]
        north = [-math.sin(lat) * math.cos(lon), -math.sin(lat) * math.sin(lon), math.cos(lat)]
        up = [math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)]
        return np.array([east, north, up])


def parts(shape: Shape, *kinds: str) -> Iterator[Shape]:
    """The parts of a shape that are of some kinds, such as "Polygon"."""
    if shape.geom_type in kinds:
        yield shape
    for part in getattr(shape, "geoms", ()):
        yield from parts(part, *kinds)


def picture_of(shapes: Iterable[Shape], *, gnomonic: bool = True) -> Picture | None:
    """A picture around shapes in longitude and latitude; None where they reach too far."""
    vectors = unit_vectors(np.concatenate([shapely.get_coordinates(shape) for shape in shapes]))
    if not len(vectors):
        return Picture(0.0, 0.0, gnomonic)
    middle = vectors.mean(axis=0)
    length = float(np.linalg.norm(middle))
    if length < 1e-9 or (vectors @ (middle / length)).min() < math.cos(REACH):
        return None
    longitude, latitude = degrees_of(middle[None] / length)[0].tolist()
    return Picture(longitude, latitude, gnomonic)


def unit_vectors(lonlat: Floats) -> Floats:
    """Unit vectors of places in degrees, `(n, 3)`."""
    lon, lat = np.radians(lonlat[:, 0]), np.radians(lonlat[:, 1])
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


def degrees_of(vectors: Floats, *, near: float = 0.0) -> Floats:
    """Longitude within 180 degrees of `near`, and latitude, of unit vectors."""
    lon = np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0]))
    lon = np.where(np.abs(lon - near) > 180, near + (lon - near + 180) % 360 - 180, lon)
    return np.column_stack(
        [lon, np.degrees(np.arctan2(vectors[:, 2], np.hypot(*vectors[:, :2].T)))]
    )


def bend_great_circles(shape: Shape) -> Shape:
    """Add points on the great circles of edges in longitude and latitude."""
    return _with_points(shape, _great_circle, lambda start, end: _longest(start, end) / PART)


def bend_straight(shape: Shape, part: float) -> Shape:
    """Add points on straight edges, so that no piece is longer than `part`."""
    return _with_points(shape, _straight, lambda start, end: math.dist(start, end) / part)


def _longest(start: Floats, end: Floats) -> float:
    return float(np.abs(end - start).max())


def _straight(start: Floats, end: Floats, shares: Floats) -> Floats:
    return start + (end - start) * shares[:, None]


def _great_circle(start: Floats, end: Floats, shares: Floats) -> Floats:
    first, last = unit_vectors(np.array([start, end]))
    angle = math.acos(float(np.clip(first @ last, -1.0, 1.0)))
    if angle < 1e-12 or angle > math.pi - 1e-9:
        return _straight(start, end, shares)
    along = shares[:, None]
    vectors = (np.sin((1 - along) * angle) * first + np.sin(along * angle) * last) / math.sin(angle)
    places = degrees_of(vectors, near=float(start[0]))
    places[0] = start
    return places


Between = Callable[[Floats, Floats, Floats], Floats]
Parts = Callable[[Floats, Floats], float]


def _with_points(shape: Shape, between: Between, parts: Parts) -> Shape:
    kind = shape.geom_type
    if shape.is_empty or "Point" in kind:
        return shape
    if kind in ("LineString", "LinearRing"):
        return type(shape)(_path(shapely.get_coordinates(shape), between, parts))
    if kind == "Polygon":
        shell, *holes = (
            _path(shapely.get_coordinates(ring), between, parts)
            for ring in (shape.exterior, *shape.interiors)
        )
        return shapely.Polygon(shell, holes)
    return type(shape)([_with_points(part, between, parts) for part in shape.geoms])


def _path(places: Floats, between: Between, parts: Parts) -> Floats:
    pieces = []
    for start, end in itertools.pairwise(places):
        count = min(max(math.ceil(parts(start, end) - 1e-9), 1), MAX_PARTS)
        pieces.append(between(start, end, np.arange(count) / count) if count > 1 else start[None])
    return np.concatenate([*pieces, places[-1:]])
