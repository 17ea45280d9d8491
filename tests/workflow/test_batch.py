"""Projects from their file to their map, without a browser."""

import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
import rasterio

from lib.core.errors import ProjectError
from lib.core.plan import FileRef
from lib.core.samples import SampleSet
from lib.workflow.batch import resolve, run

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


def smaller(example: str, folder: Path, **parts: dict[str, object]) -> Path:
    """An example on a smaller area, with some settings that take seconds."""
    project = json.loads((ROOT / "examples" / example).read_text())
    west, south, east, north = 10.62, 48.10, 10.63, 48.107
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    project["aoi"] = {"type": "Polygon", "coordinates": [ring]}
    for part, settings in parts.items():
        project[part] |= settings
    (folder / example).write_text(json.dumps(project))
    return folder / example


def check_map(told: dict, area_ha: float) -> None:
    """The map has the area's classes, each in its share, and says that it is simulated."""
    assert sum(told["map"]["area_ha"].values()) == pytest.approx(area_ha, rel=0.02)
    assert sum(area > 0 for area in told["map"]["area_ha"].values()) >= 3
    with rasterio.open(told["map"]["path"]) as file:
        values = file.read(1, masked=True)
        assert "SIMULATED" in file.tags()
    pixel_ha = abs(file.transform.a * file.transform.e) / 10_000
    assert values.count() * pixel_ha == pytest.approx(area_ha, rel=0.02)


# 0.01 by 0.007 degrees at 48.1 north: 745 m by 778 m.
SMALL_AREA_HA = 58.0


def test_series_from_their_example_go_through_a_temporal_network_to_a_map(tmp_path: Path) -> None:
    file = smaller(
        "series.json", tmp_path,
        imagery={"window_days": 40, "bands": ["B4", "B8"]},
        sampling={"per_class": 40},
        split={"block_size_m": 100.0},
        model={"epochs": 12, "filters": [12, 12]},
    )  # fmt: skip
    said = io.StringIO()

    told = run(file, tmp_path / "out", stream=said)

    found = next((tmp_path / "out").glob("**/samples.npz"))
    samples = SampleSet.load(found)
    # 1 May to 1 September in windows of 40 days; two bands and an index.
    assert samples.predictors.shape[1:] == (4, 3)
    assert samples.steps == ("2021-05-01", "2021-06-10", "2021-07-20", "2021-08-29")
    assert told["deployment"]["kind"] == "native"
    assert told["deployment"]["max_abs_difference"] < 1e-4
    assert told["deployment"]["pixels"] > 500
    # Seven classes: by chance one in seven.
    assert told["test"]["overall_accuracy"] > 0.3
    assert (told["simulated"], told["split"]["kind"]) == (True, "blocks")
    assert "Comparing the expression with Keras" in said.getvalue()
    check_map(told, SMALL_AREA_HA)


@pytest.mark.slow
def test_dense_patches_from_their_example_go_through_a_unet_to_a_map(tmp_path: Path) -> None:
    file = smaller(
        "patches.json", tmp_path,
        imagery={"patch_size": 9, "end": "2021-06-20"},
        sampling={"per_class": 15, "min_distance_m": 0.0},
        split={"block_size_m": 150.0},
        model={"epochs": 10, "filters": [8, 16]},
    )  # fmt: skip

    told = run(file, tmp_path / "out", stream=io.StringIO())

    samples = SampleSet.load(next((tmp_path / "out").glob("**/samples.npz")))
    assert samples.predictors.shape[1:] == (9, 9, 4)
    assert samples.dense is not None
    middle = samples.dense[:, 4, 4]
    assert middle.tolist() == samples.class_index.tolist()
    assert told["deployment"]["kind"] == "raster"
    assert told["deployment"]["max_abs_difference"] < 1e-4
    assert told["deployment"]["pixels"] == len(samples)
    assert told["test"]["overall_accuracy"] > 0.2
    check_map(told, SMALL_AREA_HA)


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
