"""Projections: `Projection`, `Projection.*`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lib.localearth.errors import EarthError
from lib.localearth.raster.projection import Projection, crs_of
from lib.localearth.registry import implements

CONFIDENCE = 70  # pyproj's confidence from which a WKT counts as the EPSG code that it matches


@implements("Projection")
def projection(
    crs: Any, transform: Sequence[float] | None, transform_wkt: str | None
) -> Projection:
    """A CRS by code or WKT, and the transform of its pixels."""
    if transform_wkt is not None:
        raise EarthError("Local Earth reads transforms as six numbers, not as WKT.")
    code = crs.crs if isinstance(crs, Projection) else code_of(str(crs))
    if transform is None:
        return crs if isinstance(crs, Projection) else Projection(code)
    if len(transform) != 6:
        raise EarthError(f"A transform has 6 numbers. Got {len(transform)}.")
    a, b, c, d, e, f = (float(each) for each in transform)
    return Projection(code, (a, b, c, d, e, f))


def code_of(crs: str) -> str:
    """The EPSG code of a CRS where it has one, else the CRS as it is."""
    parsed = crs_of(crs)
    if crs.upper().startswith("EPSG:"):
        return crs.upper()
    epsg = parsed.to_epsg(min_confidence=CONFIDENCE)
    return f"EPSG:{epsg}" if epsg else crs


@implements("Projection.atScale")
def at_scale(projection: Projection, meters: float) -> Projection:
    """The same CRS with square pixels of a size at the point of true scale."""
    return projection.at_scale(meters)


@implements("Projection.crs")
def crs(projection: Projection) -> str:
    """The code of the CRS."""
    return projection.crs


@implements("Projection.nominalScale")
def nominal_scale(proj: Projection) -> float:
    """Metres of a pixel at the point of true scale."""
    return proj.nominal_scale


@implements("Projection.scale")
def scale(projection: Projection, x: float, y: float) -> Projection:
    """Pixels that are x and y times as large."""
    a, b, c, d, e, f = projection.transform
    return replace(projection, transform=(a * x, b * y, c, d * x, e * y, f))


@implements("Projection.translate")
def translate(projection: Projection, x: float, y: float) -> Projection:
    """Pixels moved by x and y of them."""
    a, b, c, d, e, f = projection.transform
    return replace(projection, transform=(a, b, c + a * x + b * y, d, e, f + d * x + e * y))


@implements("Projection.transform")
def transform(projection: Projection) -> str:
    """The transform as WKT."""
    a, b, c, d, e, f = (repr(float(each)) for each in projection.transform)
    parameters = [
        ("num_row", "3"),
        ("num_col", "3"),
        ("elt_0_0", a),
        ("elt_0_1", b),
        ("elt_0_2", c),
    ]
    parameters += [("elt_1_0", d), ("elt_1_1", e), ("elt_1_2", f)]
    inner = ", \n  ".join(f'PARAMETER["{name}", {value}]' for name, value in parameters)
    return f'PARAM_MT["Affine", \n  {inner}]'


@implements("Projection.wkt")
def wkt(projection: Projection) -> str:
    """The CRS as WKT."""
    return str(crs_of(projection.crs).to_wkt("WKT1_GDAL", pretty=True))
