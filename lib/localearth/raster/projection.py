"""Coordinate systems and pixel types: the metadata that every band carries."""

import functools
import math
from dataclasses import dataclass

import numpy as np
import pyproj

from lib.localearth.errors import EarthError

Transform = tuple[float, float, float, float, float, float]

UNIT: Transform = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
METRES_PER_DEGREE = math.pi * 6378137.0 / 180.0  # Earth Engine's constant, at every latitude


@functools.lru_cache(maxsize=256)
def crs_of(code: str) -> pyproj.CRS:
    """Read a CRS from an "EPSG:…" code or WKT.

    Raises:
        EarthError: pyproj does not know it.
    """
    try:
        return pyproj.CRS.from_user_input(code)
    except pyproj.exceptions.CRSError:
        raise EarthError(
            f"Projection: The CRS of a map projection could not be parsed: '{code}'."
        ) from None


@functools.lru_cache(maxsize=256)
def transformer(source: str, target: str) -> pyproj.Transformer:
    """Coordinates from one CRS to another, always in x, y order (longitude first)."""
    return pyproj.Transformer.from_crs(crs_of(source), crs_of(target), always_xy=True)


@dataclass(frozen=True)
class Projection:
    """A CRS and the transform from pixel indices to CRS coordinates.

    Attributes:
        crs: "EPSG:…" code or WKT.
        transform: Row-major `[xScale, xShear, xTranslation, yShear, yScale, yTranslation]`.
    """

    crs: str = "EPSG:4326"
    transform: Transform = UNIT

    @property
    def nominal_scale(self) -> float:
        """Metres that a pixel measures, at the point of true scale."""
        a, b, _, d, e, _ = self.transform
        return math.sqrt(abs(a * e - b * d)) * metres_per_unit(self.crs)

    def at_scale(self, metres: float) -> "Projection":
        """The same CRS with square pixels of that size, a corner on the CRS origin."""
        size = metres / metres_per_unit(self.crs)
        sign = math.copysign(1.0, self.transform[4]) if self.transform[4] else 1.0
        return Projection(self.crs, (size, 0.0, 0.0, 0.0, sign * size, 0.0))


@functools.lru_cache(maxsize=256)
def metres_per_unit(crs: str) -> float:
    """Metres in one unit of a CRS; for degrees Earth Engine's constant."""
    parsed = crs_of(crs)
    if parsed.is_geographic:
        return METRES_PER_DEGREE
    return float(parsed.axis_info[0].unit_conversion_factor)


@dataclass(frozen=True)
class PixelType:
    """What values a band can hold.

    Attributes:
        precision: "int", "float" or "double".
        minimum, maximum: Range of the values; None where it is not known.
        dimensions: Rank of array-valued pixels; 0 for plain numbers.
    """

    precision: str
    minimum: float | None = None
    maximum: float | None = None
    dimensions: int = 0

    @property
    def dtype(self) -> np.dtype[np.generic]:
        """The smallest NumPy type that holds the range."""
        if self.precision == "float":
            return np.dtype(np.float32)
        if self.precision == "double":
            return np.dtype(np.float64)
        low = 0 if self.minimum is None else self.minimum
        high = 2**31 - 1 if self.maximum is None else self.maximum
        for name in ("uint8", "int8", "uint16", "int16", "uint32", "int32"):
            info = np.iinfo(name)
            if info.min <= low and high <= info.max:
                return np.dtype(name)
        return np.dtype(np.int64)


def type_of_dtype(dtype: np.dtype[np.generic]) -> PixelType:
    """The pixel type whose range is that of a NumPy type."""
    if dtype.kind == "f":
        return PixelType("float" if dtype.itemsize <= 4 else "double")
    if dtype.kind == "b":
        return PixelType("int", 0, 1)
    info = np.iinfo(str(dtype))
    return PixelType("int", int(info.min), int(info.max))
