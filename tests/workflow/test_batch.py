"""Projects from their file to their map, without a browser."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
import rasterio

from lib.core.errors import ProjectError
from lib.core.plan import FileRef
from lib.workflow.batch import resolve

ROOT = Path(__file__).parents[2]


def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "lib", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


def test_landsat5_run_learns_unseen_polygons_and_leaves_a_map(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOAM_DATA", str(shared_data))

    done = command("run", "examples/landsat5.json", "--out", str(tmp_path / "out"))
    told = json.loads(done.stdout.splitlines()[-1])

    assert done.returncode == 0, done.stderr
    assert told["split"]["kind"] == "polygon"
    assert told["test"]["overall_accuracy"] >= 0.98
    assert told["other_split"]["split"]["kind"] == "random"
    assert told["baseline"]["overall_accuracy"] >= 0.98
    assert told["deployment"]["kind"] == "native"
    assert told["deployment"]["max_abs_difference"] < 1e-4
    assert told["simulated"] is False
    with rasterio.open(told["map"]["path"]) as file:
        assert (file.width, file.height, file.crs.to_epsg()) == (287, 310, 32622)
    # 287 x 310 pixels of 30 m; the area covers the whole scene.
    assert sum(told["map"]["area_ha"].values()) == pytest.approx(287 * 310 * 0.09, rel=2e-3)
    assert set(told["seconds"]) >= {"samples", "train", "deploy", "results"}
    assert "Epoch" in done.stderr


def test_run_of_a_missing_project_says_so_and_fails(tmp_path: Path) -> None:
    done = command("run", "nowhere.json", "--out", str(tmp_path))

    assert done.returncode == 1
    assert "nowhere.json cannot be read" in done.stderr
    assert "Traceback" not in done.stderr


def ref(path: str, content: bytes) -> FileRef:
    return FileRef(path, hashlib.sha256(content).hexdigest(), "a", "the scene")


def test_file_of_a_project_is_found_beside_it(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"x")

    assert resolve(ref("a.tif", b"x"), tmp_path) == tmp_path / "a.tif"


def test_file_of_a_project_is_found_under_loam_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.tif").write_bytes(b"x")
    monkeypatch.setenv("LOAM_DATA", str(tmp_path))

    assert resolve(ref("${LOAM_DATA}/a.tif", b"x"), Path("/elsewhere")) == tmp_path / "a.tif"


def test_missing_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"needs a.tif \(the scene\).*LOAM_DATA"):
        resolve(ref("a.tif", b"x"), tmp_path)


def test_other_file_of_the_same_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_bytes(b"y")

    with pytest.raises(ProjectError, match="another file than the project was made with"):
        resolve(ref("a.tif", b"x"), tmp_path)
