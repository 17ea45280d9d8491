"""Exports of the unmodified client: files and assets, their pixels and their states."""

import csv
import json

import ee
import numpy as np
import pytest
import rasterio

from tests.localearth.batches import finished, outside

SCENE = "projects/local/assets/scene"
TRANSFORM = [10, 0, 500_000, 0, -10, 5_300_000]


def region(width=30, height=20, *, column=0, row=0):
    """Pixels of the scene as a rectangle in its own coordinates."""
    west, north = 500_000 + 10 * column, 5_300_000 - 10 * row
    box = [west, north - 10 * height, west + 10 * width, north]
    return ee.Geometry.Rectangle(box, "EPSG:32633", geodesic=False)


def place(**more):
    return {"crs": "EPSG:32633", "crsTransform": TRANSFORM, "region": region(), **more}


def test_image_when_exported_to_drive_is_a_geotiff_of_its_pixels(door, scene, home):
    image = ee.Image(SCENE).add(1).toInt16()
    task = ee.batch.Export.image.toDrive(image, "green field", folder="walk", **place())

    task.start()
    status = finished(task)

    assert (status["state"], status["task_type"]) == ("COMPLETED", "EXPORT_IMAGE")
    assert status["description"] == "green field"
    assert status["destination_uris"] == [outside(home, "drive", "walk").as_uri()]
    with rasterio.open(outside(home, "drive", "walk", "green field.tif")) as dataset:
        assert dataset.descriptions == ("red", "nir")
        assert list(dataset.transform)[:6] == TRANSFORM
        expected = np.where(scene == 0, 0, scene + 1)
        np.testing.assert_array_equal(dataset.read(), expected)
        assert "SIMULATED" not in dataset.tags()


def test_image_when_exported_at_a_scale_lies_on_multiples_of_it(door, scene, home):
    """Semantics 1.4: with a scale alone the CRS origin lies on a pixel corner."""
    options = {"crs": "EPSG:32633", "scale": 15, "region": region()}
    task = ee.batch.Export.image.toDrive(ee.Image(SCENE).select("nir"), "n", **options)

    task.start()

    assert finished(task)["state"] == "COMPLETED"
    with rasterio.open(outside(home, "drive", "n.tif")) as dataset:
        assert dataset.transform.a == 15
        assert dataset.transform.c % 15 == 0
        assert dataset.transform.f % 15 == 0


def test_image_when_exported_in_pieces_has_names_with_their_first_pixels(door, scene, home):
    options = place(fileDimensions=[16, 16], formatOptions={"noData": -1})
    task = ee.batch.Export.image.toCloudStorage(
        ee.Image(SCENE).select("red"), bucket="meadow", fileNamePrefix="a/b", **options
    )

    task.start()
    assert finished(task)["state"] == "COMPLETED"
    folder = outside(home, "gcs", "meadow", "a")

    assert sorted(path.name for path in folder.iterdir()) == [
        "b-0000000000-0000000000.tif", "b-0000000000-0000000016.tif",
        "b-0000000016-0000000000.tif", "b-0000000016-0000000016.tif",
    ]  # fmt: skip
    with rasterio.open(folder / "b-0000000016-0000000016.tif") as dataset:
        np.testing.assert_array_equal(dataset.read(1), scene[0, 16:, 16:])
    with rasterio.open(folder / "b-0000000000-0000000000.tif") as dataset:
        assert (dataset.nodata, dataset.read(1)[0, 0]) == (-1, -1)


def test_image_when_exported_as_cog_is_cloud_optimised(door, scene, home):
    options = place(formatOptions={"cloudOptimized": True})
    task = ee.batch.Export.image.toDrive(ee.Image(SCENE), "cog", **options)

    task.start()
    assert finished(task)["state"] == "COMPLETED"

    with rasterio.open(outside(home, "drive", "cog.tif")) as dataset:
        assert dataset.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        np.testing.assert_array_equal(dataset.read(), scene)


def test_image_when_exported_to_an_asset_keeps_masks_types_and_properties(door, scene):
    image = ee.Image(SCENE).multiply(0.5).toFloat().set("year", 2021)
    options = {"assetId": "projects/local/assets/half", "pyramidingPolicy": {".default": "mode"}}
    task = ee.batch.Export.image.toAsset(image, "half", **options, **place())

    task.start()
    assert finished(task)["state"] == "COMPLETED"
    half = ee.Image("projects/local/assets/half")
    info = half.getInfo()
    found = ee.data.computePixels({"expression": half.unmask(-9), "fileFormat": "NUMPY_NDARRAY"})

    assert info["properties"]["year"] == 2021
    assert info["bands"][0]["data_type"] == image.getInfo()["bands"][0]["data_type"]
    assert info["bands"][0]["crs_transform"] == TRANSFORM
    expected = np.where(scene[0] == 0, -9, scene[0] * 0.5)
    np.testing.assert_array_equal(found["red"], expected)


def test_asset_of_planet_imagery_stays_simulated_and_apart_from_own_data(door, scene):
    task = ee.batch.Export.image.toAsset(
        ee.Image("USGS/SRTMGL1_003"), "relief", "projects/local/assets/relief",
        region=ee.Geometry.Rectangle([11, 48, 11.01, 48.01]), scale=90, crs="EPSG:32632",
    )  # fmt: skip

    task.start()
    assert finished(task)["state"] == "COMPLETED"

    with pytest.raises(ee.EEException, match="because the planet is not the Earth"):
        ee.Image("projects/local/assets/relief").add(ee.Image(SCENE)).getInfo()


def test_image_when_unbounded_or_too_large_fails_with_the_words_of_earth_engine(door):
    unbounded = ee.batch.Export.image.toDrive(ee.Image(1), "all")
    large = ee.batch.Export.image.toDrive(ee.Image(1), "large", **place(maxPixels=599))
    unbounded.start()
    large.start()

    assert finished(unbounded)["error_message"] == (
        "Unable to export unbounded image. (Error code: 3)"
    )
    status = finished(large)
    assert status["state"] == "FAILED"
    assert status["error_message"] == (
        "Export too large: specified 600 pixels (max: 599). Specify higher maxPixels value if you "
        "intend to export a large area. (Error code: 3)"
    )


def test_bands_of_several_types_when_exported_fail_with_the_words_of_earth_engine(door):
    """github.com/gee-community/geemap issue 87."""
    image = ee.Image(1.5).toDouble().addBands(ee.Image(2.5).toFloat())
    task = ee.batch.Export.image.toDrive(image, "mixed", **place())

    task.start()

    assert finished(task)["error_message"] == (
        "Exported bands must have compatible data types; found inconsistent types: "
        "Float32 and Float64. (Error code: 3)"
    )


ROWS = [("b", 2.5, [1, 2]), ("a", 7, [3, 4])]


@pytest.fixture
def table(door):
    return ee.FeatureCollection(
        [
            ee.Feature(ee.Geometry.Point(number, 48), {"name": name, "size": size, "pair": pair})
            for number, (name, size, pair) in enumerate(ROWS)
        ]
    )


def test_table_when_exported_as_csv_has_index_columns_and_geometry(table, home):
    task = ee.batch.Export.table.toDrive(table, "rows", fileFormat="CSV")

    task.start()
    assert finished(task)["task_type"] == "EXPORT_FEATURES"
    with outside(home, "drive", "rows.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))

    assert list(rows[0]) == ["system:index", "name", "pair", "size", ".geo"]
    assert [row["size"] for row in rows] == ["2.5", "7"]
    assert rows[1]["pair"] == "[3, 4]"
    assert json.loads(rows[1][".geo"]) == {"type": "Point", "coordinates": [1, 48]}


def test_table_when_exported_as_geojson_keeps_the_selected_columns(table, home):
    options = {"fileFormat": "GeoJSON", "selectors": ["name"], "bucket": "meadow"}
    task = ee.batch.Export.table.toCloudStorage(table, "rows", **options)

    task.start()
    assert finished(task)["state"] == "COMPLETED"
    document = json.loads(outside(home, "gcs", "meadow", "rows.geojson").read_text())

    assert [row["properties"] for row in document["features"]] == [{"name": "b"}, {"name": "a"}]
    assert document["features"][1]["geometry"]["coordinates"] == [1, 48]


def test_table_when_exported_to_an_asset_is_a_collection_again(table):
    task = ee.batch.Export.table.toAsset(table, "rows", "projects/local/assets/rows")

    task.start()
    assert finished(task)["state"] == "COMPLETED"
    rows = ee.FeatureCollection("projects/local/assets/rows")

    assert rows.aggregate_array("size").getInfo() == [2.5, 7]
    assert rows.filter(ee.Filter.eq("name", "a")).first().get("pair").getInfo() == [3, 4]
    assert ee.data.getAsset("projects/local/assets/rows")["type"] == "TABLE"


REFUSED = {
    "format": (
        lambda: ee.batch.Export.image.toDrive(ee.Image(1), "x", fileFormat="PNG"),
        "as 'PNG'",
    ),
    "bucket": (
        lambda: ee.batch.Export.image.toCloudStorage(ee.Image(1), "x", bucket="../etc"),
        "Invalid bucket name",
    ),
    "prefix": (
        lambda: ee.batch.Export.image.toCloudStorage(
            ee.Image(1), "x", bucket="meadow", fileNamePrefix="a/../../b"
        ),
        "cannot name a file or folder",
    ),
    "folder": (
        lambda: ee.batch.Export.image.toDrive(ee.Image(1), "x", folder="/etc"),
        "cannot name a file or folder",
    ),
    "asset": (
        lambda: ee.batch.Export.image.toAsset(ee.Image(1), "x", "projects/local/assets/a/../b"),
        "Invalid asset name",
    ),
    "asset's folder": (
        lambda: ee.batch.Export.image.toAsset(ee.Image(1), "x", "projects/local/assets/no/b"),
        "'projects/local/assets/no' does not exist",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("make", "message"), REFUSED.values(), ids=REFUSED)
def test_export_when_it_cannot_be_is_refused_at_once(make, message, door):
    with pytest.raises(ee.EEException, match=message):
        make().start()


def test_asset_when_it_is_there_already_is_not_overwritten_unless_asked(door, scene):
    def export(**more):
        ee.batch.Export.image.toAsset(ee.Image(1), "x", SCENE, **more, **place()).start()

    with pytest.raises(ee.EEException, match=f"Cannot overwrite asset '{SCENE}'"):
        export()
    export(overwrite=True)
