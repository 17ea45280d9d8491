"""Collections as one geometry, and random places: `Collection.geometry` and others."""

from dataclasses import replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from lib.localearth import geodesy
from lib.localearth.errors import EarthError
from lib.localearth.fields import geometry_of
from lib.localearth.functions.collection import listed
from lib.localearth.geometry import Geometry
from lib.localearth.raster.projection import Projection
from lib.localearth.registry import implements
from lib.localearth.sphere import LINES, parts
from lib.localearth.unshared import unshared
from lib.localearth.values import Collection, ErrorMargin, Feature

Floats = NDArray[Any]


@implements("Collection.geometry")
def geometry(collection: Collection, max_error: ErrorMargin | None) -> Geometry:
    """The geometries of all elements as one."""
    found = [shape for each in collection.elements if (shape := geometry_of(each)) is not None]
    if any(each.unbounded for each in found):
        return geodesy.EVERYWHERE
    if not found:
        return Geometry(shapely.GeometryCollection())
    if len(found) == 1:
        return found[0]
    target = found[0]
    shapes = [geodesy.to_crs(each, target.crs, geodesic=target.geodesic).shape for each in found]
    return replace(target, shape=_together(shapes))


def _together(shapes: list[Any]) -> Any:
    if all("Point" in shape.geom_type for shape in shapes):
        return shapely.MultiPoint(
            np.concatenate([shapely.get_coordinates(each) for each in shapes])
        )
    return shapely.unary_union(
        [shape if shape.is_valid else shapely.make_valid(shape) for shape in shapes]
    )


@implements("Collection.bounds")
def bounds(
    collection: Collection, max_error: ErrorMargin | None, proj: Projection | None
) -> Geometry:
    """The upright rectangle around all elements."""
    plain = proj is None or proj == Projection()
    return geodesy.bounds(geometry(collection, None), None if plain else proj)


@implements("Collection.union")
def union(collection: Collection, max_error: ErrorMargin | None) -> Collection:
    """One feature of all geometries."""
    merged = geodesy.reshape(geometry(collection, None), shapely.unary_union)
    return Collection.of([Feature(merged, {"system:index": "union_result"})], of_images=False)


@implements("FeatureCollection.randomPoints")
def random_points(
    region: Geometry, points: int, seed: int, max_error: ErrorMargin | None
) -> Collection:
    """Points that lie evenly over a region of the sphere, along its lines or among its points."""
    rng = np.random.default_rng(abs(int(seed)) * 2 + (seed < 0))
    shape = geodesy.bent(geodesy.to_crs(region, geodesy.LONLAT, geodesic=True))
    if shape.is_empty and points:
        raise EarthError("The region is empty.")
    found = _places(shape, rng, int(points)) if points else []
    features = [Feature(Geometry(shapely.Point(place))) for place in found]
    return listed(features, of_images=False)


def _places(shape: Any, rng: np.random.Generator, count: int) -> list[Any]:
    """Places in the parts of the highest dimension."""
    if shape.area:
        found: list[Any] = []
        polygons = shapely.MultiPolygon(list(parts(shape, "Polygon")))
        while len(found) < count:
            found += _candidates(polygons, rng, max(count, 64))
        return found[:count]
    lines = list(parts(shape, *LINES))
    if lines:
        return _along(lines, rng.random(count))
    places = shapely.get_coordinates(shape)
    return list(places[rng.integers(0, len(places), count)])


def _along(lines: list[Any], shares: Floats) -> list[Any]:
    """Places at shares of the length of lines, measured on the ellipsoid."""
    pairs = np.concatenate(
        [np.hstack([places[:-1], places[1:]]) for places in map(shapely.get_coordinates, lines)]
    )
    azimuths, _, steps = geodesy.WGS84.inv(*pairs.T)
    ends = np.cumsum(steps)
    walked = shares * ends[-1]
    edge = np.minimum(np.searchsorted(ends, walked, side="right"), len(ends) - 1)
    beyond = walked - (ends - steps)[edge]
    starts, headings = pairs[edge], np.asarray(azimuths)[edge]
    lons, lats, _ = geodesy.WGS84.fwd(starts[:, 0], starts[:, 1], headings, beyond)
    return list(np.column_stack([lons, lats]))


def _candidates(shape: Any, rng: np.random.Generator, count: int) -> list[Any]:
    west, south, east, north = shape.bounds
    lons = rng.uniform(west, east, count)
    sines = rng.uniform(np.sin(np.radians(south)), np.sin(np.radians(north)), count)
    lats = np.degrees(np.arcsin(sines))
    inside = shapely.contains_xy(unshared(shape), lons, lats)
    return list(np.column_stack([lons, lats])[inside].tolist())
