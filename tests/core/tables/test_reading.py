"""Files with finished samples become one table."""

import json

import geopandas
import numpy as np
import pandas as pd
import pytest
import shapely

from lib.core.errors import SampleError
from lib.core.tables.reading import read_table
from tests.core.tables.made import EE_CSV, mixer, parquet, records


def test_read_when_csv_is_earth_engines_own_keeps_all_columns():
    frame = read_table({"x.csv": EE_CSV})

    assert list(frame.columns) == ["system:index", "B4", "class", ".geo"]
    assert frame["B4"].tolist() == [0.5, 0.25]


def test_read_when_files_are_parts_of_one_table_joins_them_by_name():
    frame = read_table({"b.csv": b"x,y\n3,4\n", "a.csv": b"y,x\n2,1\n"})

    assert frame["x"].tolist() == [1, 3]
    assert frame["y"].tolist() == [2, 4]


def test_read_when_csv_has_no_header_numbers_its_columns():
    frame = read_table({"x.csv": b"0,71,247.5\n1,72,248.5\n"})

    assert list(frame.columns) == ["column 1", "column 2", "column 3"]
    assert len(frame) == 2


def test_read_when_it_is_parquet_keeps_types_and_lists():
    frame = pd.DataFrame({"B4": np.float32([0.5, 0.25]), "patch": [[1.0, 2.0], [3.0, 4.0]]})

    read = read_table({"x.parquet": parquet(frame)})

    assert read["B4"].dtype == np.float32
    assert read["patch"][1].tolist() == [3.0, 4.0]


def test_read_when_it_is_geoparquet_or_geojson_tells_places_as_geojson():
    places = geopandas.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(1, 2)], crs="EPSG:4326")
    geojson = places.to_json().encode()

    for name, data in {"x.parquet": parquet(places), "x.geojson": geojson}.items():
        frame = read_table({name: data})
        column = "geometry" if name == "x.parquet" else ".geo"
        assert json.loads(frame[column][0])["coordinates"] == [1.0, 2.0]
        assert frame["n"].tolist() == [1]


def test_read_when_a_path_is_given_reads_from_disk(tmp_path):
    (tmp_path / "x.csv").write_bytes(EE_CSV)

    assert len(read_table({"x.csv": tmp_path / "x.csv"})) == 2


def test_read_when_patches_come_with_their_mixer_gives_a_row_a_pixel(tmp_path):
    """Two patches of 2 rows and 3 columns; the second is 30 m east of the first."""
    rows = [{"B4": np.arange(6.0), "class": np.full(6, k)} for k in (1, 2)]
    files = {
        "x-mixer.json": mixer(),
        "x-00000.tfrecord.gz": records(tmp_path, rows[0]),
        "x-00001.tfrecord.gz": records(tmp_path, rows[1]),
    }

    frame = read_table(files)

    assert frame["B4"].tolist() == [*range(6), *range(6)]
    assert frame["patch"].tolist() == [0] * 6 + [1] * 6
    assert frame["row"].tolist()[:6] == [0, 0, 0, 1, 1, 1]
    assert frame["column"].tolist()[:6] == [0, 1, 2, 0, 1, 2]
    assert frame["class"].tolist() == [1] * 6 + [2] * 6
    # The central meridian of zone 33 is at 15 degrees; a metre there is 9.0e-6 degrees of latitude.
    assert frame["longitude"][0] == pytest.approx(15 + 5 / 74_700, abs=1e-6)
    assert frame["latitude"][0] - frame["latitude"][3] == pytest.approx(10 / 111_200, rel=1e-3)
    assert frame["longitude"][6] - frame["longitude"][0] == pytest.approx(30 / 74_700, rel=3e-3)


def test_read_when_patches_have_margins_cuts_them_off(tmp_path):
    whole = np.arange(20.0).reshape(4, 5)  # 2 x 3 pixels with a margin of one around
    files = {
        "x-mixer.json": mixer(totalPatches=1),
        "x.tfrecord.gz": records(tmp_path, {"B4": whole}),
    }

    assert read_table(files)["B4"].tolist() == [6, 7, 8, 11, 12, 13]


REFUSED = {
    "none": (lambda t: {}, "There is no file"),
    "kind": (lambda t: {"x.docx": b""}, "not of a kind that holds samples"),
    "fake csv": (lambda t: {"x.csv": b"PAR1"}, "named as CSV and holds a Parquet file"),
    "fake parquet": (lambda t: {"x.parquet": b"a,b\n"}, "as Parquet and holds text"),
    "broken parquet": (lambda t: {"x.parquet": b"PAR1" + b"\0" * 99}, "cannot be read"),
    "columns": (lambda t: {"a.csv": b"x\n1\n2\n", "b.csv": b"y\n1\n2\n"}, "different columns"),
    "ragged": (lambda t: {"a.csv": b"x,y\n1,2,3\n1,2,3,4\n"}, "is no CSV table"),
    "no mixer": (lambda t: {"x-mixer.json": b"{}", "x.gz": b""}, "is no mixer file"),
    "crs": (
        lambda t: {"x-mixer.json": mixer(projection={"crs": "EPSG:1", "affine": {}})},
        "is no mixer file",
    ),
    "zero": (lambda t: {"x-mixer.json": mixer(patchesPerRow=0)}, "has no patches"),
    "two": (lambda t: {"a-mixer.json": mixer(), "b-mixer.json": mixer()}, "two mixer files"),
    "alone": (lambda t: {"x-mixer.json": mixer()}, "without its TFRecord files"),
    "fewer": (
        lambda t: {"x-mixer.json": mixer(), "x.gz": records(t, {"a": np.zeros(6)})},
        "2 patches, and the TFRecord files hold 1",
    ),
    "sizes": (
        lambda t: {
            "x-mixer.json": mixer(totalPatches=1),
            "x.gz": records(t, {"a": np.zeros(7)}),
        },
        "“a” has 7 values in a patch of 2 x 3 pixels",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_read_when_files_cannot_be_used_tells_the_reason(case, tmp_path):
    make, reason = REFUSED[case]

    with pytest.raises(SampleError, match=reason) as caught:
        read_table(make(tmp_path))

    assert caught.value.hint


def test_read_when_a_real_table_comes_has_all_rows(shared_data):
    """12,000 pixels of 8 classes, as the data's README tells."""
    frame = read_table({"x.csv": shared_data / "tables/hula/Hula_S2_DynamicWorld_samples.csv"})

    assert frame["label"].value_counts().tolist() == [1500] * 8
    assert frame["B11"][0] == pytest.approx(0.032250002)
