"""Coarse pixels: detail is left out, the mean stays, the cost does not grow."""

import numpy as np
import pytest

from lib.localearth.planet.lattice import Lattice
from lib.localearth.raster.grid import Grid
from tests.localearth.planet import places

BANDS = ("B2", "B3", "B4", "B8", "B11", "B12")
SIDE_M = 20_480
FARMLAND = (619_000, 5_328_000)
FOREST_AND_TOWNS = (644_000, 5_384_000)


def means(size, centre):
    scene = places.bands(places.image(places.CLEAR_SCENE), *BANDS)
    grid = places.utm(size, int(SIDE_M / size), easting=centre[0], northing=centre[1])
    return np.nanmean(places.stack(scene, grid), axis=(1, 2))


@pytest.mark.parametrize("centre", [FARMLAND, FOREST_AND_TOWNS], ids=["farmland", "woods"])
def test_mean_when_pixels_grow_from_40_m_to_640_m_stays_within_6_percent(centre):
    fine = means(40.0, centre)
    for size in (80.0, 160.0, 320.0, 640.0):
        np.testing.assert_allclose(means(size, centre), fine, rtol=0.06)


def test_spread_when_pixels_grow_shrinks():
    scene = places.bands(places.image(places.CLEAR_SCENE), "B8")
    spreads = [
        np.nanstd(places.stack(scene, places.utm(s, int(10_240 / s)))) for s in (20, 80, 320)
    ]
    assert spreads[0] > spreads[1] > spreads[2]


@pytest.mark.parametrize(
    ("size", "level"), [(10.0, 0), (19.9, 0), (20.0, 1), (39.0, 1), (1280.0, 7), (3.0, 0)]
)
def test_level_for_a_grid_is_the_coarsest_that_is_not_coarser(size, level):
    assert Lattice("EPSG:32632", 0.0, 0.0, 10.0).level_for(places.utm(size, 8)) == level


def test_pixels_when_a_band_is_20_or_60_m_wide_hold_one_value():
    scene = places.bands(places.image(places.CLEAR_SCENE), "B11", "B1")
    grid = Grid("EPSG:32632", (5.0, 0, 618_960, 0, -5.0, 5_328_000), 96, 96)
    shortwave, coastal = places.stack(scene, grid)
    for plane, width in ((shortwave, 4), (coastal, 12)):
        blocks = plane.reshape(96 // width, width, 96 // width, width)
        assert (np.ptp(blocks, axis=(1, 3)) == 0).all()
    assert len(np.unique(shortwave)) > 100
