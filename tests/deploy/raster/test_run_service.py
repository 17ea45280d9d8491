"""Maps of what a service computes: the same whatever its requests suffer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from lib.core.errors import NotFoundError, ServiceError, UnreachableError
from lib.core.expression import Expression
from lib.deploy.geotiff import NODATA, class_codes
from lib.deploy.raster.plan import RasterPlan
from lib.deploy.raster.run import RasterResult, run_raster
from lib.deploy.raster.showing import as_asset
from lib.earthengine.access import Connection
from lib.earthengine.assets import asset_facts
from lib.earthengine.connection import over_http
from lib.earthengine.doors import Answer, Door
from lib.earthengine.pixels import fetch
from lib.localearth.faults import Faults
from lib.localearth.server import api_app
from lib.localearth.service import Service
from lib.models.artifact import Artifact
from tests.deploy.conftest import GRID, LEGEND, NAMES
from tests.deploy.raster.networks import network_of
from tests.localearth.serving import running

Save = Callable[[Any], Path]
WIDE = replace(GRID, shape=(96, 96))
PLAN = RasterPlan(block_side=16)


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let retries follow one another at once: the client waits `random() * 2**n` s."""
    monkeypatch.setattr("googleapiclient.http.random.random", lambda: 0.0)


def mapped(
    earth: Connection, predictors: Expression, run_dir: Path, out: Path, **more: Any
) -> RasterResult:
    return run_raster(
        earth, predictors, run_dir, WIDE, out,
        legend=LEGEND, keep=out.with_suffix(".keep"), plan=PLAN, **more,
    )  # fmt: skip


@dataclass(frozen=True)
class BadPlace:
    """A door that answers 500 wherever a block's corner is asked for, and counts the others."""

    door: Door
    corner: str
    answered: list[str]

    def send(self, path: str, *, method: str, body: Any, headers: Mapping[str, str]) -> Answer:
        if self.corner in str(body):
            return Answer(500, {}, b'{"error": {"code": 500, "message": "Internal error."}}')
        self.answered.append(path)
        return self.door.send(path, method=method, body=body, headers=headers)


def test_map_of_a_service_is_what_keras_says_of_its_pixels(
    earth: Connection, predictors: Expression, save_network: Save, tmp_path: Path
) -> None:
    run_dir = save_network(network_of("mlp"))
    values, valid = fetch(earth, predictors, WIDE, NAMES)
    expected = class_codes(LEGEND)[Artifact.load(run_dir).predict(values).argmax(-1)]
    told: list[tuple[float, str, float | None]] = []

    result = mapped(
        earth, predictors, run_dir, tmp_path / "map.tif",
        on_progress=lambda *words: told.append(words),
    )  # fmt: skip

    with rasterio.open(result.path) as file:
        assert np.array_equal(file.read(1), np.where(valid, expected, NODATA))
    assert not result.simulated
    assert told[0][1] == "Block 1 of 36"
    assert told[-1] == (1.0, "The map is written", 0.0)
    shares = [share for share, _, _ in told]
    assert shares == sorted(shares)


@pytest.mark.parametrize("family", ["mlp", "fcn"])
def test_map_over_a_connection_that_fails_one_request_in_ten_is_the_same_to_the_byte(
    family: str,
    earth: Connection,
    predictors: Expression,
    save_network: Save,
    tmp_path: Path,
    no_waiting: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    run_dir = save_network(network_of(family))
    right = mapped(earth, predictors, run_dir, tmp_path / "right.tif")
    service = Service(Path(earth.secret["home"]))

    with running(
        api_app(service, faults=Faults.parse("429:0.04,503:0.03,drop:0.03,seed:5"))
    ) as url:
        found = mapped(over_http(url), predictors, run_dir, tmp_path / "found.tif")

    assert caplog.text.count("before retry 1 of 5") >= 2
    assert found.path.read_bytes() == right.path.read_bytes()
    assert (found.probabilities or Path()).read_bytes() == (
        right.probabilities or Path()
    ).read_bytes()


def test_blocks_that_fail_for_good_are_listed_and_tried_alone_the_next_time(
    earth: Connection,
    predictors: Expression,
    save_network: Save,
    tmp_path: Path,
    no_waiting: None,
) -> None:
    run_dir = save_network(network_of("mlp"))
    right = mapped(earth, predictors, run_dir, tmp_path / "right.tif")
    # The corner of the block at row 32 and column 48.
    corner = f'"translateX":{280_000.0 + 480},"shearY":0.0,"scaleY":-10.0,"translateY":5319680.0'
    answered: list[str] = []
    bad = replace(earth, door=BadPlace(earth.door, corner, answered))

    first = mapped(bad, predictors, run_dir, tmp_path / "map.tif")
    answered.clear()
    good = replace(earth, door=BadPlace(earth.door, "nowhere", answered))
    second = mapped(good, predictors, run_dir, tmp_path / "map.tif")

    assert [failed[:2] for failed in first.failed_blocks] == [(32, 48)]
    assert "Internal error" in first.failed_blocks[0][2]
    assert first.pixels == right.pixels - 256
    assert len([path for path in answered if "computePixels" in path]) == 1
    assert second.resumed_blocks == 35
    assert second.failed_blocks == ()
    assert second.path.read_bytes() == right.path.read_bytes()


def test_service_that_never_answers_is_told_at_once(
    earth: Connection,
    predictors: Expression,
    save_network: Save,
    tmp_path: Path,
    no_waiting: None,
) -> None:
    gone = over_http("http://127.0.0.1:9")

    with pytest.raises(UnreachableError):
        mapped(gone, predictors, save_network(network_of("mlp")), tmp_path / "map.tif")


def test_predictors_that_are_not_there_are_told(
    earth: Connection, save_network: Save, tmp_path: Path
) -> None:
    call = {"functionName": "Image.load", "arguments": {"id": {"constantValue": "projects/x/y"}}}
    missing = Expression({"result": "0", "values": {"0": {"functionInvocationValue": call}}})

    with pytest.raises((NotFoundError, ServiceError), match="projects/x/y"):
        mapped(earth, missing, save_network(network_of("mlp")), tmp_path / "map.tif")


def test_finished_map_becomes_an_asset_that_tiles_can_be_drawn_of(
    earth: Connection, predictors: Expression, save_network: Save, tmp_path: Path
) -> None:
    result = mapped(earth, predictors, save_network(network_of("mlp")), tmp_path / "map.tif")

    facts = asset_facts(earth, as_asset(earth, result, name="class_map"))

    assert facts.shape == WIDE.shape
    assert facts.transform == WIDE.transform
