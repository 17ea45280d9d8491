"""Geometries: what they measure and how they combine (`Geometry.*`, and `Feature.*` alike)."""

import inspect
import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from shapely.ops import substring

from lib.localearth import geodesy
from lib.localearth.errors import EarthError
from lib.localearth.functions.geometry_measures import MEASURES, both_within
from lib.localearth.geometry import Geometry
from lib.localearth.raster.image import Image
from lib.localearth.raster.projection import Projection
from lib.localearth.registry import implements, register
from lib.localearth.sphere import LINES, parts
from lib.localearth.unshared import unshared
from lib.localearth.values import Collection, ErrorMargin, Feature

Operation = Callable[[Any, Any], Any]


def bounds(geometry: Geometry, max_error: ErrorMargin | None, proj: Projection | None) -> Geometry:
    """The upright rectangle around a geometry."""
    return geodesy.bounds(geometry, proj)


def buffer(
    geometry: Geometry, distance: float, max_error: ErrorMargin | None, proj: Projection | None
) -> Geometry:
    """Grow by metres, or by units of a projection."""
    error = max_error.value if max_error and max_error.unit == "meters" else None
    if proj is None:
        return geodesy.buffer(geometry, distance, error_m=error)
    steps = geodesy.quarter_steps(abs(distance) or 1.0, error or abs(distance) * 0.01)
    shape = geodesy.within_projection(geometry, proj).buffer(distance, quad_segs=steps)
    return geodesy.from_projection(shape, proj)


def centroid(
    geometry: Geometry, max_error: ErrorMargin | None, proj: Projection | None
) -> Geometry:
    """The centre of the parts of the highest dimension."""
    if proj is None:
        return geodesy.centroid(geometry)
    return geodesy.from_projection(geodesy.within_projection(geometry, proj).centroid, proj)


def convex_hull(
    geometry: Geometry, max_error: ErrorMargin | None, proj: Projection | None
) -> Geometry:
    """The least convex shape around a geometry."""
    return _reshaped(geometry, proj, shapely.convex_hull)


def dissolve(
    geometry: Geometry, max_error: ErrorMargin | None, proj: Projection | None
) -> Geometry:
    """The union of a geometry's parts."""
    return _reshaped(geometry, proj, shapely.unary_union)


def _reshaped(
    geometry: Geometry, proj: Projection | None, operation: Callable[[Any], Any]
) -> Geometry:
    if proj is None:
        return geodesy.reshape(geometry, operation)
    return geodesy.from_projection(operation(geodesy.within_projection(geometry, proj)), proj)


def simplify(geometry: Geometry, max_error: ErrorMargin, proj: Projection | None) -> Geometry:
    """Leave out points within the error."""
    error = max_error.value or 0.0
    if proj is None:
        return geodesy.simplify(geometry, error)
    shape = geodesy.within_projection(geometry, proj).simplify(error / proj.nominal_scale)
    return geodesy.from_projection(shape, proj)


def transform(
    geometry: Geometry, proj: Projection, max_error: ErrorMargin | None, geodesic: bool | None
) -> Geometry:
    """Move to another projection; edges are geodesics there if it is geographic, by default."""
    bends = geodesy.geographic(proj.crs) if geodesic is None else bool(geodesic)
    return geodesy.to_crs(geometry, proj.crs, geodesic=bends)


def cut_lines(
    geometry: Geometry,
    distances: Sequence[float],
    max_error: ErrorMargin | None,
    proj: Projection | None,
) -> Geometry:
    """Cut lines at metres, or units of a projection, from their starts; leave out all else."""
    if proj is None:
        lines = parts(geodesy.lonlat(geometry), *LINES)
        pieces = [piece for line in lines for piece in geodesy.cut_line(line, list(distances))]
        return Geometry(shapely.MultiLineString(pieces))
    flat = parts(geodesy.within_projection(geometry, proj), *LINES)
    cut = [piece for line in flat for piece in _pieces(line, distances)]
    return geodesy.from_projection(shapely.MultiLineString(cut), proj)


def _pieces(line: Any, distances: Sequence[float]) -> list[Any]:
    ends = sorted({0.0, line.length, *(each for each in distances if 0 < each < line.length)})
    return [substring(line, start, end) for start, end in itertools.pairwise(ends)]


def _combining(operation: Operation) -> Callable[..., Geometry]:
    def combine(
        left: Geometry, right: Geometry, max_error: ErrorMargin | None, proj: Projection | None
    ) -> Geometry:
        if proj is None:
            return geodesy.combine(left, right, operation)
        return geodesy.from_projection(operation(*both_within(left, right, proj)), proj)

    return combine


_SHAPES: dict[str, Callable[..., Geometry]] = {
    "bounds": bounds,
    "buffer": buffer,
    "centroid": centroid,
    "convexHull": convex_hull,
    "cutLines": cut_lines,
    "dissolve": dissolve,
    "simplify": simplify,
    "transform": transform,
    "intersection": _combining(shapely.intersection),
    "union": _combining(shapely.union),
    "difference": _combining(shapely.difference),
    "symmetricDifference": _combining(shapely.symmetric_difference),
}


def _shape_of(element: Any) -> Geometry:
    found = (
        element.geometry if isinstance(element, Feature) else getattr(element, "footprint", None)
    )
    return found if found is not None else Geometry(shapely.GeometryCollection())


def _for_features(function: Callable[..., Any], *, reshapes: bool) -> Callable[..., Any]:
    """The same function on features; a new shape keeps the properties of the first."""
    names = list(inspect.signature(function).parameters)

    def apply(*arguments: Any) -> Any:
        if any(isinstance(each, Collection) for each in arguments):
            raise EarthError("Invalid type. Expected a Feature, and got a collection.")
        plain = [
            _shape_of(each) if isinstance(each, (Feature, Image)) else each for each in arguments
        ]
        result = function(*plain)
        if not reshapes:
            return result
        return Feature(result, dict(arguments[0].properties))

    parameters = [
        inspect.Parameter(
            "feature" if name == "geometry" else name, inspect.Parameter.POSITIONAL_OR_KEYWORD
        )
        for name in names
    ]
    apply.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return apply


for _name, _function in MEASURES.items():
    register(f"Geometry.{_name}", _function)
    register(f"Feature.{_name}", _for_features(_function, reshapes=False))
for _name, _function in _SHAPES.items():
    register(f"Geometry.{_name}", _function)
    register(f"Feature.{_name}", _for_features(_function, reshapes=True))


@implements("Geometry.coordinates")
def coordinates(geometry: Geometry) -> list[Any]:
    """Nested lists of coordinates."""
    nested: list[Any] = _lists(shapely.geometry.mapping(geometry.shape).get("coordinates", ()))
    return nested


def _lists(value: Any) -> Any:
    return [_lists(part) for part in value] if isinstance(value, (tuple, list)) else value


@implements("Geometry.edgesAreGeodesics", "Geometry.geodesic")
def edges_are_geodesics(geometry: Geometry) -> bool:
    """Whether edges follow great circles."""
    return geometry.geodesic


@implements("Geometry.geometries")
def geometries(geometry: Geometry) -> list[Geometry]:
    """The parts of a geometry; a single one is a list of itself."""
    return [
        replace(geometry, shape=part) for part in getattr(geometry.shape, "geoms", [geometry.shape])
    ]


@implements("Geometry.isUnbounded")
def is_unbounded(geometry: Geometry) -> bool:
    """Whether it covers the whole Earth."""
    return geometry.unbounded


@implements("Geometry.projection")
def projection(geometry: Geometry) -> Projection:
    """The coordinate system."""
    return Projection(geometry.crs)


@implements("Geometry.type")
def type_of(geometry: Geometry) -> str:
    """The kind of geometry, such as Polygon."""
    return str(geometry.shape.geom_type)


@implements("Geometry.coveringGrid")
def covering_grid(geometry: Geometry, proj: Projection, scale: float | None) -> Collection:
    """The cells of a projection that meet a geometry."""
    cells = proj if scale is None else proj.at_scale(scale)
    shape = unshared(geodesy.within_projection(geometry, cells))
    west, south, east, north = shape.bounds
    columns = range(int(np.floor(west)), int(np.ceil(east)))
    rows = range(int(np.floor(south)), int(np.ceil(north)))
    shapely.prepare(shape)
    found = [
        Feature(geodesy.from_projection(cell, cells), {"system:index": f"{column},{row}"})
        for row in rows
        for column in columns
        if shape.intersects(cell := shapely.box(column, row, column + 1, row + 1))
    ]
    return Collection.of(found, of_images=False)
