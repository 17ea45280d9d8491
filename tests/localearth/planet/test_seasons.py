"""The year: plants green up in summer on both sides of the equator, and snow falls in winter."""

import numpy as np
import pytest

from lib.localearth.planet import season
from tests.localearth.planet import places


def byte_of(latitude):
    return round(latitude / season.DEGREES_PER_STEP) + 128


@pytest.mark.parametrize("kind", season.NDVI_BY_MONTH)
def test_greenness_in_the_south_is_that_of_the_north_half_a_year_later(kind):
    for day in (15, 105, 196, 288):
        north = season.greenness(kind, day)[byte_of(48.0)]
        south = season.greenness(kind, (day + 183 - 1) % 366 + 1)[byte_of(-48.0)]
        assert south == pytest.approx(north, abs=0.03)


def test_greenness_follows_the_measured_course_of_the_year():
    """Forest in Slovenia: NDVI .360 in March, .633 in May, .699 in August (signatures.json)."""
    march, may, august = (season.greenness("forest", d)[byte_of(50.0)] for d in (76, 137, 228))
    assert (may - march) / (august - march) == pytest.approx(
        (0.633 - 0.360) / (0.699 - 0.360), abs=0.08
    )


def test_greenness_at_the_equator_hardly_changes():
    courses = [season.greenness("grassland", day)[byte_of(2.0)] for day in range(1, 366, 30)]
    assert np.ptp(courses) < 0.15


def test_ndvi_of_a_landscape_flips_across_the_equator():
    def ndvi(lat, crs, month):
        scenes = places.narrowed(places.S2, f"2021-{month}-01", f"2021-{month}-28", 10.6, lat)
        scene = min(
            (s for s in scenes.elements if s.bands[1].projection.crs == crs),
            key=lambda s: s.properties["CLOUDY_PIXEL_PERCENTAGE"],
        )
        red, nir, classes = places.stack(
            places.bands(scene, "B4", "B8", "SCL"), places.tile(11, lat=lat)
        )
        plants = np.isin(classes, (4, 5))
        return np.nanmean(((nir - red) / (nir + red))[plants])

    assert ndvi(48.1, "EPSG:32632", "07") > ndvi(48.1, "EPSG:32632", "02") + 0.1
    assert ndvi(-36.1, "EPSG:32732", "01") > ndvi(-36.1, "EPSG:32732", "07") + 0.1


def test_snow_lies_in_winter_on_high_ground_and_not_in_summer():
    january, july = season.temperature(15), season.temperature(196)
    high = byte_of(48.0 + 1800 / season.METRES_PER_DEGREE)
    assert january[high] < -5 < 5 < july[high]


def test_crops_are_green_ripe_and_bare_in_turn():
    """Winter wheat in central Europe: green in May, ripe in July, stubble turned by October."""
    green, ripe = season.crop_tables()[:, 0]
    assert green[140] > 0.9
    assert ripe[208] > 0.8
    assert green[280] + ripe[280] < 0.2


def test_mean_crop_is_the_mean_of_the_crops():
    tables = season.crop_tables()
    shares = np.array(season.CROP_SHARES)
    yearly = tables[:, : season.CROPS].mean(axis=2) @ shares
    np.testing.assert_allclose(tables[:, season.MIXED].mean(axis=1), yearly, atol=2e-3)
