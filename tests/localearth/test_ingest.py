"""Ingestions: files of the folder that stands for Cloud Storage become assets."""

import json

import ee
import numpy as np
import pytest

from tests.localearth.batches import finished, outside
from tests.localearth.test_importing import write

FIELD = "projects/local/assets/field"


def wait(started):
    task = ee.batch.Task(started["id"], None, ee.batch.Task.State.READY, {}, started["name"])
    return finished(task)


@pytest.fixture
def bucket(home):
    folder = outside(home, "gcs", "meadow")
    folder.mkdir(parents=True)
    return folder


def manifest(uri, **more):
    return {"name": FIELD, "tilesets": [{"id": "t", "sources": [{"uris": [uri]}]}], **more}


def test_geotiff_when_ingested_is_an_image_with_the_manifests_names(door, bucket):
    values = np.arange(2 * 6 * 5).reshape(2, 6, 5).astype(np.int16)
    write(bucket / "a.tif", values)
    told = {
        "bands": [{"id": "b1"}, {"id": "b2"}], "properties": {"sensor": "x"},
        "startTime": "2020-06-01T00:00:00Z", "missingData": {"values": [7]},
        "pyramidingPolicy": "SAMPLE",
    }  # fmt: skip

    status = wait(ee.data.startIngestion("r", manifest("gs://meadow/a.tif", **told)))
    image = ee.Image(FIELD)
    pixels = {"expression": image.unmask(-1), "fileFormat": "NUMPY_NDARRAY"}

    assert (status["state"], status["task_type"]) == ("COMPLETED", "INGEST_IMAGE"), status
    assert status["description"] == f'Ingest image: "{FIELD}"'
    assert image.bandNames().getInfo() == ["b1", "b2"]
    assert image.date().format("YYYY-MM-dd").getInfo() == "2020-06-01"
    assert image.get("sensor").getInfo() == "x"
    expected = np.where(values[0] == 7, -1, values[0])
    np.testing.assert_array_equal(ee.data.computePixels(pixels)["b1"], expected)


def test_table_when_ingested_is_a_collection(door, bucket):
    (bucket / "in").mkdir()
    (bucket / "in" / "t.csv").write_text("name,lon,lat\nash,11,48\noak,12,49\n")
    source = {"name": FIELD, "sources": [{"uris": ["gs://meadow/in/t.csv"]}]}

    status = wait(ee.data.startTableIngestion("r", source))

    assert (status["state"], status["task_type"]) == ("COMPLETED", "INGEST_TABLE"), status
    assert ee.FeatureCollection(FIELD).aggregate_array("name").getInfo() == ["ash", "oak"]


def test_shapefile_when_ingested_needs_no_archive(door, bucket):
    import geopandas
    import shapely

    frame = geopandas.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(11, 48)], crs="EPSG:4326")
    frame.to_file(bucket / "s.shp")
    source = {"name": FIELD, "sources": [{"uris": ["gs://meadow/s.shp"]}]}

    assert wait(ee.data.startTableIngestion("r", source))["state"] == "COMPLETED"
    assert ee.FeatureCollection(FIELD).first().get("n").getInfo() == 1


def test_export_to_cloud_storage_can_be_ingested_again(door, scene, home):
    from tests.localearth.test_exports import SCENE, place

    task = ee.batch.Export.image.toCloudStorage(
        ee.Image(SCENE), "x", bucket="meadow", fileNamePrefix="out/scene", **place()
    )
    task.start()
    finished(task)

    status = wait(ee.data.startIngestion("r", manifest("gs://meadow/out/scene.tif")))
    found = ee.data.getPixels({"assetId": FIELD, "fileFormat": "NUMPY_NDARRAY"})

    assert status["state"] == "COMPLETED", status
    np.testing.assert_array_equal(found["nir"], scene[1])


REFUSED = {
    "no such file": ("gs://meadow/no.tif", "was not found"),
    "out of the bucket": ("gs://meadow/../../secret.tif", "cannot name a file or folder"),
    "no bucket": ("file:///etc/passwd", "Invalid GCS URI"),
    "odd bucket": ("gs://../x.tif", "Invalid bucket name"),
    "odd kind": ("gs://meadow/a.txt", "does not implement ingestion of 'a.txt'"),
}


@pytest.mark.parametrize(("uri", "message"), REFUSED.values(), ids=REFUSED)
def test_ingestion_when_the_file_cannot_be_taken_is_refused(uri, message, door, bucket):
    (bucket / "a.txt").write_text("x")

    with pytest.raises(ee.EEException, match=message):
        ee.data.startIngestion("r", manifest(uri))


def test_ingestion_of_a_broken_file_fails_with_the_reason(door, bucket):
    (bucket / "broken.tif").write_bytes(b"II*\0nothing")

    status = wait(ee.data.startIngestion("r", manifest("gs://meadow/broken.tif")))

    assert status["state"] == "FAILED"
    assert "'broken.tif' cannot be read as a GeoTIFF" in status["error_message"]


def test_feature_downloads_are_csv_and_geojson(door, service):
    points = ee.FeatureCollection([ee.Feature(ee.Geometry.Point(1, 2), {"a": 1, "b": "x"})])

    def fetch(url):
        return service.handle("GET", "/" + url.split("/", 3)[3], "", b"", {})

    table = fetch(points.getDownloadURL("csv", ["a", "b"]))
    document = fetch(points.getDownloadURL("geojson"))

    assert (table.headers["content-type"], table.body) == ("text/csv", b"a,b\n1,x\n")
    assert json.loads(document.body)["features"][0]["properties"] == {"a": 1, "b": "x"}
    with pytest.raises(ee.EEException, match="does not implement tables as 'KML'"):
        points.getDownloadURL("kml")
