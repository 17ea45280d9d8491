"""The whole way: export, deploy, and the map that Local Earth makes by asking the endpoint.

Local Earth sends the payloads that Earth Engine sends; behind the stand-in's endpoint are the
files that were uploaded to its bucket.
"""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from lib.core.errors import DeploymentError, ServiceError
from lib.deploy.native.compile import probability_bands
from lib.deploy.vertex import graph
from lib.deploy.vertex.deploy import deploy
from lib.deploy.vertex.expression import vertex_expression
from lib.deploy.vertex.ledger import VertexDeployment
from lib.deploy.vertex.savedmodel import export_network
from lib.deploy.vertex.teardown import tear_down
from lib.earthengine.connection import local
from lib.earthengine.pixels import fetch
from lib.localearth.prediction.endpoints import Endpoints
from lib.models.artifact import Artifact
from tests.deploy.conftest import GRID, LEGEND, NAMES
from tests.deploy.forms import keras_of_patches, keras_of_series, series_image
from tests.deploy.vertex.conftest import CONTRACT
from tests.deploy.vertex.families import save_family

BOUND = 1e-5
ROWS, COLUMNS = GRID.shape


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """One Local Earth for all tests of this module, so that its processes start once."""
    return tmp_path_factory.mktemp("earth")


@pytest.fixture(scope="module")
def earth(place):
    return local(place)


@pytest.fixture
def deployed(cloud, account, settings_for, place, tmp_path, request):
    """Export a network, deploy it, and tell Local Earth where its endpoint is."""
    # Local Earth keeps what it has computed, so every test has an endpoint of its own.
    cloud.first_id = 100 + request.session.items.index(request.node)

    def make(run, **options):
        export_network(run, tmp_path / "export", grid=GRID, **options)
        made = deploy(
            account, tmp_path / "export", settings_for(), name="net", on_made=lambda _: None
        )
        Endpoints(place).register({made.endpoint: cloud.url})
        return made

    return make


def shares_of(earth, deployment, predictors):
    """Probabilities on the grid and where they are valid."""
    image = vertex_expression(earth, deployment, predictors, "probabilities")
    return fetch(earth, image, GRID, probability_bands(LEGEND))


def test_pixels_when_an_endpoint_is_asked_are_those_of_keras(earth, predictors, deployed, tmp_path):
    run = save_family("mlp", tmp_path)
    values, valid = fetch(earth, predictors, GRID, NAMES)
    expected = Artifact.load(run).predict(values)

    deployment = deployed(run, most_tile=16)
    shares, answered = shares_of(earth, deployment, predictors)
    classes, _ = fetch(
        earth, vertex_expression(earth, deployment, predictors), GRID, ["class"], dtype=np.uint8
    )
    entropy, _ = fetch(
        earth, vertex_expression(earth, deployment, predictors, "entropy"), GRID, ["entropy"]
    )

    np.testing.assert_array_equal(answered, valid)
    assert 0 < (~valid).sum() < valid.size
    np.testing.assert_allclose(shares[valid], expected[valid], atol=BOUND)
    np.testing.assert_array_equal(classes[valid][:, 0], expected[valid].argmax(axis=-1))
    logarithms = np.log(np.maximum(expected, 1e-30))
    by_hand = -(expected * logarithms).sum(axis=-1) / np.log(4)
    np.testing.assert_allclose(entropy[valid][:, 0], by_hand[valid], atol=1e-5)


def test_pixels_when_tiles_are_single_pixels_are_the_same(earth, predictors, deployed, tmp_path):
    """1 x 1 patches of bands, many of them in a request."""
    run = save_family("softmax", tmp_path)
    values, valid = fetch(earth, predictors, GRID, NAMES)

    shares, _ = shares_of(earth, deployed(run, most_tile=1), predictors)

    np.testing.assert_allclose(shares[valid], Artifact.load(run).predict(values)[valid], atol=BOUND)


@pytest.mark.parametrize(("family", "side"), [("patch_cnn", 5), ("fcn", 9)])
def test_patches_when_an_endpoint_is_asked_are_those_of_keras(
    earth, predictors, deployed, tmp_path, family, side
):
    run = save_family(family, tmp_path, sides=(side, side))
    network = Artifact.load(run).network
    expected, valid = keras_of_patches(earth, network, predictors, side // 2)

    shares, answered = shares_of(earth, deployed(run, most_tile=8), predictors)

    np.testing.assert_array_equal(answered.ravel(), valid)
    np.testing.assert_allclose(shares.reshape(-1, 4)[valid], expected[valid], atol=BOUND)


def test_unet_when_an_endpoint_is_asked_is_that_of_keras_tile_by_tile(
    earth, predictors, deployed, tmp_path
):
    run = save_family("unet", tmp_path)
    deployment = deployed(run, most_tile=12)
    tile, margin = deployment.contract.tile, deployment.contract.margin
    network = graph.network_for(Artifact.load(run), deployment.contract.side)
    expected = np.zeros((2 * tile, 2 * tile, 4), np.float32)
    for row in (0, tile):
        for column in (0, tile):
            rows = slice(row - margin, row + tile + margin)
            columns = slice(column - margin, column + tile + margin)
            values, seen = fetch(earth, predictors, GRID.window((rows, columns)), NAMES)
            inputs = [np.where(seen[..., None], values, 0)[None], seen[None, ..., None] * 1.0]
            found = np.asarray(network(inputs, training=False))[0]
            inner = found[margin : margin + tile, margin : margin + tile]
            expected[row : row + tile, column : column + tile] = inner

    shares, valid = shares_of(earth, deployment, predictors)

    assert tile == 12
    np.testing.assert_allclose(shares[valid], expected[:ROWS, :COLUMNS][valid], atol=BOUND)


def test_series_through_the_command_that_serves_are_those_of_keras(earth, place, tmp_path):
    """`python -m lib serve` instead of the stand-in: the other way to try a SavedModel."""
    run = save_family("lstm", tmp_path / "run")
    predictors = series_image(earth, 5)
    contract = export_network(run, tmp_path / "net", most_tile=16)
    expected = keras_of_series(earth, Artifact.load(run).network, predictors)
    command = [sys.executable, "-m", "lib", "serve", str(tmp_path / "net"), "--port", "0"]

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            deployment = _by_hand(contract)
            Endpoints(place).register({deployment.endpoint: process.stdout.readline().strip()})
            shares, valid = shares_of(earth, deployment, predictors)
        finally:
            process.terminate()

    assert 0 < valid.sum() < valid.size
    np.testing.assert_allclose(shares[valid], expected, atol=BOUND)


def test_map_when_the_endpoint_was_taken_away_says_what_failed(
    earth, account, settings_for, predictors, deployed, tmp_path
):
    deployment = deployed(save_family("softmax", tmp_path))
    tear_down(account, deployment, settings_for())

    with pytest.raises(ServiceError, match=r"The Endpoint .*/endpoints/\d+ is not found"):
        shares_of(earth, deployment, predictors)


def test_expression_when_nothing_is_deployed_or_asked_for_is_refused(earth, predictors):
    deployment = _by_hand(CONTRACT)

    with pytest.raises(DeploymentError, match="no model on its endpoint yet"):
        vertex_expression(earth, replace(deployment, since=""), predictors)
    with pytest.raises(DeploymentError, match="no output “height”"):
        vertex_expression(earth, deployment, predictors, "height")


def _by_hand(contract):
    return VertexDeployment(
        name="net",
        project="p",
        region="us-central1",
        bucket="b",
        prefix="x",
        contract=contract,
        machine_type="n1-standard-2",
        endpoint="projects/p/locations/us-central1/endpoints/12",
        since="2026-11-22T10:00:00Z",
    )
