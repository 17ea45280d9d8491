"""Tiles: where they lie, what they show, and what is transparent."""

import io
from dataclasses import replace

import numpy as np
import pytest
import shapely
from PIL import Image as Picture

from lib.localearth.errors import EarthError, NotFound
from lib.localearth.geometry import Geometry
from lib.localearth.pictures import blank, check, tile, tile_bounds, tile_grid
from tests.localearth.shapes import ColumnRow, column_row


def pixels_of(data: bytes):
    return np.asarray(Picture.open(io.BytesIO(data)))


def test_tile_grid_at_zoom_0_covers_the_square_of_web_mercator():
    """156543.03392804097 m is the size of a pixel at zoom 0 (EPSG:3857, 256 px)."""
    grid = tile_grid(0, 0, 0)

    assert grid.transform[0] == pytest.approx(156543.03392804097, rel=1e-12)
    assert tile_bounds(grid) == pytest.approx((-180, -85.051129, 180, 85.051129), abs=1e-6)


@pytest.mark.parametrize("place", [(1, 2, 0), (1, 0, -1), (25, 0, 0), (-1, 0, 0)])
def test_tile_grid_when_there_is_no_such_tile_refuses(place):
    with pytest.raises(NotFound, match="There is no tile"):
        tile_grid(*place)


def test_tile_when_image_is_masked_in_the_west_is_transparent_there():
    picture = pixels_of(tile(column_row(), {"bandIds": ["x"]}, zoom=0, column=0, row=0))

    assert picture.shape == (256, 256, 4)
    assert (picture[:, :128, 3] == 0).all()
    assert (picture[:, 128:, 3] == 255).all()


def test_tile_when_outside_of_the_footprint_reads_nothing():
    source = ColumnRow()
    image = replace(column_row(source), footprint=Geometry(shapely.box(10, 40, 11, 41)))

    assert tile(image, {}, zoom=3, column=0, row=0) == blank()
    assert source.grids == []


def test_tile_when_footprint_passes_the_antimeridian_is_drawn_on_both_sides():
    image = replace(column_row(), footprint=Geometry(shapely.box(179, 0, 181, 1)))
    south = {"bandIds": ["y"], "visualizationOptions": {"ranges": [{"min": 0, "max": 1}]}}

    west = tile(image, south, zoom=2, column=0, row=1)
    east = tile(image, south, zoom=2, column=3, row=1)

    assert blank() not in (west, east)


def test_check_when_a_palette_meets_two_bands_refuses():
    with pytest.raises(EarthError, match="palette may only be used with a single band"):
        check(column_row(), {"visualizationOptions": {"paletteColors": ["red", "blue"]}})
