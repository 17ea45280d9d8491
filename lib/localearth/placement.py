"""Where on the Earth a file lies, and whether it lies on the Earth at all."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyproj

from lib.localearth.errors import EarthError
from lib.localearth.raster.projection import transformer

_EARTH_RADII_M = (6_340_000.0, 6_400_000.0)
_LATTICE = 33  # points along each side of a raster whose place is computed
_HIGHEST = 90.01
_WIDEST = 361.0


def checked_crs(name: str, wkt: str) -> str:
    """Return an "EPSG:…" code, or the WKT where there is none.

    Args:
        name: Of the file, for the message.
        wkt: What the file says.

    Raises:
        EarthError: It is unknown, of another body, or not tied to the Earth.
    """
    try:
        crs = pyproj.CRS.from_user_input(wkt)
    except pyproj.exceptions.CRSError:
        raise EarthError(f"'{name}' has a coordinate system that is not understood.") from None
    ellipsoid = crs.ellipsoid
    if ellipsoid is None or not (crs.is_geographic or crs.is_projected):
        raise EarthError(
            f"'{name}' has a local coordinate system that no place on Earth belongs to."
        )
    if not _EARTH_RADII_M[0] < ellipsoid.semi_major_metre < _EARTH_RADII_M[1]:
        raise EarthError(
            f"'{name}' does not lie on the Earth: its coordinate system '{crs.name}' is of a body "
            f"with a radius of {ellipsoid.semi_major_metre / 1000:,.0f} km."
        )
    return code_of(crs)


def code_of(crs: pyproj.CRS) -> str:
    """The EPSG code of a CRS where one means the same, else its WKT."""
    number = crs.to_epsg(min_confidence=70)
    if number is not None and pyproj.CRS.from_epsg(number).equals(crs, ignore_axis_order=True):
        return f"EPSG:{number}"
    return str(crs.to_wkt())


def footprint_of(
    name: str, crs: str, transform: Sequence[float], shape: tuple[int, int]
) -> dict[str, Any]:
    """GeoJSON of the outline of a raster, in degrees.

    Raises:
        EarthError: No part of it has a longitude and latitude.
    """
    a, b, c, d, e, f = transform
    height, width = shape
    columns, rows = np.meshgrid(np.linspace(0, width, _LATTICE), np.linspace(0, height, _LATTICE))
    x, y = c + columns * a + rows * b, f + columns * d + rows * e
    longitude, latitude = (
        np.asarray(part) for part in transformer(crs, "EPSG:4326").transform(x, y)
    )
    known = np.isfinite(longitude) & np.isfinite(latitude)
    if not known.any():
        raise EarthError(f"'{name}' lies outside of what its coordinate system covers.")
    _check_degrees(name, longitude[known], latitude[known])
    longitude = _unwrapped(np.where(known, longitude, np.nan))
    if not known.all():
        return _box(longitude[known], latitude[known])
    ring = np.concatenate([_edge(part) for part in (longitude, latitude)]).reshape(2, -1).T
    return {"type": "Polygon", "coordinates": [ring.tolist()]}


def _check_degrees(name: str, longitude: Any, latitude: Any) -> None:
    wide = float(longitude.max() - longitude.min())
    if np.abs(latitude).max() > _HIGHEST or wide > _WIDEST or np.abs(longitude).max() > 541:
        raise EarthError(
            f"'{name}' reaches from {longitude.min():.6g} to {longitude.max():.6g} in longitude "
            f"and from {latitude.min():.6g} to {latitude.max():.6g} in latitude, which are not "
            "degrees on the Earth. Its coordinate system or geotransform is wrong."
        )


def _unwrapped(longitude: Any) -> Any:
    """Continue eastwards over the antimeridian, where neighbours jump by more than half a turn."""
    jumps = np.abs(np.diff(longitude, axis=1))
    if np.nanmax(jumps, initial=0.0) > 180:
        return np.where(longitude < 0, longitude + 360, longitude)
    return longitude


def _edge(values: Any) -> Any:
    """Values along the outline, beginning and ending at the first corner."""
    return np.concatenate([values[0, :-1], values[:-1, -1], values[-1, :0:-1], values[::-1, 0]])


def _box(longitude: Any, latitude: Any) -> dict[str, Any]:
    west, south = float(longitude.min()), float(latitude.min())
    east, north = float(longitude.max()), float(latitude.max())
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}
