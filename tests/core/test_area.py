"""Areas by class: pixel areas summed, with the pixel area of each row."""

import numpy as np
import pytest
from pyproj import Geod

from lib.core.area import area_by_class
from lib.core.grid import Grid


def test_area_on_a_metric_grid_is_pixels_times_pixel_area():
    grid = Grid("EPSG:32632", (10.0, 0.0, 500000.0, 0.0, -10.0, 5300000.0), (2, 3))
    index = np.array([[0, 0, 2], [-1, 0, 2]], np.int16)

    areas = area_by_class(index, grid, 4)

    assert areas == pytest.approx([0.03, 0.0, 0.02, 0.0], rel=2e-3)


def test_area_in_degrees_is_geodesic_row_by_row():
    grid = Grid("EPSG:4326", (0.01, 0.0, 10.0, 0.0, -0.01, 60.0), (2, 1))
    index = np.array([[0], [1]], np.int16)

    areas = area_by_class(index, grid, 2)

    # pyproj on the WGS84 ellipsoid, with the parallels densified.
    west_east = np.linspace(10.0, 10.01, 200)
    for area, top in zip(areas, (60.0, 59.99), strict=True):
        lon = [*west_east, *west_east[::-1]]
        lat = [top] * 200 + [top - 0.01] * 200
        truth = abs(Geod(ellps="WGS84").polygon_area_perimeter(lon, lat)[0]) / 1e4
        assert area == pytest.approx(truth, rel=1e-7)
