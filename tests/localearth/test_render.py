"""Values become colours and files."""

import io

import numpy as np
import pytest
import rasterio
from PIL import Image as Picture

from lib.localearth import render
from lib.localearth.errors import EarthError
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Plane
from lib.localearth.raster.projection import PixelType
from tests.localearth.shapes import BYTE, FLOAT

UINT16 = PixelType("int", 0, 65535)


def plane(values, mask=None):
    return Plane(np.array([values]), None if mask is None else np.array([mask]))


def look(**options):
    return render.Visualisation.from_request(options)


COLOURS = {
    # 255 * (x - min) / (max - min), clamped: reference/rest/v1/VisualizationOptions
    "range": (
        [plane([0.0, 5.0, 10.0, 20.0])], [FLOAT], {"ranges": [{"min": 0, "max": 10}]},
        [(0, 0, 0, 255), (128, 128, 128, 255), (255, 255, 255, 255), (255, 255, 255, 255)],
    ),
    "bytes are shown as they are": ([plane([7])], [BYTE], {}, [(7, 7, 7, 255)]),
    "floats are stretched over 0..1": ([plane([0.2])], [FLOAT], {}, [(51, 51, 51, 255)]),
    "16 bits over their range": ([plane([65535])], [UINT16], {}, [(255, 255, 255, 255)]),
    # Two bands: first red, second blue (guides/image_visualization)
    "two bands": ([plane([10]), plane([20])], [BYTE, BYTE], {}, [(10, 0, 20, 255)]),
    "three bands": (
        [plane([1]), plane([2]), plane([3])], [BYTE] * 3, {}, [(1, 2, 3, 255)],
    ),
    "palette between": (
        [plane([0.0, 0.5, 1.0])], [FLOAT],
        {"paletteColors": ["black", "#FF0000"], "ranges": [{"min": 0, "max": 1}]},
        [(0, 0, 0, 255), (128, 0, 0, 255), (255, 0, 0, 255)],
    ),
    "palette of classes": (
        [plane([0, 1, 2])], [BYTE], {"paletteColors": ["ff0000", "00ff00", "0000ff"]},
        [(255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255)],
    ),
    "opacity and mask": (
        [plane([9, 9], [True, False])], [BYTE], {"opacity": 0.5},
        [(9, 9, 9, 128), (9, 9, 9, 0)],
    ),
    "fractional masks: the least counts": (
        [plane([9], [0.4]), plane([9], [1.0]), plane([9])], [BYTE] * 3, {}, [(9, 9, 9, 102)],
    ),
    "gamma 2": (
        [plane([0.25])], [FLOAT], {"gamma": {"value": 2.0}}, [(128, 128, 128, 255)],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("planes", "types", "options", "expected"), COLOURS.values(), ids=COLOURS)
def test_to_rgba_when_bands_are_shown_gives_documented_colours(planes, types, options, expected):
    picture = render.to_rgba(planes, types, look(**options))

    assert [tuple(pixel) for pixel in picture[0].tolist()] == expected


def test_to_rgba_when_values_are_not_numbers_shows_them_black():
    picture = render.to_rgba([plane([np.nan, np.inf])], [FLOAT], look())

    assert picture[0, 0].tolist() == [0, 0, 0, 255]


def test_to_rgba_when_palette_meets_three_bands_refuses():
    with pytest.raises(EarthError, match="palette may only be used with a single band"):
        render.to_rgba([plane([1])] * 3, [BYTE] * 3, look(paletteColors=["red"]))


@pytest.mark.parametrize("name", ["nonsense", "12345", "#gggggg", ""])
def test_colour_when_unknown_refuses_by_name(name):
    with pytest.raises(EarthError, match="Invalid color"):
        render.colour(name)


def test_png_when_read_again_has_the_same_pixels():
    picture = np.arange(256 * 256 * 4, dtype=np.uint8).reshape(256, 256, 4)

    again = np.asarray(Picture.open(io.BytesIO(render.png(picture))))

    np.testing.assert_array_equal(again, picture)


def test_npy_when_read_again_is_structured_by_band():
    bands = {"a": np.array([[1, 2]], np.uint8), "b": np.array([[0.5, 1.5]])}

    table = np.load(io.BytesIO(render.npy(bands)))

    assert table.dtype.names == ("a", "b")
    assert table["a"].tolist() == [[1, 2]]
    assert table["b"].dtype == np.float64


def test_geotiff_when_read_again_keeps_names_grid_and_tags():
    grid = Grid("EPSG:32633", (10.0, 0.0, 500_000.0, 0.0, -10.0, 5_300_000.0), 2, 1)
    bands = {"red": np.array([[1, 2]], np.uint8), "nir": np.array([[3, 4]], np.uint8)}

    data = render.geotiff(bands, grid, tags={"SIMULATED": "yes"})

    with rasterio.MemoryFile(data) as file, file.open() as dataset:
        assert dataset.descriptions == ("red", "nir")
        assert dataset.crs.to_epsg() == 32633
        assert tuple(dataset.transform)[:6] == grid.transform
        assert dataset.tags()["SIMULATED"] == "yes"
        assert dataset.read().tolist() == [[[1, 2]], [[3, 4]]]


def test_geotiff_when_types_differ_refuses_as_google_does():
    grid = Grid("EPSG:4326", (1.0, 0.0, 0.0, 0.0, -1.0, 0.0), 1, 1)
    bands = {"a": np.zeros((1, 1)), "b": np.zeros((1, 1), np.float32)}

    with pytest.raises(EarthError, match="inconsistent types: Float32 and Float64"):
        render.geotiff(bands, grid)
