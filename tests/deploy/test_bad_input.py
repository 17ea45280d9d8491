"""What may be wrong when a network is deployed: a sentence for each, or the same bytes."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lib.core.aoi import Aoi
from lib.core.errors import DeploymentError, ModelError
from lib.core.expression import Expression
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.deploy.bundle.make import make_bundle
from lib.deploy.native.compile import compile_network
from lib.deploy.raster.engine import open_engine
from lib.deploy.raster.run import run_raster
from lib.deploy.vertex.savedmodel import export_network
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.connection import over_http
from lib.earthengine.graphs import to_expression, to_image
from lib.earthengine.pixels import fetch
from lib.localearth.faults import Faults
from lib.localearth.server import api_app
from lib.localearth.service import Service
from tests.deploy.conftest import GRID, LEGEND, NAMES
from tests.deploy.raster.networks import network_of
from tests.localearth.serving import running

Save = Callable[[Any], Path]
Deploy = Callable[[Connection, Expression, Path, Path], Any]


def samples() -> tuple[SampleSet, Split]:
    rng = np.random.default_rng(0)
    drawn = SampleSet(
        predictors=rng.normal(size=(60, len(NAMES))).astype(np.float32),
        class_index=(np.arange(60) % len(LEGEND)).astype(np.int16),
        names=NAMES, legend=LEGEND, lon=np.zeros(60), lat=np.zeros(60),
        group=np.full(60, -1, np.int32), ids=np.arange(60),
    )  # fmt: skip
    return drawn, Split(*np.split(np.arange(60), [40, 50]), kind="random", seed=0)


ROUTES: dict[str, Deploy] = {
    "native": lambda earth, image, run, _: compile_network(earth, run, image, LEGEND),
    "raster": lambda earth, image, run, out: run_raster(
        earth, image, run, GRID, out / "map.tif", legend=LEGEND, keep=out / "keep"
    ),
    "vertex": lambda earth, image, run, out: export_network(run, out / "export"),
    "bundle": lambda earth, image, run, out: make_bundle(run, *samples(), out, formats=("keras",)),
}


def older_version(card: dict[str, Any]) -> None:
    card["card_version"] = 0


def forgotten_setting(card: dict[str, Any]) -> None:
    card["plan"]["layers"] = 3


def lacking_entry(card: dict[str, Any]) -> None:
    del card["legend"]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (older_version, "has version 0, and this Loam reads 1"),
        (forgotten_setting, "has the setting “layers”, which this Loam does not know"),
        (lacking_entry, "lacks “legend”"),
    ],
)
def test_network_of_another_loam_is_told_by_every_route(
    change: Callable[[dict[str, Any]], None],
    words: str,
    route: str,
    earth: Connection,
    predictors: Expression,
    save_network: Save,
    tmp_path: Path,
) -> None:
    run_dir = save_network(network_of("mlp"))
    card = json.loads((run_dir / "card.json").read_text())
    change(card)
    (run_dir / "card.json").write_text(json.dumps(card))

    with pytest.raises(ModelError, match=words):
        ROUTES[route](earth, predictors, run_dir, tmp_path)


@pytest.mark.parametrize("route", ["native", "vertex", "bundle"])
def test_network_that_keras_cannot_read_is_told_with_what_made_it(
    route: str, earth: Connection, predictors: Expression, save_network: Save, tmp_path: Path
) -> None:
    run_dir = save_network(network_of("mlp"))
    card = json.loads((run_dir / "card.json").read_text())
    (run_dir / "card.json").write_text(json.dumps(card | {"versions": {"keras": "2.15.0"}}))
    (run_dir / "model.keras").write_bytes(b"a file of Keras 2")

    with pytest.raises(ModelError, match=r"cannot be read.* made with keras 2\.15\.0"):
        ROUTES[route](earth, predictors, run_dir, tmp_path)


@with_connection
def masked(connection: Connection, predictors: Expression) -> Expression:
    return to_expression(to_image(predictors).updateMask(0))


def test_area_that_turns_out_empty_is_told_and_leaves_no_map(
    earth: Connection, predictors: Expression, save_network: Save, tmp_path: Path
) -> None:
    run_dir = save_network(network_of("mlp"))
    elsewhere = Aoi.from_bounds(20.0, 10.0, 20.1, 10.1)

    for image, aoi in ((masked(earth, predictors), None), (predictors, elsewhere)):
        with pytest.raises(DeploymentError, match="No pixel of the area of interest has imagery"):
            run_raster(
                earth, image, run_dir, GRID, tmp_path / "map.tif",
                legend=LEGEND, keep=tmp_path / "keep", aoi=aoi,
            )  # fmt: skip
    assert list(tmp_path.glob("map*.tif")) == []


@pytest.fixture
def faulty(earth: Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """The same Local Earth, failing one request in ten; retries follow one another at once."""
    monkeypatch.setattr("googleapiclient.http.random.random", lambda: 0.0)
    faults = Faults.parse("429:0.04,503:0.03,drop:0.03,seed:5")
    with running(api_app(Service(Path(earth.secret["home"])), faults=faults)) as url:
        yield over_http(url)


def test_expression_over_a_connection_that_fails_one_request_in_ten_is_the_same_to_the_byte(
    earth: Connection,
    faulty: Connection,
    predictors: Expression,
    save_network: Save,
    caplog: pytest.LogCaptureFixture,
) -> None:
    run_dir = save_network(network_of("fcn"))

    both = [
        compile_network(connection, run_dir, predictors, LEGEND, grid=GRID)
        for connection in (earth, faulty)
    ]
    maps = [
        fetch(connection, written.expression, GRID, ["class"], dtype=np.uint8, block_pixels=16)
        for connection, written in zip((earth, faulty), both, strict=True)
    ]

    assert caplog.text.count("before retry 1 of 5") >= 2
    assert both[0].expression.to_json() == both[1].expression.to_json()
    assert maps[0][0].tobytes() == maps[1][0].tobytes()
    assert maps[0][1].tobytes() == maps[1][1].tobytes()


def test_engine_of_a_folder_without_a_network_is_told(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()

    with pytest.raises(ModelError, match="no trained network in run"):
        open_engine(tmp_path / "run", tmp_path / "keep")
