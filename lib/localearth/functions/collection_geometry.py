"""Collections as one geometry, and random places: `Collection.geometry` and others."""

from dataclasses import replace
from typing import Any

import numpy as np
import shapely

from lib.localearth import geodesy
from lib.localearth.errors import EarthError
from lib.localearth.filters import geometry_of
from lib.localearth.functions.collection import listed
from lib.localearth.geometry import Geometry
from lib.localearth.raster.projection import Projection
from lib.localearth.registry import implements
from lib.localearth.values import Collection, ErrorMargin, Feature


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
    """Points that lie evenly over a region of the sphere."""
    rng = np.random.default_rng(abs(int(seed)) * 2 + (seed < 0))
    shape = geodesy.bent(geodesy.to_crs(region, geodesy.LONLAT, geodesic=True))
    if shape.area == 0 and points:
        raise EarthError("The region has no area.")
    found: list[Any] = []
    while len(found) < points:
        found += _candidates(shape, rng, max(int(points), 64))
    features = [Feature(Geometry(shapely.Point(place))) for place in found[: int(points)]]
    return listed(features, of_images=False)


def _candidates(shape: Any, rng: np.random.Generator, count: int) -> list[Any]:
    west, south, east, north = shape.bounds
    lons = rng.uniform(west, east, count)
    sines = rng.uniform(np.sin(np.radians(south)), np.sin(np.radians(north)), count)
    lats = np.degrees(np.arcsin(sines))
    inside = shapely.contains_xy(shape, lons, lats)
    return list(np.column_stack([lons, lats])[inside].tolist())
