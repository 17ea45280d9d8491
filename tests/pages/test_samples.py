"""The samples page, control by control: what each one does to the project and to what is shown."""

import pytest

from lib.catalog.legends import preset
from lib.core.plan import SamplingPlan
from lib.ui import maps
from lib.workflow import samples
from lib.workflow.area import check_aoi
from lib.workflow.project import Workspace
from tests.pages.drawn import SQUARE, choose_kind, edit_table, labelled, open_tab, pick_rows, saved
from tests.pages.shown import button, visit, words

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
