"""Pixel grids: snapping, blocks, areas and coordinates."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from lib.core.aoi import Aoi
from lib.core.errors import AoiError, RasterError
from lib.core.grid import Grid

AOI = Aoi.from_bounds(12.0, 47.8, 12.1, 47.9)
UTM = Grid("EPSG:32633", (10.0, 0.0, 300_000.0, 0.0, -10.0, 5_300_000.0), (30, 40))


def test_a_grid_over_an_area_has_corners_on_multiples_of_the_scale():
    grid = Grid.over(AOI, scale_m=10)

    assert grid.crs == "EPSG:32633"
    assert grid.transform[0] == 10
    assert grid.transform[4] == -10
    assert grid.transform[2] % 10 == 0
    assert grid.transform[5] % 10 == 0


def test_a_grid_over_an_area_holds_every_corner_and_wastes_no_pixel():
    grid = Grid.over(AOI, scale_m=10)
    xs, ys = Transformer.from_crs("EPSG:4326", grid.crs, always_xy=True).transform(
        [12.0, 12.1, 12.1, 12.0], [47.8, 47.8, 47.9, 47.9]
    )
    left, bottom, right, top = grid.bounds

    assert left <= min(xs) < left + 10
    assert right - 10 < max(xs) <= right
    assert bottom <= min(ys) < bottom + 10
    assert top - 10 < max(ys) <= top


def test_a_grid_over_an_area_across_the_antimeridian_is_as_wide_as_the_area():
    grid = Grid.over(Aoi.from_bounds(179.9, -16.1, -179.9, -16.0), scale_m=100)

    # 0.2 degrees at 16 degrees south are 21.4 km, and the zone's edge leans by 0.8 degrees.
    assert 213 < grid.shape[1] < 220


def test_a_grid_in_degrees_takes_the_length_of_a_degree_at_the_equator():
    grid = Grid.over(Aoi.from_bounds(0, 0, 1, 1), scale_m=111_319.49079327358, crs="EPSG:4326")

    assert grid.transform == pytest.approx((1, 0, 0, 0, -1, 1))
    assert grid.shape == (1, 1)


def test_a_grid_in_feet_has_pixels_of_the_scale_in_metres():
    grid = Grid.over(Aoi.from_bounds(-77.1, 38.9, -77.0, 39.0), scale_m=30, crs="EPSG:2248")

    assert grid.transform[0] == pytest.approx(30 / 0.3048006096012192)
    assert grid.pixel_area_m2[0] == pytest.approx(900)


def test_a_grid_within_a_raster_coincides_with_its_pixels():
    native = (29.7, 0.0, 270_011.3, 0.0, -29.7, 5_310_007.9)

    grid = Grid.within(native, "EPSG:32633", AOI)

    assert ((grid.transform[2] - native[2]) / 29.7) % 1 == pytest.approx(0, abs=1e-6)
    assert grid.inside(AOI).any()
    assert grid.pad(-1).shape == (grid.shape[0] - 2, grid.shape[1] - 2)


def test_a_grid_within_a_raster_is_clipped_to_it():
    grid = Grid.within(UTM.transform, UTM.crs, Aoi.from_bounds(11, 47, 13, 49), shape=UTM.shape)

    assert grid == UTM


def test_a_grid_within_a_raster_elsewhere_is_refused():
    with pytest.raises(AoiError, match="outside of the raster"):
        Grid.within(UTM.transform, UTM.crs, Aoi.from_bounds(0, 0, 1, 1), shape=UTM.shape)


def test_rows_and_columns_come_back_from_longitude_and_latitude():
    rows, cols = np.mgrid[0:30, 0:40]

    again = UTM.rowcol(*UTM.lonlat(rows, cols))

    assert (again[0] == rows).all()
    assert (again[1] == cols).all()


def test_a_rotated_grid_knows_its_pixels():
    turned = Grid("EPSG:32633", (6.0, 8.0, 300_000.0, 8.0, -6.0, 5_300_000.0), (5, 7))
    rows, cols = np.mgrid[0:5, 0:7]

    assert (turned.rowcol(*turned.lonlat(rows, cols))[0] == rows).all()
    assert turned.pixel_area_m2 == pytest.approx(np.full(5, 100.0))


def test_pixel_areas_in_degrees_agree_with_geodesics():
    grid = Grid("EPSG:4326", (0.001, 0.0, 12.0, 0.0, -0.001, 48.0), (3, 2))
    geod = Geod(ellps="WGS84")
    corners = [(12.0, 47.999), (12.001, 47.999), (12.001, 48.0), (12.0, 48.0)]
    expected = abs(geod.polygon_area_perimeter(*zip(*corners, strict=True))[0])

    assert grid.pixel_area_m2.shape == (3,)
    assert grid.pixel_area_m2[0] == pytest.approx(expected, rel=1e-5)
    assert (np.diff(grid.pixel_area_m2) > 0).all()


def test_pixel_areas_of_a_rotated_grid_in_degrees_are_refused():
    with pytest.raises(RasterError, match="rotated grid"):
        _ = Grid("EPSG:4326", (0.1, 0.01, 0, 0.01, -0.1, 0), (2, 2)).pixel_area_m2


def test_a_window_and_padding_move_the_corner_by_whole_pixels():
    assert UTM.pad(2).transform[2] == 299_980
    assert UTM.pad(2).shape == (34, 44)
    assert UTM.window((slice(1, 3), slice(5, 9))) == Grid(
        "EPSG:32633", (10.0, 0.0, 300_050.0, 0.0, -10.0, 5_299_990.0), (2, 4)
    )


def test_the_grid_of_a_request_names_dimensions_transform_and_crs():
    assert UTM.to_ee() == {
        "dimensions": {"width": 40, "height": 30},
        "affineTransform": {
            "scaleX": 10.0,
            "shearX": 0.0,
            "translateX": 300_000.0,
            "shearY": 0.0,
            "scaleY": -10.0,
            "translateY": 5_300_000.0,
        },
        "crsCode": "EPSG:32633",
    }


def test_an_unknown_coordinate_system_is_refused_by_name():
    with pytest.raises(RasterError, match="EPSG:1 "):
        Grid.over(AOI, scale_m=10, crs="EPSG:1 ")


@pytest.mark.parametrize(
    ("transform", "shape", "words"),
    [((10, 0, 0, 0, -10, 0), (0, 5), "5 x 0"), ((0, 0, 0, 0, -10, 0), (5, 5), "without a surface")],
)
def test_an_impossible_grid_is_refused(transform, shape, words):
    with pytest.raises(RasterError, match=words):
        Grid("EPSG:32633", transform, shape)


@pytest.mark.parametrize("kwargs", [{}, {"side": 4, "max_pixels": 5}, {"side": 0}])
def test_blocks_without_one_size_are_refused(kwargs):
    with pytest.raises(RasterError, match="one of the two"):
        list(UTM.blocks(**kwargs))


@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    side=st.integers(1, 80),
    by_pixels=st.booleans(),
)
def test_blocks_cover_the_grid_without_overlap(height, width, side, by_pixels):
    grid = Grid(UTM.crs, UTM.transform, (height, width))
    count = np.zeros(grid.shape, dtype=int)
    limit = {"max_pixels": side} if by_pixels else {"side": side}
    for block, (rows, cols) in grid.blocks(**limit):
        count[rows, cols] += 1
        assert block == grid.window((rows, cols))
        assert block.shape == count[rows, cols].shape
        assert block.size <= (side if by_pixels else side * side)

    assert (count == 1).all()
