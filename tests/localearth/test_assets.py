"""Assets through the client: folders, collections, copies, listings, and who may read them."""

import json

import ee
import numpy as np
import pytest

from lib.localearth.aip_filter import Entry, parse
from lib.localearth.errors import EarthError
from tests.localearth.test_exports import SCENE

ROOT = "projects/local/assets"


def ids(listed):
    return [asset["id"].removeprefix(f"{ROOT}/") for asset in listed["assets"]]


def test_folders_when_made_hold_what_is_put_into_them(door, scene):
    ee.data.createFolder(f"{ROOT}/walks")
    ee.data.copyAsset(SCENE, f"{ROOT}/walks/scene")

    assert ids(ee.data.listAssets(ROOT)) == ["scene", "walks"]
    assert ids(ee.data.listAssets(f"{ROOT}/walks")) == ["walks/scene"]
    assert ee.data.getAsset(f"{ROOT}/walks")["type"] == "FOLDER"
    assert ee.Image(f"{ROOT}/walks/scene").bandNames().getInfo() == ["red", "nir"]


def test_folder_when_it_holds_assets_is_not_deleted(door, scene):
    ee.data.createFolder(f"{ROOT}/walks")
    ee.data.copyAsset(SCENE, f"{ROOT}/walks/scene")

    with pytest.raises(ee.EEException, match="cannot be deleted because it has children"):
        ee.data.deleteAsset(f"{ROOT}/walks")
    ee.data.deleteAsset(f"{ROOT}/walks/scene")
    ee.data.deleteAsset(f"{ROOT}/walks")
    assert ids(ee.data.listAssets(ROOT)) == ["scene"]


def test_image_collection_when_filled_is_mapped_and_filtered(door, scene):
    ee.data.createAsset({"type": "ImageCollection"}, f"{ROOT}/years", {"owner": "me"})
    for year in (2020, 2021):
        asset_id = f"{ROOT}/years/y{year}"
        ee.data.copyAsset(SCENE, asset_id)
        ee.data.updateAsset(asset_id, {"properties": {"year": year}}, ["properties.year"])
    years = ee.ImageCollection(f"{ROOT}/years")

    assert years.size().getInfo() == 2
    assert years.get("owner").getInfo() == "me"
    assert years.filter(ee.Filter.eq("year", 2021)).first().id().getInfo() == "y2021"
    listed = ee.data.listImages({"parent": f"{ROOT}/years", "properties": ["year>2020"]})
    assert [image["id"] for image in listed["images"]] == [f"{ROOT}/years/y2021"]


def test_asset_when_renamed_has_its_new_id_alone(door, scene):
    ee.data.renameAsset(SCENE, f"{ROOT}/field")

    assert ids(ee.data.listAssets(ROOT)) == ["field"]
    assert ee.Image(f"{ROOT}/field").get("system:index").getInfo() == "field"


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: ee.data.copyAsset(SCENE, SCENE), "Cannot overwrite asset"),
        (lambda: ee.data.createFolder(f"{ROOT}/no/where"), "does not exist"),
        (lambda: ee.data.createFolder(f"{ROOT}/scene/in"), "is not a folder or collection"),
        (lambda: ee.data.createAsset({"type": "TABLE"}, f"{ROOT}/t"), "Cannot create an asset"),
        (lambda: ee.data.deleteAsset("USGS/SRTMGL1_003"), "not an asset of your own"),
        (lambda: ee.data.getAsset(f"{ROOT}/" + "a" * 2000), "does not exist"),
        (lambda: ee.data.listAssets({"parent": ROOT, "filter": "size >"}), "Invalid filter"),
        (lambda: ee.data.listFeatures({"assetId": SCENE}), "is not a Table"),
    ],
    ids=["taken", "no folder", "image as folder", "type", "planet", "long", "filter", "image"],
)
def test_change_when_it_cannot_be_is_refused(act, message, door, scene):
    with pytest.raises(ee.EEException, match=message):
        act()


def test_assets_when_listed_in_pages_come_all_once(door, scene):
    for number in range(5):
        ee.data.createFolder(f"{ROOT}/f{number}")

    page = ee.data.listAssets({"parent": ROOT, "pageSize": 4})
    rest = ee.data.listAssets({"parent": ROOT, "pageSize": 4, "pageToken": page["nextPageToken"]})

    assert ids(page) + ids(rest) == ["f0", "f1", "f2", "f3", "f4", "scene"]
    assert "nextPageToken" not in rest


@pytest.fixture
def trees(door):
    rows = [
        ee.Feature(ee.Geometry.Point(lon, 48), {"kind": kind, "height": height})
        for lon, kind, height in [(11, "oak", 20), (12, "ash", 15), (13, "oak", 5), (14, "fir", 30)]
    ]
    from tests.localearth.batches import finished

    task = ee.batch.Export.table.toAsset(ee.FeatureCollection(rows), "t", f"{ROOT}/trees")
    task.start()
    assert finished(task)["state"] == "COMPLETED"
    return f"{ROOT}/trees"


BOX = [[[11.5, 47], [13.5, 47], [13.5, 49], [11.5, 49], [11.5, 47]]]
FILTERS = {
    "none": ({}, [20, 15, 5, 30]),
    "number": ({"filter": "height >= 15"}, [20, 15, 30]),
    "both": ({"filter": 'kind = "oak" AND height < 10'}, [5]),
    "either": ({"filter": 'kind = "fir" OR kind = "ash"'}, [15, 30]),
    "not": ({"filter": 'NOT kind = "oak"'}, [15, 30]),
    "region": (
        {"region": json.dumps({"type": "Polygon", "coordinates": BOX})},
        [15, 5],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("query", "heights"), FILTERS.values(), ids=FILTERS)
def test_features_when_listed_are_those_that_pass(query, heights, trees):
    listed = ee.data.listFeatures({"assetId": trees, **query})

    assert [row["properties"]["height"] for row in listed["features"]] == heights


def test_features_when_listed_in_pages_come_all(trees):
    frame = ee.data.listFeatures(
        {"assetId": trees, "pageSize": 3, "fileFormat": "PANDAS_DATAFRAME"}
    )

    assert frame["kind"].tolist() == ["oak", "ash", "oak", "fir"]


def test_pixels_when_a_region_is_named_are_those_within_it(door, scene):
    """Pixels 4..8 across and 3..4 down; a polygon in degrees lies askew, so it takes more."""
    corners = ee.Geometry.Rectangle(
        [500_040, 5_299_950, 500_090, 5_299_970], "EPSG:32633", geodesic=False
    )
    region = corners.transform("EPSG:4326", 0.001).getInfo()
    request = {"assetId": SCENE, "fileFormat": "NUMPY_NDARRAY", "region": region}

    found = ee.data.getPixels(request)["nir"]

    assert 4 <= found.shape[1] <= 8
    assert 2 <= found.shape[0] <= 4
    inside = found[found > 0]
    assert set(inside) <= set(scene[1].ravel())
    assert scene[1, 3, 6] in inside
    assert scene[1, 10, 20] not in inside


def test_pixels_of_a_planet_image_are_those_that_an_expression_gives(door):
    affine = {"scaleX": 90, "scaleY": -90, "translateX": 500_000, "translateY": 5_300_000}
    place_ = {"dimensions": {"width": 5, "height": 4}, "affineTransform": affine}
    grid = place_ | {"crsCode": "EPSG:32633"}

    stored = ee.data.getPixels(
        {"assetId": "USGS/SRTMGL1_003", "fileFormat": "NUMPY_NDARRAY", "grid": grid}
    )
    computed = ee.data.computePixels(
        {"expression": ee.Image("USGS/SRTMGL1_003"), "fileFormat": "NUMPY_NDARRAY", "grid": grid}
    )

    np.testing.assert_array_equal(stored["elevation"], computed["elevation"])


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("properties.year >= 2020", True),
        ("properties.year=2020 AND properties.kind=\"x\"", False),
        ("properties.kind = oak OR properties.year < 0", True),
        ("properties.missing != 3", False),
        ('startTime >= "2020-01-01T00:00:00.000Z" AND endTime < "2021-01-01"', True),
        ("intersects(\"{'type':'Point','coordinates':[11.5,48.5]}\")", True),
        ("intersects('POINT (20 20)')", False),
        ("(properties.year = 1 OR properties.tags:wet) AND NOT properties.kind:ash", True),
        ("", True),
    ],
)  # fmt: skip
def test_filter_of_a_listing_reads_the_grammar_of_aip_160(text, passes):
    import shapely

    fields = {
        "properties.year": 2020, "properties.kind": "oak", "properties.tags": ["wet", "old"],
        "startTime": 1_590_000_000_000, "endTime": 1_590_000_000_000,
    }  # fmt: skip

    assert parse(text)(Entry(fields, shapely.box(11, 48, 12, 49))) is passes


@pytest.mark.parametrize(
    "text",
    ["a", "a >", "a = 1 AND", "(a = 1", "a = 'x", "startTime > soon", "(" * 200, "intersects(3)"],
)
def test_filter_when_malformed_is_refused(text):
    with pytest.raises(EarthError, match="Invalid"):
        parse(text)
