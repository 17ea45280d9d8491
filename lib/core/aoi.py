"""The area of interest: one or more polygons in longitude and latitude on WGS 84.

Edges are straight lines in longitude and latitude. A ring whose edge spans more than 180 degrees
is read as crossing the antimeridian; it is split there, and the AOI says so in its notes.
"""

import json
import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon, box, mapping
from shapely.geometry.base import BaseGeometry

from lib.core.ellipsoid import ring_area_m2
from lib.core.rings import (
    aoi_error,
    check_numbers,
    checked_shape,
    geometries_of,
    polygon_parts,
    polygons_of,
)

_SPLIT_NOTE = (
    "The area crosses the antimeridian (180°): it is kept as two parts, one on either side."
)
_TOO_LARGE_HINT = "Draw a smaller area, or choose a larger pixel size."


@dataclass(frozen=True)
class Aoi:
    """An area of interest that has been checked.

    Attributes:
        geometry: GeoJSON Polygon or MultiPolygon, longitude and latitude in degrees, exterior
            rings counter-clockwise.

    Raises:
        AoiError: The geometry is empty, crosses itself, lies beyond 84 degrees, or is no area.

    Example:
        >>> round(Aoi.from_bounds(12.0, 47.8, 12.5, 48.0).area_ha)
        83135
    """

    geometry: dict[str, Any]

    def __post_init__(self) -> None:
        shape = checked_shape(polygons_of(self.geometry))
        object.__setattr__(self, "geometry", _plain(mapping(shape)))

    def __hash__(self) -> int:
        return hash(self.to_geojson())

    @classmethod
    def from_bounds(cls, west: float, south: float, east: float, north: float) -> "Aoi":
        """Make a rectangle; a west that is greater than east goes over the antimeridian."""
        check_numbers([west, south, east, north])
        if south >= north:
            raise aoi_error(
                f"The rectangle is empty: its southern edge {south:g} is not below its northern "
                f"edge {north:g}.",
                "Give the smaller latitude as south.",
            )
        if west == east:
            raise aoi_error(
                f"The rectangle is empty: west and east are both {west:g}.",
                "Give two different longitudes.",
            )
        width = east - west if east > west else east - west + 360
        # Edges of at most 90 degrees cannot be mistaken for a crossing of the antimeridian.
        lons = np.linspace(west, west + width, math.ceil(width / 90) + 1).tolist()
        ring = [(lon, south) for lon in lons] + [(lon, north) for lon in reversed(lons)]
        return cls({"type": "Polygon", "coordinates": [[*ring, ring[0]]]})

    @classmethod
    def from_geojson(cls, source: str | dict[str, Any]) -> "Aoi":
        """Read a Polygon, MultiPolygon, Feature or FeatureCollection, as text or as a dict."""
        if isinstance(source, str):
            try:
                source = json.loads(source)
            except json.JSONDecodeError as error:
                raise aoi_error(
                    f"The area is not GeoJSON: line {error.lineno}, column {error.colno} cannot "
                    "be read.",
                    "Give a GeoJSON polygon, or draw the area on the map.",
                ) from None
        return cls({"type": "GeometryCollection", "geometries": geometries_of(source)})

    def to_geojson(self) -> str:
        """Write the geometry as GeoJSON text that `from_geojson` reads back unchanged."""
        return json.dumps(self.geometry, separators=(",", ":"))

    @cached_property
    def shape(self) -> Polygon | MultiPolygon:
        """The geometry as a shapely object."""
        shape = shapely.geometry.shape(self.geometry)
        if not isinstance(shape, Polygon | MultiPolygon):  # __post_init__ keeps nothing else
            raise aoi_error("The area is no polygon.", "Draw a polygon.")
        return shape

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences to tell about the area, such as that it is in two parts."""
        spans = [part.bounds for part in polygon_parts(self.shape)]
        split = any(s[0] == -180 for s in spans) and any(s[2] == 180 for s in spans)
        return (_SPLIT_NOTE,) if split and self.bounds[2] > 180 else ()

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees; east is above 180 over the antimeridian."""
        parts = polygon_parts(self.shape)
        south, north = min(p.bounds[1] for p in parts), max(p.bounds[3] for p in parts)
        west, east = _enclosing_arc([(p.bounds[0], p.bounds[2]) for p in parts])
        return west, south, east, north

    @property
    def centre(self) -> tuple[float, float]:
        """Longitude (-180 to 180) and latitude of the middle of the bounds."""
        west, south, east, north = self.bounds
        lon = (west + east) / 2
        return (lon - 360 if lon > 180 else lon), (south + north) / 2

    @cached_property
    def area_ha(self) -> float:
        """Area on the WGS 84 ellipsoid in hectares, edges straight in longitude and latitude."""
        return _area_m2(self.shape) / 10_000

    @property
    def utm_crs(self) -> str:
        """EPSG code of the UTM zone that holds the centre."""
        lon, lat = self.centre
        zone = min(int((lon + 180) // 6) + 1, 60)
        return f"EPSG:{32600 + zone if lat >= 0 else 32700 + zone}"

    def pixel_count(self, scale_m: float) -> int:
        """Number of pixels in the rectangle around the area, at `scale_m` metres a pixel."""
        west, south, east, north = self.bounds
        rectangle = box(west, south, east, north)
        return math.ceil(_area_m2(rectangle) / scale_m**2)

    def check_size(self, scale_m: float, limit_pixels: int) -> int:
        """Refuse an area with more pixels than the limit.

        Args:
            scale_m: Pixel size in metres.
            limit_pixels: Most pixels that the rectangle around the area may have.

        Returns:
            The number of pixels, as `pixel_count` counts them.

        Raises:
            AoiError: There are more.
        """
        pixels = self.pixel_count(scale_m)
        if pixels > limit_pixels:
            raise aoi_error(
                f"The area needs {pixels:,} pixels of {scale_m:g} m, and the limit is "
                f"{limit_pixels:,}.",
                _TOO_LARGE_HINT,
            )
        return pixels


def _plain(value: Any) -> Any:
    """Turn shapely's tuples into the lists that JSON gives back, so that round trips are equal."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value


def _enclosing_arc(spans: list[tuple[float, float]]) -> tuple[float, float]:
    """Return west and east of the shortest arc that holds all spans of longitude."""
    spans = sorted(spans)
    merged = [spans[0]]
    for west, east in spans[1:]:
        if west <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(east, merged[-1][1]))
        else:
            merged.append((west, east))
    outside = merged[0][0] + 360 - merged[-1][1]
    gaps = [after[0] - before[1] for before, after in pairwise(merged)]
    if not gaps or outside >= max(gaps):
        return merged[0][0], merged[-1][1]
    widest = gaps.index(max(gaps))
    return merged[widest + 1][0], merged[widest][1] + 360


def _area_m2(shape: BaseGeometry) -> float:
    """Return the area of polygons on the ellipsoid, edges straight in degrees."""
    return sum(
        ring_area_m2(np.asarray(part.exterior.coords))
        - sum(ring_area_m2(np.asarray(hole.coords)) for hole in part.interiors)
        for part in polygon_parts(shape)
    )
