"""Values become the JSON of the REST API."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import shapely
from shapely import GeometryCollection
from shapely.geometry.base import BaseGeometry

from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.raster.image import Band, Image
from lib.localearth.raster.projection import PixelType, Projection, transformer
from lib.localearth.reducers.base import Reducer
from lib.localearth.values import (
    Array,
    Collection,
    Date,
    DateRange,
    ErrorMargin,
    Feature,
    Kernel,
)

MAX_ELEMENTS = 5000  # developers.google.com/earth-engine/guides/best_practices
MAX_ITEMS = 5_000_000  # of lists within lists in one answer
_WHOLE = 1e15  # beyond this a double no longer tells every integer apart


def encode_result(value: Any) -> Any:
    """Turn the result of a request into plain JSON data.

    Raises:
        EarthError: As `encode`; or lists within lists have too many items in all.
    """
    _check_size(value)
    return encode(value)


def _check_size(value: Any) -> None:
    """Count the items of lists in lists and the numbers of arrays.

    The same list may be in many places, and counts in each.

    Raises:
        EarthError: There are more than an answer may hold.
    """
    sizes: dict[int, int] = {}
    waiting = [value]
    while waiting:
        at = waiting[-1]
        inner = at if isinstance(at, list) else at.values() if isinstance(at, dict) else ()
        unknown = [item for item in inner if _holds_items(item) and id(item) not in sizes]
        waiting += unknown
        if not unknown:
            waiting.pop()
            sizes[id(at)] = 1 + sum(sizes.get(id(item), 1) for item in inner) + _numbers_in(at)
            if sizes[id(at)] > MAX_ITEMS:
                raise EarthError("Computed value is too large.")


def _numbers_in(value: Any) -> int:
    return value.data.size if isinstance(value, Array) else 0


def _holds_items(value: Any) -> bool:
    return isinstance(value, (list, dict, Array))


def encode(value: Any) -> Any:
    """Turn a value into plain JSON data.

    Raises:
        EarthError: A collection is too long to be sent, or nothing describes such a value.
    """
    if type(value) is float:  # by far the most values of tables
        return _number(value)
    if isinstance(value, np.generic):
        value = value.item()
    for kind, encoder in _ENCODERS:
        if isinstance(value, kind):
            return encoder(value)
    describe = getattr(value, "describe", None)
    if callable(describe):
        return encode(describe())
    if callable(value):
        return {"type": "Algorithm"}
    return {"type": type(value).__name__}


def encode_features(elements: Iterable[Any]) -> list[dict[str, Any]]:
    """Turn features into GeoJSON in longitude and latitude, as table:computeFeatures sends it."""
    return [_row(element) for element in elements]


def _row(element: Any) -> dict[str, Any]:
    if isinstance(element, Image):
        footprint = element.footprint
        element = Feature(footprint, element.properties)
    if not isinstance(element, Feature):
        raise EarthError("A collection of features may hold nothing but features and images.")
    properties = {
        key: encode(item) for key, item in element.properties.items() if key != "system:index"
    }
    row = {
        "type": "Feature",
        "geometry": _geojson_lonlat(element.geometry),
        "properties": properties,
    }
    index = element.properties.get("system:index")
    return row if index is None else row | {"id": str(index)}


def _geojson_lonlat(geometry: Geometry | None) -> dict[str, Any] | None:
    if geometry is None:
        return None
    shape = geometry.shape
    if geometry.crs != "EPSG:4326":
        moved = transformer(geometry.crs, "EPSG:4326")
        shape = shapely.transform(shape, lambda xy: np.column_stack(moved.transform(*xy.T)))
    return _shape(shape)


def _number(value: float) -> Any:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return int(value) if abs(value) < _WHOLE and value == int(value) else value


def _list(value: Iterable[Any]) -> list[Any]:
    return [encode(item) for item in value]


def _dictionary(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: encode(value[key]) for key in sorted(value)}


def _numbers(value: np.ndarray[Any, Any]) -> Any:
    return encode(value.tolist())


def _date(value: Date) -> dict[str, Any]:
    return {"type": "Date", "value": _number(float(value.millis))}


def _date_range(value: DateRange) -> dict[str, Any]:
    dates = [None if at is None else _number(float(at)) for at in (value.start, value.end)]
    return {"type": "DateRange", "dates": dates}


def _pixel_type(value: PixelType) -> dict[str, Any]:
    known: dict[str, Any] = {"type": "PixelType", "precision": value.precision}
    if value.minimum is not None and value.maximum is not None:
        known |= {"min": encode(value.minimum), "max": encode(value.maximum)}
    return known | ({"dimensions": value.dimensions} if value.dimensions else {})


def _crs(code: str) -> dict[str, str]:
    return {"crs": code} if ":" in code[:12] else {"wkt": code}


def _projection(value: Projection) -> dict[str, Any]:
    transform = [_number(float(part)) for part in value.transform]
    return {"type": "Projection", **_crs(value.crs), "transform": transform}


def _error_margin(value: ErrorMargin) -> dict[str, Any]:
    if value.value is None:
        return {"type": "ErrorMargin", "unit": "infinite"}
    return {"type": "ErrorMargin", "unit": value.unit, "value": _number(float(value.value))}


def _band(band: Band) -> dict[str, Any]:
    described: dict[str, Any] = {"id": band.name, "data_type": _pixel_type(band.type)}
    if band.dimensions is not None:
        described["dimensions"] = list(band.dimensions)
    if band.origin is not None:
        described["origin"] = list(band.origin)
    transform = [_number(float(part)) for part in band.projection.transform]
    return described | _crs(band.projection.crs) | {"crs_transform": transform}


def _image(image: Image) -> dict[str, Any]:
    described: dict[str, Any] = {"type": "Image", "bands": [_band(band) for band in image.bands]}
    if image.asset_id:
        described["id"] = image.asset_id
    if image.properties:
        described["properties"] = _dictionary(image.properties)
    return described


def _feature(feature: Feature) -> dict[str, Any]:
    described: dict[str, Any] = {"type": "Feature", "geometry": encode(feature.geometry)}
    index = feature.properties.get("system:index")
    if index is not None:
        described["id"] = encode(index)
    rest = {key: item for key, item in feature.properties.items() if key != "system:index"}
    return described | {"properties": _dictionary(rest)}


def _collection(collection: Collection) -> dict[str, Any]:
    elements = collection.elements
    if len(elements) > MAX_ELEMENTS:
        raise EarthError(
            f"Collection query aborted after accumulating over {MAX_ELEMENTS} elements."
        )
    described: dict[str, Any] = (
        {"type": "ImageCollection", "bands": []}
        if collection.of_images
        else {"type": "FeatureCollection", "columns": _columns(elements)}
    )
    if collection.asset_id:
        described["id"] = collection.asset_id
    if collection.properties:
        described["properties"] = _dictionary(collection.properties)
    if elements or not collection.of_images:
        described["features"] = [encode(element) for element in elements]
    return described


def _columns(elements: Iterable[Any]) -> dict[str, str]:
    first: Any = next(iter(elements), None)
    if not isinstance(first, Feature):
        return {}
    return {key: _column_type(item) for key, item in sorted(first.properties.items())}


def _column_type(value: Any) -> str:
    if isinstance(value, str):
        return "String"
    if isinstance(value, int) and not isinstance(value, bool):
        return "Integer"
    return "Float" if isinstance(value, float) else "Object"


def _geometry(geometry: Geometry) -> dict[str, Any]:
    described = _shape(geometry.shape)
    if geometry.crs != "EPSG:4326":
        described["crs"] = {"type": "name", "properties": {"name": geometry.crs}}
    if "Point" not in described["type"]:
        described["geodesic"] = geometry.geodesic
    if "Polygon" in described["type"] and geometry.even_odd:
        described["evenOdd"] = True
    return described


def _shape(shape: BaseGeometry) -> dict[str, Any]:
    if isinstance(shape, GeometryCollection):
        return {"type": shape.geom_type, "geometries": [_shape(part) for part in shape.geoms]}
    plain = shapely.geometry.mapping(shape)
    return {"type": plain["type"], "coordinates": _coordinates(plain["coordinates"])}


def _coordinates(value: Any) -> Any:
    if isinstance(value, (tuple, list)):
        return [_coordinates(part) for part in value]
    return _number(float(value))


def _kernel(kernel: Kernel) -> dict[str, Any]:
    rows = "".join(f"\n  [{', '.join(str(w) for w in row)}]" for row in kernel.weights.tolist())
    return {"type": "Kernel.fixed", "weights": rows + "\n", "center": [kernel.x, kernel.y]}


def _reducer(reducer: Reducer) -> dict[str, Any]:
    return {"type": f"Reducer.{reducer.name}"}


_ENCODERS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    ((type(None), bool, str), lambda value: value),
    (int, lambda value: value),
    (float, _number),
    ((list, tuple), _list),
    (dict, _dictionary),
    (Image, _image),
    (Collection, _collection),
    (Feature, _feature),
    (Geometry, _geometry),
    (Date, _date),
    (DateRange, _date_range),
    (Array, lambda value: _numbers(value.data)),
    (np.ndarray, _numbers),
    (PixelType, _pixel_type),
    (Projection, _projection),
    (ErrorMargin, _error_margin),
    (Kernel, _kernel),
    (Reducer, _reducer),
)
