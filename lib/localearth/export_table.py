"""Tables become files or assets: CSV, GeoJSON, TFRecord."""

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from lib.localearth import orders, tfrecord
from lib.localearth.assets import asset_id_of
from lib.localearth.batch import Job
from lib.localearth.encode import encode, encode_features
from lib.localearth.errors import EarthError
from lib.localearth.import_table import bounds_of, kind_of
from lib.localearth.management import describe
from lib.localearth.pixels import SIMULATED
from lib.localearth.values import Array, Collection

GEOMETRY, INDEX = ".geo", "system:index"
SUFFIXES = {
    "CSV": ".csv",
    "JSON": ".geojson",
    "GEO_JSON": ".geojson",
    "TF_RECORD_TABLE": ".tfrecord.gz",  # always one file, always GZIP (guides/tfrecord)
}
_CHUNK = 1000
Row = dict[str, Any]
Tell = Callable[[float], None]


def run(job: Job) -> list[str]:
    """Export a table.

    Returns:
        Where its file or its asset is.

    Raises:
        EarthError: It is none, or has no rows to make an asset of.
    """
    found = job.engine.evaluate(job.order["expression"])
    table = found.value
    if not isinstance(table, Collection):
        raise EarthError("The expression must evaluate to a FeatureCollection.")
    place = orders.destination(job.order, job.desk)
    if place.files is None:
        return [_to_asset(job, place.asset, table, simulated=found.simulated)]
    kind = place.options["fileFormat"]
    draft = job.scratch()
    write(kind, draft, table, _names(job.order.get("selectors")), job.progress, found.simulated)
    job.deliver(draft, place.files.path(SUFFIXES[kind]))
    return [place.files.folder.as_uri()]


def write(
    kind: str,
    path: Path,
    table: Collection,
    selectors: Sequence[str],
    tell: Tell,
    simulated: bool,
) -> None:
    """Write a table as a file.

    Args:
        kind: One of `SUFFIXES`.
        path: Of the file.
        table: Its rows.
        selectors: The columns that are kept; all where it is empty.
        tell: Told the share that is done.
        simulated: Whether the file shall say so where its format can.
    """
    writers: dict[str, Callable[[], None]] = {
        "CSV": lambda: _write_csv(path, table, selectors, tell),
        "TF_RECORD_TABLE": lambda: tfrecord.write_records(
            path, _examples(table, selectors, tell), compress=True
        ),
    }
    writers.get(kind, lambda: _write_geojson(path, table, selectors, tell, simulated))()


def _names(selectors: Any) -> list[str]:
    if isinstance(selectors, str):
        return selectors.split(",")
    return [str(name) for name in selectors or ()]


def _rows(table: Collection, tell: Tell) -> Iterable[Row]:
    """GeoJSON features, a thousand at a time."""
    elements = table.elements
    for start in range(0, len(elements), _CHUNK):
        tell(start / len(elements))
        yield from encode_features(elements[start : start + _CHUNK])


def _columns(table: Collection) -> list[str]:
    names = {name for element in table.elements for name in element.properties}
    return [INDEX, *sorted(names - {INDEX}), GEOMETRY]


def _cell(row: Row, name: str) -> Any:
    if name == GEOMETRY:
        return row["geometry"]
    return row.get("id") if name == INDEX else row["properties"].get(name)


def _write_csv(path: Path, table: Collection, selectors: Sequence[str], tell: Tell) -> None:
    columns = list(selectors) or _columns(table)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in _rows(table, tell):
            writer.writerow([_text(_cell(row, name)) for name in columns])


def _text(value: Any) -> Any:
    if value is None:
        return ""
    return json.dumps(value) if isinstance(value, (list, dict, bool)) else value


def _write_geojson(
    path: Path,
    table: Collection,
    selectors: Sequence[str],
    tell: Tell,
    simulated: bool,
) -> None:
    told = f'"simulated": {json.dumps(SIMULATED)}, ' if simulated else ""
    with path.open("w", encoding="utf-8") as file:
        file.write(f'{{"type": "FeatureCollection", {told}"features": [')
        for number, row in enumerate(_rows(table, tell)):
            kept = row["properties"]
            if selectors:
                kept = {name: kept[name] for name in selectors if name in kept}
            file.write(("" if number == 0 else ",\n") + json.dumps(row | {"properties": kept}))
        file.write("]}\n")


def _examples(table: Collection, selectors: Sequence[str], tell: Tell) -> Iterable[bytes]:
    elements = table.elements
    for number, element in enumerate(elements):
        if number % _CHUNK == 0:
            tell(number / len(elements))
        properties = element.properties
        names = selectors or sorted(set(properties) - {INDEX})
        found = {name: _feature(name, properties[name]) for name in names if name in properties}
        yield tfrecord.example({name: value for name, value in found.items() if value is not None})


def _feature(name: str, value: Any) -> Any:
    """Numbers and arrays as floats, text as text; nothing where it is null."""
    if value is None or isinstance(value, (str, int, float)):
        return value
    data = value.data if isinstance(value, Array) else value
    try:
        return np.asarray(data, np.float32).ravel()
    except (TypeError, ValueError):
        raise EarthError(
            f"Property '{name}' is neither a number, text, nor an array of numbers, so it cannot "
            "be written to a TFRecord."
        ) from None


def _to_asset(job: Job, name: str, table: Collection, *, simulated: bool) -> str:
    rows = list(_rows(table, job.progress))
    if not rows:
        raise EarthError("Collection is empty: a table asset must have at least one feature.")
    names = list(dict.fromkeys(key for row in rows for key in row["properties"]))
    columns = {key: [row["properties"].get(key) for row in rows] for key in names}
    shapes = [
        None if r["geometry"] is None else shapely.geometry.shape(r["geometry"]) for r in rows
    ]
    wkb = [None if shape is None else shapely.to_wkb(shape, hex=True) for shape in shapes]
    with job.new_asset(name) as draft:
        (draft / "table.json").write_text(json.dumps({"columns": columns, "wkb": wkb}))
        described = {
            "columns": {key: kind_of(values) for key, values in columns.items()},
            "geometry": bounds_of(shapes),
            "featureCount": len(rows),
            "properties": _plain(table.properties),
            "simulated": simulated,
        }
        describe(draft, "TABLE", described, name=name)
    return asset_id_of(name)


def _plain(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {key: encode(value) for key, value in properties.items() if key != INDEX}
