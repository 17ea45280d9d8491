"""Clouds, shadows and scores agree with each other and with what a scene says of itself."""

import numpy as np
import pytest

from lib.localearth.planet import clouds
from lib.localearth.planet.lattice import Lattice, Window, upsample
from lib.localearth.planet.sun import sun_at
from tests.localearth.planet import places

CLOUDY = "20210526T094835_20210526T094845_T32UPU"
GRID = places.utm(40.0, 500, easting=655_000, northing=5_345_000)


def cloudy(*names):
    return places.bands(places.image(f"{places.S2}/{CLOUDY}"), *names)


def score():
    return places.bands(places.image(f"{places.SCORE}/{CLOUDY}"), "cs_cdf")


def test_cs_cdf_is_low_on_bright_clouds_and_high_where_the_ground_shows():
    (blue,), (clear,) = places.stack(cloudy("B2"), GRID), places.stack(score(), GRID)
    assert np.nanmean(blue > 4000) > 0.02
    assert np.nanmax(clear[blue > 4000]) < 0.3
    assert np.nanmedian(blue[clear > 0.9]) < 900


def test_cs_cdf_at_the_recommended_threshold_parts_what_scl_calls_cloud():
    (classes,), (clear,) = places.stack(cloudy("SCL"), GRID), places.stack(score(), GRID)
    cloud = np.isin(classes, (8, 9))
    assert (clear[cloud] < 0.6).mean() > 0.97
    assert (clear[np.isin(classes, (4, 5, 6))] >= 0.6).mean() > 0.97


def test_cloudy_pixel_percentage_is_that_of_the_pixels():
    scene = places.image(f"{places.S2}/{CLOUDY}")
    left, bottom, right, top = scene.bands[0].source.scene.bounds
    grid = type(GRID)("EPSG:32632", (180.0, 0, left, 0, -180.0, top), 610, 610)
    assert (right - left, top - bottom) == (109_800, 109_800)
    (classes,) = places.stack(places.bands(scene, "SCL"), grid)
    counted = np.isin(classes, (8, 9)).mean() * 100
    assert scene.properties["CLOUDY_PIXEL_PERCENTAGE"] == pytest.approx(counted, abs=2.5)


def test_cloudiness_over_a_year_has_clear_and_covered_days():
    scenes = places.narrowed(places.S2, "2021-01-01", "2022-01-01").elements
    clouds = np.array([s.properties["CLOUDY_PIXEL_PERCENTAGE"] for s in scenes])
    assert len(clouds) == 73
    assert (clouds < 20).mean() > 0.3
    assert (clouds > 60).mean() > 0.1


def test_shadow_lies_on_the_side_of_the_cloud_that_faces_away_from_the_sun():
    """The shift that best lays clouds over shadows points away from the sun."""
    scene = places.image(f"{places.S2}/{CLOUDY}")
    (classes,) = places.stack(places.bands(scene, "SCL"), GRID)
    cloud, shadow = np.isin(classes, (8, 9)), classes == 3
    assert shadow.mean() > 0.002
    best = max(
        ((dy, dx) for dy in range(-60, 61, 4) for dx in range(-60, 61, 4)),
        key=lambda s: np.roll(cloud, s, axis=(0, 1))[shadow].mean(),
    )
    azimuth = np.radians(scene.properties["MEAN_SOLAR_AZIMUTH_ANGLE"])
    away = np.array([np.cos(azimuth), -np.sin(azimuth)])  # rows grow southwards
    length = np.hypot(*best)
    assert length > 0
    assert np.dot(best, away) / length > 0.8


@pytest.mark.parametrize(
    ("lon", "lat", "day", "hour", "zenith", "azimuth"),
    [
        (0.0, 0.0, 80, 12.0, 0.5, None),  # equinox, noon
        (0.0, 47.8, 172, 12.0, 24.4, 180.0),  # 47.8 - 23.44
        (0.0, -33.9, 172, 12.0, 57.3, 0.0),  # 33.9 + 23.44
        (10.0, 48.0, 355, 12.0 - 10.0 / 15.0, 71.4, 180.0),  # 48 + 23.44
    ],
)
def test_sun_at_noon_stands_where_latitude_and_declination_put_it(
    lon, lat, day, hour, zenith, azimuth
):
    sun = sun_at(lon, lat, day, hour)
    assert sun.zenith == pytest.approx(zenith, abs=0.6)
    if azimuth is not None:
        assert abs((sun.azimuth - azimuth + 180) % 360 - 180) < 1.0


@pytest.mark.parametrize("level", [1, 2, 4])
def test_sky_of_coarse_pixels_is_that_of_the_exact_noise_within_a_hair(level):
    """Broad octaves are interpolated there: by 5 % of opacity at most, by 0.3 % on the whole."""
    lattice = Lattice("EPSG:32632", 0.0, 0.0, 10.0)
    window = Window(lattice, level, 60_000 >> level, -532_000 >> level, 256, 256)
    day = 19_900  # a cloudy one: 2024-06-26
    nodes, place = upsample(window, 1 if level == 1 else 0)

    found = clouds.sky(window, day, sun_at(10.0, 48.0, 178, 10.5)).opacity

    exact = place(clouds.opacity(nodes.points(), day))
    assert exact.mean() > 0.3
    assert np.abs(found - exact).max() < 0.05
    assert np.abs(found - exact).mean() < 0.003
