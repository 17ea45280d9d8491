"""Where the samples of a table are."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from lib.core.delimited import numbers_in
from lib.core.errors import SampleError, VectorError
from lib.core.formats import count_words
from lib.core.plan import LabelPlan
from lib.core.vectors.placing import order_of
from lib.core.vectors.points import geometry_column, lonlat_columns, shapes_of_texts

Floats = NDArray[np.float64]
NOWHERE_NOTE = (
    "The table does not say where its samples are, so they cannot be shown on a map or split by "
    "blocks."
)


@dataclass(frozen=True, eq=False)
class Places:
    """Longitude and latitude of rows.

    Attributes:
        lon: Degrees, (rows,); NaN where nothing is known of any row.
        lat: The same.
        kept: bool (rows,), false for rows off the Earth, and for single rows without a place.
        notes: Sentences for the person.
    """

    lon: Floats
    lat: Floats
    kept: NDArray[np.bool_]
    notes: tuple[str, ...]


def places_of(table: pd.DataFrame, plan: LabelPlan) -> Places:
    """Read the places of rows: from the plan's columns, a geometry column, or those named so.

    Raises:
        SampleError: A column that should hold degrees or geometries does not.
    """
    lon, lat = _lonlat(table, plan)
    known = np.isfinite(lon) & np.isfinite(lat)
    if not known.any():
        return Places(lon, lat, np.ones(len(table), bool), (NOWHERE_NOTE,))
    order = order_of(lon, lat)
    if order.swap:
        lon, lat = lat, lon
    lost = int((~order.inside).sum())
    words = count_words(lost, "row")
    notes = (f"{words} without a place on the Earth: left out.",) if lost else ()
    return Places(lon, lat, order.inside, (*order.notes, *notes))


def _lonlat(table: pd.DataFrame, plan: LabelPlan) -> tuple[Floats, Floats]:
    if plan.lon_property and plan.lat_property:
        return _degrees(table, plan.lon_property), _degrees(table, plan.lat_property)
    others = [str(name) for name in table.columns if name not in plan.predictor_columns]
    geometry, pair = geometry_column(others), lonlat_columns(others)
    if geometry:
        lon, lat = _middles(table[geometry])
        if np.isfinite(lon).any() or not pair:
            return lon, lat
    if pair:
        return _degrees(table, pair[0]), _degrees(table, pair[1])
    return np.full(len(table), np.nan), np.full(len(table), np.nan)


def _degrees(table: pd.DataFrame, name: str) -> Floats:
    numbers, odd = numbers_in(table[name])
    if 2 * len(odd) > table[name].notna().sum():
        raise SampleError(
            f"The column “{name}” holds “{str(odd.iloc[0])[:40]}”, which is no number of degrees.",
            hint="Choose the columns of longitude and latitude, or none.",
            field="samples",
        )
    return numbers


def _middles(cells: pd.Series) -> tuple[Floats, Floats]:
    """Centroids of WKT or GeoJSON; NaN where there is none."""
    try:
        middles = shapely.centroid(shapes_of_texts("the table", cells))
    except VectorError as error:
        raise SampleError(error.message, hint=error.hint, field="samples") from None
    return shapely.get_x(middles), shapely.get_y(middles)
