"""Coordinate systems by name, read once."""

from functools import lru_cache

from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from lib.core.ellipsoid import METRES_PER_DEGREE
from lib.core.errors import RasterError


@lru_cache(maxsize=64)
def parse_crs(crs: str) -> CRS:
    """Read a coordinate system.

    Raises:
        RasterError: It is not known.
    """
    try:
        return CRS.from_user_input(crs)
    except CRSError:
        raise RasterError(
            f"The coordinate system “{crs[:80]}” is not known.",
            hint="Use an EPSG code such as EPSG:32633, or well-known text.",
        ) from None


@lru_cache(maxsize=64)
def lonlat_to(crs: str) -> Transformer:
    """Return the way from longitude and latitude to a coordinate system, x before y."""
    return Transformer.from_crs("EPSG:4326", parse_crs(crs), always_xy=True)


@lru_cache(maxsize=64)
def lonlat_from(crs: str) -> Transformer:
    """Return the way from a coordinate system, x before y, to longitude and latitude."""
    return Transformer.from_crs(parse_crs(crs), "EPSG:4326", always_xy=True)


def metres_per_unit(crs: str) -> float:
    """Return what a unit of the axes measures; for degrees, one at the equator."""
    parsed = parse_crs(crs)
    if parsed.is_geographic:
        return METRES_PER_DEGREE
    return float(parsed.axis_info[0].unit_conversion_factor)
