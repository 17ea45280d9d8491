"""From GeoJSON of any kind to checked polygons in longitude and latitude.

Every check that an area must pass is here: numbers, range, outline, poles, antimeridian.
"""

import math
import re
from typing import Any

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient
from shapely.validation import explain_validity

from lib.core.errors import AoiError

MAX_LATITUDE = 84.0  # where UTM ends in the north; kept in the south as well


def aoi_error(message: str, hint: str) -> AoiError:
    """Make an error about the area."""
    return AoiError(message, hint=hint, field="aoi")


def geometries_of(source: Any) -> list[dict[str, Any]]:
    """Return the geometries of any GeoJSON object, those of a collection in order."""
    if not isinstance(source, dict) or "type" not in source:
        raise aoi_error(
            "The area is not GeoJSON: it has no “type”.",
            "Give a GeoJSON polygon, or draw the area on the map.",
        )
    if source["type"] == "FeatureCollection":
        features = source.get("features") or []
        return [geometry for feature in features for geometry in geometries_of(feature)]
    if source["type"] == "Feature":
        return geometries_of(source["geometry"]) if source.get("geometry") else []
    if source["type"] == "GeometryCollection":
        parts = source.get("geometries") or []
        return [geometry for part in parts for geometry in geometries_of(part)]
    return [source]


def polygons_of(geometry: Any) -> list[list[Any]]:
    """Return the ring lists of all polygons of a geometry."""
    polygons: list[list[Any]] = []
    for part in geometries_of(geometry):
        if part["type"] == "Polygon":
            polygons.append(part.get("coordinates") or [])
        elif part["type"] == "MultiPolygon":
            polygons.extend(part.get("coordinates") or [])
        else:
            raise aoi_error(
                f"The area is a {part['type']}, which has no surface.",
                "Draw a rectangle or a polygon.",
            )
    return [rings for rings in polygons if rings and rings[0]]


def checked_shape(polygons: list[list[Any]]) -> Polygon | MultiPolygon:
    """Check, unwrap, split at the antimeridian and unite polygons."""
    if not polygons:
        raise aoi_error("The area is empty: it has no polygon.", "Draw a rectangle or a polygon.")
    checked = [_checked_polygon(rings) for rings in polygons]
    parts = [piece for polygon in checked for piece in _cut_at_antimeridian(polygon)]
    together = MultiPolygon(parts)
    merged = together if together.is_valid else shapely.union_all(parts)
    shapes = [orient(part) for part in polygon_parts(merged)]
    return shapes[0] if len(shapes) == 1 else MultiPolygon(shapes)


def _checked_polygon(rings: list[Any]) -> Polygon:
    """Make a polygon of unwrapped rings; its longitudes may go beyond 180."""
    unwrapped = [_unwrap(_checked_ring(ring)) for ring in rings if ring]
    for hole in unwrapped[1:]:
        turns = round((unwrapped[0][:, 0].mean() - hole[:, 0].mean()) / 360)
        hole[:, 0] += 360 * turns
    polygon = Polygon(unwrapped[0], unwrapped[1:])
    if polygon.convex_hull.area == 0:
        raise aoi_error("The area is empty: it has no surface.", "Draw a rectangle or a polygon.")
    reason = explain_validity(polygon)
    if reason != "Valid Geometry":
        raise _invalid(reason)
    return polygon


def _checked_ring(ring: Any) -> np.ndarray:
    """Return a closed ring as an array (points, 2) of finite degrees in range."""
    try:
        points = np.array([[float(point[0]), float(point[1])] for point in ring])
    except (TypeError, ValueError, IndexError):
        raise aoi_error(
            "The area has a corner that is no pair of numbers.",
            "Give every corner as longitude and latitude in degrees.",
        ) from None
    _check_coordinates(points)
    if not np.array_equal(points[0], points[-1]):
        points = np.vstack([points, points[:1]])
    if len(np.unique(points, axis=0)) < 3:
        raise aoi_error(
            f"The area is empty: it has {len(np.unique(points, axis=0))} different corners.",
            "A polygon needs at least three.",
        )
    return points


def check_numbers(values: list[float]) -> None:
    """Refuse infinite values and NaN."""
    if not all(math.isfinite(value) for value in values):
        raise aoi_error(
            "The area has a coordinate that is no number.",
            "Give longitudes and latitudes in degrees.",
        )


def _check_coordinates(points: np.ndarray) -> None:
    check_numbers(points.ravel().tolist())
    lon, lat = points[:, 0], points[:, 1]
    bad = (np.abs(lon) > 360) | (np.abs(lat) > 90)
    if bad.any():
        first_lon, first_lat = points[bad][0]
        raise aoi_error(
            f"The corner {first_lon:g}, {first_lat:g} is not on the Earth in degrees.",
            "Longitudes go from -180 to 180, latitudes from -90 to 90; metres of a map "
            "projection must be converted first.",
        )
    worst = float(lat[np.argmax(np.abs(lat))])
    if abs(worst) > MAX_LATITUDE:
        raise aoi_error(
            f"The area reaches latitude {worst:g}, and Loam works up to {MAX_LATITUDE:g} degrees "
            "north and south.",
            f"Draw an area between -{MAX_LATITUDE:g} and {MAX_LATITUDE:g} degrees.",
        )


def _unwrap(ring: np.ndarray) -> np.ndarray:
    """Let longitudes run on over 180 where an edge would span more than half of the globe."""
    steps = np.diff(ring[:, 0])
    steps = np.where(steps > 180, steps - 360, np.where(steps < -180, steps + 360, steps))
    if abs(steps.sum()) > 1:
        raise aoi_error(
            "The area goes round a pole, where its inside cannot be told.",
            "Draw an area that does not enclose a pole.",
        )
    lon = ring[0, 0] + np.concatenate([[0.0], np.cumsum(steps)])
    # Cumulated steps carry rounding errors; only whole turns are taken from them.
    turns = np.round((lon - ring[:, 0]) / 360)
    return np.column_stack([ring[:, 0] + 360 * turns, ring[:, 1]])


def _cut_at_antimeridian(polygon: Polygon) -> list[Polygon]:
    """Cut a polygon at odd multiples of 180 degrees and shift the parts into -180 to 180."""
    west, _, east, _ = polygon.bounds
    pieces: list[Polygon] = []
    for turn in range(math.ceil((west - 180) / 360), math.floor((east + 180) / 360) + 1):
        middle = 360 * turn
        inside = middle - 180 <= west and east <= middle + 180
        cut = polygon if inside else polygon.intersection(box(middle - 180, -90, middle + 180, 90))
        pieces.extend(_shifted(part, -middle) for part in polygon_parts(cut))
        if inside:
            break
    return pieces


def _shifted(polygon: Polygon, degrees: float) -> Polygon:
    if degrees == 0:
        return polygon

    def shift(points: np.ndarray) -> np.ndarray:
        return np.column_stack([points[:, 0] + degrees, points[:, 1]])

    moved = shapely.transform(polygon, shift)
    return Polygon(moved.exterior, list(moved.interiors))


def polygon_parts(shape: BaseGeometry) -> list[Polygon]:
    """Return the polygons of a geometry that have a surface."""
    parts = getattr(shape, "geoms", [shape])
    return [part for part in parts if isinstance(part, Polygon) and part.area > 0]


def _invalid(reason: str) -> AoiError:
    """Word shapely's reason, such as "Self-intersection[12.4 47.91]"."""
    place = re.search(r"\[(\S+) (\S+)\]", reason)
    where = f" near {float(place[1]):.2f}, {float(place[2]):.2f}" if place else ""
    if "elf-intersection" in reason:
        return aoi_error(
            f"The outline of the area crosses itself{where} (longitude, latitude).",
            "Move the corner there, or draw the area anew.",
        )
    kind = re.sub(r"\[.*\]", "", reason).strip().lower()
    return aoi_error(f"The area is no proper polygon{where}: {kind}.", "Draw the area anew.")
