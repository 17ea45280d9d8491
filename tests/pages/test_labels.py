"""Where labels come from on the samples page: a map, a drawing, a file, a finished table."""

import json

import pytest

from lib.catalog.legends import preset
from lib.core.plan import DrawnLabel, LabelPlan
from lib.ui import maps
from lib.workflow import labels, legends, samples
from lib.workflow.project import new_workspace
from tests.pages.drawn import SQUARE, choose_kind, edit_table, labelled, make, pick_rows, saved
from tests.pages.shown import button, visit, words


def test_another_reference_map_brings_its_band(empty):
    app = visit("samples", empty.id)
    labelled(app.selectbox, "Map").set_value("GOOGLE/DYNAMICWORLD/V1").run()

    plan = saved(empty).project.labels
    assert (plan.source, plan.band) == ("GOOGLE/DYNAMICWORLD/V1", "label")


def test_asset_that_local_earth_does_not_have_is_refused_by_name(empty):
    app = visit("samples", empty.id)
    labelled(app.text_input, "Asset id").set_value("projects/nobody/assets/nothing").run()
    button(app, "Use it").click().run()

    assert any("projects/nobody/assets/nothing" in item.value for item in app.error)
    assert saved(empty).project.labels == empty.project.labels


def test_labels_drawn_here_propose_whole_polygons_and_keep_the_classes(empty):
    choose_kind(visit("samples", empty.id), "drawn")

    project = saved(empty).project
    assert project.labels.kind == "drawn"
    assert project.split.kind == "polygon"
    assert project.legend == preset("worldcover")


def test_shape_drawn_on_the_map_is_a_label_of_the_class_chosen_before(empty, monkeypatch):
    app = choose_kind(visit("samples", empty.id), "drawn")
    labelled(app.selectbox, "Class to draw").set_value(40).run()
    feature = {"type": "Feature", "properties": {}, "geometry": SQUARE}
    monkeypatch.setattr(maps, "st_folium", lambda *_, **__: {"all_drawings": [feature]})
    app.run()

    assert saved(empty).project.labels.drawn == (
        DrawnLabel(40, json.dumps(SQUARE, sort_keys=True)),
    )
    assert any("another class too" in item.value for item in app.caption)


def test_drawn_label_is_deleted(empty):
    labels.choose(empty, LabelPlan("drawn", "", ""))
    labels.draw_label(empty, 40, SQUARE)
    labels.draw_label(empty, 10, {"type": "Point", "coordinates": [8.56, 47.31]})
    app = pick_rows(visit("samples", empty.id), "drawn", [0])
    button(app, "Delete 1 label").click().run()

    assert [label.value for label in saved(empty).project.labels.drawn] == [10]


FIELDS = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"crop": name, "farm": farm, "use": use, "height": height},
            "geometry": {"type": "Point", "coordinates": [8.552 + k / 500, 47.305]},
        }
        for k, (name, farm, use, height) in enumerate(
            [("maize", "a", "train", 1.25), ("rye", "a", "test", 0.5), ("rye", "b", "val", 2.75)]
        )
    ],
}


@pytest.fixture
def with_fields(empty):
    """The page after a vector file was uploaded."""
    app = choose_kind(visit("samples", empty.id), "features")
    data = json.dumps(FIELDS).encode()
    labelled(app.file_uploader, "Vector file").upload("fields.geojson", data, "x/y").run()
    return button(app, "Import").click().run()


def test_columns_of_an_uploaded_file_are_picked(empty, with_fields):
    app = with_fields
    labelled(app.selectbox, "Class column").set_value("crop").run()
    labelled(app.selectbox, "Group column").set_value("farm").run()
    labelled(app.selectbox, "Part column").set_value("use").run()

    assert not app.exception
    plan = saved(empty).project.labels
    assert (plan.class_property, plan.group_property, plan.part_property) == ("crop", "farm", "use")
    assert samples.legend(saved(empty)).names == ("maize", "rye")
    assert "As a column says" in labelled(app.selectbox, "Split").options


def test_column_of_measurements_is_refused_with_an_example(with_fields):
    app = labelled(with_fields.selectbox, "Class column").set_value("height").run()

    assert any("“height” holds measurements" in item.value for item in app.error)


def test_values_that_are_no_class_are_listed(empty, with_fields):
    labelled(with_fields.selectbox, "Class column").set_value("crop").run()
    edit_table(with_fields, "classes", added=[{"Name": "oats"}])
    app = edit_table(visit("samples", empty.id), "classes", deleted=[0])

    assert any("“maize” (1)" in item.value for item in app.warning)


def test_file_that_is_none_is_told_beside_the_upload(empty):
    app = choose_kind(visit("samples", empty.id), "features")
    upload = labelled(app.file_uploader, "Vector file")
    upload.upload("fields.geojson", b"PK\x03\x04 no json", "x/y").run()
    app = button(app, "Import").click().run()

    assert any("fields.geojson" in item.value for item in app.error)


TABLE = "lon,lat,class,red,nir\n" + "".join(
    f"{8 + k / 100},{47 + k / 90},{'wood' if k % 2 else 'water'},{k / 50},{k % 7}\n"
    for k in range(60)
)


def bring_table(app, name: str, data: bytes):
    """Upload a finished sample table and take it."""
    labelled(app.file_uploader, "Sample table").upload(name, data, "text/csv").run()
    return button(app, "Take this table").click().run()


def test_walk_starts_from_a_table_without_an_area():
    workspace = new_workspace()
    app = visit("samples", workspace.id)
    button(app, "Start from a finished sample table").click().run()
    app = bring_table(app, "mine.csv", TABLE.encode())

    assert not app.exception
    assert [item.value for item in app.error] == []
    plan = saved(workspace).project.labels
    assert plan.predictor_columns == ("red", "nir")
    assert (plan.class_property, plan.lon_property) == ("class", "lon")
    make(saved(workspace), "samples")
    shown = {item.label: item.value for item in visit("samples", workspace.id).metric}
    assert shown["Samples"] == "60"
    assert "There is no trained network" not in words(visit("train", workspace.id))


def test_renamed_class_of_a_table_with_words_still_finds_its_rows():
    workspace = new_workspace()
    samples.begin_with_table(workspace)
    labels.bring_table(workspace, {"mine.csv": TABLE.encode()})
    source = labels.source_legend(workspace)
    legends.edit_legend(workspace, source, lambda edit: edit.rename(1, "Lake"))
    make(workspace, "samples")

    view = samples.read(workspace)
    assert view is not None
    assert [(row.name, row.obtained) for row in view.per_class] == [("Lake", 30), ("wood", 30)]


def test_table_that_is_no_table_is_told_beside_its_control():
    workspace = new_workspace()
    samples.begin_with_table(workspace)
    app = bring_table(visit("samples", workspace.id), "mine.csv", b"\x00\x01\x02 nothing")

    assert any("mine.csv" in item.value for item in app.error)
    assert saved(workspace).project.labels.source == ""


def test_published_table_of_pixels_becomes_samples_of_eight_classes(shared_data):
    workspace = new_workspace()
    samples.begin_with_table(workspace)
    path = shared_data / "tables" / "hula" / "Hula_S2_DynamicWorld_samples.csv"
    labels.bring_table(workspace, {path.name: path.read_bytes()})
    make(workspace, "samples")
    app = visit("samples", workspace.id)

    assert not app.exception
    assert {item.label: item.value for item in app.metric}["Samples"] == "12,000"
    view = samples.read(workspace)
    assert view is not None
    assert [row.obtained for row in view.per_class] == [1_500] * 8
    assert not view.simulated


def test_published_points_are_read_with_their_class_column(shared_data, empty):
    path = shared_data / "points" / "maize_nigeria" / "training-pts.csv"
    app = choose_kind(visit("samples", empty.id), "features")
    upload = labelled(app.file_uploader, "Vector file")
    upload.upload(path.name, path.read_bytes(), "text/csv").run()
    app = button(app, "Import").click().run()

    assert not app.exception
    assert saved(empty).project.labels.class_property == "class"
    assert samples.legend(saved(empty)).values == (0, 1)
