"""`ee.Model.fromVertexAi` through the unmodified client and a served SavedModel, against Keras."""

import subprocess
import sys

import ee
import numpy as np
import pytest
from google.auth.credentials import AnonymousCredentials

from lib.localearth.importing import import_file
from lib.localearth.service import open_service
from lib.localearth.transport import InProcessTransport
from lib.models.servable import Servable
from lib.models.serving import app_of
from tests.localearth.prediction.networks import (
    BANDS,
    export,
    small_network,
    small_regression,
    whole_image,
)
from tests.localearth.serving import running
from tests.localearth.test_importing import write

ENDPOINT = "projects/p/locations/us-central1/endpoints/12"
PROBABILITY = {"output": {"type": {"type": "PixelType", "precision": "float"}, "dimensions": 1}}
SIDE = 40


@pytest.fixture(scope="module")
def network():
    return small_network()


@pytest.fixture(scope="module")
def address(network, tmp_path_factory):
    """`python -m lib serve` with the network, in a process of its own."""
    directory = tmp_path_factory.mktemp("served") / "net"
    export(network, directory, BANDS, rank=3, out="output")
    command = [sys.executable, "-m", "lib", "serve", str(directory), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def bands():
    """Two bands of 40 x 40 numbers in 0..1 from seed 5; a corner of the first is masked."""
    values = np.random.default_rng(5).uniform(0.1, 1, (2, SIDE, SIDE)).astype(np.float32)
    values[0, 3:9, 20:30] = -1
    return values


@pytest.fixture
def client(home, tmp_path, bands, address):
    """The client on a Local Earth that knows the endpoint and the bands."""
    path = write(tmp_path / "scene.tif", bands, nodata=-1, names=list(BANDS))
    import_file(path, name="scene", home=home)
    service = open_service(home, endpoints={"12": address})
    transport = InProcessTransport(service)
    credentials = AnonymousCredentials()
    ee.Initialize(credentials, project="local", url="http://local", http_transport=transport)
    yield service
    ee.Reset()


def model(**options):
    settings = {"inputTileSize": [16, 16], "inputOverlapSize": [4, 4], "outputBands": PROBABILITY}
    return ee.Model.fromVertexAi(endpoint=ENDPOINT, **(settings | options))


def scene():
    return ee.Image("projects/local/assets/scene").float()


def pixels(image, *, width=SIDE, height=SIDE, column=0, row=0, scale=10.0):
    """Bands `(height, width, bands)` of the scene's own pixels, or of larger ones."""
    affine = {
        "scaleX": scale,
        "scaleY": -scale,
        "translateX": 500_000 + column * 10,
        "translateY": 5_300_000 - row * 10,
    }
    grid = {
        "dimensions": {"width": width, "height": height},
        "affineTransform": affine,
        "crsCode": "EPSG:32633",
    }
    request = {"expression": image, "fileFormat": "NUMPY_NDARRAY", "grid": grid}
    found = ee.data.computePixels(request)
    return np.stack([found[name] for name in found.dtype.names], axis=-1)


def flat(prediction):
    return prediction.select("output").arrayFlatten([["a", "b", "c"]])


def test_predicted_image_when_tiles_overlap_equals_keras_on_the_whole(client, network, bands):
    """Masked pixels arrive as 0, and mask what is predicted for them."""
    image = model().predictImage(scene())
    expected = whole_image(network, np.where(bands < 0, 0, bands))
    valid = (bands >= 0).all(axis=0)

    found = pixels(flat(image).unmask(-9))

    np.testing.assert_allclose(found[valid], expected[valid], atol=1e-5)
    assert (found[~valid] == -9).all()
    assert (~valid).sum() == 60


def test_predicted_image_when_projection_is_fixed_does_not_depend_on_the_cut(client, network):
    proj = ee.Projection("EPSG:32633", [10, 0, 500_000, 0, -10, 5_300_000])
    image = flat(model(fixInputProj=True, proj=proj).predictImage(scene()))
    whole = pixels(image)

    part = pixels(image, width=11, height=7, column=13, row=21)

    np.testing.assert_allclose(part, whole[21:28, 13:24], atol=1e-6)
    assert image.projection().getInfo()["transform"] == [10, 0, 500_000, 0, -10, 5_300_000]


def test_predicted_image_when_projection_is_fixed_is_the_same_at_a_coarser_scale(client):
    """A pixel of 20 m shows the prediction of the 10 m pixel that holds its centre."""
    proj = ee.Projection("EPSG:32633", [10, 0, 500_000, 0, -10, 5_300_000])
    image = flat(model(fixInputProj=True, proj=proj).predictImage(scene()))

    coarse = pixels(image, width=20, height=20, scale=20.0)

    np.testing.assert_allclose(coarse, pixels(image)[1::2, 1::2], atol=1e-6)


def test_predicted_image_when_the_payload_limit_is_small_is_the_same(client):
    whole = pixels(flat(model().predictImage(scene())))

    one_by_one = pixels(flat(model(maxPayloadBytes=5000).predictImage(scene())))

    np.testing.assert_allclose(one_by_one, whole, atol=1e-6)


def test_predicted_image_when_one_tile_exceeds_the_payload_limit_is_refused(client):
    image = flat(model(maxPayloadBytes=4000).predictImage(scene()))

    with pytest.raises(ee.EEException, match=r"exceeds maxPayloadBytes \(4000\)"):
        pixels(image)


def test_predicted_map_when_it_is_made_shows_classes(client, network):
    """The whole way of a page: map, tile."""
    label = flat(model().predictImage(scene())).toArray().arrayArgmax().arrayGet([0])
    made = label.getMapId({"min": 0, "max": 2})

    answer = client.handle("GET", f"/v1/{made['mapid']}/tiles/14/8874/5679", "", b"", {})

    assert answer.status == 200
    assert answer.body[:4] == b"\x89PNG"


def test_model_when_endpoint_is_unknown_is_refused_with_those_that_are_known(client):
    other = ee.Model.fromVertexAi(
        endpoint="projects/p/locations/l/endpoints/99",
        inputTileSize=[8, 8],
        outputBands=PROBABILITY,
    )

    with pytest.raises(ee.EEException, match=r"endpoints/99' is not registered.*\[12\]"):
        other.predictImage(scene()).getInfo()


@pytest.mark.parametrize("name", ["GRPC_TF_TENSORS", "GRPC_SERIALIZED_TF_TENSORS"])
def test_model_when_format_needs_grpc_is_refused_by_name(client, name):
    with pytest.raises(ee.EEException, match=f"does not send the payload format {name}"):
        model(payloadFormat=name).predictImage(scene()).getInfo()


def test_predicted_properties_when_features_have_the_inputs_equal_keras(client, tmp_path):
    network = small_regression()
    directory = export(network, tmp_path / "heights", ["height", "slope"], rank=1, out="answer")
    rows = [[1.0, 2.0], [-3.5, 0.25], [10.0, 4.0]]
    features = [
        ee.Feature(ee.Geometry.Point(12, 48), {"height": height, "slope": slope, "id": number})
        for number, (height, slope) in enumerate(rows)
    ]
    expected = np.asarray(network(np.array(rows, np.float32)))[:, 0]

    with running(app_of(Servable(directory))) as url:
        client.endpoints.register({"props": url})
        properties = ee.Model.fromVertexAi(
            endpoint="projects/p/locations/l/endpoints/props",
            inputProperties=["height", "slope"],
            outputProperties={"answer": {"type": ee.PixelType.float()}},
        )
        found = properties.predictProperties(ee.FeatureCollection(features)).getInfo()

    values = [feature["properties"] for feature in found["features"]]
    np.testing.assert_allclose([value["answer"] for value in values], expected, atol=1e-5)
    assert [value["id"] for value in values] == [0, 1, 2]
