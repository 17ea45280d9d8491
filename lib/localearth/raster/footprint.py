"""Where an image may have pixels, as a box in longitude and latitude."""

import functools

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from lib.localearth.geometry import Geometry
from lib.localearth.raster.projection import transformer

Bounds = tuple[float, float, float, float]


def lonlat_bounds(footprint: Geometry | None) -> Bounds | None:
    """West, south, east, north of a footprint; None where it is unbounded or empty."""
    if footprint is None or footprint.unbounded or footprint.shape.is_empty:
        return None
    if footprint.crs == "EPSG:4326":
        west, south, east, north = footprint.shape.bounds
        return west, south, east, north
    return _moved_bounds(footprint.shape, footprint.crs)


@functools.lru_cache(maxsize=1024)
def _moved_bounds(shape: BaseGeometry, crs: str) -> Bounds | None:
    dense = shapely.segmentize(shape, max_segment_length=_longest(shape) / 50 or 1.0)
    xy = shapely.get_coordinates(dense)
    x, y = transformer(crs, "EPSG:4326").transform(xy[:, 0], xy[:, 1])
    known = np.isfinite(x) & np.isfinite(y)
    if not known.all():
        return None
    return float(x.min()), float(y.min()), float(x.max()), float(y.max())


def _longest(shape: BaseGeometry) -> float:
    west, south, east, north = shape.bounds
    return float(max(east - west, north - south))
