"""Files with finished samples become one table."""

import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from lib.core.delimited import read_delimited
from lib.core.errors import SampleError, VectorError
from lib.core.tables.mixer import pixels_of, read_mixer
from lib.core.tables.tfrecord import read_example, records_of
from lib.core.vectors.contents import require
from lib.core.vectors.reading import read_vectors

GEO = ".geo"
_RECORDS = (".tfrecord", ".tfrecord.gz", ".tfrecords", ".tfrecords.gz", ".gz")
File = bytes | Path


def read_table(files: Mapping[str, File]) -> pd.DataFrame:
    """Read finished samples: CSV, Parquet, GeoJSON, GeoPackage, or TFRecord.

    Several files of a kind are the parts of one table. TFRecord files of an image export come with
    their mixer ("…mixer.json") and give one row a pixel, with the columns patch, row, column,
    longitude and latitude.

    Args:
        files: Contents or paths by name; the ending of the name says the kind.

    Returns:
        One row a sample, numbered from 0. Lists of numbers are arrays in their cells.

    Raises:
        SampleError: A file cannot be read or is of another kind, or parts do not fit together.
    """
    if not files:
        raise _error("There is no file.", "Upload a table.")
    mixers = [name for name in files if name.lower().endswith("mixer.json")]
    if mixers:
        return _read_patches(files, mixers)
    tables = {name: _reader(name)(name, file) for name, file in sorted(files.items())}
    first, *rest = tables
    for name in rest:
        if set(tables[name].columns) != set(tables[first].columns):
            raise _error(
                f"“{name}” and “{first}” have different columns.",
                "Upload files of one table together, and others one after the other.",
            )
    return pd.concat(list(tables.values()), ignore_index=True)


def _read_patches(files: Mapping[str, File], mixers: list[str]) -> pd.DataFrame:
    if len(mixers) > 1:
        raise _error("There are two mixer files.", "Upload the files of one export at a time.")
    mixer = read_mixer(mixers[0], _bytes(files[mixers[0]]))
    parts = sorted(name for name in files if name not in mixers)
    records = [record for name in parts for record in _records(name, files[name])]
    if not records:
        raise _error(
            f"“{mixers[0]}” came without its TFRecord files.", "Upload all files of the export."
        )
    return pixels_of(records, mixer)


def _reader(name: str) -> Callable[[str, File], pd.DataFrame]:
    lower = name.lower()
    for suffixes, reader in _READERS:
        if lower.endswith(suffixes):
            return reader
    raise _error(
        f"“{name}” is not of a kind that holds samples.",
        "Kinds: .csv, .parquet, .geojson, .gpkg, .tfrecord, .tfrecord.gz.",
    )


def _read_csv(name: str, file: File) -> pd.DataFrame:
    data = _bytes(file)
    _require(name, data, kind="CSV", wanted=("text",))
    return read_delimited(name, data, error=SampleError)[0]


def _read_parquet(name: str, file: File) -> pd.DataFrame:
    data = _bytes(file)
    _require(name, data, kind="Parquet", wanted=("a Parquet file",))
    try:
        frame = pd.read_parquet(io.BytesIO(data))
    except (ValueError, OSError, KeyError, NotImplementedError) as error:
        raise _error(f"“{name}” cannot be read: {error}.", "Write it again.") from None
    frame.columns = [str(column) for column in frame.columns]
    for column in frame.columns:
        if any(isinstance(cell, bytes) for cell in frame[column].dropna().head(1)):
            frame[column] = _texts_of_wkb(name, frame[column])
    return frame.reset_index(drop=True)


def _texts_of_wkb(name: str, cells: pd.Series) -> Any:
    """GeoJSON of the geometries of a GeoParquet file."""
    try:
        return shapely.to_geojson(shapely.from_wkb(cells.to_numpy(object)))
    except shapely.errors.ShapelyError:
        raise _error(
            f"The column “{cells.name}” of “{name}” holds bytes that are no geometries.",
            "Leave it out.",
        ) from None


def _read_vectors(name: str, file: File) -> pd.DataFrame:
    try:
        vectors = read_vectors(name, _bytes(file))
    except VectorError as error:
        raise _error(error.message, error.hint) from None
    return vectors.columns.assign(**{GEO: shapely.to_geojson(vectors.geometries)})


def _read_tfrecord(name: str, file: File) -> pd.DataFrame:
    rows = _records(name, file)
    if not rows:
        raise _error(f"“{name}” has no records.", "Export it again.")
    return pd.DataFrame(rows)


def _records(name: str, file: File) -> list[dict[str, Any]]:
    with file.open("rb") if isinstance(file, Path) else io.BytesIO(file) as source:
        return [read_example(name, record) for record in records_of(name, source)]


def _bytes(file: File) -> bytes:
    return file.read_bytes() if isinstance(file, Path) else file


def _require(name: str, data: bytes, *, kind: str, wanted: tuple[str, ...]) -> None:
    try:
        require(name, data, kind=kind, wanted=wanted)
    except VectorError as error:
        raise _error(error.message, error.hint) from None


def _error(message: str, hint: str) -> SampleError:
    return SampleError(message, hint=hint, field="upload")


_READERS: tuple[tuple[tuple[str, ...], Callable[[str, File], pd.DataFrame]], ...] = (
    ((".csv", ".tsv", ".txt"), _read_csv),
    ((".parquet", ".pq"), _read_parquet),
    ((".geojson", ".json", ".gpkg"), _read_vectors),
    (_RECORDS, _read_tfrecord),
)
TABLE_SUFFIXES = tuple(suffix for suffixes, _ in _READERS for suffix in suffixes)
