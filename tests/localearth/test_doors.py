"""The unmodified client through both doors: in this process, and over HTTP."""

import io
import json
import math

import ee
import numpy as np
import pytest
from PIL import Image as Picture

from lib.localearth.service import Service
from tests.localearth.graphs import call, expression, function


def grid(width=30, height=20, scale=10):
    affine = {"scaleX": scale, "scaleY": -scale, "translateX": 500_000, "translateY": 5_300_000}
    size = {"width": width, "height": height}
    return {"dimensions": size, "affineTransform": affine, "crsCode": "EPSG:32633"}


def test_client_when_it_computes_gets_values(door):
    assert ee.Number(5).add(3).getInfo() == 8
    assert ee.List([1, 2]).map(lambda n: ee.Number(n).multiply(2)).getInfo() == [2, 4]


def test_client_when_function_fails_gets_the_message(door):
    with pytest.raises(ee.EEException, match=r"Image asset 'projects/local/assets/no' not found"):
        ee.Image("projects/local/assets/no").getInfo()


def test_client_when_own_raster_is_described_tells_bands_and_grid(door, scene):
    info = ee.Image("projects/local/assets/scene").getInfo()

    assert info["id"] == "projects/local/assets/scene"
    assert [band["id"] for band in info["bands"]] == ["red", "nir"]
    assert info["bands"][0]["dimensions"] == [30, 20]
    assert info["bands"][0]["crs"] == "EPSG:32633"
    assert info["bands"][0]["crs_transform"] == [10, 0, 500000, 0, -10, 5300000]
    assert info["properties"]["system:index"] == "scene"


def test_client_when_pixels_are_computed_gets_the_raster(door, scene):
    image = ee.Image("projects/local/assets/scene")
    request = {"expression": image.add(1), "fileFormat": "NUMPY_NDARRAY", "grid": grid()}

    found = ee.data.computePixels(request)

    assert found.dtype.names == ("red", "nir")
    expected = np.where(scene[0] == 0, 0, scene[0] + 1)
    np.testing.assert_array_equal(found["red"], expected)
    np.testing.assert_array_equal(found["nir"], scene[1] + 1)


def test_client_when_grid_is_left_out_gets_native_pixels(door, scene):
    request = {"assetId": "projects/local/assets/scene", "fileFormat": "NUMPY_NDARRAY"}

    found = ee.data.getPixels(request)

    np.testing.assert_array_equal(found["nir"], scene[1])


def test_client_when_table_is_computed_gets_all_pages(door):
    points = [ee.Feature(ee.Geometry.Point(n, 0), {"n": n}) for n in range(25)]
    collection = ee.FeatureCollection(points)

    first = ee.data.computeFeatures({"expression": collection, "pageSize": 10})
    frame = ee.data.computeFeatures(
        {"expression": collection, "pageSize": 10, "fileFormat": "PANDAS_DATAFRAME"}
    )

    assert [row["properties"]["n"] for row in first["features"]] == list(range(10))
    assert first["features"][3]["geometry"] == {"type": "Point", "coordinates": [3, 0]}
    assert "nextPageToken" in first
    assert frame["n"].tolist() == list(range(25))


def test_client_when_map_is_made_can_fetch_its_tiles(door, scene):
    """The tile is the one that holds 15.002 E, 47.8525 N, by the formula of the XYZ scheme."""
    image = ee.Image("projects/local/assets/scene").select("nir")
    made = image.getMapId({"min": 600, "max": 1199, "palette": ["000000", "ffffff"]})

    column = int((15.002 + 180) / 360 * 2**14)
    row = int((1 - math.asinh(math.tan(math.radians(47.8525))) / math.pi) / 2 * 2**14)
    tile = made["tile_fetcher"].fetch_tile(column, row, 14)
    far = made["tile_fetcher"].fetch_tile(0, 0, 14)

    picture = np.asarray(Picture.open(io.BytesIO(tile)))
    shown = picture[..., 3] == 255
    # 300 m by 200 m in pixels of 9.55 m * cos(47.85 degrees) on the ground
    assert 1_300 < shown.sum() < 1_600
    assert picture[shown][:, 0].max() > 240
    assert (np.asarray(Picture.open(io.BytesIO(far)))[..., 3] == 0).all()


def test_client_when_map_cannot_be_drawn_hears_at_once(door):
    with pytest.raises(ee.EEException, match="Band pattern 'B9' did not match any bands"):
        ee.Image(1).select("B9").getMapId()


def test_client_when_thumbnail_is_made_can_fetch_it(door, scene, service):
    image = ee.Image("projects/local/assets/scene").select("nir")
    url = image.getThumbURL({"min": 600, "max": 1199, "dimensions": 60, "format": "png"})

    path = url.split("/", 3)[3]
    answer = service.handle("GET", f"/{path}", "", b"", {})

    assert answer.status == 200
    picture = np.asarray(Picture.open(io.BytesIO(answer.body)))
    assert picture.shape[:2] == (40, 60)


def test_client_when_assets_are_listed_sees_own_ones(door, scene):
    listed = ee.data.listAssets({"parent": "projects/local/assets"})
    asset = ee.data.getAsset("projects/local/assets/scene")

    assert [entry["id"] for entry in listed["assets"]] == ["projects/local/assets/scene"]
    assert asset["type"] == "IMAGE"
    ee.data.deleteAsset("projects/local/assets/scene")
    assert ee.data.listAssets({"parent": "projects/local/assets"})["assets"] == []


def test_client_when_call_is_not_implemented_hears_its_name(door):
    task = ee.batch.Export.map.toCloudStorage(ee.Image(1), bucket="tiles", maxZoom=2)

    with pytest.raises(ee.EEException, match="Local Earth does not implement POST map:export"):
        task.start()


def post(service, path, body):
    return service.handle("POST", f"/v1/projects/p/{path}", "", body, {})


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b"[" * 100_000], ids=repr)
def test_handle_when_body_is_not_an_object_refuses(body, service):
    answer = post(service, "value:compute", body)

    assert answer.status == 400
    assert "Invalid JSON payload" in json.loads(answer.body)["error"]["message"]


def test_handle_when_our_code_fails_answers_400_with_a_number_and_logs(
    service, caplog, monkeypatch
):
    """Clients try a 500 again five times; a fault of ours will not pass by waiting."""

    def broken(task, body):
        raise KeyError("oops")

    monkeypatch.setattr(service, "perform", broken)
    answer = post(service, "value:compute", b'{"expression": {}}')

    message = json.loads(answer.body)["error"]["message"]
    assert answer.status == 400
    number = message.removeprefix("An internal error has occurred (request: ").removesuffix(").")
    assert number in caplog.text
    assert "oops" in caplog.text


def test_handle_when_all_slots_are_taken_answers_429(service):
    import contextlib

    with contextlib.ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(service.store.slot())
        answer = post(service, "value:compute", b"{}")

    assert answer.status == 429
    assert json.loads(answer.body)["error"]["status"] == "RESOURCE_EXHAUSTED"


def test_tile_when_drawn_before_comes_from_the_cache_of_another_service(service, home, scene):
    graph = {
        "functionName": "Image.load",
        "arguments": {"id": {"constantValue": "projects/local/assets/scene"}},
    }
    record = {"expression": {"result": "0", "values": {"0": {"functionInvocationValue": graph}}}}
    name = json.loads(post(service, "maps", json.dumps(record).encode()).body)["name"]
    path = f"/v1/{name}/tiles/10/554/355"
    first = service.handle("GET", path, "", b"", {})

    again = Service(home, pool=None)
    again._pool = _Refusing()

    assert again.handle("GET", path, "", b"", {}).body == first.body


class _Refusing:
    def perform(self, task, body=b""):
        raise AssertionError("the tile is known")


def test_own_data_when_mixed_with_the_planet_is_refused(door, scene):
    own = ee.Image("projects/local/assets/scene")

    with pytest.raises(ee.EEException, match="because the planet is not the Earth"):
        own.addBands(ee.Image("USGS/SRTMGL1_003")).getInfo()


def test_features_when_paged_are_computed_once(service, monkeypatch):
    """A sample of many pages must not be drawn anew for each."""
    from lib.localearth import engine

    computed = []
    original = engine.evaluate
    monkeypatch.setattr(engine, "evaluate", lambda *given: computed.append(1) or original(*given))
    points = call("List.sequence", start=0, end=9)
    feature = call("Feature", geometry=None, metadata={"dictionaryValue": {"values": {}}})
    features = call("List.map", list=points, baseAlgorithm=function("body", "n"))
    graph = expression(call("Collection", features=features), body=feature)

    token, seen = "", 0
    while token is not None:
        request = {"expression": graph, "pageSize": 4, "pageToken": token}
        answer = json.loads(
            post(service, "table:computeFeatures", json.dumps(request).encode()).body
        )
        seen, token = seen + len(answer["features"]), answer.get("nextPageToken")

    assert (seen, len(computed)) == (10, 1)


def test_compute_pixels_at_documented_grid_gives_documented_coordinates(door):
    """Values of google/Xee's ext_integration_test.py, rtol 1e-7 in float32."""
    affine = {"scaleX": 30, "scaleY": -30, "translateX": 551485, "translateY": 4179915}
    place = {
        "dimensions": {"width": 2, "height": 4},
        "affineTransform": affine,
        "crsCode": "EPSG:32610",
    }
    request = {"expression": ee.Image.pixelLonLat(), "fileFormat": "NUMPY_NDARRAY", "grid": place}

    found = ee.data.computePixels(request)

    np.testing.assert_allclose(
        found["latitude"],
        [
            [37.764977, 37.764973],
            [37.764706, 37.7647],
            [37.764435, 37.76443],
            [37.764164, 37.764164],
        ],
        atol=5e-6,
    )
    np.testing.assert_allclose(found["longitude"][:, 1], [-122.41495] * 4, atol=1e-5)


ODD = {
    "page size of letters": ("table:computeFeatures", {"pageSize": "many"}, "Invalid page size"),
    "page size below 1": ("table:computeFeatures", {"pageSize": -5}, "Invalid page size"),
    "page token of letters": ("table:computeFeatures", {"pageToken": "x"}, "Invalid page token"),
    "grid that is a word": ("image:computePixels", {"grid": "big"}, "pixel grid needs"),
    "grid without pixels": (
        "image:computePixels",
        {"grid": {"dimensions": {"width": 1, "height": 1}, "affineTransform": {}, "crsCode": "x"}},
        "pixel grid needs",
    ),
    "number for an image": ("maps", {"expression": expression("x")}, "must evaluate to an Image"),
    "expression that is a list": ("value:compute", {"expression": []}, "needs 'result' and"),
}


@pytest.mark.parametrize(("path", "body", "message"), ODD.values(), ids=ODD)
def test_handle_when_a_field_is_odd_says_which(path, body, message, service):
    image = expression(call("Image.constant", value=1))
    table = expression(call("Collection", features=[]))
    whole = {"expression": table if path.startswith("table") else image, **body}

    answer = post(service, path, json.dumps(whole).encode())

    assert answer.status == 400
    assert message in json.loads(answer.body)["error"]["message"]
