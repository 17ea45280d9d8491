"""Bundles: every format proven, papers that say what goes in, examples that run."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lib.core.errors import DeploymentError
from lib.core.imagery_plan import ImageryPlan
from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.deploy import agreement
from lib.deploy.agreement import EIGHT_BIT, EXACT, HALF, compare, probes_of
from lib.deploy.bundle import formats
from lib.deploy.bundle.formats import FORMATS
from lib.deploy.bundle.make import Bundle, make_bundle
from lib.deploy.bundle.process import write_formats
from lib.deploy.bundle.units import units_of
from lib.deploy.raster.engine import check_engine, open_engine
from lib.models.artifact import Artifact
from tests.deploy.conftest import LEGEND, NAMES
from tests.deploy.raster.networks import network_of

Save = Callable[[Any], Path]
COUNT = 2_400


def samples_of(*inner: int) -> SampleSet:
    rng = np.random.default_rng(0)
    return SampleSet(
        predictors=rng.normal(size=(COUNT, *inner, len(NAMES))).astype(np.float32),
        class_index=rng.integers(0, len(LEGEND), COUNT).astype(np.int16),
        names=NAMES,
        legend=LEGEND,
        lon=np.zeros(COUNT),
        lat=np.zeros(COUNT),
        group=np.full(COUNT, -1, np.int32),
        ids=np.arange(COUNT),
        valid=rng.random((COUNT, *inner)) > 0.2 if inner else None,
    )


SPLIT = Split(*np.split(np.arange(COUNT), [300, 400]), kind="random", seed=0)


@pytest.fixture
def bundle(save_network: Save, tmp_path: Path) -> Bundle:
    run_dir = save_network(network_of("mlp"))
    return make_bundle(run_dir, samples_of(), SPLIT, tmp_path / "out", units={"east": "m"})


def test_bundle_holds_every_format_proven_on_samples_that_were_held_out(bundle: Bundle) -> None:
    assert [row.form for row in bundle.rows] == list(FORMATS)
    assert [row.form for row in bundle.rows if not row.passed] == []
    assert {(row.samples, row.held_out) for row in bundle.rows} == {(2_100, 2_100)}
    differences = {row.form: row.max_abs_difference for row in bundle.rows}
    assert max(differences[name] for name in ("savedmodel", "tflite-float32", "onnx")) <= 1e-5
    assert 0 < differences["tflite-float16"] <= 2e-3
    assert min(row.equal_classes for row in bundle.rows) >= 0.97

    contract = json.loads((bundle.folder / "contract.json").read_text())
    card = (bundle.folder / "README.md").read_text()
    assert contract["inputs"][0]["order"][0] == {"name": "east", "unit": "m"}
    assert contract["inputs"][0]["shape"] == [None, 3]
    assert [item["value"] for item in contract["classes"]] == [10, 20, 30, 40]
    assert "| 0 | east | m |" in card
    assert "`example_onnx.py`" in card

    with zipfile.ZipFile(bundle.path) as archive:
        names = {name.removeprefix("bundle/") for name in archive.namelist()}
    assert names == set(bundle.files)
    examples = [name for name in bundle.files if name.startswith("example_")]
    assert len(examples) == len(FORMATS)
    for name in examples:
        run_example(bundle.folder, name)


def run_example(folder: Path, name: str) -> None:
    """Run an example beside its files; it prints classes and how far it is from Keras."""
    lines = (folder / name).read_text().splitlines()
    assert len(lines) <= 16

    ran = subprocess.run(
        [sys.executable, name], cwd=folder, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stderr
    *_, classes, difference = ran.stdout.splitlines()
    assert classes.startswith("['Class ")
    assert float(difference.split()[-1]) < 0.05


def test_recurrent_networks_are_unrolled_for_tflite_and_onnx(
    save_network: Save, tmp_path: Path
) -> None:
    run_dir = save_network(network_of("gru"))
    wanted = ("tflite-float32", "tflite-int8", "onnx")

    made = make_bundle(run_dir, samples_of(5), SPLIT, tmp_path / "out", formats=wanted)

    assert [row.problem for row in made.rows] == ["", "", ""]
    assert all(row.passed for row in made.rows)
    contract = json.loads((made.folder / "contract.json").read_text())
    assert [entry["name"] for entry in contract["inputs"]] == ["predictors", "valid"]
    assert contract["inputs"][1]["shape"] == [None, 5, 1]
    run_example(made.folder, "example_tflite_int8.py")


def test_format_beyond_its_bound_is_refused_and_not_packed(
    save_network: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Float16 held to the bound of float32.
    strict = {**FORMATS, "tflite-float16": replace(FORMATS["tflite-float16"], bound=EXACT)}
    monkeypatch.setattr(formats, "FORMATS", strict)
    wanted = ("keras", "tflite-float16")

    made = make_bundle(
        save_network(network_of("mlp")), samples_of(), SPLIT, tmp_path / "out", formats=wanted
    )

    assert [row.passed for row in made.rows] == [True, False]
    assert not any("float16" in name for name in made.files)
    assert "not in here" in (made.folder / "README.md").read_text()


def test_process_that_ends_within_a_format_is_told_and_the_next_goes_on(
    save_network: Save, tmp_path: Path
) -> None:
    run_dir = save_network(network_of("mlp"))
    (run_dir / "model.keras").unlink()
    told: list[str] = []

    problems = write_formats(
        run_dir, tmp_path, ["keras", "savedmodel"], on_written=told.append, check=lambda: None
    )

    assert told == ["keras", "savedmodel"]
    assert "ended with exit code 1" in problems["keras"]
    assert "model.keras cannot be read" in problems["savedmodel"]


def test_conversion_that_takes_too_long_is_given_up(save_network: Save, tmp_path: Path) -> None:
    problems = write_formats(
        save_network(network_of("mlp")), tmp_path, ["savedmodel", "onnx"],
        on_written=lambda _: None, check=lambda: None, longest_s=0.0,
    )  # fmt: skip

    assert set(problems) == {"savedmodel", "onnx"}
    assert "too long" in problems["onnx"]


def test_unknown_format_is_refused(save_network: Save, tmp_path: Path) -> None:
    with pytest.raises(DeploymentError, match="There is no format “pickle”"):
        make_bundle(
            save_network(network_of("mlp")), samples_of(), SPLIT, tmp_path, formats=("pickle",)
        )


@pytest.mark.parametrize(("family", "inner"), [("mlp", ()), ("gru", (5,)), ("unet", (8, 8))])
def test_engine_of_maps_agrees_with_keras_on_held_out_samples(
    family: str, inner: tuple[int, ...], save_network: Save, tmp_path: Path
) -> None:
    run_dir = save_network(network_of(family))

    found = check_engine(
        open_engine(run_dir, tmp_path / "keep"), Artifact.load(run_dir), samples_of(*inner), SPLIT
    )

    assert found.passed
    assert found.samples >= agreement.LEAST_SAMPLES
    assert found.max_abs_difference <= 1e-5


# By hand: two samples of two classes.
ONE = np.array([[0.9, 0.1], [0.4, 0.6]], np.float32)
OTHER = np.array([[0.8, 0.2], [0.6, 0.4]], np.float32)


@pytest.mark.parametrize(
    ("came", "bound", "passed"),
    [
        (ONE, EXACT, True),
        (ONE + 1e-3, EXACT, False),
        (ONE + 1e-3, HALF, True),
        (OTHER, EIGHT_BIT, False),
        (np.full_like(ONE, np.nan), EIGHT_BIT, False),
        (ONE[:, :1], EXACT, False),
    ],
)
def test_form_passes_only_within_its_bound(came: Any, bound: Any, passed: bool) -> None:
    assert compare("x", ONE, came, held_out=2, bound=bound).passed is passed


def test_differences_are_those_computed_by_hand() -> None:
    found = compare("x", ONE, OTHER, held_out=1, bound=EIGHT_BIT)

    assert found.max_abs_difference == pytest.approx(0.2)
    assert found.mean_abs_difference == pytest.approx(0.15)
    assert found.equal_classes == 0.5


def test_few_held_out_samples_are_filled_up_with_those_of_training_and_counted() -> None:
    parts = np.split(np.arange(5_000), [4_000, 4_400])

    probes = probes_of(Split(*parts, kind="random", seed=0))

    assert (len(probes.indices), probes.held_out) == (2_000, 1_000)
    assert probes.indices[:600].tolist() == list(range(4_400, 5_000))


def test_units_of_predictors_come_from_the_catalogue() -> None:
    plan = ImageryPlan(
        collection="COPERNICUS/S2_SR_HARMONIZED",
        bands=("B4", "B8"),
        indices=("NDVI",),
        terrain=("slope",),
        texture=("B8",),
    )

    assert units_of(plan) == {
        "B4": "reflectance",
        "B8": "reflectance",
        "NDVI": "1",
        "slope": "degree",
        "B8_mean": "reflectance",
        "B8_sd": "reflectance",
    }
