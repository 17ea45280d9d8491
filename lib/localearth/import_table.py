"""A vector file becomes a table: features in longitude and latitude with their columns."""

import csv
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from lib.localearth.errors import EarthError
from lib.localearth.import_zip import shapefile_address
from lib.localearth.placement import checked_crs
from lib.localearth.raster.projection import transformer

VECTOR_SUFFIXES = (".gpkg", ".geojson", ".json", ".zip", ".csv")
_LONGITUDES = ("lon", "longitude", "long", "lng", "x")
_LATITUDES = ("lat", "latitude", "y")
_GEOMETRIES = ("geometry", "geom", "the_geom", "wkt", ".geo", "geo")


@dataclass(frozen=True)
class _Rows:
    """What a file holds.

    Attributes:
        shapes: Shapely geometries or None, in the order of the file.
        columns: Values by column name, each as long as `shapes`.
        crs: WKT or code; empty where the file says none.
        notes: Sentences for the person.
    """

    shapes: list[Any]
    columns: dict[str, list[Any]]
    crs: str
    notes: tuple[str, ...] = ()


def write_table(path: Path, draft: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Write a table's features.

    Args:
        path: GeoPackage, GeoJSON, zipped shapefile, or CSV.
        draft: Empty folder of the asset.

    Returns:
        What `asset.json` shall say, and notes in sentences.

    Raises:
        EarthError: It cannot be read or placed on the Earth.
    """
    rows = _READERS[path.suffix.lower()](path)
    if not rows.shapes:
        raise EarthError(f"'{path.name}' has no features.")
    if not rows.crs:
        raise EarthError(
            f"'{path.name}' has no coordinate reference system, so it cannot be placed on the "
            "Earth. Set one and import it again."
        )
    shapes, notes = _placed(path, rows)
    columns = {_column_name(name): values for name, values in rows.columns.items()}
    stored = {
        "columns": columns,
        "wkb": [None if shape is None else shapely.to_wkb(shape, hex=True) for shape in shapes],
    }
    (draft / "table.json").write_text(json.dumps(stored, allow_nan=False))
    kinds = {name: kind_of(values) for name, values in columns.items()}
    described = {"columns": kinds, "geometry": bounds_of(shapes), "featureCount": len(shapes)}
    return described, (*rows.notes, *notes)


def _column_name(name: str) -> str:
    return name.strip() or "column"


def _placed(path: Path, rows: _Rows) -> tuple[list[Any], tuple[str, ...]]:
    """Geometries in degrees, valid and flat."""
    crs = checked_crs(path.name, rows.crs)
    shapes = np.array(rows.shapes, dtype=object)
    shapes[shapely.is_empty(shapes)] = None
    shapes = shapely.force_2d(shapes)
    if crs != "EPSG:4326":
        move = transformer(crs, "EPSG:4326").transform
        shapes = shapely.transform(shapes, lambda xy: np.column_stack(move(xy[:, 0], xy[:, 1])))
    _check_degrees(path, shapes)
    broken = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    shapes[broken] = shapely.make_valid(shapes[broken])
    notes = (f"{int(broken.sum())} invalid geometries were repaired.",) if broken.any() else ()
    return list(shapes), notes


def _check_degrees(path: Path, shapes: Any) -> None:
    xy = shapely.get_coordinates(shapes)
    if xy.size and not (np.isfinite(xy).all() and (np.abs(xy) <= (360.0, 90.0)).all()):
        swapped = bool((np.abs(xy) <= (90.0, 360.0)).all())
        wrong = "its coordinate system is wrong"
        reason = "latitude and longitude are swapped" if swapped else wrong
        raise EarthError(
            f"'{path.name}' has coordinates such as {xy[0, 0]:.6g}, {xy[0, 1]:.6g} that are not "
            f"longitude and latitude on the Earth; {reason}."
        )


def bounds_of(shapes: Sequence[Any]) -> dict[str, Any] | None:
    """GeoJSON of the box around shapes, or None where there are none."""
    bounds = shapely.total_bounds(np.array(shapes, dtype=object))
    if not np.isfinite(bounds).all():
        return None
    return json.loads(shapely.to_geojson(shapely.box(*bounds)))  # type: ignore[no-any-return]


def kind_of(values: Sequence[Any]) -> str:
    """The type of a column, as the REST API names it."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int}:
        return "Integer"
    return "Float" if kinds <= {int, float} else "String" if kinds == {str} else "Object"


def _read_geojson(path: Path) -> _Rows:
    try:
        document = json.loads(path.read_bytes())
        features = _geojson_features(document)
        shapes = [_geojson_shape(feature.get("geometry")) for feature in features]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError,
            shapely.errors.ShapelyError):  # fmt: skip
        raise EarthError(f"'{path.name}' is not a GeoJSON file that can be read.") from None
    rows = [feature.get("properties") or {} for feature in features]
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: [_plain(row.get(name)) for row in rows] for name in names}
    named = document.get("crs") or {}
    crs = str(named.get("properties", {}).get("name", "EPSG:4326"))
    return _Rows(shapes, columns, crs)


def _geojson_features(document: dict[str, Any]) -> list[dict[str, Any]]:
    if document["type"] == "FeatureCollection":
        return list(document["features"])
    if document["type"] == "Feature":
        return [document]
    return [{"geometry": document}]


def _geojson_shape(geometry: dict[str, Any] | None) -> Any:
    return None if geometry is None else shapely.geometry.shape(geometry)


def _plain(value: Any) -> Any:
    """A value that a property can have: numbers, strings, lists and dictionaries of them."""
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value)
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, bytes):
        return value.hex()
    return value


def _read_geopackage(path: Path) -> _Rows:
    if path.read_bytes()[:15] != b"SQLite format 3":
        raise EarthError(f"'{path.name}' is not a GeoPackage.")
    return _read_ogr(path, str(path))


def _read_zip(path: Path) -> _Rows:
    return _read_ogr(path, shapefile_address(path))


def _read_ogr(path: Path, address: str) -> _Rows:
    import pyogrio  # slow import
    from pyogrio.errors import DataLayerError, DataSourceError, FieldError, GeometryError

    try:
        layers = pyogrio.list_layers(address)
        spatial = [name for name, kind in layers if kind is not None]
        if not spatial:
            raise EarthError(f"'{path.name}' has no layer with geometries.")
        meta, _, wkb, fields = pyogrio.raw.read(address, layer=spatial[0])
    except (DataLayerError, DataSourceError, FieldError, GeometryError) as error:
        raise EarthError(f"'{path.name}' cannot be read: {error}") from None
    notes = (f"Of its layers, '{spatial[0]}' was imported.",) if len(spatial) > 1 else ()
    columns = {
        str(name): [_typed(value, kind) for value in values]
        for name, kind, values in zip(meta["fields"], meta["dtypes"], fields, strict=True)
    }
    return _Rows(list(shapely.from_wkb(wkb)), columns, str(meta["crs"] or ""), notes)


def _typed(value: Any, kind: str) -> Any:
    plain = _plain(value)
    whole = "int" in str(kind) and isinstance(plain, float)
    return int(plain) if whole else plain


def _read_csv(path: Path) -> _Rows:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            csv.field_size_limit(2**27)
            read = csv.DictReader(file)
            numbered = [(read.line_num, row) for row in read if any(row.values())]
    except (UnicodeDecodeError, csv.Error):
        raise EarthError(f"'{path.name}' is not a CSV file in UTF-8.") from None
    if not numbered:
        raise EarthError(f"'{path.name}' has no rows.")
    table = [row for _, row in numbered]
    names = [name for name in table[0] if name is not None]
    used, place = _csv_places(path, names)
    shapes = [place(row, number) for number, row in numbered]
    rest = [name for name in names if name not in used]
    return _Rows(
        shapes, {name: _csv_column([r[name] for r in table]) for name in rest}, "EPSG:4326"
    )


Place = Callable[[dict[str, Any], int], Any]


def _csv_places(path: Path, names: Sequence[str]) -> tuple[tuple[str, ...], Place]:
    by_lower = {name.strip().lower(): name for name in names}
    longitude = next((by_lower[n] for n in _LONGITUDES if n in by_lower), None)
    latitude = next((by_lower[n] for n in _LATITUDES if n in by_lower), None)
    if longitude is not None and latitude is not None:
        pair = longitude, latitude
        return pair, lambda row, number: _csv_point(path, row, pair, number)
    geometry = next((by_lower[n] for n in _GEOMETRIES if n in by_lower), None)
    if geometry is None:
        raise EarthError(
            f"'{path.name}' has no columns that tell where its rows are. Name two 'lon' and 'lat', "
            f"or one 'geometry' with WKT or GeoJSON. Columns: {', '.join(names)}."
        )
    return (geometry,), lambda row, number: _csv_shape(path, row[geometry], number)


def _csv_point(path: Path, row: dict[str, Any], names: tuple[str, str], number: int) -> Any:
    if not row[names[0]] and not row[names[1]]:
        return None
    try:
        x, y = float(row[names[0]]), float(row[names[1]])
    except (TypeError, ValueError):
        raise EarthError(
            f"'{path.name}', line {number}: '{row[names[0]]}', '{row[names[1]]}' are not a "
            "longitude and a latitude."
        ) from None
    return shapely.Point(x, y)


def _csv_shape(path: Path, text: str, number: int) -> Any:
    try:
        if text.lstrip().startswith("{"):
            return shapely.from_geojson(text)
        return shapely.from_wkt(text) if text.strip() else None
    except (AttributeError, shapely.errors.ShapelyError):
        raise EarthError(f"'{path.name}', line {number}: the geometry cannot be read.") from None


def _csv_column(texts: Sequence[str | None]) -> list[Any]:
    """Whole numbers, else numbers, else strings, for a whole column; empty is null."""
    filled = [text for text in texts if text not in (None, "")]
    for convert in (int, float):
        try:
            numbers = {text: convert(str(text)) for text in filled}
        except ValueError:
            continue
        return [_plain(numbers[text]) if text in numbers else None for text in texts]
    return [text or None for text in texts]


_READERS: dict[str, Callable[[Path], _Rows]] = {
    ".gpkg": _read_geopackage,
    ".geojson": _read_geojson,
    ".json": _read_geojson,
    ".zip": _read_zip,
    ".csv": _read_csv,
}
