"""Satellite embeddings of the planet: length, bits, years, and what they tell apart."""

import numpy as np
import pytest
from shapely.geometry import Point

from lib.localearth import planet
from lib.localearth.planet.embedding import AXES, tile_at, tiles
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image
from tests.localearth.planet import places

NAMES = tuple(f"A{axis:02d}" for axis in range(AXES))


def year(number: int, lon: float = places.LON, lat: float = places.LAT) -> Image:
    found = places.narrowed(places.EMBEDDING, f"{number}-01-01", f"{number + 1}-01-01", lon, lat)
    (image,) = found.elements
    return image


def vectors(image: Image, grid: Grid) -> np.ndarray:
    planes = places.read(image, grid)
    assert all(plane.valid.all() for plane in planes)
    return np.stack([plane.data for plane in planes])


def test_image_of_a_year_has_64_double_bands_of_10_m_and_the_years_times():
    image = year(2021)

    assert tuple(band.name for band in image.bands) == NAMES
    assert {band.projection.nominal_scale for band in image.bands} == {10}
    assert {band.type.precision for band in image.bands} == {"double"}
    assert image.properties["system:time_start"] == places.millis("2021-01-01")
    assert image.properties["system:time_end"] == places.millis("2022-01-01")


@pytest.mark.parametrize("scale", [10.0, 20.0, 160.0])
def test_vectors_have_unit_length_at_every_scale(scale):
    found = vectors(year(2021), places.utm(scale, 64))

    assert np.abs((found**2).sum(axis=0) - 1).max() < 1e-5


@pytest.mark.parametrize("grid", [places.tile(13), places.utm(10.0, 150), places.utm(25.0, 150)])
def test_vectors_when_a_grid_is_cut_into_windows_are_the_same_bits(grid):
    image = year(2021)
    whole = vectors(image, grid)

    for column, row, width, height in ((0, 0, 71, 130), (65, 40, 33, 97), (13, 101, 1, 1)):
        part = vectors(image, grid.window(column, row, width, height))
        assert np.array_equal(part, whole[:, row : row + height, column : column + width])


def test_vectors_of_two_years_are_alike_but_not_the_same():
    grid = places.utm(10.0, 64)
    one, other = vectors(year(2020), grid), vectors(year(2021), grid)

    likeness = (one * other).sum(axis=0)
    assert likeness.mean() > 0.8
    assert likeness.max() < 1


def test_nearest_class_mean_tells_covers_apart():
    """Half of the pixels teach a mean for each cover; the others are told by the nearest."""
    grid = places.utm(20.0, 256)
    found = vectors(year(2021), grid).reshape(AXES, -1).T
    truth = places.read(places.image(f"{places.WORLDCOVER}/2021"), grid)[0].data.ravel()
    taught = np.arange(truth.size) % 2 == 0
    classes = np.unique(truth)
    means = np.stack([found[taught & (truth == value)].mean(axis=0) for value in classes])

    told = classes[np.argmax(found[~taught] @ means.T, axis=1)]

    # The labels themselves are wrong for about one pixel in eight.
    assert (told == truth[~taught]).mean() > 0.6


def test_tiles_cover_every_place_and_are_found_by_their_index():
    for lon, lat in ((10.6, 48.1), (-70.0, -20.0), (179.99, 0.01), (-179.99, 65.0), (2.999, 51.0)):
        assert any(tile.footprint.intersects(Point(lon, lat)) for tile in tiles(Point(lon, lat)))
    found = planet.open_asset(f"{places.EMBEDDING}/2021_32N_3_32")
    assert isinstance(found, Image)
    assert found.properties["system:index"] == "2021_32N_3_32"


@pytest.mark.parametrize("index", ["2021_32N_3", "2016_32N_3_32", "x_32N_3_32", "2021_32N_9_32"])
def test_index_of_no_tile_or_of_a_year_before_the_first_finds_nothing(index):
    assert planet.open_asset(f"{places.EMBEDDING}/{index}") is None


def test_tile_outside_of_its_zone_is_none():
    assert tile_at(32, 9, 32, north=True) is None
