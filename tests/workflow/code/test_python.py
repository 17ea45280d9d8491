"""The Python of a project, run as a person would run it, against Local Earth."""

import ast
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import rasterio

from lib.core.edits import Edits
from lib.core.errors import PlanError
from lib.core.legend import Legend
from lib.core.model_plan import ModelPlan
from lib.core.plan import BalancePlan, DrawnLabel, LabelPlan, SamplingPlan, SplitPlan
from lib.workflow.code.python import code_of, python_script
from lib.workflow.document import Project
from lib.workflow.store import STEPS
from tests.workflow.code.conftest import PROJECT, Made, drawn, run_script, small

_SHOW_IDS = "\nprint('IDS', chosen.tolist())\n"


def square(west: float, south: float, value: int) -> DrawnLabel:
    """A square of some 150 m."""
    east, north = west + 0.002, south + 0.0014
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return DrawnLabel(value, json.dumps({"type": "Polygon", "coordinates": [ring]}))


DRAWN = replace(
    PROJECT,
    labels=LabelPlan(
        "drawn",
        "",
        "",
        drawn=(
            *(square(10.626 + 0.003 * k, 48.102 + 0.004 * (k % 2), 1 + k % 2) for k in range(6)),
            DrawnLabel(1, json.dumps({"type": "Point", "coordinates": [10.6433, 48.1123]})),
        ),
    ),
    legend=Legend.from_values([1, 2]),
    split=SplitPlan("polygon", validation=0.2, test=0.3),
    sampling=SamplingPlan(per_class=80, allocation="equal"),
)


def upto_samples(project: Project, made: Made, folder: Path) -> list[int]:
    """Pixels that the code draws, without training."""
    code = code_of("imagery", project) + "\n" + code_of("samples", project) + _SHOW_IDS
    told = run_script(code, folder, made.url)
    return list(json.loads(told.split("IDS ")[1].splitlines()[0]))


def test_script_with_the_apps_network_gives_the_apps_map(made: Made, tmp_path: Path) -> None:
    shutil.copy(made.artifact / "model.keras", tmp_path)

    run_script(python_script(made.project, made.artifact), tmp_path, made.url)

    classes = np.load(tmp_path / "classes.npy")
    assert (made.classes >= 0).sum() > 15_000
    assert np.array_equal(classes >= 0, made.classes >= 0)
    # Sums that are equal to 7 digits may fall either way.
    assert (classes == made.classes).mean() > 0.9995
    with rasterio.open(tmp_path / "classes.tif") as file:
        values = file.read(1)
    legend = np.array(made.samples.legend.values)
    assert np.array_equal(values[classes >= 0], legend[classes[classes >= 0]])
    assert (tmp_path / "classes.pgw").read_text().startswith("10\n0\n0\n-10\n")


def test_steps_one_after_another_run_with_drawn_polygons(made: Made, tmp_path: Path) -> None:
    code = "\n".join(code_of(step, DRAWN) for step in STEPS) + _SHOW_IDS

    told = run_script(code, tmp_path, made.url)

    app = drawn(made.connection, DRAWN)
    assert json.loads(told.split("IDS ")[1].splitlines()[0]) == sorted(app.ids.tolist())
    assert "Overall accuracy on the test set" in told
    assert np.load(tmp_path / "classes.npy").max() == 1


@pytest.mark.parametrize(
    "sampling",
    [
        SamplingPlan(per_class=40, pure=True, seed=3),
        SamplingPlan(per_class=40, min_distance_m=55.0),
        SamplingPlan(
            per_class=30, allocation="by hand", counts=(5, 9, 20, 30, 40, 2, 7, 3, 0, 0, 0)
        ),
    ],
    ids=["pure", "apart", "by hand"],
)
def test_code_draws_the_very_pixels_of_the_app(
    sampling: SamplingPlan, made: Made, tmp_path: Path
) -> None:
    project = replace(made.project, sampling=sampling)

    ids = upto_samples(project, made, tmp_path)

    assert ids == sorted(drawn(made.connection, project).ids.tolist())


def test_code_applies_what_a_person_dropped(made: Made, tmp_path: Path) -> None:
    gone = made.samples.ids[[1, 5]].tolist()
    project = replace(made.project, edits=Edits().drop(gone))

    ids = upto_samples(project, made, tmp_path)

    assert ids == sorted(set(made.samples.ids.tolist()) - set(gone))


def test_script_of_a_series_trains_and_maps(made: Made, tmp_path: Path) -> None:
    model = ModelPlan(
        family="temporal_cnn", filters=(4,), kernel_size=3, hidden_units=(8,), epochs=2
    )
    project = replace(small(PROJECT, form="series", window_days=8), model=model)

    told = run_script(python_script(project), tmp_path, made.url)

    classes = np.load(tmp_path / "classes.npy")
    assert "Overall accuracy" in told
    assert (classes >= 0).mean() > 0.5


@pytest.mark.slow
def test_script_of_patches_trains_and_maps(made: Made, tmp_path: Path) -> None:
    model = ModelPlan(family="fcn", filters=(4,), kernel_size=3, epochs=2)
    project = replace(small(PROJECT, form="patch", patch_size=5, dense=True), model=model)

    told = run_script(python_script(project), tmp_path, made.url)

    classes = np.load(tmp_path / "classes.npy")
    assert "Overall accuracy" in told
    assert (classes >= 0).mean() > 0.5


FAMILIES = [
    (ModelPlan(family="softmax"), {}),
    (ModelPlan(family="lstm", recurrent_units=(4, 4), bidirectional=True), {"form": "series"}),
    (ModelPlan(family="gru", hidden_units=(3,)), {"form": "series", "fill_gaps": False}),
    (ModelPlan(family="patch_cnn", loss="focal", batch_size=8), {"form": "patch"}),
    (ModelPlan(family="fcn", optimizer="sgd", schedule="step"), {"form": "patch"}),
    (ModelPlan(family="unet", filters=(4, 8), label_smoothing=0.1, tensorboard=True),
     {"form": "patch", "dense": True}),
]  # fmt: skip


@pytest.mark.parametrize(("model", "parts"), FAMILIES, ids=[m.family for m, _ in FAMILIES])
def test_script_of_each_family_can_be_read_by_python(
    model: ModelPlan, parts: dict[str, object]
) -> None:
    project = replace(small(PROJECT, **parts), model=model)
    balance = BalancePlan(resample="over", weighting="effective number")

    text = python_script(replace(project, balance=balance))

    modules = {
        name.name.split(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import)
        for name in node.names
    }
    assert modules == {"ee", "keras", "numpy"}
    assert "$" not in text


@pytest.mark.slow
@pytest.mark.parametrize(("model", "parts"), FAMILIES, ids=[m.family for m, _ in FAMILIES])
def test_script_of_each_family_runs(
    model: ModelPlan, parts: dict[str, object], made: Made, tmp_path: Path
) -> None:
    project = replace(small(PROJECT, **parts), model=replace(model, epochs=2))
    balance = BalancePlan(resample="over", weighting="effective number")

    told = run_script(python_script(replace(project, balance=balance)), tmp_path, made.url)

    assert "Overall accuracy" in told


@pytest.mark.parametrize(
    ("project", "word"),
    [
        (replace(PROJECT, balance=BalancePlan(augment=("noise",))), "noise"),
        (replace(PROJECT, balance=BalancePlan(resample="smote")), "SMOTE"),
        (replace(PROJECT, labels=LabelPlan("table", "plots.csv", "")), "plots.csv"),
        (replace(PROJECT, split=SplitPlan("polygon")), "polygons"),
        (replace(PROJECT, split=SplitPlan("column")), "column"),
        (replace(PROJECT, model=ModelPlan(family="unet")), "patches"),
        (replace(PROJECT, aoi=None), "no area"),
    ],
)
def test_script_of_what_code_cannot_express_is_refused_by_name(project: Project, word: str) -> None:
    with pytest.raises(PlanError, match=word):
        python_script(replace(project, legend=Legend.from_values([10, 20])))


def test_script_names_what_it_does_otherwise() -> None:
    text = python_script(replace(PROJECT, split=SplitPlan("blocks")))

    assert "Otherwise than Loam" in text
    assert "Simulated" in text
    assert "random forest of 100 trees" in text.replace("\n  ", " ")
