"""Samples as files for other programs: tables, GeoPackage, NumPy, TFRecord."""

import io
import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from lib.core.errors import SampleError
from lib.core.samples import SampleSet
from lib.core.tables.series_columns import DENSE, VALID
from lib.core.tables.tfrecord import write_example, write_records

ORIGIN = "origin"
SIMULATED = "simulated planet"
"""What stands in the column of the origin where samples are not of the Earth."""
PART_WORDS = ("training", "validation", "test")
_SHAPES = """Samples written by Loam; read with numpy.load. All arrays have one row a sample.
predictors   float32, (samples, predictors) for pixels, (samples, dates, predictors) for series,
             (samples, rows, columns, predictors) for patches; 0 where valid is false
names        predictor names, (predictors,)
class_index  int16, (samples,): 0 .. classes - 1
class_value  int32, (samples,): code of the class in the map
legend_values, legend_names, legend_colours  (classes,): by class index
lon, lat     float64, (samples,): degrees on WGS 84
group        int32, (samples,): polygon or group of the label, -1 for none
ids          int64, (samples,): unique and stable
valid        bool, shape of predictors without the last axis; absent where all were observed
dense        int16, (samples, rows, columns): class index of every pixel of a patch, -1 for none
given        int8, (samples,): 0 training, 1 validation, 2 test, -1 unknown; absent if not given
steps        first day of each window of a series; empty otherwise
origin       "simulated planet" where the samples come from there; absent otherwise
"""


@dataclass(frozen=True)
class Format:
    """A kind of file.

    Attributes:
        name: For `files_of`.
        label: For people.
        suffix: Ending of the file.
        patches: Whether it can hold patches.
    """

    name: str
    label: str
    suffix: str
    patches: bool


FORMATS = (
    Format("csv", "CSV table", ".csv", False),
    Format("parquet", "Parquet table", ".parquet", True),
    Format("geojson", "GeoJSON points", ".geojson", False),
    Format("geopackage", "GeoPackage points", ".gpkg", False),
    Format("numpy", "NumPy arrays", ".npz", True),
    Format("tfrecord", "TFRecord", ".tfrecord.gz", True),
)


def format_of(samples: SampleSet, name: str) -> Format:
    """Find a format that can hold some samples.

    Raises:
        SampleError: It is unknown, or cannot hold patches.
    """
    names = [kind.name for kind in FORMATS]
    if name not in names:
        raise _error(f"Samples cannot be written as “{name}”.", f"Formats: {', '.join(names)}.")
    found = FORMATS[names.index(name)]
    if samples.form == "patch" and not found.patches:
        kinds = ", ".join(kind.name for kind in FORMATS if kind.patches)
        raise _error(f"Patches do not fit into {found.label}.", f"Choose one of {kinds}.")
    return found


def files_of(
    samples: SampleSet, name: str, *, stem: str = "samples", simulated: bool = False
) -> dict[str, bytes]:
    """Write samples in a format.

    Args:
        samples: Any form; patches only in formats that can hold them.
        name: One of `FORMATS`.
        stem: What files are called before their ending.
        simulated: Whether they come from the simulated planet; then every row says so in the
            column "origin", the NumPy file in an array of that name, and Parquet in its metadata.

    Returns:
        Contents by file name: one file, and beside a TFRecord the description of its features.

    Raises:
        SampleError: The format is unknown or cannot hold the samples.
    """
    found = format_of(samples, name)
    files = {f"{stem}{found.suffix}": _WRITERS[name](samples, simulated)}
    if name == "tfrecord":
        facts = feature_description(samples, simulated=simulated)
        described = json.dumps(facts, indent=2, ensure_ascii=False)
        files[f"{stem}.features.json"] = described.encode()
    return files


def frame_of(samples: SampleSet, *, simulated: bool = False) -> pd.DataFrame:
    """Lay samples out as a table: id, class, place, group, part, origin, then predictors.

    Series have a column for every date and predictor, such as "2024-05-01_NDVI" or "t00_NDVI",
    and "…_valid" where dates are missing; patches a list of their pixels in every cell.
    """
    columns = _facts(samples, simulated)
    if samples.form == "pixel":
        columns |= {name: samples.predictors[:, k] for k, name in enumerate(samples.names)}
    elif samples.form == "series":
        for (step, name), values in zip(_series_columns(samples), _series_values(samples),
                                        strict=True):  # fmt: skip
            columns[f"{step}_{name}"] = values
    else:
        columns |= {name: list(values) for name, values in _lists(samples).items()}
    return pd.DataFrame(columns)


def steps_of(samples: SampleSet) -> tuple[str, ...]:
    """What the dates of a series are called: their first days, or t00, t01 and on."""
    return samples.steps or tuple(f"t{k:02d}" for k in range(samples.predictors.shape[1]))


def feature_description(samples: SampleSet, *, simulated: bool = False) -> dict[str, Any]:
    """Describe the features of the TFRecord: their types and shapes, legend, and what they are."""
    inner = list(samples.predictors.shape[1:-1])
    features: dict[str, Any] = {
        name: {"dtype": "float32", "shape": inner} for name in samples.names
    }
    for name, values in _facts(samples, simulated).items():
        kind = {"i": "int64", "f": "float32"}.get(np.asarray(values).dtype.kind, "string")
        features[name] = {"dtype": kind, "shape": []}
    if samples.valid is not None:
        features[VALID] = {"dtype": "int64", "shape": inner}
    if samples.dense is not None:
        features[DENSE] = {"dtype": "int64", "shape": inner}
    return {
        "form": samples.form,
        "count": len(samples),
        "compression": "GZIP",
        "features": features,
        "predictors": list(samples.names),
        "steps": list(samples.steps),
        "legend": samples.legend.to_json(),
        "unlabelled": _unlabelled(samples),
        **({ORIGIN: SIMULATED} if simulated else {}),
    }


def is_simulated(table: pd.DataFrame) -> bool:
    """Whether a table has rows that come from the simulated planet, as these files tell it."""
    return ORIGIN in table.columns and bool((table[ORIGIN] == SIMULATED).any())


def _facts(samples: SampleSet, simulated: bool) -> dict[str, Any]:
    """Columns that are no predictors; single values."""
    legend = samples.legend
    facts: dict[str, Any] = {
        "id": samples.ids,
        "class_value": legend.to_values(samples.class_index),
        "class_name": np.array(legend.names, object)[samples.class_index],
        "lon": samples.lon,
        "lat": samples.lat,
    }
    if (samples.group >= 0).any():
        facts["group"] = samples.group
    if samples.given is not None:
        facts["part"] = np.array([*PART_WORDS, ""], object)[samples.given]
    if simulated:
        facts[ORIGIN] = np.full(len(samples), SIMULATED, object)
    return facts


def _series_columns(samples: SampleSet) -> Iterator[tuple[str, str]]:
    names = samples.names if samples.valid is None else (*samples.names, VALID)
    return ((step, name) for step in steps_of(samples) for name in names)


def _series_values(samples: SampleSet) -> Iterator[NDArray[Any]]:
    for k in range(samples.predictors.shape[1]):
        yield from (samples.predictors[:, k, p] for p in range(len(samples.names)))
        if samples.valid is not None:
            yield samples.valid[:, k].astype(np.int8)


def _lists(samples: SampleSet) -> dict[str, NDArray[Any]]:
    """Predictors, validity and dense labels with one flat row a sample."""
    count = len(samples)
    lists: dict[str, NDArray[Any]] = {
        name: samples.predictors[..., k].reshape(count, -1) for k, name in enumerate(samples.names)
    }
    if samples.valid is not None:
        lists[VALID] = samples.valid.reshape(count, -1).astype(np.int8)
    if samples.dense is not None:
        values = samples.legend.to_values(samples.dense, fill=_unlabelled(samples))
        lists[DENSE] = values.reshape(count, -1)
    return lists


def _unlabelled(samples: SampleSet) -> int:
    """A number below those of all classes, for pixels of patches without a label."""
    return min(*samples.legend.values, 0) - 1


def _csv(samples: SampleSet, simulated: bool) -> bytes:
    return frame_of(samples, simulated=simulated).to_csv(index=False, lineterminator="\n").encode()


def _parquet(samples: SampleSet, simulated: bool) -> bytes:
    import pyarrow  # slow import
    import pyarrow.parquet

    table = pyarrow.Table.from_pandas(frame_of(samples, simulated=simulated), preserve_index=False)
    if simulated:
        table = table.replace_schema_metadata({**table.schema.metadata, ORIGIN: SIMULATED})
    file = io.BytesIO()
    pyarrow.parquet.write_table(table, file)
    return file.getvalue()


def _points(samples: SampleSet, simulated: bool) -> Any:
    import geopandas  # slow import

    frame = frame_of(samples, simulated=simulated)
    known = np.isfinite(samples.lon)
    points = np.full(len(samples), None, object)
    points[known] = shapely.points(samples.lon[known], samples.lat[known])
    return geopandas.GeoDataFrame(frame, geometry=points, crs="EPSG:4326")


def _geojson(samples: SampleSet, simulated: bool) -> bytes:
    return str(_points(samples, simulated).to_json(drop_id=True, na="null")).encode()


def _geopackage(samples: SampleSet, simulated: bool) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.gpkg"
        frame = _points(samples, simulated).rename(columns={"id": "sample_id"})
        frame.to_file(path, driver="GPKG", layer="samples", index=False, geometry_type="Point")
        return path.read_bytes()


def _npz(samples: SampleSet, simulated: bool) -> bytes:
    legend = samples.legend
    optional: dict[str, Any] = {
        "valid": samples.valid, "dense": samples.dense, "given": samples.given,
        ORIGIN: np.array(SIMULATED) if simulated else None,
    }  # fmt: skip
    file = io.BytesIO()
    np.savez_compressed(
        file,
        readme=np.array(_SHAPES),
        predictors=samples.predictors,
        names=np.array(samples.names),
        class_index=samples.class_index,
        class_value=legend.to_values(samples.class_index),
        legend_values=np.array(legend.values),
        legend_names=np.array(legend.names),
        legend_colours=np.array(legend.colors),
        lon=samples.lon,
        lat=samples.lat,
        group=samples.group,
        ids=samples.ids,
        steps=np.array(samples.steps, dtype=np.str_),
        **{name: values for name, values in optional.items() if values is not None},
    )
    return file.getvalue()


def _tfrecord(samples: SampleSet, simulated: bool) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.tfrecord.gz"
        write_records(path, _examples(samples, simulated))
        return path.read_bytes()


def _examples(samples: SampleSet, simulated: bool) -> Iterator[bytes]:
    columns: Mapping[str, Any] = _facts(samples, simulated) | _lists(samples)
    for row in range(len(samples)):
        yield write_example({name: values[row] for name, values in columns.items()})


_WRITERS: dict[str, Callable[[SampleSet, bool], bytes]] = {
    "csv": _csv,
    "parquet": _parquet,
    "geojson": _geojson,
    "geopackage": _geopackage,
    "numpy": _npz,
    "tfrecord": _tfrecord,
}


def _error(message: str, hint: str) -> SampleError:
    return SampleError(message, hint=hint, field="samples")
