"""Samples and legend as files: every download of the samples page, pressed and opened."""

import io
import json

import geopandas
import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest

from lib.core.legend_files import legend_from_csv
from lib.core.samples import SampleSet
from lib.core.tables.reading import read_table
from lib.core.tables.samples import samples_from_table, suggested_plan
from lib.core.tables.writing import SIMULATED
from lib.workflow import labels, legends, samples
from lib.workflow.project import new_workspace
from tests.pages.drawn import labelled, make, open_tab, saved
from tests.pages.shown import button, download, visit

pytestmark = pytest.mark.slow


@pytest.fixture
def page(drawn):
    """The page with its tab for files to take home."""
    return open_tab(visit("samples", drawn.id), "Take home")


@pytest.fixture
def kept(drawn) -> SampleSet:
    """The samples themselves."""
    found = drawn.find("samples")
    assert found is not None
    return samples.drawn(drawn, found)


def take(page, kind: str) -> tuple[str, bytes]:
    """Choose a format and press the download."""
    labelled(page.segmented_control, "Format").set_value(kind).run()
    return download(page, "Download the samples")


def check_table(table: pd.DataFrame, kept: SampleSet) -> None:
    """A table has every sample, in order, and says where they come from."""
    for k, name in enumerate(kept.names):
        np.testing.assert_allclose(table[name], kept.predictors[:, k], rtol=1e-6)
    assert table["class_value"].tolist() == list(kept.legend.to_values(kept.class_index))
    np.testing.assert_allclose(table["lon"], kept.lon, rtol=1e-6)
    assert set(table["origin"]) == {SIMULATED}


READERS = {
    "csv": (".csv", pd.read_csv),
    "parquet": (".parquet", pd.read_parquet),
    "geojson": (".geojson", geopandas.read_file),
    "geopackage": (".gpkg", geopandas.read_file),
}


@pytest.mark.parametrize("kind", READERS)
def test_table_that_is_downloaded_has_every_sample_and_says_that_it_is_simulated(
    kind, page, kept, tmp_path
):
    suffix, read = READERS[kind]

    name, data = take(page, kind)

    assert name.endswith(f"-samples-simulated{suffix}")
    (tmp_path / name).write_bytes(data)
    table = read(tmp_path / name)
    check_table(table, kept)
    if kind.startswith("geo"):
        np.testing.assert_allclose(table.geometry.x, kept.lon, atol=1e-9)
        assert table.crs == "EPSG:4326"
    if kind == "parquet":
        assert (
            pyarrow.parquet.read_schema(io.BytesIO(data)).metadata[b"origin"] == b"simulated planet"
        )


def test_arrays_that_are_downloaded_are_those_of_the_samples(page, kept):
    name, data = take(page, "numpy")

    assert name.endswith("-samples-simulated.npz")
    file = np.load(io.BytesIO(data), allow_pickle=False)
    np.testing.assert_array_equal(file["predictors"], kept.predictors)
    np.testing.assert_array_equal(file["class_index"], kept.class_index)
    assert tuple(file["legend_names"]) == kept.legend.names
    assert str(file["origin"]) == SIMULATED
    assert "(samples, predictors)" in str(file["readme"])


def test_records_that_are_downloaded_are_read_with_the_features_beside_them(page, kept):
    name, data = take(page, "tfrecord")
    described = json.loads(download(page, "Download its features")[1])

    assert name.endswith("-samples-simulated.tfrecord.gz")
    table = read_table({name: data})
    check_table(table, kept)
    assert described["origin"] == SIMULATED
    assert described["count"] == len(kept)
    assert set(described["features"]) == set(table.columns)


def test_simulated_samples_that_come_back_as_a_table_stay_simulated(page, kept):
    name, data = take(page, "parquet")
    workspace = new_workspace()
    samples.begin_with_table(workspace)
    labels.bring_table(workspace, {name: data})
    make(workspace, "samples")

    view = samples.read(workspace)
    assert view is not None
    assert view.simulated
    assert view.count == len(kept)
    badges = visit("samples", workspace.id).get("markdown")
    assert any("Simulated" in item.value for item in badges)


def test_samples_of_the_earth_say_nothing_of_the_planet(page, kept):
    workspace = new_workspace()
    samples.begin_with_table(workspace)
    table = pd.read_csv(io.BytesIO(take(page, "csv")[1])).drop(columns="origin")
    labels.bring_table(workspace, {"mine.csv": table.to_csv(index=False).encode()})
    make(workspace, "samples")
    own = open_tab(visit("samples", workspace.id), "Take home")

    name, data = take(own, "csv")

    assert name.endswith("-samples.csv")
    assert b"simulated" not in data
    again, _ = samples_from_table(
        written := pd.read_csv(io.BytesIO(data)), suggested_plan(written, source="x"), kept.legend
    )
    np.testing.assert_allclose(again.predictors, kept.predictors, rtol=1e-6)


def test_legend_that_is_downloaded_is_read_again_as_the_same(empty):
    source = labels.source_legend(empty)
    legends.edit_legend(empty, source, lambda edit: edit.rename(10, "Woods"))
    app = visit("samples", empty.id)

    name, data = download(app, "CSV")

    assert name == "legend.csv"
    assert data.decode().splitlines()[:2] == ["value,name,colour", "10,Woods,#006400"]
    assert legend_from_csv(name, data) == saved(empty).project.legend
    upload = labelled(app.file_uploader, "Legend as CSV")
    upload.upload(name, data, "text/csv").run()
    button(app, "Read it").click().run()
    assert saved(empty).project.legend == legend_from_csv(name, data)
