"""Uploaded vector files become plain data: GeoJSON, KML, KMZ, shapefile, GeoPackage, CSV."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from lib.core.errors import VectorError
from lib.core.formats import count_words
from lib.core.vectors import sources
from lib.core.vectors.placing import to_lonlat

_READERS: dict[str, sources.Reader] = {
    ".geojson": sources.read_geojson,
    ".json": sources.read_geojson,
    ".kml": sources.read_kml,
    ".kmz": sources.read_kmz,
    ".zip": sources.read_zip,
    ".gpkg": sources.read_geopackage,
    ".csv": sources.read_csv,
    ".tsv": sources.read_csv,
    ".txt": sources.read_csv,
}
VECTOR_SUFFIXES = tuple(_READERS)
_SHAPEFILE_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


@dataclass(frozen=True, eq=False)
class Vectors:
    """Features of a file; none of them is empty.

    Attributes:
        geometries: Shapely geometries, (features,), flat, valid, longitude and latitude on WGS 84.
        columns: Numbers and text, one row a feature, numbered from 0.
        notes: What had to be decided or left out, in sentences.
    """

    geometries: NDArray[np.object_]
    columns: pd.DataFrame
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.geometries)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        west, south, east, north = shapely.total_bounds(self.geometries).tolist()
        return west, south, east, north


def read_vectors(name: str, data: bytes, *, layer: str = "") -> Vectors:
    """Read an uploaded vector file.

    Args:
        name: Of the file; its ending says the kind, and the content must agree.
        data: Content.
        layer: Which layer of several; empty where there is one.

    Returns:
        Features with a geometry, in the order of the file.

    Raises:
        VectorError: The file is of another kind, damaged, unsafe, without features, or cannot be
            placed on the Earth; or it has several layers (field "layer", names in the message).
    """
    source = _reader(name)(name, data, layer)
    shapes, moved = to_lonlat(name, source.shapes, source.crs)
    shapes, mended = _mended(shapes)
    kept = np.flatnonzero(~shapely.is_missing(shapes))
    if not len(kept):
        raise VectorError(
            f"“{name}” has no feature with a geometry.", hint="Export it again.", field="upload"
        )
    columns = _plain_columns(source.columns.iloc[kept].reset_index(drop=True))
    notes = (*source.notes, *moved, *mended, *_dropped(source.shapes))
    return Vectors(shapes[kept], columns, notes)


def to_geojson(vectors: Vectors) -> bytes:
    """Write features as GeoJSON that every reader takes, such as an import into Local Earth."""
    rows = vectors.columns.astype(object).where(vectors.columns.notna(), None).to_dict("records")
    features = [
        {"type": "Feature", "geometry": json.loads(text), "properties": row}
        for text, row in zip(shapely.to_geojson(vectors.geometries), rows, strict=True)
    ]
    document = {"type": "FeatureCollection", "features": features}
    return json.dumps(document, allow_nan=False).encode()


def _reader(name: str) -> sources.Reader:
    suffix = Path(name).suffix.lower()
    if suffix in _READERS:
        return _READERS[suffix]
    if suffix in _SHAPEFILE_PARTS:
        raise VectorError(
            f"“{name}” is one part of a shapefile.",
            hint="Zip .shp, .shx, .dbf and .prj together and upload the .zip.",
            field="upload",
        )
    raise VectorError(
        f"“{name}” is not of a kind that can be read.",
        hint=f"Kinds: {', '.join(VECTOR_SUFFIXES)}.",
        field="upload",
    )


def _mended(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], tuple[str, ...]]:
    """Repair outlines that cross themselves; what then has no surface becomes None."""
    shapes = shapes.copy()
    shapes[shapely.is_empty(shapes)] = None
    broken = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    if not broken.any():
        return shapes, ()
    repaired = shapely.make_valid(shapes[broken], method="structure", keep_collapsed=False)
    repaired[shapely.is_empty(repaired)] = None
    shapes[broken] = repaired
    count = int(broken.sum())
    words = count_words(count, "outline crossing itself", "outlines crossing themselves")
    return shapes, (f"{words}: repaired.",)


def _dropped(shapes: NDArray[np.object_]) -> tuple[str, ...]:
    count = int((shapely.is_missing(shapes) | shapely.is_empty(shapes)).sum())
    return (f"{count_words(count, 'row')} without a geometry: left out.",) if count else ()


def _plain_columns(frame: pd.DataFrame) -> pd.DataFrame:
    """Keep numbers, make whole-numbered truth values 0 and 1 and everything else text."""
    plain = {str(name): _plain(frame[name]) for name in frame.columns}
    return pd.DataFrame(plain, index=frame.index)


def _plain(cells: pd.Series) -> pd.Series:
    if pd.api.types.is_bool_dtype(cells):
        return cells.astype("int64")
    if pd.api.types.is_numeric_dtype(cells):
        return cells
    return cells.map(_plain_cell, na_action="ignore").astype(object)


def _plain_cell(cell: Any) -> Any:
    if isinstance(cell, bool | int | float | str):
        return cell
    if isinstance(cell, bytes):
        return cell.hex()
    if isinstance(cell, list | dict):
        return json.dumps(cell)
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell)
