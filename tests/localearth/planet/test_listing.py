"""Collections are narrowed before they are listed; scenes lie and come as the real ones do."""

import itertools

import pytest
from shapely.geometry import Point, box

from lib.localearth import planet
from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.planet.scene import DAY_MS
from lib.localearth.values import Collection, Narrowing
from tests.localearth.planet import places

SERIES = (places.S2, places.SCORE, places.L8, places.S1, places.DYNAMIC_WORLD)


def starts(collection):
    return [element.properties["system:time_start"] for element in collection.elements]


@pytest.mark.parametrize("asset", [places.S2, places.L8, places.S1])
def test_elements_when_not_narrowed_are_refused_with_the_words_of_earth_engine(asset):
    collection = planet.open_asset(asset)
    assert isinstance(collection, Collection)
    with pytest.raises(EarthError, match="aborted after accumulating over 5000 elements"):
        _ = collection.elements


@pytest.mark.parametrize("asset", SERIES)
def test_elements_when_narrowed_lie_within_dates_and_place_in_order(asset):
    collection = places.narrowed(asset, "2021-06-01", "2021-07-01")
    times = starts(collection)
    assert times
    assert times == sorted(times)
    assert places.millis("2021-06-01") <= times[0]
    assert times[-1] < places.millis("2021-07-01")
    here = Point(places.LON, places.LAT)
    assert all(element.footprint.shape.intersects(here) for element in collection.elements)


def test_narrow_when_called_twice_keeps_both():
    collection = planet.open_asset(places.S2)
    assert isinstance(collection, Collection)
    assert collection.narrow
    place = Geometry(Point(places.LON, places.LAT))
    june = Narrowing(places.millis("2021-06-01"), places.millis("2021-07-01"))
    once = collection.narrow(Narrowing(place=place))
    assert once.narrow
    assert starts(once.narrow(june)) == starts(
        places.narrowed(places.S2, "2021-06-01", "2021-07-01")
    )


def test_sentinel2_when_a_month_is_listed_comes_every_five_days():
    times = starts(places.narrowed(places.S2, "2021-06-01", "2021-07-01"))
    days = [int(time // DAY_MS) for time in times]
    assert [later - earlier for earlier, later in itertools.pairwise(days)] == [5] * 5


def test_landsat_when_half_a_year_is_listed_comes_every_sixteen_days():
    scenes = places.narrowed(places.L8, "2021-01-01", "2021-07-01").elements
    for path in {scene.properties["WRS_PATH"] for scene in scenes}:
        mine = [s for s in scenes if s.properties["WRS_PATH"] == path]
        days = sorted({int(s.properties["system:time_start"] // DAY_MS) for s in mine})
        assert {b - a for a, b in itertools.pairwise(days)} == {16}


def test_landsat_over_munich_has_the_real_path_and_row():
    """Path 193, row 27 holds 11.35 E, 47.75 N in WRS-2."""
    scenes = places.narrowed(places.L8, "2021-06-01", "2021-07-01", 11.35, 47.75).elements
    assert (193, 27) in {(s.properties["WRS_PATH"], s.properties["WRS_ROW"]) for s in scenes}


def test_landsat_path_44_is_flown_on_the_day_that_earth_engines_examples_show():
    """LC08_044034_20140318, over San Francisco, stands in Earth Engine's guides."""
    assert planet.open_asset(f"{places.L8}/LC08_044034_20140318") is not None


def test_sentinel1_when_a_month_is_listed_flies_both_ways():
    scenes = places.narrowed(places.S1, "2021-06-01", "2021-07-01").elements
    assert {s.properties["orbitProperties_pass"] for s in scenes} == {"ASCENDING", "DESCENDING"}


@pytest.mark.parametrize("asset", SERIES)
def test_open_asset_when_a_scene_is_named_finds_it(asset):
    expected = places.narrowed(asset, "2021-06-01", "2021-06-20").elements[0]
    found = places.image(expected.asset_id)
    assert found.properties["system:index"] == expected.properties["system:index"]
    assert found.footprint == expected.footprint


def test_cloud_score_has_the_same_indices_as_sentinel2():
    listed = [
        [
            e.properties["system:index"]
            for e in places.narrowed(a, "2021-06-01", "2021-07-01").elements
        ]
        for a in (places.S2, places.SCORE)
    ]
    assert listed[0] == listed[1]


def test_dynamic_world_leaves_out_scenes_with_more_than_35_percent_clouds():
    kept = {
        e.properties["system:index"]
        for e in places.narrowed(places.DYNAMIC_WORLD, "2021-06-01", "2021-09-01").elements
    }
    for scene in places.narrowed(places.S2, "2021-06-01", "2021-09-01").elements:
        clear = scene.properties["CLOUDY_PIXEL_PERCENTAGE"] <= 35
        assert (scene.properties["system:index"] in kept) == clear


@pytest.mark.parametrize(
    ("lon", "lat", "tile"),
    [
        (10.6, 48.1, "32UPU"),  # Mindelheim
        (-122.3, 37.8, "10SEG"),  # San Francisco
        (151.2, -33.9, "56HLH"),  # Sydney
        (-60.0, -3.1, "20MRB"),  # Manaus
    ],
)
def test_sentinel2_tile_has_the_name_that_the_real_grid_gives_it(lon, lat, tile):
    scenes = places.narrowed(places.S2, "2021-06-01", "2021-06-11", lon, lat).elements
    assert tile in {scene.properties["MGRS_TILE"] for scene in scenes}


@pytest.mark.parametrize("lon", [-179.95, 179.95])
def test_sentinel2_at_the_antimeridian_has_scenes_on_both_sides(lon):
    scenes = places.narrowed(places.S2, "2021-06-01", "2021-06-11", lon, -17.0).elements
    assert scenes
    grid = places.tile(12, lon=lon, lat=-17.0)
    assert any(places.read(places.bands(s, "B4"), grid)[0].valid.any() for s in scenes)


def test_elements_when_the_place_is_a_polygon_meet_it():
    collection = planet.open_asset(places.S2)
    assert isinstance(collection, Collection)
    assert collection.narrow
    area = box(10.0, 47.5, 12.5, 49.0)
    june = Narrowing(places.millis("2021-06-01"), places.millis("2021-06-06"), Geometry(area))
    tiles = {e.properties["MGRS_TILE"] for e in collection.narrow(june).elements}
    assert {"32UPU", "32TPT", "32UPV", "33UTP"} <= tiles
