"""Whole catalogues: too many scenes are refused by arithmetic, the first ones are had at once."""

from collections import Counter
from dataclasses import replace

import pytest
from shapely.geometry import box

from lib.localearth.engine import Engine
from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.planet import landsat8, sentinel1, sentinel2, tiling
from lib.localearth.planet.scene import DAY_MS
from lib.localearth.planet.tiling import square_km
from lib.localearth.values import Narrowing
from tests.localearth.graphs import call, expression
from tests.localearth.planet import places

JUNE = places.millis("2021-06-01")


def refuse_to_list(first, last, area):
    pytest.fail("the catalogue was listed")


@pytest.mark.parametrize(
    ("series", "days", "area"),
    [
        (sentinel2.SERIES, 1, None),
        (landsat8.SERIES, 5, None),
        (sentinel1.SERIES, 30, None),
        (sentinel2.SERIES, 30, box(-180, -90, 180, 90)),
        (landsat8.SERIES, 365, box(-120, -40, 140, 60)),
    ],
)
def test_elements_of_a_catalogue_when_too_many_are_refused_without_listing(series, days, area):
    silent = replace(series, list_scenes=refuse_to_list)
    place = None if area is None else Geometry(area)
    collection = silent.collection(Narrowing(JUNE, JUNE + days * DAY_MS, place))

    with pytest.raises(EarthError, match="aborted after accumulating over 5000 elements"):
        _ = collection.elements


@pytest.mark.parametrize("series", [sentinel2.SERIES, landsat8.SERIES, sentinel1.SERIES])
@pytest.mark.parametrize("area", [box(5, 44, 17, 52), box(170, -50, 180, -30), box(9, 47, 9.1, 48)])
def test_least_scenes_are_never_more_than_there_are(series, area):
    first = int(JUNE // DAY_MS)

    count = sum(1 for _ in series.list_scenes(first, first + 34, area))

    assert 0 <= series.least(35, area) <= count
    if area.area > 20:
        assert series.least(35, area) > count / 10


@pytest.mark.slow
def test_least_scenes_of_one_day_are_the_tiles_of_the_rarest_phase():
    tiles = Counter(tile.phase for tile in tiling.tiles(box(-180, -10, 180, 30)))

    assert set(tiles) == set(range(5))
    assert min(tiles.values()) < tiling.TILES_A_DAY
    assert tiling.least_scenes(3, None) == 3 * tiling.TILES_A_DAY


def test_square_km_of_a_zone_is_that_of_a_sphere():
    """Archimedes: a zone of a sphere has the area 2 pi R h; of half the globe, 2 pi R^2."""
    half = square_km(box(-180, 0, 180, 90))

    assert half == pytest.approx(2 * 3.14159265 * 6371**2, rel=0.01)
    assert half < 2 * 3.14159265 * 6371**2


def collection():
    loaded = call("ImageCollection.load", id=places.S2)
    dates = call("DateRange", start=JUNE, end=JUNE + 60 * DAY_MS)
    during = call("Filter.dateRangeContains", leftValue=dates, rightField="system:time_start")
    return call("Collection.filter", collection=loaded, filter=during)


def computed(home, graph):
    return Engine(home).evaluate(expression(graph)).value


def test_first_of_a_catalogue_is_had_without_listing_it(home):
    image = computed(home, call("Collection.first", collection=collection()))

    assert image.asset_id.startswith(places.S2)
    assert JUNE <= image.properties["system:time_start"] < JUNE + DAY_MS


def test_limit_of_a_catalogue_that_is_filtered_and_mapped_gives_the_first_that_pass(home):
    cloud = call("Filter.lessThan", leftField="CLOUDY_PIXEL_PERCENTAGE", rightValue=20)
    clear = call("Collection.filter", collection=collection(), filter=cloud)
    some = computed(home, call("Collection.limit", collection=clear, limit=3))
    listed = computed(home, call("Collection.toList", collection=clear, count=2, offset=1))

    assert len(some.elements) == 3
    assert all(each.properties["CLOUDY_PIXEL_PERCENTAGE"] < 20 for each in some.elements)
    assert [each.asset_id for each in listed] == [each.asset_id for each in some.elements[1:]]


def test_size_of_a_catalogue_that_is_too_large_is_refused(home):
    with pytest.raises(EarthError, match="aborted after accumulating over 5000 elements"):
        computed(home, call("Collection.size", collection=collection()))
