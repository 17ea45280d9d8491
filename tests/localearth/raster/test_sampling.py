"""Which source pixel a grid's pixel takes: the one that contains its centre."""

import math

import numpy as np
import pyproj
import pytest

from lib.localearth.raster.grid import Grid
from lib.localearth.raster.projection import Projection
from lib.localearth.raster.sampling import pick, pixel_step

UTM = Projection("EPSG:32633", (10.0, 0.0, 500_000.0, 0.0, -10.0, 5_300_000.0))
SIZE = 2000


def positions(grid, source, size=SIZE):
    """Absolute rows and columns that were picked, -1 outside."""
    picks = pick(grid, source, size, size)
    if picks is None:
        return np.full((2, grid.height, grid.width), -1)
    rows, columns = picks.rows, picks.columns
    if rows.ndim == 1:
        rows, columns = np.meshgrid(rows, columns, indexing="ij")
    found = np.stack([rows + picks.window.row_off, columns + picks.window.col_off])
    return found if picks.inside is None else np.where(picks.inside, found, -1)


def exact(grid, source, size=SIZE):
    """The same by pyproj for every pixel."""
    x, y = grid.centres()
    move = pyproj.Transformer.from_crs(grid.crs, source.crs, always_xy=True)
    x, y = move.transform(x, y)
    a, b, c, d, e, f = source.transform
    inverse = np.linalg.inv([[a, b], [d, e]])
    columns = inverse[0, 0] * (x - c) + inverse[0, 1] * (y - f)
    rows = inverse[1, 0] * (x - c) + inverse[1, 1] * (y - f)
    inside = (columns >= 0) & (rows >= 0) & (columns < size) & (rows < size)
    return np.where(inside, np.floor([rows, columns]), -1), (rows, columns)


def tile(zoom, lon, lat, size=256):
    count = 2**zoom
    column = int((lon + 180) / 360 * count)
    row = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * count)
    half, step = 20037508.342789244, 2 * 20037508.342789244 / (256 * count)
    west, north = -half + column * 256 * step, half - row * 256 * step
    return Grid("EPSG:3857", (step, 0.0, west, 0.0, -step, north), size, size)


GRIDS = {
    "the same pixels": Grid("EPSG:32633", UTM.transform, 50, 40),
    "half a pixel aside, finer": Grid(
        "EPSG:32633", (5.0, 0.0, 500_003.0, 0.0, -5.0, 5_299_991.0), 30, 30
    ),
    "over the edge": Grid("EPSG:32633", (30.0, 0.0, 499_000.0, 0.0, -30.0, 5_301_000.0), 64, 64),
    "upside down": Grid("EPSG:32633", (10.0, 0.0, 500_000.0, 0.0, 10.0, 5_290_000.0), 20, 20),
    "degrees": Grid("EPSG:4326", (2e-4, 0.0, 15.01, 0.0, -2e-4, 47.84), 200, 150),
    "tile at zoom 14": tile(14, 15.05, 47.8),
    "tile at zoom 9": tile(9, 15.05, 47.8),
    "tile at zoom 3": tile(3, 15.05, 47.8),
    "rotated grid": Grid("EPSG:32633", (8.0, 6.0, 503_000.0, 6.0, -8.0, 5_296_000.0), 40, 40),
}


@pytest.mark.parametrize("grid", GRIDS.values(), ids=GRIDS)
def test_pick_when_compared_with_pyproj_takes_the_same_pixels(grid):
    """Pixels whose centre lies within 1/200 pixel of an edge may fall on either side."""
    expected, (rows, columns) = exact(grid, UTM)
    on_edge = (np.abs(rows - np.round(rows)) < 5e-3) | (np.abs(columns - np.round(columns)) < 5e-3)

    differs = (positions(grid, UTM) != expected).any(axis=0) & ~on_edge

    assert not differs.any()


def test_pick_when_source_is_rotated_takes_the_containing_pixel():
    turned = Projection("EPSG:32633", (8.0, 6.0, 500_000.0, 6.0, -8.0, 5_300_000.0))
    grid = Grid("EPSG:32633", (7.0, 0.0, 501_000.0, 0.0, -7.0, 5_300_100.0), 100, 100)

    expected, _ = exact(grid, turned)

    np.testing.assert_array_equal(positions(grid, turned), expected)


def test_pick_when_centres_lie_on_edges_takes_the_next_pixel():
    shifted = Grid("EPSG:32633", (10.0, 0.0, 500_005.0, 0.0, -10.0, 5_299_995.0), 3, 3)

    rows, columns = positions(shifted, UTM)

    assert columns[0].tolist() == [1, 2, 3]
    assert rows[:, 0].tolist() == [1, 2, 3]


def test_pick_when_the_request_is_cut_differently_takes_the_same_pixels():
    """What a block shows must not depend on where it was cut."""
    whole = tile(11, 15.05, 47.8)
    part = whole.window(37, 91, 101, 77)

    cut = positions(part, UTM)

    np.testing.assert_array_equal(cut, positions(whole, UTM)[:, 91 : 91 + 77, 37 : 37 + 101])


def test_pick_when_the_grid_misses_the_raster_gives_nothing():
    assert pick(Grid("EPSG:32633", (10.0, 0.0, 0.0, 0.0, -10.0, 0.0), 5, 5), UTM, 10, 10) is None
    assert pick(tile(10, -60.0, 10.0), UTM, 10, 10) is None


def test_pick_when_no_part_of_the_grid_is_on_the_earth_gives_nothing():
    beyond = Grid("EPSG:4326", (1.0, 0.0, 0.0, 0.0, -1.0, 400.0), 5, 5)

    assert pick(beyond, UTM, 10, 10) is None


def test_pixel_step_when_crs_differ_follows_nominal_scales():
    """30 m in degrees by Earth Engine's constant, over pixels of 10 m, is 3."""
    grid = Grid(
        "EPSG:4326", (0.00026949458523585647, 0.0, 15.0, 0.0, -0.00026949458523585647, 47.0), 9, 9
    )

    assert pixel_step(grid, UTM) == pytest.approx(3.0, rel=1e-12)
