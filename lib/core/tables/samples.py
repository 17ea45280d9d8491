"""A finished table becomes a sample set: predictors, classes and places of its rows."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lib.core.errors import LabelError, SampleError
from lib.core.formats import count_words
from lib.core.labelcolumns import kind_of, match_classes, parts_of
from lib.core.legend import Legend
from lib.core.plan import LabelPlan
from lib.core.samples import NO_GROUP, SampleSet
from lib.core.tables.forms import FORMS, Cube
from lib.core.tables.mixer import COLUMN, PATCH, ROW
from lib.core.tables.places import places_of
from lib.core.tables.series_columns import DENSE, VALID
from lib.core.vectors.points import geometry_column, lonlat_columns

_CLASS_NAMES = (
    DENSE, "class_value", "class", "label", "landcover", "land_cover", "class_name", "lc", "lulc",
    "class_id", "category", "type",
)  # fmt: skip
# Columns that exports add, and that say nothing of the land.
_NO_PREDICTORS = (
    "system:index", "random", "rand", "id", "fid", "index", "group", "part", "unnamed: 0",
    "class_value", "class_name", "class_index", "sample_id", PATCH, ROW, COLUMN, VALID, DENSE,
)  # fmt: skip
_LISTED = 6
_USUAL_NODATA = (-9999.0, -32768.0)


def suggested_plan(frame: pd.DataFrame, *, source: str) -> LabelPlan:
    """Guess which columns of a table are what, as a start for a person to correct.

    Args:
        frame: Rows as `read_table` gives them.
        source: Name of the file.
    """
    names = [str(column) for column in frame.columns]
    by_lower = {name.lower(): name for name in reversed(names)}
    label = next((by_lower[name] for name in _CLASS_NAMES if name in by_lower), "")
    lon, lat = lonlat_columns(names) or ("", "")
    apart = {label, lon, lat, geometry_column(names)}
    predictors = tuple(
        name
        for name in names
        if name not in apart
        and name.lower() not in _NO_PREDICTORS
        and kind_of(frame[name]) in ("whole", "number", "array")
    )
    return LabelPlan(
        kind="table", source=source, band="", class_property=label, predictor_columns=predictors,
        group_property=by_lower.get("group", ""), part_property=by_lower.get("part", ""),
        lon_property=lon, lat_property=lat,
    )  # fmt: skip


def samples_from_table(
    frame: pd.DataFrame,
    plan: LabelPlan,
    legend: Legend,
    *,
    form: str = "pixel",
    words: Mapping[int, str] = MappingProxyType({}),
) -> tuple[SampleSet, tuple[str, ...]]:
    """Turn the rows of a table into samples.

    Rows without a class of the legend or with a predictor that is no number (NaN, infinite, or
    as large as -1.7e308) are left out and counted; in a series such dates are marked as not
    observed instead. Places come from the plan's columns, else from ".geo" or columns with such
    names; where there are none they are NaN.

    Args:
        frame: Rows as `read_table` gives them.
        plan: Which columns hold what.
        legend: Classes; see `match_classes` for how cells meet them.
        form: "pixel"; "series" from columns such as "2020-01-01_NDVI" or "B4_0", or from arrays;
            "patch" from square arrays, or from the pixels of an image export.
        words: What class numbers stand for in notes, where they were words in the file.

    Returns:
        Samples whose ids are row numbers, and notes in sentences.

    Raises:
        SampleError: Columns are missing or hold no numbers, or no samples are left.
        LabelError: The class column is missing.
    """
    if form not in FORMS:
        raise _error(f"Samples have no form “{form}”.", f"Forms: {', '.join(FORMS)}.")
    _require_columns(frame, plan)
    filled = np.flatnonzero(frame.notna().any(axis=1))
    table = frame.iloc[filled]
    cube = FORMS[form](table, plan)
    rows = table.iloc[cube.rows]
    match = match_classes(cube.labels, legend, plan.remap, words=words)
    dense, index = _classes(match.index, cube)
    observed = _observed(cube)
    places = places_of(rows, plan)
    kept = np.flatnonzero((index >= 0) & _usable(observed) & places.kept)
    part, strange = _parts(rows, plan)
    notes = (
        *_note(len(frame) - len(filled), "empty row: left out", "empty rows: left out"),
        *match.notes, *_numbers_notes(cube, observed), *places.notes, *strange,
    )  # fmt: skip
    _require_rows(kept, notes)
    samples = SampleSet(
        predictors=np.where(observed[..., None], cube.values, 0)[kept],
        class_index=index[kept],
        names=cube.names,
        legend=legend,
        lon=places.lon[kept],
        lat=places.lat[kept],
        group=_groups(rows, plan)[kept],
        ids=filled[cube.rows][kept],
        valid=None if observed.ndim == 1 or observed[kept].all() else observed[kept],
        dense=None if dense is None else dense[kept],
        given=None if part is None else part[kept],
        steps=cube.steps,
    )
    return samples, notes


def _require_columns(frame: pd.DataFrame, plan: LabelPlan) -> None:
    has = ", ".join(str(name) for name in frame.columns[:30])
    if not plan.predictor_columns:
        raise _error("No columns are chosen as predictors.", f"Choose some of {has}.")
    if plan.class_property not in frame.columns:
        raise LabelError(
            f"The table has no class column “{plan.class_property}”.",
            hint=f"Choose one of {has}.",
            field="class_property",
        )
    wanted = (*plan.predictor_columns, plan.group_property, plan.part_property,
              plan.lon_property, plan.lat_property)  # fmt: skip
    missing = [name for name in wanted if name and name not in frame.columns]
    if missing:
        raise _error(f"The table has no column “{missing[0]}”.", f"It has {has}.")
    if plan.class_property in plan.predictor_columns:
        raise _error(
            f"“{plan.class_property}” is both the class and a predictor.",
            "A network would only copy it; leave it out of the predictors.",
        )


def _require_rows(kept: NDArray[np.intp], notes: Sequence[str]) -> None:
    if not len(kept):
        raise _error(
            f"No row of the table can be a sample. {' '.join(notes)}",
            "Choose another class column, legend or predictors.",
        )


def _classes(
    index: NDArray[np.int16], cube: Cube
) -> tuple[NDArray[np.int16] | None, NDArray[np.int16]]:
    """Class of every pixel of patches, if there are such, and class of every sample."""
    if len(index) == len(cube.values):
        return None, index
    count, height, width, _ = cube.values.shape
    dense = index.reshape(count, height, width)
    return dense, dense[:, height // 2, width // 2]


def _observed(cube: Cube) -> NDArray[np.bool_]:
    """Where all predictors are numbers, shape of the values without their last axis."""
    finite = np.asarray(np.isfinite(cube.values).all(axis=-1))
    return finite if cube.observed is None else finite & cube.observed


def _usable(observed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Pixels that are whole, series with a date, patches with a centre; (samples,)."""
    if observed.ndim == 3:
        return observed[:, observed.shape[1] // 2, observed.shape[2] // 2]
    return observed if observed.ndim == 1 else np.asarray(observed.any(axis=1))


def _numbers_notes(cube: Cube, observed: NDArray[np.bool_]) -> tuple[str, ...]:
    notes = []
    lost = int((~observed).sum())
    if lost:
        inner = tuple(range(cube.values.ndim - 1))
        by_name = zip(cube.names, np.isnan(cube.values).sum(axis=inner).tolist(), strict=True)
        worst = sorted(((count, name) for name, count in by_name if count), reverse=True)
        listed = ", ".join(f"“{name}” {count:,}" for count, name in worst[:_LISTED])
        what = {1: ("row", "left out"), 2: ("date", "marked as not observed"),
                3: ("pixel", "marked as not observed")}[observed.ndim]  # fmt: skip
        columns = f" ({listed})" if listed else ""
        words = count_words(lost, what[0])
        notes.append(f"{words} without a number for a predictor: {what[1]}{columns}.")
    return (*notes, *_nodata_notes(cube))


def _nodata_notes(cube: Cube) -> tuple[str, ...]:
    inner = tuple(range(cube.values.ndim - 1))
    return tuple(
        f"“{name}” is {value:g} in {count_words(count, 'place')}, which often means no data."
        for value in _USUAL_NODATA
        for name, count in zip(
            cube.names, (cube.values == value).sum(axis=inner).tolist(), strict=True
        )
        if count
    )


def _groups(rows: pd.DataFrame, plan: LabelPlan) -> NDArray[np.int32]:
    if not plan.group_property:
        return np.full(len(rows), NO_GROUP, np.int32)
    return pd.factorize(rows[plan.group_property].to_numpy())[0].astype(np.int32)


def _parts(rows: pd.DataFrame, plan: LabelPlan) -> tuple[NDArray[np.int8] | None, tuple[str, ...]]:
    if not plan.part_property:
        return None, ()
    part, strange = parts_of(rows[plan.part_property])
    notes = [
        f"“{each.value}” in “{plan.part_property}” is no part ({count_words(each.count, 'row')}); "
        "parts are training, validation and test."
        for each in strange[:_LISTED]
    ]
    return part, tuple(notes)


def _note(count: int, one: str, many: str) -> tuple[str, ...]:
    return (f"{count_words(count, one, many)}.",) if count else ()


def _error(message: str, hint: str) -> SampleError:
    return SampleError(message, hint=hint, field="samples")
