"""Relief: rivers lie in valleys, lakes are flat, the sea is at zero."""

import numpy as np
import pytest

from lib.localearth.planet.lattice import Lattice, Window
from lib.localearth.planet.site import site_of
from tests.localearth.planet import places

LATTICE = Lattice("EPSG:32632", 0.0, 0.0, 10.0)


@pytest.fixture(scope="module")
def site():
    return site_of(Window(LATTICE, 2, 15_200, -133_400, 600, 600))


def test_elevation_near_rivers_is_lower_than_far_from_them(site):
    near = site.relief.elevation[site.river_m < 150]
    far = site.relief.elevation[(site.river_m > 2500) & (site.relief.lake < -0.6)]
    assert near.size > 500
    assert np.median(near) + 20 < np.median(far)


def test_elevation_on_lakes_hardly_changes(site):
    lake = site.relief.lake > 0.05
    assert lake.sum() > 500
    assert np.quantile(site.slope[lake], 0.99) < 0.01


def test_elevation_of_the_sea_is_zero_and_land_is_above_it():
    wide = site_of(Window(LATTICE, 9, 0, -1200, 200, 400))
    sea = wide.relief.land < 0
    assert 0.05 < sea.mean() < 0.7
    assert (wide.relief.elevation[sea] == 0).all()
    assert (wide.relief.elevation[~sea] > 0).all()


def test_slopes_are_those_of_the_elevation(site):
    across = np.diff(site.relief.elevation[300, :], axis=0) / 40.0
    middle = (across[1:] + across[:-1]) / 2
    np.testing.assert_allclose(site.slope_x[300, 1:-1], middle, atol=1e-4)


def test_srtm_when_read_as_an_asset_is_the_planets_elevation():
    (plane,) = places.read(places.image(places.SRTM), places.tile(12))
    assert plane.valid.all()
    assert plane.data.dtype == np.int16
    assert 20 < plane.data.min() < plane.data.max() < 2000
