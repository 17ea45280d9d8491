"""Where the rows of a table are: columns of longitude and latitude, or of geometries."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from lib.core.delimited import numbers_in
from lib.core.errors import VectorError

_LONGITUDES = ("lon", "longitude", "long", "lng", "x", "lon_dd", "decimallongitude", "point_x")
_LATITUDES = ("lat", "latitude", "y", "lat_dd", "decimallatitude", "point_y")
_GEOMETRIES = ("geometry", "geom", "the_geom", "wkt", ".geo", "geo", "geojson")


def lonlat_columns(names: Sequence[str]) -> tuple[str, str] | None:
    """Find the columns of longitude and latitude by their names."""
    lon, lat = _first(names, _LONGITUDES), _first(names, _LATITUDES)
    return (lon, lat) if lon and lat else None


def geometry_column(names: Sequence[str]) -> str:
    """Find the column of WKT or GeoJSON by its name; empty where there is none."""
    return _first(names, _GEOMETRIES)


def _first(names: Sequence[str], wanted: Sequence[str]) -> str:
    by_lower = {name.strip().lower(): name for name in reversed(names)}
    return next((by_lower[name] for name in wanted if name in by_lower), "")


def shapes_of_rows(name: str, frame: pd.DataFrame) -> tuple[NDArray[np.object_], pd.DataFrame]:
    """Place the rows of a table by its columns.

    Args:
        name: Of the file, for messages.
        frame: Rows.

    Returns:
        A geometry or None for each row, and the columns that are left.

    Raises:
        VectorError: No column tells where rows are, or one that should cannot be read.
    """
    names = [str(column) for column in frame.columns]
    geometry = geometry_column(names)
    pair = lonlat_columns(names)
    if pair:
        lon, lat = (_numbers(name, frame, column) for column in pair)
        known = np.isfinite(lon) & np.isfinite(lat)
        shapes = np.full(len(frame), None, object)
        shapes[known] = shapely.points(lon[known], lat[known])
        return shapes, frame.drop(columns=list(pair))
    if geometry:
        return shapes_of_texts(name, frame[geometry]), frame.drop(columns=[geometry])
    raise VectorError(
        f"“{name}” has no columns that tell where its rows are. Columns: {', '.join(names)}.",
        hint="Name two of them “lon” and “lat”, or one “geometry” with WKT or GeoJSON.",
        field="upload",
    )


def shapes_of_texts(name: str, texts: pd.Series) -> NDArray[np.object_]:
    """Read WKT or GeoJSON of each row; None where there is none or it is empty.

    Raises:
        VectorError: A text is neither.
    """
    filled = texts.notna().to_numpy() & (texts.astype(str).str.strip() != "").to_numpy()
    words = texts[filled].astype(str).str.strip()
    shapes = np.full(len(texts), None, object)
    as_json = words.str.startswith("{").to_numpy()
    places = np.flatnonzero(filled)
    try:
        shapes[places[as_json]] = shapely.from_geojson(words[as_json].to_numpy(object))
        shapes[places[~as_json]] = shapely.from_wkt(words[~as_json].to_numpy(object))
    except shapely.errors.ShapelyError:
        raise VectorError(
            f"The column “{texts.name}” of “{name}” holds a text that is neither WKT nor GeoJSON.",
            hint="Export the geometries as WKT or GeoJSON.",
            field="upload",
        ) from None
    shapes[shapely.is_empty(shapes)] = None
    return shapes


def _numbers(name: str, frame: pd.DataFrame, column: str) -> NDArray[np.float64]:
    cells = frame[column]
    numbers, odd = numbers_in(cells)
    if 2 * len(odd) > len(cells.dropna()):
        raise VectorError(
            f"The column “{column}” of “{name}” holds “{str(odd.iloc[0])[:40]}”, which is no "
            "number of degrees.",
            hint="Give longitudes and latitudes as decimal degrees, such as 12.345.",
            field="upload",
        )
    return numbers
