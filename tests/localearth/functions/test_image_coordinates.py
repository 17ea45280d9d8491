"""Coordinates, areas and random numbers (semantics 1.5, 1.9). Reference: Xee's tests, pyproj."""

from typing import Any

import numpy as np
import pyproj
import pytest

from lib.localearth.raster.projection import Projection


def test_lonlat_of_the_globe_is_that_of_pixel_centres(lab: Any) -> None:
    grid = lab.grid(360, 180, crs="EPSG:4326", transform=(1.0, 0, -180.0, 0, -1.0, 90.0))

    planes = lab.planes(lab.call("Image.pixelLonLat"), grid)

    assert list(planes) == ["longitude", "latitude"]
    assert planes["longitude"].data[0, [0, -1]].tolist() == [-179.5, 179.5]
    assert planes["latitude"].data[[0, -1], 0].tolist() == [89.5, -89.5]


def test_lonlat_in_utm_equals_the_numbers_of_xees_test(lab: Any) -> None:
    """google/Xee, ext_integration_test.py, on EPSG:32610."""
    grid = lab.grid(2, 4, crs="EPSG:32610", transform=(30.0, 0, 551485.0, 0, -30.0, 4179915.0))

    planes = lab.planes(lab.call("Image.pixelLonLat"), grid)

    latitude = [[37.764977, 37.764973], [37.764706, 37.7647], [37.764435, 37.76443],
                [37.764164, 37.764164]]  # fmt: skip
    longitude = [[-122.41528, -122.41495], [-122.41529, -122.41495], [-122.41529, -122.41495],
                 [-122.41529, -122.41495]]  # fmt: skip
    np.testing.assert_allclose(planes["latitude"].data, latitude, rtol=1e-7)
    np.testing.assert_allclose(planes["longitude"].data, longitude, rtol=1e-7)


def test_area_of_a_degree_equals_the_geodesic_area_of_its_densified_outline(lab: Any) -> None:
    grid = lab.grid(1, 1, crs="EPSG:4326", transform=(1.0, 0, 10.0, 0, -1.0, 48.0))

    (area,) = lab.row(lab.call("Image.pixelArea"), grid)

    east = np.linspace(10, 11, 400)
    ring_x = np.concatenate([east, east[::-1]])
    ring_y = np.concatenate([np.full(400, 47.0), np.full(400, 48.0)])
    expected, _ = pyproj.Geod(ellps="WGS84").polygon_area_perimeter(ring_x, ring_y)
    assert area == pytest.approx(expected, rel=1e-6)


def test_area_in_utm_equals_the_geodesic_area_of_the_corners(lab: Any) -> None:
    grid = lab.grid(3, 2, transform=(1000.0, 0, 700000.0, 0, -1000.0, 5300000.0))

    areas = lab.planes(lab.call("Image.pixelArea"), grid)["area"].data

    to_lonlat = pyproj.Transformer.from_crs("EPSG:32633", "EPSG:4326", always_xy=True)
    corners = to_lonlat.transform(
        [701000, 702000, 702000, 701000], [5299000, 5299000, 5298000, 5298000]
    )
    expected, _ = pyproj.Geod(ellps="WGS84").polygon_area_perimeter(*corners)
    assert areas[1, 1] == pytest.approx(abs(expected), rel=1e-7)


def test_pixel_coordinates_when_projection_is_the_grids_are_halves(lab: Any) -> None:
    projection = Projection("EPSG:32633", (10.0, 0.0, 500000.0, 0.0, -10.0, 5300000.0))

    found = lab.values(lab.call("Image.pixelCoordinates", projection), lab.grid(2, 2))

    assert found == {"x": [[0.5, 1.5], [0.5, 1.5]], "y": [[0.5, 0.5], [1.5, 1.5]]}


def test_random_when_read_in_another_window_is_the_same(lab: Any) -> None:
    image = lab.call("Image.random", 7)
    grid = lab.grid(300, 200)

    whole = lab.planes(image, grid)["random"].data
    part = lab.planes(image, grid.window(211, 93, 40, 30))["random"].data

    np.testing.assert_array_equal(part, whole[93:123, 211:251])


def test_random_when_many_is_uniform_or_normal_and_follows_the_seed(lab: Any) -> None:
    grid = lab.grid(200, 200)
    uniform = lab.planes(lab.call("Image.random", 1), grid)["random"].data
    other = lab.planes(lab.call("Image.random", 2), grid)["random"].data
    normal = lab.planes(lab.call("Image.random", 1, "normal"), grid)["random"].data

    counts = np.histogram(uniform, 20, (0, 1))[0]
    assert ((counts - 2000) ** 2 / 2000).sum() < 43.8  # chi-squared, 19 degrees, p = 0.001
    assert abs(np.corrcoef(uniform.ravel(), other.ravel())[0, 1]) < 0.02
    assert abs(np.corrcoef(uniform[:, 1:].ravel(), uniform[:, :-1].ravel())[0, 1]) < 0.02
    assert (normal.mean(), normal.std()) == (pytest.approx(0, abs=0.03), pytest.approx(1, abs=0.03))
