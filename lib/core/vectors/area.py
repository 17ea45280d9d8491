"""An uploaded vector file becomes an area of interest."""

import numpy as np
import shapely
from shapely.geometry import mapping

from lib.core.aoi import Aoi
from lib.core.ellipsoid import METRES_PER_DEGREE
from lib.core.errors import AoiError
from lib.core.formats import count_words
from lib.core.vectors.reading import Vectors, read_vectors

MAX_VERTICES = 10_000
_FIRST_TOLERANCE_DEG = 1e-5  # about a metre
_POLYGON = 3


def aoi_from_file(name: str, data: bytes, *, layer: str = "") -> Aoi:
    """Read the polygons of an uploaded file as the area of interest.

    Raises:
        VectorError: As `read_vectors`.
        AoiError: It has no polygons, or they cannot be an area.
    """
    return area_of(read_vectors(name, data, layer=layer))[0]


def area_of(vectors: Vectors) -> tuple[Aoi, tuple[str, ...]]:
    """Unite the polygons of a file, and tell what was decided on the way.

    Points and lines beside them are left out; outlines of more than 10,000 corners are simplified.

    Raises:
        AoiError: There are no polygons, or they cannot be an area.
    """
    parts = shapely.get_parts(shapely.get_parts(vectors.geometries))
    polygons = parts[shapely.get_type_id(parts) == _POLYGON]
    others = len(parts) - len(polygons)
    if not len(polygons):
        raise AoiError(
            f"The file has {count_words(others, 'point or line', 'points or lines')} and no "
            "polygon, so it has no surface.",
            hint="Upload polygons, or draw the area on the map.",
            field="aoi",
        )
    left_out = f"{count_words(others, 'point or line was', 'points or lines were')} left out."
    polygons, simplified = _simplified(polygons)
    geometry = {"type": "GeometryCollection", "geometries": [mapping(p) for p in polygons]}
    aoi = Aoi(geometry)
    notes = (*vectors.notes, *((left_out,) if others else ()), *simplified, *aoi.notes)
    return aoi, notes


def _simplified(polygons: np.ndarray) -> tuple[np.ndarray, tuple[str, ...]]:
    """Straighten outlines until they have at most `MAX_VERTICES` corners together."""
    before = int(shapely.get_num_coordinates(polygons).sum())
    if before <= MAX_VERTICES:
        return polygons, ()
    if 4 * len(polygons) > MAX_VERTICES:
        raise AoiError(
            f"The file has {len(polygons):,} polygons, too many for an area of interest.",
            hint="Dissolve them into one, or upload the outline around them.",
            field="aoi",
        )
    tolerance, count = _FIRST_TOLERANCE_DEG, before
    while count > MAX_VERTICES:
        polygons = shapely.simplify(polygons, tolerance)
        count = int(shapely.get_num_coordinates(polygons).sum())
        tolerance *= 2
    # Tolerances double, so all of them together are less than twice the last.
    metres = tolerance * METRES_PER_DEGREE
    note = (
        f"The outline had {before:,} corners and was simplified to {count:,}; it moved by "
        f"{metres:,.0f} m at most."
    )
    return polygons, (note,)
