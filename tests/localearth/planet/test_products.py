"""Bands, types, scales and properties are those of the real collections."""

import pytest

from lib.localearth import planet
from lib.localearth.raster.image import Image
from lib.localearth.raster.projection import PixelType
from lib.localearth.values import Collection
from tests.localearth.planet import places

UINT8, UINT16 = PixelType("int", 0, 255), PixelType("int", 0, 65535)
# Band: type and pixel size; from the Earth Engine catalogue pages of the collections.
EXPECTED = {
    places.S2: {
        **dict.fromkeys(("B1", "B9", "QA60"), (UINT16, 60)),
        **dict.fromkeys(("B2", "B3", "B4", "B8", "AOT", "WVP"), (UINT16, 10)),
        **dict.fromkeys(("B5", "B6", "B7", "B8A", "B11", "B12"), (UINT16, 20)),
        **dict.fromkeys(("SCL", "MSK_CLDPRB", "MSK_SNWPRB"), (UINT8, 20)),
        **dict.fromkeys(("TCI_R", "TCI_G", "TCI_B"), (UINT8, 10)),
    },
    places.SCORE: {name: (PixelType("float", 0, 1), 10) for name in ("cs", "cs_cdf")},
    places.L8: {
        **{f"SR_B{i}": (UINT16, 30) for i in range(1, 8)},
        **dict.fromkeys(("ST_B10", "QA_PIXEL", "QA_RADSAT"), (UINT16, 30)),
    },
    places.S1: {
        "VV": (PixelType("double"), 10),
        "VH": (PixelType("double"), 10),
        "angle": (PixelType("float"), 20_000),
    },
    places.DYNAMIC_WORLD: {
        "water": (PixelType("float", 0, 1), 10),
        "snow_and_ice": (PixelType("float", 0, 1), 10),
        "label": (UINT8, 10),
    },
}
PROPERTIES = {
    places.S2: ("CLOUDY_PIXEL_PERCENTAGE", "MGRS_TILE", "SPACECRAFT_NAME", "system:time_start"),
    places.SCORE: ("system:index", "system:time_start"),
    places.L8: ("CLOUD_COVER", "WRS_PATH", "WRS_ROW", "SUN_ELEVATION", "PROCESSING_LEVEL"),
    places.S1: (
        "instrumentMode", "transmitterReceiverPolarisation", "orbitProperties_pass",
        "resolution_meters",
    ),
    places.DYNAMIC_WORLD: ("system:index", "system:time_start"),
}  # fmt: skip


def first(asset):
    return places.narrowed(asset, "2021-06-01", "2021-07-15").elements[0]


@pytest.mark.parametrize("asset", EXPECTED)
def test_bands_of_a_scene_have_the_real_types_and_scales(asset):
    found = {band.name: (band.type, band.projection.nominal_scale) for band in first(asset).bands}
    for name, (pixel_type, scale) in EXPECTED[asset].items():
        assert found[name] == (pixel_type, scale), name


@pytest.mark.parametrize("asset", EXPECTED)
def test_planes_of_a_scene_have_the_type_that_the_bands_promise(asset):
    scene = first(asset)
    for band, plane in zip(scene.bands, places.read(scene, places.utm(40.0, 48)), strict=True):
        assert plane.data.dtype == band.type.dtype, band.name
        assert plane.data.shape == (48, 48)


@pytest.mark.parametrize("asset", PROPERTIES)
def test_properties_of_a_scene_are_there(asset):
    properties = first(asset).properties
    for name in PROPERTIES[asset]:
        assert properties[name] is not None, name
    assert first(asset).asset_id == f"{asset}/{properties['system:index']}"


def test_sentinel1_scene_passes_the_filters_that_the_catalogue_recommends():
    properties = first(places.S1).properties
    assert properties["instrumentMode"] == "IW"
    assert {"VV", "VH"} <= set(properties["transmitterReceiverPolarisation"])
    assert properties["resolution_meters"] == 10


def test_worldcover_is_a_collection_of_one_image_on_its_own_grid():
    collection = planet.open_asset(places.WORLDCOVER)
    assert isinstance(collection, Collection)
    (image,) = collection.elements
    (band,) = image.bands
    assert (band.name, band.type, band.dimensions) == ("Map", UINT8, (4_320_000, 1_728_000))
    assert band.projection.transform == (1 / 12000, 0, -180, 0, -1 / 12000, 84)


def test_srtm_is_an_image_of_whole_metres_on_its_own_grid():
    image = planet.open_asset(places.SRTM)
    assert isinstance(image, Image)
    (band,) = image.bands
    assert (band.name, band.type) == ("elevation", PixelType("int", -32768, 32767))
    assert band.dimensions == (1_296_001, 417_601)
    assert band.projection.nominal_scale == pytest.approx(30.92, abs=0.01)


def test_open_asset_when_the_id_is_not_the_planets_gives_none():
    assert planet.open_asset("LANDSAT/LC08/C01/T1_SR") is None
    assert planet.open_asset(f"{places.S2}/nonsense") is None
    assert planet.open_asset(f"{places.S2}/20210721T094657_20210721T094702_T32UPU") is None


def test_qa60_when_the_scene_lies_in_the_gap_of_2022_is_masked():
    grid = places.utm(60.0, 16)
    before = places.narrowed(places.S2, "2022-01-10", "2022-01-20").elements[0]
    within = places.narrowed(places.S2, "2022-02-01", "2022-02-10").elements[0]
    assert places.read(places.bands(before, "QA60"), grid)[0].valid.all()
    assert not places.read(places.bands(within, "QA60"), grid)[0].valid.any()
    assert places.read(places.bands(within, "B2"), grid)[0].valid.all()
