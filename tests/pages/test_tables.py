"""Finished tables and labelled points in all the ways in which they come, uploaded on the page."""

import numpy as np
import pandas as pd
import pytest

from lib.workflow import labels, samples
from lib.workflow.project import Workspace, new_workspace
from tests.core.tables.made import mixer, parquet, records
from tests.pages.drawn import labelled, make, saved
from tests.pages.shown import button, visit

pytestmark = pytest.mark.slow

MIME = "application/octet-stream"


@pytest.fixture
def workspace() -> Workspace:
    """A project that begins with a finished table."""
    made = new_workspace()
    samples.begin_with_table(made)
    return made


def bring(app, *files: tuple[str, bytes]):
    """Upload the files of one table, and take them."""
    control = labelled(app.file_uploader, "Sample table")
    control.set_value([(name, data, MIME) for name, data in files]).run()
    app = button(app, "Take this table").click().run()
    assert not app.exception
    return app


def told(app) -> str:
    """Errors, warnings and notes of the page as people read them."""
    items = [*app.error, *app.warning, *app.info]
    return "\n".join(item.value for item in items).replace("\\", "")


def read(workspace: Workspace):
    """Read the table as the worker does; the samples in figures."""
    make(saved(workspace), "samples")
    view = samples.read(saved(workspace))
    assert view is not None
    return view


# --- Finished tables --------------------------------------------------------------------------


def rows(count: int = 12) -> pd.DataFrame:
    """A table of two classes with places, and with what programs write for no data."""
    k = np.arange(count)
    return pd.DataFrame(
        {
            "lon": 15 + k / 100,
            "lat": 47 + k / 100,
            "class": np.where(k % 2, "wood", "water"),
            "red": k / 10,
            "nir": k / 5,
        }
    )


def test_parquet_becomes_samples(workspace):
    app = bring(visit("samples", workspace.id), ("mine.parquet", parquet(rows())))

    assert told(app) == ""
    plan = saved(workspace).project.labels
    assert plan.predictor_columns == ("red", "nir")
    assert [(row.name, row.obtained) for row in read(workspace).per_class] == [
        ("water", 6),
        ("wood", 6),
    ]


def test_export_of_a_table_from_earth_engine_becomes_samples(workspace):
    geo = '"{""type"":""Point"",""coordinates"":[15.%d,47.5]}"'
    lines = [f"0000{k},{k / 10},{1 + k % 2},{geo % k}" for k in range(10, 20)]
    text = "\n".join(["system:index,B4,class,.geo", *lines]) + "\n"

    bring(visit("samples", workspace.id), ("ee-chunk-1.csv", text.encode()))

    assert saved(workspace).project.labels.predictor_columns == ("B4",)
    view = read(workspace)
    assert view.count == 10
    assert view.points[0][:2] == (15.1, 47.5)


def patches(tmp_path, count: int = 4) -> list[tuple[str, bytes]]:
    """An export of an image as TFRecord: patches of 2 rows and 3 columns, two a file."""
    made = [
        {"B4": np.arange(6.0) + k, "B8": np.arange(6.0) * k, "class": np.full(6, 1 + k % 2)}
        for k in range(count)
    ]
    halves = [made[: count // 2], made[count // 2 :]]
    files = [(f"x-0000{k}.tfrecord.gz", records(tmp_path, *half)) for k, half in enumerate(halves)]
    return [*files, ("x-mixer.json", mixer(totalPatches=count))]


def test_export_of_an_image_as_tfrecord_becomes_pixels_where_its_mixer_says(workspace, tmp_path):
    app = bring(visit("samples", workspace.id), *patches(tmp_path))
    assert "24 rows" in "\n".join(item.value for item in app.caption)

    labelled(app.segmented_control, "A row is").set_value("pixel").run()

    plan = saved(workspace).project.labels
    assert plan.predictor_columns == ("B4", "B8")
    assert plan.class_property == "class"
    view = read(workspace)
    assert [row.obtained for row in view.per_class] == [12, 12]
    # The corner of the grid is on the central meridian of zone 33, at 5,300 km northing.
    assert view.points[0][:2] == pytest.approx((15.00007, 47.8526), abs=1e-3)


def test_export_of_an_image_as_tfrecord_becomes_patches(workspace, tmp_path):
    app = bring(visit("samples", workspace.id), *patches(tmp_path, count=8))

    assert labelled(app.segmented_control, "A row is").value == "patch"
    view = read(workspace)
    assert (view.form, view.shape, view.count) == ("patch", (2, 3, 2), 8)


def test_tfrecord_without_its_mixer_is_refused_or_read_row_by_row(workspace, tmp_path):
    *_, (name, data) = patches(tmp_path)
    app = bring(visit("samples", workspace.id), (name, data))

    assert "“x-mixer.json” came without its TFRecord files." in told(app)


def test_empty_rows_and_nodata_are_left_out_and_counted(workspace):
    table = rows(20)
    table.loc[3, "red"] = np.nan
    table.loc[4, "nir"] = -1.7e308
    table.loc[5, "class"] = " "
    table.loc[6] = [None] * 5
    table.loc[7, "class"] = "Water "
    app = bring(visit("samples", workspace.id), ("mine.csv", table.to_csv(index=False).encode()))

    assert "2 rows without a class: left out." in told(app)
    view = read(workspace)
    # Odd rows are wood: without 3, 5 and 7; even ones water: without 4 and 6, and with 7.
    assert [(row.name, row.obtained) for row in view.per_class] == [("Water", 9), ("wood", 7)]
    assert view.notes == (
        "1 empty row: left out.",
        "1 row without a class: left out.",
        "2 rows without a number for a predictor: left out (“red” 1, “nir” 1).",
    )


@pytest.mark.parametrize(
    ("columns", "days"),
    [
        (("NDVI_20210601", "NDVI_20210611"), ("2021-06-01", "2021-06-11")),
        (("2021-06-01_NDVI", "2021-06-11_NDVI"), ("2021-06-01", "2021-06-11")),
        (("NDVI_01.06.2021", "NDVI_11.06.2021"), ("2021-06-01", "2021-06-11")),
        (("NDVI_t01", "NDVI_t02"), ()),
    ],
)
def test_columns_of_dates_in_many_formats_become_series(columns, days, workspace):
    table = rows().drop(columns=["red", "nir"]).assign(**dict.fromkeys(columns, 0.5))
    app = bring(visit("samples", workspace.id), ("mine.csv", table.to_csv(index=False).encode()))

    assert labelled(app.segmented_control, "A row is").value == "series"
    assert read(workspace).shape == (2, 1)
    found = saved(workspace).find("samples")
    assert samples.set_of(found).steps == days


def test_class_column_of_measurements_is_refused_beside_it(workspace):
    app = bring(visit("samples", workspace.id), ("m.csv", rows().to_csv(index=False).encode()))

    app = labelled(app.selectbox, "Class column").set_value("red").run()

    assert "The column “red” holds measurements, such as 0.1." in told(app)


# --- Points and polygons of one's own ---------------------------------------------------------

CLASSES = {
    "floats": (["1.0", "2.0", "2", " 1 ", "7.0", "7"], ["Class 1", "Class 2", "Class 7"]),
    "words": ([" maize", "Maize", "rye ", "Rye", "maize", "Oats"], ["Maize", "Oats", "Rye"]),
    "gaps": (["rye", "", "oats", "nan", "oats", ""], ["oats", "rye"]),
    "nodata": (["1", "-1.7e308", "2", "2", "-1.7e308", "1"], ["Class 1", "Class 2"]),
}


def points(cells: list[str], *, swapped: bool = False) -> bytes:
    """Points with classes in the area of the small project, with two empty rows at the end."""
    head = "lat,lon,class" if swapped else "lon,lat,class"
    lines = [f"{8.552 + k / 500},47.305,{cell}" for k, cell in enumerate(cells)]
    return "\n".join([head, *lines, ",,", "", ""]).encode()


def import_points(workspace: Workspace, data: bytes):
    """Upload points as labels."""
    labels.choose(workspace, labels.LabelPlan("features", "", ""))
    app = visit("samples", workspace.id)
    labelled(app.file_uploader, "Vector file").upload("points.csv", data, MIME).run()
    app = button(app, "Import").click().run()
    assert not app.exception
    return app


@pytest.mark.parametrize("case", CLASSES)
def test_classes_of_points_are_read_however_they_are_written(case, empty):
    cells, names = CLASSES[case]

    app = import_points(empty, points(cells))

    assert "1 row without a geometry: left out." in told(app)
    assert list(samples.legend(saved(empty)).names) == names
    if case == "nodata":
        assert "2 features of values that are no class: “no class” (2)." in told(app)


def test_points_with_latitude_first_are_told_when_they_would_fit_the_area(empty):
    app = import_points(empty, points(["a", "b"] * 3, swapped=True))

    assert "if latitude and longitude changed places: exchange the two in the file." in told(app)


def test_points_of_ones_own_are_refused_for_the_simulated_planet(empty, monkeypatch):
    started = []
    monkeypatch.setattr(Workspace, "submit", lambda *call: started.append(call))
    app = import_points(empty, points(["a", "b"] * 3))

    assert "the planet is not the Earth" in told(app)
    app = button(app, "Draw samples").click().run()
    assert "the planet is not the Earth" in told(app)
    assert started == []
