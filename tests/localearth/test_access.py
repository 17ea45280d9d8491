"""With tokens it is the token that decides what may be read, whatever the address says."""

import json

import numpy as np
import pytest

from lib.localearth.importing import import_file
from lib.localearth.service import Service
from lib.localearth.tokens import Account, TokenOffice
from tests.localearth.graphs import call, expression
from tests.localearth.test_importing import write
from tests.localearth.test_tokens import EMAIL, ask, assertion, bearer, key  # noqa: F401

MINE, THEIRS = "projects/meadow/assets/mine", "projects/forest/assets/theirs"
LEGACY = "projects/earthengine-legacy/assets/"


@pytest.fixture
def guarded(home, key, tmp_path):  # noqa: F811
    """A service with an asset of each of two projects, and a token for one of them."""
    from cryptography.hazmat.primitives import serialization

    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    office = TokenOffice((Account(EMAIL, public.decode(), ("meadow",)),))
    raster = write(tmp_path / "a.tif", np.array([[[1, 2], [3, 4]]], np.uint8))
    service = Service(home, tokens=office)
    import_file(raster, name="plain", home=home)
    for name in (MINE, THEIRS):
        folder = service.assets.folder / f"@{name.split('/')[1]}"
        folder.mkdir(parents=True)
        (service.assets.folder / "plain").rename(folder / name.rsplit("/", 1)[-1])
        import_file(raster, name="plain", home=home)
    token = ask(office, assertion(key))[1]["access_token"]

    def send(method, path, body=None, query=""):
        sent = json.dumps(body).encode() if body is not None else b""
        answer = service.handle(method, f"/v1/{path}", query, sent, bearer(token))
        return answer.status, json.loads(answer.body)

    return send


def load(asset_id):
    image = call("Image.load", id=asset_id)
    return {"expression": expression(call("Image.bandNames", image=image))}


def test_own_asset_is_read_through_the_tokens_project(guarded):
    status, told = guarded("POST", "projects/meadow/value:compute", load(MINE))

    assert (status, told) == (200, {"result": ["B1"]})


@pytest.mark.parametrize("asset", [THEIRS, LEGACY + THEIRS, "projects/local/assets/plain"])
@pytest.mark.parametrize("call_", ["value:compute", "image:computePixels", "maps"])
def test_expression_when_it_names_an_asset_of_others_does_not_find_it(asset, call_, guarded):
    body = (
        load(asset)
        if call_ == "value:compute"
        else {"expression": expression(call("Image.load", id=asset))}
    )
    status, told = guarded("POST", f"projects/meadow/{call_}", body)

    assert status == 400
    assert "not found (does not exist or caller does not have access)" in told["error"]["message"]


OTHERS = {
    "get": ("GET", THEIRS, None),
    "get by another spelling": ("GET", LEGACY + THEIRS, None),
    "pixels": ("POST", f"{THEIRS}:getPixels", {}),
    "delete": ("DELETE", THEIRS, None),
    "list": ("GET", "projects/forest/assets:listAssets", None),
    "copy from": ("POST", f"{THEIRS}:copy", {"destinationName": "projects/meadow/assets/x"}),
    "copy to": ("POST", f"{MINE}:copy", {"destinationName": "projects/forest/assets/x"}),
    "move to": ("POST", f"{MINE}:move", {"destinationName": LEGACY + "projects/forest/assets/x"}),
    "operations": ("GET", "projects/forest/operations", None),
    "compute": ("POST", "projects/forest/value:compute", {"expression": expression(1)}),
    "export to": (
        "POST",
        "projects/meadow/image:export",
        {
            "expression": expression(1),
            "assetExportOptions": {
                "earthEngineDestination": {"name": "projects/forest/assets/x", "overwrite": True}
            },
        },
    ),
}


@pytest.mark.parametrize(("method", "path", "body"), OTHERS.values(), ids=OTHERS)
def test_request_when_it_touches_another_project_is_denied(method, path, body, guarded):
    status, told = guarded(method, path, body)

    assert status == 403
    assert told["error"]["status"] == "PERMISSION_DENIED"


def test_planet_is_open_to_every_token(guarded):
    status, told = guarded("GET", "projects/earthengine-public/assets/USGS/SRTMGL1_003")

    assert (status, told["type"]) == (200, "IMAGE")


def test_body_cannot_claim_other_projects(guarded):
    body = {"expression": expression(call("Image.load", id=THEIRS)), "projects": ["forest"]}

    status, told = guarded("POST", "projects/meadow/thumbnails", body)
    picture = guarded("GET", f"{told['name']}:getPixels")

    assert (status, picture[0]) == (200, 400)


def test_ingestion_reads_the_bucket_of_the_tokens_project_alone(guarded, home, tmp_path):
    folder = home / "earth" / "outside" / "@forest" / "gcs" / "trees"
    folder.mkdir(parents=True)
    write(folder / "a.tif", np.array([[[1]]], np.uint8))
    source = {"sources": [{"uris": ["gs://trees/a.tif"]}]}
    manifest = {"name": "projects/meadow/assets/new", "tilesets": [source]}

    status, told = guarded("POST", "projects/meadow/image:import", {"imageManifest": manifest})

    assert status == 404
    assert "'gs://trees/a.tif' was not found" in told["error"]["message"]
