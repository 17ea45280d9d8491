"""Public assets are described and listed as the REST API does it."""

import json

import pytest
import shapely

from lib.localearth.errors import EarthError
from lib.localearth.public_listing import narrowing_of
from lib.localearth.service import Service

PUBLIC = "/v1/projects/earthengine-public/assets"
NARROW = (
    'startTime >= "2024-06-15T00:00:00Z" AND endTime < "2024-06-20T00:00:00Z" '
    "AND intersects(\"{'type': 'Point', 'coordinates': [8.55, 47.3]}\")"
)


def get(home, path, query=""):
    answer = Service(home).handle("GET", f"{PUBLIC}/{path}", query, b"", {})
    return answer.status, json.loads(answer.body)


def test_image_when_described_has_bands_grid_and_time(home):
    """SRTM has 3601 pixels a degree and cell; its bands are printed as 16-bit integers."""
    status, told = get(home, "USGS/SRTMGL1_003")

    assert (status, told["type"], told["id"]) == (200, "IMAGE", "USGS/SRTMGL1_003")
    (band,) = told["bands"]
    assert band["id"] == "elevation"
    assert band["dataType"] == {"precision": "INT", "range": {"min": -32768, "max": 32767}}
    assert band["grid"]["affineTransform"]["scaleX"] == pytest.approx(1 / 3600)
    assert band["grid"]["crsCode"] == "EPSG:4326"
    assert told["startTime"].endswith("Z")


def test_collection_when_too_large_to_list_is_still_described(home):
    status, told = get(home, "COPERNICUS/S2_SR_HARMONIZED")

    assert (status, told["type"]) == (200, "IMAGE_COLLECTION")


def test_collection_when_listed_within_a_time_and_place_gives_its_images(home):
    status, told = get(home, "COPERNICUS/S2_SR_HARMONIZED:listAssets", f"filter={NARROW}")

    assert status == 200
    (image,) = told["assets"]
    assert image["type"] == "IMAGE"
    assert "2024-06-15" <= image["startTime"] < "2024-06-20"
    assert len(image["bands"]) > 12


def test_collection_when_listed_without_a_filter_is_refused(home):
    status, told = get(home, "COPERNICUS/S2_SR_HARMONIZED:listAssets")

    assert status == 400
    assert "over 5000 elements" in told["error"]["message"]


def test_image_when_listed_is_refused(home):
    status, told = get(home, "USGS/SRTMGL1_003:listAssets")

    assert status == 400
    assert "not a folder or collection" in told["error"]["message"]


def test_narrowing_when_filter_has_times_and_a_place_keeps_them():
    found = narrowing_of(NARROW)

    assert (found.start, found.end) == (1718409600000, 1718841600001)
    assert found.place.shape == shapely.Point(8.55, 47.3)


def test_narrowing_when_a_time_is_none_is_refused():
    with pytest.raises(EarthError, match="Invalid time in the filter"):
        narrowing_of('startTime >= "soon"')
