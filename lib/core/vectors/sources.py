"""One reader for each kind of vector file: what it holds, before it is placed on the Earth."""

import contextlib
import json
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from lib.core.delimited import read_delimited
from lib.core.errors import VectorError
from lib.core.vectors.archives import unpack
from lib.core.vectors.contents import require
from lib.core.vectors.points import shapes_of_rows
from lib.core.vectors.shapefile import shapefiles_in, unpack_shapefile

_WGS84 = "EPSG:4326"
# What LIBKML adds to every placemark.
_KML_COLUMNS = (
    "timestamp", "begin", "end", "altitudeMode", "tessellate", "extrude", "visibility",
    "drawOrder", "icon", "snippet", "id",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Source:
    """What a file holds.

    Attributes:
        shapes: Geometries or None, (rows,), in the file's coordinate system.
        columns: As many rows.
        crs: WKT or code; empty where the file says none.
        notes: Sentences for the person.
    """

    shapes: NDArray[np.object_]
    columns: pd.DataFrame
    crs: str
    notes: tuple[str, ...] = ()


Reader = Callable[[str, bytes, str], Source]


def read_geojson(name: str, data: bytes, layer: str) -> Source:  # noqa: ARG001 - has no layers
    """Read GeoJSON; an old `crs` member is heeded."""
    require(name, data, kind="GeoJSON", wanted=("JSON",))
    try:
        document = json.loads(data)
        features = _features_of(document)
        shapes = np.full(len(features), None, object)
        for row, feature in enumerate(features):
            if feature.get("geometry"):
                shapes[row] = shapely.geometry.shape(feature["geometry"])
        crs = ((document.get("crs") or {}).get("properties") or {}).get("name", _WGS84)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError,
            shapely.errors.ShapelyError):  # fmt: skip
        raise _error(
            f"“{name}” is not GeoJSON that can be read.", "Export it again as GeoJSON."
        ) from None
    columns = pd.DataFrame([feature.get("properties") or {} for feature in features])
    return Source(shapes, columns.reindex(range(len(features))), str(crs))


def _features_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    if document["type"] == "FeatureCollection":
        return list(document["features"])
    return [document if document["type"] == "Feature" else {"geometry": document}]


def read_kml(name: str, data: bytes, layer: str) -> Source:
    """Read KML, all its folders; a file that declares entities is refused."""
    require(name, data, kind="KML", wanted=("XML",))
    # Entities can grow without bound or name files of the server; UTF-16 hides them in zeros.
    plain = data.replace(b"\0", b"").upper()
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise _error(
            f"“{name}” declares XML entities, which Loam does not read.",
            "Remove the DOCTYPE from it, or export the KML again.",
        )
    if b"<KML" not in plain and b":KML" not in plain:
        raise _error(f"“{name}” is XML and not KML.", "Export it as KML.")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layer.kml"
        path.write_bytes(data)
        folders = [found for found in layers_of(name, path) if layer in ("", found)]
        parts = [read_with_gdal(name, path, found) for found in folders]
    return _joined(name, folders, parts)


def _joined(name: str, folders: Sequence[str], parts: Sequence[Source]) -> Source:
    if not parts:
        raise _error(f"“{name}” has no placemarks.", "Export it with its shapes.")
    several = len(parts) > 1
    frames = [
        part.columns.assign(folder=title) if several else part.columns
        for title, part in zip(folders, parts, strict=True)
    ]
    columns = pd.concat(frames, ignore_index=True)
    kept = [column for column in columns.columns if column not in _KML_COLUMNS]
    return Source(np.concatenate([p.shapes for p in parts]), columns[kept], _WGS84)


def read_kmz(name: str, data: bytes, layer: str) -> Source:
    """Read the one KML of a KMZ archive."""
    require(name, data, kind="KMZ", wanted=("a zip archive",))
    found = unpack(name, data, suffixes=(".kml",))
    if len(found) != 1:
        raise _error(
            f"“{name}” must hold one KML file and holds {len(found)}.", "Export it as KML."
        )
    return read_kml(name, next(iter(found.values())), layer)


def read_zip(name: str, data: bytes, layer: str) -> Source:
    """Read one shapefile of a zip archive."""
    require(name, data, kind="a zip archive", wanted=("a zip archive",))
    found = shapefiles_in(name, data)
    chosen = choose(name, tuple(found), layer)
    with tempfile.TemporaryDirectory() as folder:
        path, notes = unpack_shapefile(name, chosen, found[chosen], Path(folder))
        source = read_with_gdal(name, path, "layer")
    return Source(source.shapes, source.columns, source.crs, notes)


def read_geopackage(name: str, data: bytes, layer: str) -> Source:
    """Read one layer of a GeoPackage."""
    require(name, data, kind="a GeoPackage", wanted=("an SQLite database",))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "layer.gpkg"
        path.write_bytes(data)
        return read_with_gdal(name, path, choose(name, layers_of(name, path), layer))


def read_csv(name: str, data: bytes, layer: str) -> Source:  # noqa: ARG001 - has no layers
    """Read a CSV with columns of longitude and latitude, or one of geometries."""
    require(name, data, kind="CSV", wanted=("text",))
    frame, notes = read_delimited(name, data)
    shapes, columns = shapes_of_rows(name, frame)
    return Source(shapes, columns, _WGS84, notes)


def choose(name: str, layers: Sequence[str], layer: str) -> str:
    """Return the layer that was asked for, or the only one.

    Raises:
        VectorError: There are several and none was named, or it is not there.
    """
    listed = ", ".join(layers)
    if layer and layer not in layers:
        raise VectorError(
            f"“{name}” has no layer “{layer}”.", hint=f"It has {listed}.", field="layer"
        )
    if not layer and len(layers) != 1:
        raise VectorError(
            f"“{name}” has {len(layers)} layers with geometries: {listed or 'none'}.",
            hint="Choose one of them." if layers else "Export it with its geometries.",
            field="layer",
        )
    return layer or layers[0]


def layers_of(name: str, path: Path) -> tuple[str, ...]:
    """List the layers of a file that have geometries."""
    import pyogrio  # slow import

    with _gdal(name):
        found = pyogrio.list_layers(path)
    return tuple(str(layer) for layer, kind in found if kind is not None)


def read_with_gdal(name: str, path: Path, layer: str) -> Source:
    """Read a layer of a file whose kind has been made sure of."""
    import pyogrio  # slow import

    with _gdal(name):
        frame = pyogrio.read_dataframe(path, layer=layer, fid_as_index=False)
    shapes = frame.geometry.to_numpy(object)
    columns = pd.DataFrame(frame.drop(columns=[frame.geometry.name]))
    return Source(shapes, columns, "" if frame.crs is None else frame.crs.to_wkt())


@contextlib.contextmanager
def _gdal(name: str) -> Iterator[None]:
    """Word GDAL's errors; it repairs what it only warns of."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (RuntimeError, ValueError, OSError):  # pyogrio's and pyproj's errors are RuntimeErrors
        raise _error(
            f"“{name}” is damaged or not of the kind that it is named.", "Export it again."
        ) from None


def _error(message: str, hint: str) -> VectorError:
    return VectorError(message, hint=hint, field="upload")
