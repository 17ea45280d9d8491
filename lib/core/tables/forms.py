"""Rows of a table as pixels, series or patches of predictors."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lib.core.delimited import numbers_in
from lib.core.errors import SampleError
from lib.core.labelcolumns import NODATA_BEYOND
from lib.core.plan import LabelPlan
from lib.core.tables.mixer import COLUMN, PATCH, ROW
from lib.core.tables.series_columns import VALID, series_in

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Cube:
    """Predictors of a table's samples.

    Attributes:
        values: (samples, [dates | rows, columns,] predictors), NaN where there is no number.
        names: Predictors.
        rows: int (samples,), row of the table that stands for a sample: its centre in a patch.
        labels: Class cells, (samples,), or (samples * rows * columns,) where every pixel of a
            patch has one.
        steps: Dates of a series in ISO form, where they are known.
        observed: bool, shape of `values` without its last axis, where the table says so; else None.
    """

    values: Floats
    names: tuple[str, ...]
    rows: NDArray[np.intp]
    labels: pd.Series
    steps: tuple[str, ...] = ()
    observed: NDArray[np.bool_] | None = None


def _pixels(table: pd.DataFrame, plan: LabelPlan) -> Cube:
    columns = [_numbers(table, name) for name in plan.predictor_columns]
    return Cube(
        np.column_stack(columns), plan.predictor_columns, np.arange(len(table)),
        table[plan.class_property],
    )  # fmt: skip


def _series(table: pd.DataFrame, plan: LabelPlan) -> Cube:
    rows, labels = np.arange(len(table)), table[plan.class_property]
    if _holds_arrays(table, plan.predictor_columns[0]):
        names = tuple(name for name in plan.predictor_columns if name != VALID)
        values = np.stack([_arrays(table, name) for name in names], axis=-1)
        given = _arrays(table, VALID) > 0.5 if VALID in table.columns else None
        return Cube(values, names, rows, labels, (), given)
    found = series_in(plan.predictor_columns)
    if found is None:
        raise _error(
            f"The columns {_listed(plan.predictor_columns)} make up no series.",
            "Every predictor needs a column for every date, named such as 2020-01-01_NDVI, "
            "NDVI_20200101 or NDVI_t01.",
        )
    dates = [
        np.column_stack([_numbers(table, name) for name in of_date]) for of_date in found.columns
    ]
    valid = [_numbers(table, name) > 0.5 for name in found.valid]
    observed = np.column_stack(valid) if valid else None
    return Cube(np.stack(dates, axis=1), found.names, rows, labels, found.steps, observed)


def _patches(table: pd.DataFrame, plan: LabelPlan) -> Cube:
    if {PATCH, ROW, COLUMN} <= set(table.columns):
        return _patches_of_pixels(table, plan)
    flat = [_arrays(table, name) for name in plan.predictor_columns]
    side = math.isqrt(flat[0].shape[1])
    if side**2 != flat[0].shape[1] or len({values.shape for values in flat}) > 1:
        raise _error(
            f"The lists in “{plan.predictor_columns[0]}” have {flat[0].shape[1]:,} values, which "
            "is no square patch, or others have another length.",
            "Give square patches of one size, row by row.",
        )
    values = np.stack(flat, axis=-1).reshape(len(table), side, side, -1)
    labels = table[plan.class_property]
    if _holds_arrays(table, plan.class_property):
        labels = pd.Series(_arrays(table, plan.class_property).ravel(), name=labels.name)
    given = None
    if VALID in table.columns:
        given = _arrays(table, VALID).reshape(values.shape[:-1]) > 0.5
    return Cube(values, plan.predictor_columns, np.arange(len(table)), labels, (), given)


def _patches_of_pixels(table: pd.DataFrame, plan: LabelPlan) -> Cube:
    """Patches of the rows that an image export gives, one a pixel."""
    order = np.lexsort((table[COLUMN], table[ROW], table[PATCH]))
    shape = (table[PATCH].nunique(), table[ROW].nunique(), table[COLUMN].nunique())
    if math.prod(shape) != len(table):
        raise _error(
            f"The table has {len(table):,} rows, and {shape[0]:,} patches of {shape[1]} x "
            f"{shape[2]} pixels need {math.prod(shape):,}.",
            "Keep all pixels of a patch, or use them as single pixels.",
        )
    ordered = table.iloc[order]
    flat = np.column_stack([_numbers(ordered, name) for name in plan.predictor_columns])
    centres = order.reshape(shape)[:, shape[1] // 2, shape[2] // 2]
    values = flat.reshape(*shape, -1)
    return Cube(values, plan.predictor_columns, centres, ordered[plan.class_property])


FORMS: dict[str, Callable[[pd.DataFrame, LabelPlan], Cube]] = {
    "pixel": _pixels,
    "series": _series,
    "patch": _patches,
}


def _holds_arrays(table: pd.DataFrame, name: str) -> bool:
    return any(isinstance(cell, list | np.ndarray) for cell in table[name].dropna().head(1))


def _numbers(table: pd.DataFrame, name: str) -> Floats:
    """A predictor of single numbers, NaN for nodata."""
    if _holds_arrays(table, name):
        raise _error(
            f"The column “{name}” holds lists of numbers.",
            "Use the table as series or as patches, or choose other columns.",
        )
    numbers, odd = numbers_in(table[name])
    if 2 * len(odd) > table[name].notna().sum():
        raise _error(
            f"The column “{name}” holds “{str(odd.iloc[0])[:40]}” and cannot be a predictor.",
            "Choose columns of numbers.",
        )
    return _without_nodata(numbers)


def _arrays(table: pd.DataFrame, name: str) -> Floats:
    """A predictor of lists, (rows, values); a row without a list has NaN."""
    cells = table[name]
    lists = [np.ravel(cell) for cell in cells.dropna()]
    lengths = {len(values) for values in lists}
    if not _holds_arrays(table, name) or len(lengths) != 1:
        held = "no lists" if not _holds_arrays(table, name) else "lists of different lengths"
        raise _error(
            f"The column “{name}” holds {held}.",
            "Give one list of numbers a row, all as long, or use the table as single pixels.",
        )
    values = np.full((len(table), lengths.pop()), np.nan)
    try:
        values[cells.notna().to_numpy()] = np.array(lists, np.float64)
    except ValueError:
        raise _error(
            f"The lists in “{name}” hold more than numbers.", "Choose columns of numbers."
        ) from None
    return _without_nodata(values)


def _without_nodata(numbers: NDArray[Any]) -> Floats:
    known = np.abs(numbers) <= NODATA_BEYOND  # false for NaN
    return np.where(known, numbers, np.nan).astype(np.float32)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"“{name}”" for name in names[:3]) + (", …" if len(names) > 3 else "")


def _error(message: str, hint: str) -> SampleError:
    return SampleError(message, hint=hint, field="samples")
