"""Tables become samples; what cannot be one is left out and counted."""

import json

import numpy as np
import pandas as pd
import pytest

from lib.core.errors import LabelError, SampleError
from lib.core.labelcolumns import legend_of_column
from lib.core.legend import Legend
from lib.core.plan import LabelPlan, Remap
from lib.core.tables.places import NOWHERE_NOTE
from lib.core.tables.reading import read_table
from lib.core.tables.samples import samples_from_table, suggested_plan

LEGEND = Legend.from_values([1, 3], ["Water", "Trees"])
HUGE = -1.7e308


def plan(*predictors, **changes):
    fields = {"class_property": "class", "lon_property": "", "lat_property": ""} | changes
    return LabelPlan(kind="table", source="x.csv", predictor_columns=predictors, **fields)


def table(**changes):
    columns = {
        "class": [1, 3, 3, 1],
        "B4": [0.1, 0.2, 0.3, 0.4],
        "B8": [1.0, 2.0, 3.0, 4.0],
        "lon": [15.0, 15.1, 15.2, 15.3],
        "lat": [47.0, 47.1, 47.2, 47.3],
    }
    return pd.DataFrame(columns | changes)


def test_samples_when_the_table_is_whole_keep_every_row_without_notes():
    samples, notes = samples_from_table(table(), plan("B8", "B4"), LEGEND)

    assert samples.names == ("B8", "B4")
    np.testing.assert_allclose(samples.predictors[0], [1.0, 0.1], rtol=1e-6)
    assert samples.class_index.tolist() == [0, 1, 1, 0]
    assert samples.lon.tolist() == [15.0, 15.1, 15.2, 15.3]
    assert samples.lat.tolist() == [47.0, 47.1, 47.2, 47.3]
    assert samples.group.tolist() == [-1] * 4
    assert samples.ids.tolist() == [0, 1, 2, 3]
    assert samples.form == "pixel"
    assert notes == ()


def test_samples_when_cells_are_no_numbers_leave_rows_out_with_counts_by_column():
    rows = table(
        B4=[0.1, np.nan, 0.3, 0.4], B8=["1", "2", "inf", "x"], **{"class": ["1", "3.0", 3, " 1 "]}
    )
    more = pd.concat([rows, table(B8=[1.0, HUGE, 3.0, 4.0]), rows.iloc[:0]], ignore_index=True)
    more.loc[len(more)] = [np.nan] * 5

    samples, notes = samples_from_table(more, plan("B4", "B8"), LEGEND)

    assert samples.ids.tolist() == [0, 4, 6, 7]
    assert notes == (
        "1 empty row: left out.",
        "4 rows without a number for a predictor: left out (“B8” 3, “B4” 1).",
    )


def test_samples_when_classes_are_strange_list_them():
    rows = table(**{"class": ["water", "Trees ", "rock", None]})

    samples, notes = samples_from_table(rows, plan("B4"), LEGEND)

    assert samples.class_index.tolist() == [0, 1]
    assert notes == (
        "1 row without a class: left out.",
        "1 row of values that the legend does not have: “rock” (1).",
    )


def test_samples_when_the_plan_remaps_heed_it():
    rows = table(**{"class": [1, 7, 7, 1]})

    samples, _ = samples_from_table(rows, plan("B4", remap=(Remap(7, 3),)), LEGEND)

    assert samples.class_index.tolist() == [0, 1, 1, 0]


def test_samples_when_usual_nodata_is_in_a_predictor_says_so():
    _, notes = samples_from_table(table(B4=[0.1, -9999, -9999, 0.4]), plan("B4"), LEGEND)

    assert notes == ("“B4” is -9999 in 2 places, which often means no data.",)


def test_samples_when_places_are_in_geo_are_read_and_rows_without_left_out():
    geo = [json.dumps({"type": "Point", "coordinates": [k, 2 * k]}) for k in (1, 2, 3)]
    rows = table(**{".geo": [*geo, '{"type":"MultiPoint","coordinates":[]}']})
    rows = rows.drop(columns=["lon", "lat"])

    samples, notes = samples_from_table(rows, plan("B4"), LEGEND)

    assert samples.lon.tolist() == [1, 2, 3]
    assert samples.lat.tolist() == [2, 4, 6]
    assert notes == ("1 row without a place on the Earth: left out.",)


def test_samples_when_there_are_no_places_say_so_and_have_nan():
    samples, notes = samples_from_table(table().drop(columns=["lon", "lat"]), plan("B4"), LEGEND)

    assert np.isnan(samples.lon).all()
    assert notes == (NOWHERE_NOTE,)


def test_samples_when_latitude_and_longitude_are_swapped_exchange_them_and_say_so():
    rows = table(lon=[47.0] * 4, lat=[115.0, 115.1, 115.2, 115.3])

    samples, notes = samples_from_table(rows, plan("B4"), LEGEND)

    assert samples.lat.tolist() == [47.0] * 4
    assert samples.lon.tolist() == [115.0, 115.1, 115.2, 115.3]
    assert "swapped" in notes[0]


def test_samples_when_groups_and_parts_are_columns_take_them():
    rows = table(field=["a", "b", "a", None], set=["train", "Test", "val", "later"])

    samples, notes = samples_from_table(
        rows, plan("B4", group_property="field", part_property="set"), LEGEND
    )

    assert samples.group.tolist() == [0, 1, 0, -1]
    assert samples.given.tolist() == [0, 2, 1, -1]
    assert notes == (
        "“later” in “set” is no part (1 row); parts are training, validation and test.",
    )


SERIES = {
    "dates first": ["2020-02-01_NDVI", "2020-01-01_NDVI", "2020-02-01_B4", "2020-01-01_B4"],
    "dates last": ["NDVI_20200201", "NDVI_20200101", "B4_20200201", "B4_20200101"],
    "days first": ["NDVI_1.2.2020", "NDVI_01.01.2020", "B4_1.2.2020", "B4_01.01.2020"],
    "scenes": [
        f"{scene}_{band}"
        for band in ("NDVI", "B4")
        for scene in ("20200201T100319_20200201T100321_T33UWP", "20200101T1_20200101T2_T33UWP")
    ],
    "numbers": ["NDVI_10", "NDVI_9", "B4_10", "B4_9"],
    "steps": ["NDVI_t02", "NDVI_t01", "B4_t02", "B4_t01"],
    "images": ["1_NDVI", "0_NDVI", "1_B4", "0_B4"],
    "loam": ["t01_NDVI", "t00_NDVI", "t01_B4", "t00_B4"],
}


@pytest.mark.parametrize("names", SERIES.values(), ids=SERIES)
def test_samples_when_columns_are_dates_of_predictors_form_series(names):
    """Columns hold 1, 2, 3, 4 in the order of the names: the later date of each comes first."""
    rows = pd.DataFrame({name: [k, k] for k, name in enumerate(names, start=1)} | {"class": [1, 3]})

    samples, _ = samples_from_table(rows, plan(*names), LEGEND, form="series")

    assert samples.form == "series"
    assert samples.names == ("NDVI", "B4")
    assert samples.predictors[0].tolist() == [[2, 4], [1, 3]]
    dated = "2020" in names[0]
    assert samples.steps == (("2020-01-01", "2020-02-01") if dated else ())


def test_samples_when_dates_are_missing_mark_them_and_drop_rows_without_any():
    names = ["a_t1", "a_t2"]
    rows = pd.DataFrame(
        {"a_t1": [1.0, np.nan, np.nan], "a_t2": [2.0, 3.0, HUGE], "class": [1, 3, 3]}
    )

    samples, notes = samples_from_table(rows, plan(*names), LEGEND, form="series")

    assert samples.valid.tolist() == [[True, True], [False, True]]
    assert samples.predictors[..., 0].tolist() == [[1, 2], [0, 3]]
    assert notes[0] == "3 dates without a number for a predictor: marked as not observed (“a” 3)."


@pytest.mark.parametrize(
    "names",
    [
        ["B4", "B8"],
        ["a_t1", "b_t2"],
        ["a_t1", "b_t1"],
        ["a_t01", "a_t1"],
        ["a_t1", "a_x"],
        ["a_06/01/2021", "a_07/01/2021"],
    ],
    ids=["bands", "gaps", "one date", "same date", "mixed", "day or month first"],
)
def test_samples_when_columns_are_no_series_are_refused(names):
    rows = pd.DataFrame({name: [1, 2] for name in names} | {"class": [1, 3]})

    with pytest.raises(SampleError, match="make up no series"):
        samples_from_table(rows, plan(*names), LEGEND, form="series")


def test_samples_when_cells_are_square_lists_form_patches():
    rows = pd.DataFrame(
        {"B4": [list(range(9)), list(range(9, 18))], "B8": [[1] * 9, [2] * 9], "class": [1, 3]}
    )

    samples, _ = samples_from_table(rows, plan("B4", "B8"), LEGEND, form="patch")

    assert samples.predictors.shape == (2, 3, 3, 2)
    assert samples.predictors[1, 1, 2].tolist() == [14, 2]


def test_samples_when_rows_are_pixels_of_patches_form_dense_patches():
    """Two patches of 3 x 3, given in reverse; the corner of the first has no known class."""
    rows = pd.DataFrame(
        [
            {"patch": p, "row": r, "column": c, "B4": 9 * p + 3 * r + c, "class": 1 + 2 * p}
            for p in (1, 0) for r in (2, 1, 0) for c in (2, 1, 0)
        ]
    )  # fmt: skip
    rows.loc[rows["B4"] == 0, "class"] = 99

    samples, notes = samples_from_table(rows, plan("B4"), LEGEND, form="patch")

    assert samples.predictors[..., 0].ravel().tolist() == list(range(18))
    assert samples.class_index.tolist() == [0, 1]
    assert samples.dense[0].tolist() == [[-1, 0, 0], [0, 0, 0], [0, 0, 0]]
    assert "“99” (1)" in notes[0]
    with pytest.raises(SampleError, match="17 rows, and 2 patches of 3 x 3 pixels need 18"):
        samples_from_table(rows.iloc[1:], plan("B4"), LEGEND, form="patch")


LISTS = {"class": [1, 3], "B4": [[1.0, 2.0], [3.0, 4.0]]}
REFUSED = {
    "no predictors": (table(), plan(), SampleError, "No columns are chosen.*Choose some of class"),
    "no class": (table(), plan("B4", class_property="x"), LabelError, "no class column “x”"),
    "no column": (table(), plan("B4", "B5"), SampleError, "no column “B5”.*It has class, B4"),
    "no group": (table(), plan("B4", group_property="g"), SampleError, "no column “g”"),
    "copied": (table(), plan("class"), SampleError, "both the class and a predictor"),
    "text": (table(B4=list("abcd")), plan("B4"), SampleError, "“B4” holds “a” and cannot be"),
    "classes": (
        table(**{"class": [8, 9, 8, 8]}),
        plan("B4"),
        SampleError,
        "No row of the table can be a sample. 4 rows of values.*“8” \\(3\\), “9” \\(1\\)",
    ),
    "one class": (table(**{"class": [1] * 4}), plan("B4"), SampleError, "All 4 samples are"),
    "lists": (pd.DataFrame(LISTS), plan("B4"), SampleError, "holds lists of numbers"),
    "degrees": (
        table(lon=["a", "b", "c", "d"]),
        plan("B4", lon_property="lon", lat_property="lat"),
        SampleError,
        "“lon” holds “a”, which is no number of degrees",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_samples_when_a_table_cannot_be_used_tell_the_reason(case):
    frame, columns, error, reason = REFUSED[case]

    with pytest.raises(error, match=reason) as caught:
        samples_from_table(frame, columns, LEGEND)

    assert caught.value.hint


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ([[1, 2], [3, 4]], "have 2 values, which is no square patch"),
        ([[1], [3, 4]], "lists of different lengths"),
        ([1, 2], "holds no lists"),
        ([["a"], ["b"]], "more than numbers"),
    ],
)
def test_samples_when_lists_are_no_patches_are_refused(cells, reason):
    rows = pd.DataFrame({"class": [1, 3], "B4": cells})

    with pytest.raises(SampleError, match=reason):
        samples_from_table(rows, plan("B4"), LEGEND, form="patch")


def test_samples_when_the_form_is_unknown_are_refused():
    with pytest.raises(SampleError, match=r"no form “cube”.*pixel, series, patch"):
        samples_from_table(table(), plan("B4"), LEGEND, form="cube")


def test_suggested_plan_when_the_table_is_earth_engines_finds_all_columns(shared_data):
    """6 bands and 4 indices, labels 0-7 of 1,500 pixels each, without places."""
    path = shared_data / "tables/hula/Hula_S2_DynamicWorld_samples.csv"
    frame = read_table({path.name: path})

    guess = suggested_plan(frame, source=path.name)
    samples, notes = samples_from_table(frame, guess, legend_of_column(frame["label"]))

    assert guess.class_property == "label"
    assert guess.predictor_columns == (
        *("B11", "B12", "B2", "B3", "B4", "B8"), *("MNDWI", "NDBI", "NDVI", "NDWI")
    )  # fmt: skip
    assert samples.counts.tolist() == [1500] * 8
    assert samples.predictors[0, 0] == np.float32(0.032250002)
    assert notes == (NOWHERE_NOTE,)


def test_samples_when_a_real_table_has_series_have_its_dates_and_classes(shared_data):
    """617 series of 23 dates and 3 predictors in 4 classes, as the data's README tells."""
    path = shared_data / "series/landsat8_amazon/prodes_226_064.csv"
    frame = read_table({path.name: path})
    guess = suggested_plan(frame, source=path.name)

    samples, notes = samples_from_table(
        frame, guess, legend_of_column(frame["label"]), form="series"
    )

    assert samples.predictors.shape == (617, 23, 3)
    assert samples.names == ("ndvi", "evi", "nir")
    assert samples.predictors[0, 1, 0] == np.float32(0.8754)
    assert (samples.lon[0], samples.lat[0]) == (-53.4115, -6.5252)
    assert samples.legend.names == (
        "Deforestation_2014", "Deforestation_2015", "Forest", "Pasture"
    )  # fmt: skip
    assert notes == ()
