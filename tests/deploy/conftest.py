"""Networks in run folders, and an image of predictors that Local Earth computes."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import ee
import numpy as np
import pytest

from benchmarks.subjects import untrained_card
from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.core.legend import Legend
from lib.core.model_plan import ModelPlan
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.connection import (
    EARTH_ENGINE_URL_VARIABLE,
    ServiceAccountKey,
    earth_engine,
    local,
)
from lib.earthengine.graphs import to_expression
from lib.localearth.server import api_app
from lib.localearth.service import Service
from lib.models.artifact import save_artifact
from tests.deploy.vertex.standin import StandIn
from tests.deploy.vertex.standin import running as standing_in
from tests.localearth.batches import outside
from tests.localearth.serving import running as serving

NAMES = ("east", "north", "wave")
LEGEND = Legend.from_values([10, 20, 30, 40])
# 20 x 24 pixels of 10 m in UTM zone 33 north, near 12.05 E, 48.0 N.
GRID = Grid("EPSG:32633", (10.0, 0.0, 280_000.0, 0.0, -10.0, 5_320_000.0), (20, 24))

SaveNetwork = Callable[[Any], Path]


@pytest.fixture
def earth(home: Path) -> Connection:
    return local(home)


@pytest.fixture
def gcs(home: Path):
    with standing_in(StandIn(outside(home, "gcs"))) as state:
        yield state


@pytest.fixture
def google(
    gcs: StandIn,
    home: Path,
    private_key: str,
    monkeypatch: pytest.MonkeyPatch,
):
    """A service account that signs in to the stand-in; its Earth Engine is a Local Earth."""
    monkeypatch.setenv("LOAM_TOKEN_URL", f"{gcs.url}/token")
    with serving(api_app(Service(home))) as url:
        monkeypatch.setenv(EARTH_ENGINE_URL_VARIABLE, url)
        key = ServiceAccountKey("loam@example.com", private_key, "meadow-1")
        made = earth_engine("meadow-1", key)
        yield replace(made, project="local", can=replace(made.can, buckets=True))


@pytest.fixture
def predictors(earth: Connection) -> Expression:
    return predictor_image(earth)


@with_connection
def predictor_image(connection: Connection) -> Expression:
    """Three smooth bands of the coordinates, masked where the second is above 0.9."""
    place = ee.Image.pixelLonLat()
    east = place.select("longitude").subtract(12.0525).multiply(800)
    north = place.select("latitude").subtract(47.9945).multiply(1500)
    wave = place.select("longitude").multiply(3000).sin()
    image = ee.Image.cat([east, north, wave]).rename(list(NAMES)).toFloat()
    return to_expression(image.updateMask(north.lt(0.9)))


@pytest.fixture
def save_network(tmp_path: Path) -> SaveNetwork:
    def save(network: Any) -> Path:
        card = untrained_card(NAMES, LEGEND, ModelPlan())
        save_artifact(tmp_path, network, card)
        return tmp_path

    return save


def shuffled(network: Any, seed: int = 1, *, spread: float = 1.0) -> Any:
    """Give every weight, biases and moving statistics included, a value that matters."""
    rng = np.random.default_rng(seed)
    for variable in network.variables:
        if np.issubdtype(np.dtype(variable.dtype), np.floating):
            size = spread * rng.uniform(0.2, 1.0, variable.shape)
            positive = "variance" in variable.path
            sign = 1 if positive else rng.choice([-1, 1], variable.shape)
            variable.assign((size * sign).astype(np.float32))
    for layer in network.layers:
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    return network
