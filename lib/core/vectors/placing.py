"""Geometries of any coordinate system become geometries in longitude and latitude."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from lib.core.errors import VectorError
from lib.core.formats import count_words
from lib.core.rings import MAX_LATITUDE

Floats = NDArray[np.float64]
_WGS84 = "EPSG:4326"
SWAPPED_NOTE = "Latitude and longitude were swapped in the file; they have been exchanged."
MAYBE_SWAPPED_NOTE = (
    f"Some latitudes are beyond {MAX_LATITUDE:g} degrees while the longitudes would do as "
    "latitudes: check whether the two are swapped."
)


@dataclass(frozen=True)
class Order:
    """How coordinates are to be read.

    Attributes:
        swap: Whether x and y must change places; only where that is certain.
        inside: bool, (places,): whether a place is on the Earth, after the swap.
        notes: Sentences for the person.
    """

    swap: bool
    inside: NDArray[np.bool_]
    notes: tuple[str, ...]


def order_of(lon: Floats, lat: Floats) -> Order:
    """Tell whether longitude and latitude are swapped, and which places are on the Earth.

    They are swapped for certain where a latitude is beyond 90 degrees and every place fits when
    the two are exchanged. Places of NaN count as outside.

    Args:
        lon: Longitudes in degrees, as the file names them.
        lat: Latitudes in degrees.
    """
    right, other = _on_earth(lon, lat), _on_earth(lat, lon)
    known = np.isfinite(lon) & np.isfinite(lat)
    if known.any() and not right[known].all() and other[known].all():
        return Order(True, other, (SWAPPED_NOTE,))
    high = np.abs(lat[right]).max(initial=0.0) > MAX_LATITUDE
    doubtful = high and np.abs(lon[right]).max(initial=0.0) <= MAX_LATITUDE
    return Order(False, right, (MAYBE_SWAPPED_NOTE,) if doubtful else ())


def _on_earth(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    with np.errstate(invalid="ignore"):
        return (np.abs(lon) <= 360) & (np.abs(lat) <= 90)


def to_lonlat(
    name: str, shapes: NDArray[np.object_], crs: str
) -> tuple[NDArray[np.object_], tuple[str, ...]]:
    """Move geometries to longitude and latitude on WGS 84; those that do not fit become None.

    Args:
        name: Of the file, for messages.
        shapes: Geometries or None.
        crs: Coordinate system of the file as WKT or code.

    Raises:
        VectorError: The coordinate system is unknown or of no place on the Earth, or most
            geometries are outside of it.
    """
    system = _system(name, crs)
    shapes = shapely.force_2d(shapes)
    if system != CRS.from_user_input(_WGS84):
        shapes = _moved(name, shapes, system)
    return _in_order(name, shapes, may_swap=system.is_geographic)


def _system(name: str, crs: str) -> CRS:
    if not crs:
        raise _error(
            f"“{name}” does not say its coordinate system.",
            "Set one where the file was made, and export it again.",
        )
    try:
        return CRS.from_user_input(crs)
    except CRSError:
        raise _error(
            f"“{name}” has a coordinate system that is not known: {crs[:80]}.",
            "Export it in longitude and latitude (EPSG:4326).",
        ) from None


def _moved(name: str, shapes: NDArray[np.object_], system: CRS) -> NDArray[np.object_]:
    try:
        # PROJ itself refuses local systems and those of other planets.
        move = Transformer.from_crs(system, _WGS84, always_xy=True).transform
    except ProjError:
        raise _error(
            f"The coordinate system “{system.name}” of “{name}” cannot be turned into longitude "
            "and latitude on the Earth.",
            "Export it in longitude and latitude (EPSG:4326).",
        ) from None

    def lonlat(points: Floats) -> Floats:
        return np.column_stack(move(points[:, 0], points[:, 1]))

    moved: NDArray[np.object_] = shapely.transform(shapes, lonlat)
    return moved


def _in_order(
    name: str, shapes: NDArray[np.object_], *, may_swap: bool
) -> tuple[NDArray[np.object_], tuple[str, ...]]:
    points, owner = shapely.get_coordinates(shapes, return_index=True)
    order = order_of(points[:, 0], points[:, 1])
    if order.swap and may_swap:
        shapes = shapely.transform(shapes, lambda xy: xy[:, ::-1])
        return shapes, order.notes
    inside = _on_earth(points[:, 0], points[:, 1])
    outside = np.unique(owner[~inside])
    if 2 * len(outside) > (~shapely.is_missing(shapes)).sum():
        x, y = points[~inside][0]
        raise _error(
            f"“{name}” has coordinates such as {x:.7g}, {y:.7g}, which are not longitude and "
            "latitude in degrees.",
            "Its coordinate system is wrong or missing; export it in EPSG:4326.",
        )
    shapes = shapes.copy()
    shapes[outside] = None
    lost = count_words(len(outside), "row lies", "rows lie")
    dropped = (f"{lost} outside of the Earth: left out.",) if len(outside) else ()
    return shapes, ((order.notes if may_swap else ()) + dropped)


def _error(message: str, hint: str) -> VectorError:
    return VectorError(message, hint=hint, field="upload")
