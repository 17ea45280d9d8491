"""The samples page, control by control: what each one does to the project and to what is shown."""

import json

import pytest

from lib.catalog.legends import preset
from lib.core.legend import Legend
from lib.core.plan import DrawnLabel, LabelPlan, Remap, SamplingPlan
from lib.ui import maps
from lib.workflow import labels, legends, samples
from lib.workflow.area import check_aoi
from lib.workflow.project import Workspace, new_workspace
from tests.pages.drawn import (
    edit_table,
    labelled,
    make,
    open_tab,
    pick_rows,
    saved,
)
from tests.pages.shown import button, visit, words

SQUARE = {
    "type": "Polygon",
    "coordinates": [[[8.551, 47.301], [8.553, 47.301], [8.553, 47.303], [8.551, 47.301]]],
}


# --- Classes ----------------------------------------------------------------------------------


def test_class_renamed_in_the_table_keeps_its_place_in_the_labels(empty):
    app = edit_table(visit("samples", empty.id), "classes", edited={0: {"Name": "Woods"}})

    assert not app.exception
    project = saved(empty).project
    assert project.legend is not None
    assert project.legend.names[0] == "Woods"
    assert project.legend.values == preset("worldcover").values
    assert project.labels.remap == ()


def test_class_with_another_number_is_remapped(empty):
    edit_table(visit("samples", empty.id), "classes", edited={0: {"Value": 1}})

    project = saved(empty).project
    assert project.legend is not None
    assert project.legend.values[0] == 1
    assert project.labels.remap == (Remap(10, 1),)


def test_row_deleted_from_the_table_drops_the_class(empty):
    edit_table(visit("samples", empty.id), "classes", deleted=[1])

    project = saved(empty).project
    assert project.legend is not None
    assert "Shrubland" not in project.legend.names


def test_row_added_to_the_table_gets_a_number_and_a_colour_that_suits(empty):
    edit_table(visit("samples", empty.id), "classes", added=[{"Name": "Orchard"}])

    project = saved(empty).project
    assert project.legend is not None
    assert project.legend.classes[-1].value == 101
    assert project.legend.classes[-1].name == "Orchard"


def test_colour_that_is_none_is_told_and_changes_nothing(empty):
    app = edit_table(visit("samples", empty.id), "classes", edited={0: {"Colour": "blueish"}})

    assert any("“blueish” is no colour" in item.value for item in app.error)
    assert saved(empty).project.legend is None


def test_merged_classes_become_one_and_labels_of_both_stand_for_it(empty):
    app = visit("samples", empty.id)
    labelled(app.multiselect, "Classes").set_value([10, 20]).run()
    labelled(app.text_input, "Name of the new class").set_value("Woody").run()
    button(app, "Merge").click().run()

    project = saved(empty).project
    assert project.legend is not None
    assert project.legend.names[0] == "Woody"
    assert project.labels.remap == (Remap(20, 10),)


def test_published_legend_is_taken_with_its_colours(empty):
    app = visit("samples", empty.id)
    offered = labelled(app.selectbox, "Published legend")
    offered.set_value("nlcd").run()
    button(app, "Take it").click().run()

    assert saved(empty).project.legend == preset("nlcd")
    assert offered.options == ["ESA WorldCover", "Dynamic World", "NLCD"]


def test_legend_is_imported_from_csv_and_meets_the_labels_by_name(empty):
    app = visit("samples", empty.id)
    data = b"value,name,colour\n1,Cropland,#ff0000\n2,Built-up,#00ff00\n"
    labelled(app.file_uploader, "Legend as CSV").upload("mine.csv", data, "text/csv").run()
    button(app, "Read it").click().run()

    project = saved(empty).project
    assert project.legend == Legend.from_values(
        [1, 2], ["Cropland", "Built-up"], ["#ff0000", "#00ff00"]
    )
    assert project.labels.remap == (Remap(40, 1), Remap(50, 2))
    assert any("9 values of the label source" in item.value for item in app.warning)


def test_legend_without_a_value_column_is_told(empty):
    app = visit("samples", empty.id)
    upload = labelled(app.file_uploader, "Legend as CSV")
    upload.upload("mine.csv", b"name,colour\na,#ff0000\n", "text/csv").run()
    button(app, "Read it").click().run()

    assert any("has no column “value”" in item.value for item in app.error)
    assert saved(empty).project.legend is None


def test_value_of_the_labels_is_let_stand_for_another_class(empty):
    app = visit("samples", empty.id)
    labelled(app.toggle, "What the labels mean").set_value(True).run()
    edit_table(app, "values", edited={0: {"Class": "Grassland"}, 1: {"Class": "Left out"}})

    project = saved(empty).project
    assert Remap(10, 30) in project.labels.remap
    meaning = {
        v.value: v.becomes for v in legends.values_of_source(saved(empty), preset("worldcover"))
    }
    assert meaning[10] == 30
    assert meaning[20] is None


# --- Where labels come from -------------------------------------------------------------------


def choose_kind(app, kind: str):
    """Choose where labels come from."""
    return labelled(app.selectbox, "Labels from").set_value(kind).run()


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


# --- Finished tables --------------------------------------------------------------------------

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


# --- Design, balance, split -------------------------------------------------------------------


def test_spread_by_area_offers_a_floor(empty):
    app = visit("samples", empty.id)
    for allocation in ("proportional", "square root", "neyman"):
        labelled(app.selectbox, "Spread").set_value(allocation).run()
        assert saved(empty).project.sampling.allocation == allocation
    labelled(app.number_input, "At least of each class").set_value(30).run()

    assert saved(empty).project.sampling.floor == 30


def test_counts_by_hand_are_kept_class_by_class(empty):
    app = visit("samples", empty.id)
    labelled(app.selectbox, "Spread").set_value("by hand").run()
    edit_table(app, "by-hand", edited={1: {"Samples": 7}})

    assert saved(empty).project.sampling.counts == (40, 7, *(40,) * 9)


def test_distance_and_purity_are_kept(empty):
    app = visit("samples", empty.id)
    labelled(app.number_input, "Least distance (m)").set_value(150.0).run()
    labelled(app.toggle, "Pure pixels only").set_value(True).run()

    plan = saved(empty).project.sampling
    assert (plan.min_distance_m, plan.pure) == (150.0, True)


def test_number_of_the_calculator_is_used(empty):
    """0.85 x 0.15 / 0.02² = 318.75, so 319 tested, 1,276 in all, but 200 each for 50 tested."""
    app = visit("samples", empty.id)
    button(app, "Use this number").click().run()

    assert "319" in words(app)
    assert saved(empty).project.sampling.per_class == 200


def test_weights_and_changes_of_samples_are_kept(empty):
    app = visit("samples", empty.id)
    labelled(app.segmented_control, "Weights").set_value("effective number").run()
    group = labelled(app.pills, "Change samples a little, anew in each epoch")
    group.set_value(["noise"]).run()

    plan = saved(empty).project.balance
    assert (plan.weighting, plan.augment) == ("effective number", ("noise",))


def test_split_is_kept_with_its_seed(drawn):
    app = visit("samples", drawn.id)
    for kind in ("random", "simple", "blocks"):
        labelled(app.selectbox, "Split").set_value(kind).run()
        assert saved(drawn).project.split.kind == kind
        assert [item.value for item in app.error] == []
    labelled(app.number_input, "Seed of the split").set_value(5).run()

    assert saved(drawn).project.split.seed == 5


def test_distances_count_every_test_sample(drawn):
    app = open_tab(visit("samples", drawn.id), "Distances")

    assert not app.exception
    found = drawn.find("samples")
    assert found is not None
    kept = samples.drawn(drawn, found)
    split, _ = samples.part(drawn, kept)
    assert split is not None
    assert sum(each.count for each in samples.distances(drawn, kept)) == len(split.test)


def test_class_of_one_polygon_is_told_beside_the_split(empty, monkeypatch):
    app = choose_kind(visit("samples", empty.id), "drawn")
    assert labelled(app.selectbox, "Split").value == "polygon"
    labelled(app.selectbox, "Class to draw").set_value(40).run()

    feature = {"type": "Feature", "properties": {}, "geometry": SQUARE}
    monkeypatch.setattr(maps, "st_folium", lambda *_, **__: {"all_drawings": [feature]})
    app.run()

    assert labelled(app.selectbox, "Split").value == "blocks"
    assert saved(empty).project.split.kind == "blocks"
    assert any("Only one polygon or point of “Cropland”" in item.value for item in app.caption)


def test_bar_says_what_a_draw_takes(empty):
    cost = samples.estimate(empty, preset("worldcover"))

    text = words(visit("samples", empty.id)).replace("\\", "")

    assert f"Draw up to 440 samples of 11 classes: about {cost.requests} requests, " in text
    # The whole grid of the area for labels, and a pixel for each sample.
    pixels = check_aoi(empty, empty.project.aoi).pixels + 440
    assert f" of {pixels:,} pixels, " in text


# --- Quality ----------------------------------------------------------------------------------


def test_tabs_show_no_error(drawn):
    app = visit("samples", drawn.id)
    for title in ("Samples", "Balance", "Spectra", "Pairs", "Outliers", "Wrong labels",
                  "Distances", "Take home"):  # fmt: skip
        open_tab(app, title)

        assert not app.exception
        assert [item.value for item in app.error] == [], title


def test_pairs_are_sorted_the_worst_first(drawn):
    app = open_tab(visit("samples", drawn.id), "Pairs")

    (table,) = [item.value for item in app.dataframe if "Told apart" in item.value.columns]
    distances = list(table["Distance"])
    assert distances == sorted(distances)
    assert len(distances) == 8 * 7 // 2


@pytest.mark.parametrize(
    ("title", "name"), [("Outliers", "outliers"), ("Wrong labels", "suspicious")]
)
def test_doubtful_sample_is_looked_at_dropped_and_brought_back(drawn, title, name):
    app = pick_rows(open_tab(visit("samples", drawn.id), title), name, [0])
    focus = app.session_state["loam_memory"]["sample-focus"]
    button(app, "Drop 1 sample").click().run()

    assert 8.55 < focus[0] < 8.57
    assert len(saved(drawn).project.edits.dropped) == 1
    assert "1 sample dropped" in words(app)
    button(app, "Undo the last").click().run()
    assert saved(drawn).project.edits.steps == ()


def test_doubtful_sample_is_relabelled_as_suggested(drawn):
    app = pick_rows(open_tab(visit("samples", drawn.id), "Wrong labels"), "suspicious", [0])
    suggested = labelled(app.selectbox, "New class").value
    button(app, "Relabel").click().run()

    ((_, value),) = saved(drawn).project.edits.relabelled
    assert value == suggested


def test_new_draw_forgets_what_was_dropped_among_the_old_samples(drawn, monkeypatch):
    found = drawn.find("samples")
    assert found is not None
    ids = samples.set_of(found).ids[:2]
    drawn.change(edits=drawn.project.edits.drop(map(int, ids)))
    drawn.change(sampling=SamplingPlan(per_class=20))
    monkeypatch.setattr(Workspace, "submit", lambda *_: "job")
    samples.start(drawn)

    assert saved(drawn).project.edits.steps == ()


# --- Taking samples home ----------------------------------------------------------------------


READERS = {
    "csv": "read_csv",
    "parquet": "read_parquet",
    "geojson": "geopandas.read_file",
    "geopackage": "geopandas.read_file",
    "numpy": "np.load",
    "tfrecord": "TFRecordDataset",
}


def test_code_that_reads_the_chosen_format_is_shown(drawn):
    app = open_tab(visit("samples", drawn.id), "Take home")
    for kind, reader in READERS.items():
        labelled(app.segmented_control, "Format").set_value(kind).run()

        assert not app.exception
        assert reader in app.code[0].value
        assert "-samples-simulated" in app.code[0].value
