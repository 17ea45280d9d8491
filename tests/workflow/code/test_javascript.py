"""The Code Editor's script under Node, with the official client against Local Earth."""

import base64
import io
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lib.core.errors import LimitError, PlanError
from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.core.imagery_plan import FormulaPlan, ImageryPlan, SourcePlan
from lib.earthengine import imagery, pixels
from lib.earthengine.stack import predictor_names
from lib.models.artifact import Artifact, save_artifact
from lib.workflow.code.javascript import javascript
from lib.workflow.code.weights import dense_network
from lib.workflow.document import Project
from tests.clients.test_clients import NODE, need
from tests.workflow.code.conftest import PROJECT, Made

HERE = Path(__file__).parent
MANY = replace(
    PROJECT.imagery,
    composite="greenest",
    sources=(SourcePlan("COPERNICUS/S1_GRD", ("VV",)),
             SourcePlan("LANDSAT/LC08/C02/T1_L2", ("SR_B5",), composite="percentile")),
    end="2021-08-01",
    terrain=("slope", "aspect_cos"),
    texture=("B8",),
    formulas=(FormulaPlan("ratio", "B11 / (B4 + 1)"),),
)  # fmt: skip


def run_script(made: Made, folder: Path, script: str, wanted: str) -> object:
    """What Node makes of a script: its map as NPY in base64, or the graph of its predictors."""
    need(NODE)
    assert PROJECT.aoi is not None
    (folder / "grid.json").write_text(json.dumps(Grid.over(PROJECT.aoi, scale_m=10.0).to_ee()))
    (folder / "script.js").write_text(script)
    node = shutil.which("node") or "node"
    done = subprocess.run(
        [node, str(HERE / "classes.js"), made.url, str(NODE), wanted, "script.js"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_script_under_node_gives_the_apps_map(made: Made, tmp_path: Path) -> None:
    script = javascript(made.project, made.artifact)

    told = run_script(made, tmp_path, script, "map")

    table = np.load(io.BytesIO(base64.b64decode(str(told))))
    classes = table["class"].astype(int)
    classes[classes == 255] = -1
    assert (made.classes >= 0).sum() > 15_000
    assert np.array_equal(classes >= 0, made.classes >= 0)
    # Sums that are equal to 7 digits may fall either way.
    assert (classes == made.classes).mean() > 0.9995


def with_imagery(made: Made, plan: ImageryPlan, folder: Path) -> tuple[Project, Path]:
    """A project of other imagery, and a network of as many predictors with random weights."""
    import keras

    names = predictor_names(plan)
    keras.utils.set_random_seed(0)
    network = keras.Sequential(
        [
            keras.Input((len(names),)),
            keras.layers.Dense(4, activation="relu"),
            keras.layers.Dense(len(made.samples.legend), activation="softmax"),
        ]
    )
    save_artifact(folder, network, replace(Artifact.load(made.artifact).card, predictors=names))
    return replace(made.project, imagery=plan), folder


def test_script_under_node_makes_the_apps_predictors(made: Made, tmp_path: Path) -> None:
    project, artifact = with_imagery(made, MANY, tmp_path)
    assert project.aoi is not None
    names = predictor_names(MANY)
    grid = Grid.over(project.aoi, scale_m=50.0)

    told = run_script(made, tmp_path, javascript(project, artifact), "graph")

    assert isinstance(told, dict)
    written = Expression(told)
    came, came_valid = pixels.fetch(made.connection, written, grid, names)
    app = imagery.predictors(made.connection, MANY, project.aoi)
    expected, valid = pixels.fetch(made.connection, app, grid, names)
    assert valid.mean() > 0.3
    assert np.array_equal(came_valid, valid)
    np.testing.assert_allclose(came, expected, rtol=2e-6, atol=1e-7)


def test_weights_read_without_tensorflow_answer_as_keras_does(made: Made) -> None:
    network = dense_network(made.artifact)

    x = made.samples.predictors[:50].astype(float)
    column = (x - network.mean) / network.spread
    for layer in network.layers:
        column = column @ layer.weights.T + layer.bias
        if layer.activation == "gelu":
            from scipy.special import erf

            column = column * (1 + erf(column / np.sqrt(2))) / 2
    shares = np.exp(column - column.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    expected = Artifact.load(made.artifact).predict(made.samples.predictors[:50])

    np.testing.assert_allclose(shares, expected, atol=2e-5)


@pytest.mark.parametrize(("family", "route"), [("lstm", "native"), ("unet", "raster")])
def test_script_of_other_families_is_refused_with_their_route(
    family: str, route: str, made: Made, tmp_path: Path
) -> None:
    card = Artifact.load(made.artifact).card
    save_artifact(
        tmp_path,
        Artifact.load(made.artifact).network,
        replace(card, plan=replace(card.plan, family=family)),
    )

    with pytest.raises(PlanError, match="dense layers") as caught:
        javascript(made.project, tmp_path)

    assert f"“{route}”" in caught.value.hint


def test_script_of_imagery_that_changed_since_the_training_is_refused(made: Made) -> None:
    changed = replace(made.project, imagery=replace(made.project.imagery, indices=()))

    with pytest.raises(PlanError, match="B3, B4, B8, NDVI") as caught:
        javascript(changed, made.artifact)

    assert caught.value.hint == "Train the network again."


def test_script_larger_than_a_request_is_refused(made: Made, tmp_path: Path) -> None:
    import keras

    wide = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(1200), keras.layers.Dense(1200),
         keras.layers.Dense(len(made.samples.legend), activation="softmax")]
    )  # fmt: skip
    save_artifact(tmp_path, wide, Artifact.load(made.artifact).card)

    with pytest.raises(LimitError, match="weights") as caught:
        javascript(made.project, tmp_path)

    assert "Map as a file" in caught.value.hint
