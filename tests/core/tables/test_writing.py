"""Samples leave as files that other programs, the snippets and Loam itself read."""

import io
import json
import subprocess
import sys

import geopandas
import numpy as np
import pandas as pd
import pytest

from lib.core.errors import SampleError
from lib.core.legend import Legend
from lib.core.samples import SampleSet
from lib.core.tables.reading import read_table
from lib.core.tables.samples import samples_from_table, suggested_plan
from lib.core.tables.snippets import snippet
from lib.core.tables.writing import FORMATS, files_of

LEGEND = Legend.from_values([40, 10, 7], ["Crops, “wet”", "Bäume", "Water"])
INNER = {"pixel": (), "series": (4,), "patch": (3, 3)}
STEPS = ("2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01")
NAMES = [kind.name for kind in FORMATS]
PATCH_NAMES = [kind.name for kind in FORMATS if kind.patches]
PAIRS = [(form, name) for form in ("pixel", "series") for name in NAMES]
PAIRS += [("patch", name) for name in PATCH_NAMES]


def samples_of(form, count=30, *, places=True, whole=False):
    rng = np.random.default_rng(0)
    inner = INNER[form]
    valid = rng.random((count, *inner)) > 0.2
    valid[(slice(None), *(size // 2 for size in inner))] = True
    observed = None if form == "pixel" or whole else valid
    values = rng.normal(size=(count, *inner, 2)).astype(np.float32)
    if observed is not None:
        values[~observed] = 0
    index = np.arange(count) % 3
    dense = np.broadcast_to(index[:, None, None], (count, 3, 3)).copy()
    dense[:, 0, 0] = -1
    nowhere = np.full(count, np.nan)
    return SampleSet(
        predictors=values,
        class_index=index,
        names=("B4", "NDVI"),
        legend=LEGEND,
        lon=rng.uniform(-180, 180, count) if places else nowhere,
        lat=rng.uniform(-80, 80, count) if places else nowhere,
        group=np.arange(count) % 5,
        ids=np.arange(count) + 100,
        valid=observed,
        dense=dense if form == "patch" else None,
        given=np.arange(count) % 3,
        steps=STEPS if form == "series" else (),
    )


@pytest.mark.parametrize(("form", "name"), [p for p in PAIRS if p[1] != "numpy"])
def test_files_when_read_as_a_finished_table_give_the_same_samples(form, name):
    samples = samples_of(form)
    files = {k: v for k, v in files_of(samples, name).items() if not k.endswith(".json")}

    frame = read_table(files)
    again, _ = samples_from_table(frame, suggested_plan(frame, source="x"), LEGEND, form=form)

    np.testing.assert_array_equal(again.predictors, samples.predictors)
    np.testing.assert_array_equal(again.class_index, samples.class_index)
    np.testing.assert_allclose(again.lon, samples.lon, rtol=1e-6)
    np.testing.assert_allclose(again.lat, samples.lat, rtol=1e-6)
    np.testing.assert_array_equal(again.group, samples.group)
    np.testing.assert_array_equal(again.given, samples.given)
    np.testing.assert_array_equal(again.valid, samples.valid)
    np.testing.assert_array_equal(again.dense, samples.dense)
    assert again.names == samples.names


def test_numpy_file_when_opened_holds_arrays_of_the_shapes_it_tells():
    samples = samples_of("patch")

    file = np.load(io.BytesIO(files_of(samples, "numpy")["samples.npz"]), allow_pickle=False)

    assert "(samples, rows, columns, predictors)" in str(file["readme"])
    assert file["predictors"].shape == (30, 3, 3, 2)
    assert file["dense"].shape == file["valid"].shape == (30, 3, 3)
    assert file["names"].tolist() == ["B4", "NDVI"]
    assert file["class_value"].tolist()[:3] == [40, 10, 7]
    assert file["legend_names"].tolist() == list(LEGEND.names)
    for name in file.files:
        assert name in str(file["readme"]) or name == "readme"


def test_csv_when_opened_has_plain_columns():
    text = files_of(samples_of("series"), "csv", stem="mine")["mine.csv"].decode()

    header = text.splitlines()[0].split(",")
    assert header[:7] == ["id", "class_value", "class_name", "lon", "lat", "group", "part"]
    assert header[7:10] == ["2024-01-01_B4", "2024-01-01_NDVI", "2024-01-01_valid"]
    assert len(header) == 7 + 4 * 3


def test_points_when_opened_lie_where_samples_are(tmp_path):
    samples = samples_of("pixel")
    (tmp_path / "x.gpkg").write_bytes(files_of(samples, "geopackage")["samples.gpkg"])

    points = geopandas.read_file(tmp_path / "x.gpkg")

    assert points.crs.to_epsg() == 4326
    np.testing.assert_array_equal(points.geometry.x, samples.lon)
    assert points["class_name"].tolist()[:3] == list(LEGEND.names)


@pytest.mark.parametrize("name", ["geojson", "geopackage", "csv"])
def test_files_when_samples_have_no_place_leave_it_empty(name, tmp_path):
    (file, data), *_ = files_of(samples_of("pixel", places=False), name).items()
    (tmp_path / file).write_bytes(data)

    if name == "csv":
        assert pd.read_csv(tmp_path / file)["lon"].isna().all()
    else:
        assert geopandas.read_file(tmp_path / file).geometry.isna().all()


@pytest.mark.parametrize("name", ["csv", "geojson", "geopackage"])
def test_files_when_patches_do_not_fit_are_refused_with_those_that_do(name):
    with pytest.raises(SampleError, match=r"do not fit.*parquet, numpy, tfrecord"):
        files_of(samples_of("patch"), name)
    with pytest.raises(SampleError, match="do not fit"):
        snippet(samples_of("patch"), name)


def test_files_when_the_format_is_unknown_are_refused():
    with pytest.raises(SampleError, match="cannot be written as “xlsx”"):
        files_of(samples_of("pixel"), "xlsx")


def test_tfrecord_comes_with_the_description_of_its_features():
    files = files_of(samples_of("patch"), "tfrecord")

    described = json.loads(files["samples.features.json"])
    frame = read_table({"x.tfrecord.gz": files["samples.tfrecord.gz"]})

    assert set(described["features"]) == set(frame.columns)
    assert described["features"]["B4"] == {"dtype": "float32", "shape": [3, 3]}
    assert described["features"]["class_value"] == {"dtype": "int64", "shape": []}
    assert described["predictors"] == ["B4", "NDVI"]
    assert described["unlabelled"] == -1
    assert [c["value"] for c in described["legend"]] == [40, 10, 7]


def run(code, folder):
    """Run a snippet in a process of its own, as a person would."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(("form", "name"), [p for p in PAIRS if p[1] != "tfrecord"])
def test_snippet_when_run_beside_its_file_gives_predictors_and_classes(
    form, name, tmp_path, monkeypatch
):
    samples = samples_of(form)
    for file, data in files_of(samples, name, stem="my samples").items():
        (tmp_path / file).write_bytes(data)
    monkeypatch.chdir(tmp_path)
    found = {}

    exec(compile(snippet(samples, name, stem="my samples"), name, "exec"), found)  # noqa: S102

    np.testing.assert_array_equal(found["predictors"], samples.predictors)
    np.testing.assert_array_equal(found["classes"], samples.class_index)


@pytest.mark.slow
@pytest.mark.parametrize("form", INNER)
def test_tensorflow_snippet_when_run_gives_the_same_batches(form, tmp_path):
    """TensorFlow takes seconds to import; `-m slow` runs this."""
    samples = samples_of(form)
    for file, data in files_of(samples, "tfrecord").items():
        (tmp_path / file).write_bytes(data)
    code = snippet(samples, "tfrecord").replace(".shuffle(10_000)", "")
    code += (
        "import numpy as np\n"
        "batches = list(dataset.as_numpy_iterator())\n"
        "np.save('x.npy', np.concatenate([x for x, _ in batches]))\n"
        "np.save('y.npy', np.concatenate([y for _, y in batches]))\n"
    )

    run(code, tmp_path)

    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), samples.predictors)
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), samples.class_index)
