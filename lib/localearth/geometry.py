"""Geometries: shapely shapes with Earth Engine's notions of edges and interiors."""

from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True)
class Geometry:
    """A shape in a coordinate system.

    Attributes:
        shape: Shapely geometry in the units of `crs` (longitude, latitude by default).
        crs: "EPSG:…" code or WKT.
        geodesic: Whether edges follow the shortest path on the sphere.
        even_odd: Interior rule of polygons.
        unbounded: Whether it covers the whole Earth (footprints of constants).
    """

    shape: BaseGeometry
    crs: str = "EPSG:4326"
    geodesic: bool = True
    even_odd: bool = True
    unbounded: bool = field(default=False)
