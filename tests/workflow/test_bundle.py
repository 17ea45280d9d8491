"""Bundles as a job: what is written, what is proven, and the example that runs beside it."""

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from lib.core.errors import DeploymentError, PlanError
from lib.workflow import bundle
from lib.workflow.project import Workspace
from tests.workflow.trained import QUICK, copied, home_with, order_of, workspace_with_samples

LITE = ["keras", "tflite-float16"]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A home with a project that has a bundle of two formats; and its id."""
    return home_with(
        tmp_path_factory.mktemp("bundled"), ("train", None), ("bundle", {"formats": LITE})
    )


@pytest.fixture
def made(original: tuple[Path, str], home: Path) -> Workspace:
    """A copy of it."""
    return copied(original, home)


@pytest.fixture
def view(made: Workspace) -> bundle.BundleView:
    found = bundle.read(made)
    assert found is not None
    return found


def test_bundle_compares_every_format_within_its_bound_and_says_that_it_is_simulated(view):
    assert [row.title for row in view.rows] == ["Keras", "TFLite, float16"]
    assert all(row.passed and not row.problem for row in view.rows)
    assert [row.allowed for row in view.rows] == ["difference 1e-5", "difference 2e-3"]
    # 0.15 + 0.25 of 240 samples are held out; the rest fills up to 2,000 as far as it reaches.
    assert {row.samples for row in view.rows} == {240}
    assert all(90 <= row.held_out <= 100 for row in view.rows)
    assert view.file_name == "untitled-network-simulated.zip"
    assert view.size_bytes == view.path.stat().st_size


def test_zip_holds_card_contract_and_an_example_that_runs(view, tmp_path: Path):
    with zipfile.ZipFile(view.path) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / "bundle"
    card = (folder / "README.md").read_text()
    contract = json.loads((folder / "contract.json").read_text())
    ran = subprocess.run(
        [sys.executable, "example_tflite_float16.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )

    assert "simulated planet" in card
    names = [item["name"] for item in contract["inputs"][0]["order"]]
    assert names == ["red", "near infrared", "noise", "ndvi"]
    assert float(ran.stdout.rsplit("greatest difference", 1)[1]) <= 2e-3
    assert any(name in ran.stdout for name in ("Wood", "Water", "Field"))


def test_bundle_of_other_formats_is_another_result_and_of_another_network_stale(made):
    one = order_of(made, "bundle", {"formats": ["keras"]}).folder
    two = order_of(made, "bundle", {"formats": LITE}).folder
    made.change(model=replace(QUICK, seed=3))
    found = bundle.read(made)

    assert one != two
    assert found is not None
    assert found.changed == "The network's settings have changed since."


def test_formats_are_refused_where_there_is_none_or_nothing_is_chosen():
    workspace = workspace_with_samples()

    with pytest.raises(PlanError, match="No format is chosen"):
        bundle.start(workspace, [])
    with pytest.raises(DeploymentError, match="no format “gif”"):
        bundle.start(workspace, ["gif"])


def test_format_whose_writer_is_absent_is_told_and_not_offered(monkeypatch):
    found = bundle.find_spec
    monkeypatch.setattr(
        bundle, "find_spec", lambda name: None if name == "tf2onnx" else found(name)
    )

    assert "onnx" not in [item.name for item in bundle.formats()]
    assert bundle.refused_formats() == ("ONNX: this server lacks tf2onnx.",)


def test_words_tell_what_is_made_and_how_long_it_takes():
    assert bundle.words_on([]) == "Choose a format at least."
    assert bundle.words_on(["keras", "savedmodel"]).startswith("2 formats, each compared")
    assert "some 15 s" in bundle.words_on(["keras", "savedmodel"])
