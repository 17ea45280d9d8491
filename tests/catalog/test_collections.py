"""The catalogue of data sets: complete, consistent, and with sources."""

import pytest

from lib.catalog.collections import (
    all_collections,
    find,
    imagery_collections,
    label_collections,
    search,
)
from lib.catalog.legends import preset

PLANET = (
    "COPERNICUS/S2_SR_HARMONIZED",
    "LANDSAT/LC08/C02/T1_L2",
    "COPERNICUS/S1_GRD",
    "USGS/SRTMGL1_003",
    "ESA/WorldCover/v200",
    "GOOGLE/DYNAMICWORLD/V1",
    "GOOGLE/CLOUD_SCORE_PLUS/V1/S2_HARMONIZED",
    "GOOGLE/SATELLITE_EMBEDDING/V1/ANNUAL",
)
# The data sets that Loam promises to know.
FIFTEEN = (
    *("COPERNICUS/S2_SR_HARMONIZED", "COPERNICUS/S1_GRD", "MODIS/061/MOD13Q1"),
    *(f"LANDSAT/{mission}/C02/T1_L2" for mission in ("LC09", "LC08", "LE07", "LT05")),
    *("NASA/NASADEM_HGT/001", "USGS/SRTMGL1_003", "COPERNICUS/DEM/GLO30_2024_1"),
    *("GOOGLE/SATELLITE_EMBEDDING/V1/ANNUAL", "ESA/WorldCover/v200", "GOOGLE/DYNAMICWORLD/V1"),
    *("USGS/NLCD_RELEASES/2021_REL/NLCD", "USGS/NLCD_RELEASES/2019_REL/NLCD"),
)
ALL = [pytest.param(collection, id=collection.id) for collection in all_collections()]


@pytest.mark.parametrize("collection_id", PLANET)
def test_every_data_set_of_the_simulated_planet_is_known(collection_id):
    assert find(collection_id).id == collection_id


def test_the_fifteen_data_sets_are_known():
    assert len(FIFTEEN) == 15
    assert all(find(collection_id) for collection_id in FIFTEEN)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("radar", ["s1"]),
        ("sentinel embedding", []),
        ("EMBEDDING", ["emb"]),
        ("landsat thermal", ["l8", "l9", "l7", "l5", "l4"]),
        ("elevation copernicus", ["glo30"]),
        ("nlcd", ["nlcd", "nlcd19"]),
    ],
)
def test_search_finds_data_sets_in_which_every_word_occurs(text, found):
    assert [collection.code for collection in search(text)] == found


def test_search_without_words_finds_all():
    assert search("  ") == all_collections()


def test_merged_landsat_has_members_that_have_its_bands_and_scales():
    merged = find("LANDSAT/4-9/C02/T1_L2")

    assert merged.mask is None
    assert merged.can_mask
    for member in map(find, merged.members):
        for band in merged.bands:
            own = member.band_for(band.common)
            assert (own.scale, own.offset, own.unit) == (band.scale, band.offset, band.unit)


def test_codes_tell_data_sets_apart():
    codes = [collection.code for collection in all_collections()]

    assert len(set(codes)) == len(codes)
    assert all(code.isalnum() for code in codes)


def test_pictures_of_reflectance_are_brightened():
    assert find("COPERNICUS/S2_SR_HARMONIZED").vis.gamma == 1.3
    assert find("LANDSAT/4-9/C02/T1_L2").vis.gamma == 1.3


def test_an_unknown_id_finds_nothing():
    assert find("LANDSAT/LC08/C01/T1_SR") is None


def test_sentinel_2_comes_first_and_kinds_do_not_mix():
    assert imagery_collections()[0].id == "COPERNICUS/S2_SR_HARMONIZED"
    assert {c.kind for c in imagery_collections()} == {"imagery"}
    assert [c.id for c in label_collections()] == [
        *("ESA/WorldCover/v200", "GOOGLE/DYNAMICWORLD/V1"),
        *("USGS/NLCD_RELEASES/2021_REL/NLCD", "USGS/NLCD_RELEASES/2019_REL/NLCD"),
    ]


def test_sentinel_2_has_all_bands_of_the_data_set_in_order():
    """catalog/COPERNICUS/templates/S2_SR.libsonnet of google/earthengine-catalog."""
    assert find("COPERNICUS/S2_SR_HARMONIZED").band_names == (
        *("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12"),
        *("AOT", "WVP", "SCL", "TCI_R", "TCI_G", "TCI_B", "MSK_CLDPRB", "MSK_SNWPRB"),
        *("QA10", "QA20", "QA60", "MSK_CLASSI_OPAQUE", "MSK_CLASSI_CIRRUS"),
        "MSK_CLASSI_SNOW_ICE",
    )


@pytest.mark.parametrize(
    ("collection_id", "band", "value", "expected"),
    [
        ("COPERNICUS/S2_SR_HARMONIZED", "B8", 3000, 0.3),
        # 18,182 is what the guide's 0.3 is in stored values.
        ("LANDSAT/LC08/C02/T1_L2", "SR_B5", 18_182, 0.300005),
        ("LANDSAT/LC09/C02/T1_L2", "ST_B10", 44_177, 299.99786954),
        ("LANDSAT/LT05/C02/T1_L2", "SR_B4", 7_273, 0.0000075),
        ("LANDSAT/LE07/C02/T1_L2", "ST_B6", 0, 149.0),
        ("COPERNICUS/S1_GRD", "VV", -12.5, -12.5),
        ("MODIS/061/MOD13Q1", "NDVI", 8000, 0.8),
    ],
)
def test_stored_values_become_physical_ones(collection_id, band, value, expected):
    facts = find(collection_id).band(band)

    assert value * facts.scale + facts.offset == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(
    ("collection_id", "names"),
    [
        ("COPERNICUS/S2_SR_HARMONIZED", ("B2", "B3", "B4", "B8", "B11", "B12")),
        ("LANDSAT/LC09/C02/T1_L2", ("SR_B2", "SR_B3", "SR_B4", "SR_B5", "SR_B6", "SR_B7")),
        ("LANDSAT/LC08/C02/T1_L2", ("SR_B2", "SR_B3", "SR_B4", "SR_B5", "SR_B6", "SR_B7")),
        ("LANDSAT/LE07/C02/T1_L2", ("SR_B1", "SR_B2", "SR_B3", "SR_B4", "SR_B5", "SR_B7")),
        ("LANDSAT/LT05/C02/T1_L2", ("SR_B1", "SR_B2", "SR_B3", "SR_B4", "SR_B5", "SR_B7")),
    ],
)
def test_six_common_names_harmonise_the_missions(collection_id, names):
    common = ("blue", "green", "red", "nir", "swir1", "swir2")

    assert tuple(find(collection_id).band_for(name).name for name in common) == names


def test_landsat_8_keeps_pixels_without_the_first_five_bits():
    """`QA_PIXEL.bitwiseAnd(0b11111).eq(0)` and `QA_RADSAT.eq(0)` of the Landsat guide."""
    mask = find("LANDSAT/LC08/C02/T1_L2").mask

    assert (mask.band, mask.bit_mask, mask.zero_band) == ("QA_PIXEL", 0b11111, "QA_RADSAT")


def test_landsat_5_does_not_ask_the_bit_that_it_does_not_have():
    assert find("LANDSAT/LT05/C02/T1_L2").mask.bit_mask == 0b11011


def test_sentinel_2_is_masked_by_a_linked_collection_that_is_known():
    mask = find("COPERNICUS/S2_SR_HARMONIZED").mask

    assert (mask.band, mask.at_least) == ("cs_cdf", 0.6)
    assert find(mask.collection).band("cs_cdf").maximum == 1


def test_sentinel_1_is_filtered_to_alike_scenes():
    rules = [(f.name, f.operator, f.value) for f in find("COPERNICUS/S1_GRD").filters]

    assert rules == [
        ("instrumentMode", "eq", "IW"),
        ("transmitterReceiverPolarisation", "listContains", "VV"),
        ("transmitterReceiverPolarisation", "listContains", "VH"),
        ("resolution_meters", "eq", 10),
    ]


def test_resolution_is_that_of_the_finest_band():
    assert find("COPERNICUS/S2_SR_HARMONIZED").resolution_m == 10
    assert find("LANDSAT/LC08/C02/T1_L2").resolution_m == 30
    assert find("MODIS/061/MOD13Q1").resolution_m == 250


@pytest.mark.parametrize("collection", ALL)
def test_a_data_set_is_consistent_and_names_its_source(collection):
    names = collection.band_names
    commons = [band.common for band in collection.bands if band.common]

    page = "landsat" if collection.members else collection.id.replace("/", "_")
    assert collection.source == (
        f"https://developers.google.com/earth-engine/datasets/catalog/{page}"
    )
    assert collection.citation
    assert collection.licence
    assert collection.kind in ("imagery", "labels", "elevation", "clouds")
    assert collection.type in ("ImageCollection", "Image")
    assert not collection.end or collection.start < collection.end
    assert len(set(names)) == len(names)
    assert len(set(commons)) == len(commons)
    assert all(band.resolution_m > 0 for band in collection.bands)
    assert all(band.title for band in collection.bands)
    assert all(band.role in ("data", "quality", "label", "picture") for band in collection.bands)
    if collection.vis:
        assert set(collection.vis.bands) <= set(names)
        assert len(collection.vis.bands) in (1, 3)
        assert collection.vis.min < collection.vis.max
    if collection.mask:
        assert collection.mask.source.startswith("https://")
        if not collection.mask.collection:
            assert {collection.mask.band, collection.mask.zero_band or names[0]} <= set(names)


@pytest.mark.parametrize("collection", [c for c in all_collections() if c.kind == "labels"])
def test_labels_have_a_legend_and_a_band_that_holds_it(collection):
    legend = preset(collection.legend)
    band = collection.band(collection.label_band)

    assert band.role == "label"
    assert (band.minimum, band.maximum) == (min(legend.values), max(legend.values))
