"""Uploaded polygons become an area of interest."""

import numpy as np
import pytest
import shapely

from lib.core.errors import AoiError
from lib.core.vectors.area import MAX_VERTICES, aoi_from_file, area_of
from lib.core.vectors.reading import read_vectors


def csv(*shapes):
    rows = "".join(f'"{shapely.to_wkt(shape, rounding_precision=7)}"\n' for shape in shapes)
    return f"geometry\n{rows}".encode()


def ring(count, *, radius=0.4):
    angle = np.linspace(0, 2 * np.pi, count + 1)
    distance = radius * (1 + 0.02 * np.sin(2000 * angle))
    points = np.column_stack([20 + distance * np.cos(angle), 45 + distance * np.sin(angle)])
    return shapely.Polygon(points)


def test_aoi_from_file_when_there_are_several_polygons_keeps_all():
    aoi = aoi_from_file("x.csv", csv(shapely.box(15, 47, 15.1, 47.1), shapely.box(16, 47, 17, 48)))

    assert aoi.geometry["type"] == "MultiPolygon"
    assert aoi.bounds == (15.0, 47.0, 17.0, 48.0)


def test_area_when_points_lie_beside_polygons_leaves_them_out_and_says_so():
    vectors = read_vectors("x.csv", csv(shapely.box(15, 47, 15.1, 47.1), shapely.Point(1, 2)))

    aoi, notes = area_of(vectors)

    assert aoi.bounds == (15.0, 47.0, 15.1, 47.1)
    assert notes == ("1 point or line was left out.",)


def test_area_when_there_are_only_points_is_refused():
    with pytest.raises(AoiError, match="2 points or lines and no polygon"):
        aoi_from_file("x.csv", b"lon,lat\n1,2\n3,4\n")


def test_area_when_an_outline_has_a_million_corners_is_simplified_to_ten_thousand():
    vectors = read_vectors("x.csv", csv(ring(1_000_000)))

    aoi, notes = area_of(vectors)

    corners = shapely.get_num_coordinates(aoi.shape)
    assert corners <= MAX_VERTICES
    assert aoi.shape.area == pytest.approx(vectors.geometries[0].area, rel=0.01)
    assert len(notes) == 1
    assert notes[0].startswith(
        f"The outline had 1,000,002 corners and was simplified to {corners:,}"
    )


def test_area_when_polygons_are_too_many_is_refused_with_what_to_do():
    boxes = [shapely.box(x / 100, 1, x / 100 + 0.005, 1.1) for x in range(3000)]

    with pytest.raises(AoiError, match=r"3,000 polygons, too many.*Dissolve"):
        aoi_from_file("x.csv", csv(*boxes))


def test_area_when_the_file_is_real_meets_its_outline(shared_data):
    """aoi.csv of maize_nigeria: one polygon as GeoJSON in a column."""
    path = shared_data / "points" / "maize_nigeria" / "aoi.csv"

    aoi = aoi_from_file(path.name, path.read_bytes())

    west, south, east, north = aoi.bounds
    assert 3 < west < east < 15
    assert 6 < south < north < 14
