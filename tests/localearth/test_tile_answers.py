"""Tiles as a browser asks for them: formats, tags, and what it already has."""

import json

import pytest

from tests.localearth.graphs import call, expression


@pytest.fixture
def tile(service):
    def ask(kind=None, *, masked=False, **headers):
        image = call("Image.constant", value=[255, 0, 0])
        if masked:
            image = call("Image.updateMask", image=image, mask=call("Image.constant", value=0.5))
        look = {"ranges": [{"min": 0, "max": 255}]}
        record = {"expression": expression(image), "visualizationOptions": look, "fileFormat": kind}
        made = service.handle("POST", "/v1/projects/p/maps", "", json.dumps(record).encode(), {})
        name = json.loads(made.body)["name"]
        return service.handle("GET", f"/v1/{name}/tiles/3/2/1", "", b"", headers)

    return ask


@pytest.mark.parametrize(
    ("kind", "masked", "expected"),
    [
        (None, False, "image/jpeg"),
        (None, True, "image/png"),
        ("AUTO_JPEG_PNG", False, "image/jpeg"),
        ("PNG", False, "image/png"),
        ("JPEG", True, "image/jpeg"),
    ],
)
def test_tile_is_of_the_format_that_the_map_names_or_that_fits(kind, masked, expected, tile):
    assert tile(kind, masked=masked).headers["content-type"] == expected


def test_tile_when_the_browser_has_it_is_not_sent_again(tile):
    first = tile("PNG")
    tag = first.headers["etag"]

    again = tile("PNG", **{"if-none-match": f'"other", W/{tag}'})
    other = tile("PNG", **{"if-none-match": '"other"'})

    assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag)
    assert (other.status, other.body) == (200, first.body)
    assert "max-age=86400" in again.headers["cache-control"]


def test_map_of_a_format_that_no_tile_has_is_refused(service):
    record = {"expression": expression(call("Image.constant", value=1)), "fileFormat": "NPY"}
    made = service.handle("POST", "/v1/projects/p/maps", "", json.dumps(record).encode(), {})

    assert made.status == 400
    assert "Unsupported file format for a map: NPY" in json.loads(made.body)["error"]["message"]
