"""Label sources and classes: what a change of one does to the other, without a page."""

import json
from dataclasses import replace

import pytest

from lib.catalog.legends import preset
from lib.core import distance
from lib.core.aoi import Aoi
from lib.core.errors import LabelError, LegendError
from lib.core.legend import Legend
from lib.core.plan import LabelPlan, Remap
from lib.workflow import labels, leave, legends, samples, splits, store, tablefiles
from lib.workflow.project import Workspace, missing_for, new_workspace
from tests.workflow.trained import samples_of, workspace_with_samples

TABLE = "lon,lat,class,red\n8.0,47.0,wood,1\n8.1,47.1,water,2\n8.2,47.2,wood,3\n"
SQUARE = {"type": "Polygon", "coordinates": [[[8, 47], [8.1, 47], [8.1, 47.1], [8, 47]]]}


@pytest.fixture
def workspace() -> Workspace:
    return new_workspace()


def means(workspace: Workspace, source: Legend) -> dict[int, int | None]:
    """What each value of the source becomes."""
    return {each.value: each.becomes for each in legends.values_of_source(workspace, source)}


def test_dropped_class_stays_dropped_when_another_takes_its_number(workspace: Workspace) -> None:
    source = preset("worldcover")
    legends.edit_legend(workspace, source, lambda edit: edit.drop(10))
    legends.edit_legend(workspace, source, lambda edit: legends.add_class(edit, "Mine", value=10))

    assert means(workspace, source)[10] is None
    assert Remap(10, -1) in workspace.project.labels.remap


def test_legend_that_equals_the_source_is_kept_as_the_source_s(workspace: Workspace) -> None:
    source = preset("worldcover")
    legends.edit_legend(workspace, source, lambda edit: edit.rename(10, "Woods"))
    legends.edit_legend(workspace, source, lambda edit: edit.rename(10, "Tree cover"))

    assert workspace.project.legend is None


def test_published_legend_leaves_out_values_without_a_class_of_that_name(
    workspace: Workspace,
) -> None:
    source = preset("worldcover")
    notes = legends.take_legend(workspace, source, preset("nlcd"))

    # Both have a class 90, and 95: wetlands of one kind and mangroves are not those of the other.
    assert set(means(workspace, source).values()) == {None}
    assert notes[0].startswith("11 values of the label source stand for no class of it")


def test_drawn_labels_follow_a_class_that_gets_another_number(workspace: Workspace) -> None:
    labels.choose(workspace, LabelPlan("drawn", "", ""))
    labels.draw_label(workspace, 40, SQUARE)
    source = labels.source_legend(workspace)
    legends.edit_legend(workspace, source, lambda edit: edit.revalue(40, 7))

    assert [label.value for label in workspace.project.labels.drawn] == [7]
    assert workspace.project.labels.remap == ()


def test_legend_without_a_drawn_class_is_refused_and_keeps_the_labels(workspace: Workspace) -> None:
    labels.choose(workspace, LabelPlan("drawn", "", ""))
    labels.draw_label(workspace, 40, SQUARE)
    source = labels.source_legend(workspace)

    with pytest.raises(LegendError, match="drawn of “Cropland”"):
        legends.take_legend(workspace, source, preset("nlcd"))
    assert len(workspace.project.labels.drawn) == 1


def test_label_outside_of_the_area_is_refused_with_its_place(workspace: Workspace) -> None:
    workspace.change(aoi=Aoi.from_bounds(12.0, 47.0, 12.1, 47.1))
    labels.choose(workspace, LabelPlan("drawn", "", ""))

    with pytest.raises(LabelError, match=r"near 8\.0667, 47\.0333 lies outside"):
        labels.draw_label(workspace, 40, SQUARE)


def test_table_lets_samples_and_training_begin_without_an_area(workspace: Workspace) -> None:
    samples.begin_with_table(workspace)
    labels.bring_table(workspace, {"mine.csv": TABLE.encode()})

    assert missing_for(workspace, "samples") is None
    missing = missing_for(workspace, "deploy")
    assert missing is not None
    assert missing.page == "imagery"


def test_samples_of_a_table_depend_on_neither_area_nor_service(workspace: Workspace) -> None:
    project = replace(workspace.project, labels=LabelPlan("table", "tables/a", ""))
    moved = replace(project, aoi=Aoi.from_bounds(12.0, 47.0, 12.1, 47.1))

    assert store.dependencies(project, "local", "train") == store.dependencies(
        moved, "google:x", "train"
    )
    assert "aoi" in store.dependencies(moved, "local", "results")


def test_table_whose_name_leads_elsewhere_is_refused(workspace: Workspace) -> None:
    with pytest.raises(LabelError, match="is not here"):
        tablefiles.table_of(workspace.folder, "tables/../../secrets")


def test_table_without_places_proposes_a_split_at_random(workspace: Workspace) -> None:
    samples.begin_with_table(workspace)
    data = "class,red,nir\nwood,1,2\nwater,2,3\n"
    labels.bring_table(workspace, {"mine.csv": data.encode()})

    assert workspace.project.split.kind == "random"
    assert samples.split_kinds(workspace) == ("random", "simple")


def test_parts_of_a_project_that_a_table_brings_survive_the_file(workspace: Workspace) -> None:
    samples.begin_with_table(workspace)
    labels.bring_table(workspace, {"mine.csv": TABLE.encode()})
    data = json.loads(workspace.save_bytes())

    assert data["files"][0]["asset"] == data["labels"]["source"]
    assert data["labels"]["predictor_columns"] == ["red"]


def test_simulated_samples_say_so_in_their_files_name(workspace: Workspace) -> None:
    assert leave.stem(workspace, simulated=True) == "untitled-samples-simulated"
    assert leave.stem(workspace, simulated=False) == "untitled-samples"


def test_calculator_follows_olofsson(workspace: Workspace) -> None:
    """n = U (1 - U) / SE² = 0.9 x 0.1 / 0.01² = 900 tested, of 25 % of the samples."""
    size = samples.enough_for(workspace, 4, standard_error=0.01, accuracy=0.9)

    assert (size.test, size.total, size.per_class) == (900, 3_600, 900)


def test_split_by_polygon_is_proposed_once_every_class_has_two(workspace: Workspace) -> None:
    labels.choose(workspace, LabelPlan("drawn", "", ""))
    kinds = []
    for value, west in ((10, 8.551), (40, 8.554), (10, 8.557), (40, 8.56)):
        west_of, east = west, west + 0.001
        ring = [[west_of, 47.301], [east, 47.301], [east, 47.302], [west_of, 47.301]]
        labels.draw_label(workspace, value, {"type": "Polygon", "coordinates": [ring]})
        kinds.append(workspace.project.split.kind)

    assert kinds == ["blocks", "blocks", "blocks", "polygon"]
    labels.delete_drawn(workspace, [3])
    assert workspace.project.split.kind == "blocks"
    assert splits.single_shapes(workspace, preset("worldcover")) == ("Cropland",)


def test_split_that_was_chosen_stays_while_labels_are_drawn(workspace: Workspace) -> None:
    labels.choose(workspace, LabelPlan("drawn", "", ""))
    workspace.change(split=replace(workspace.project.split, kind="random"))

    labels.draw_label(workspace, 10, {"type": "Point", "coordinates": [8.555, 47.305]})

    assert workspace.project.split.kind == "random"


@pytest.mark.parametrize(("scale_m", "told"), [(10.0, True), (0.5, False)])
def test_patches_that_share_pixels_across_parts_are_told(scale_m: float, told: bool) -> None:
    workspace = workspace_with_samples("patch")
    workspace.change(imagery=replace(workspace.project.imagery, scale_m=scale_m))
    patches = samples_of("patch")
    split, _ = samples.part(workspace, patches)
    assert split is not None
    near = int((distance.test_distance(patches, split) < 5 * scale_m).sum())
    words = (
        f"{near} of {len(split.test)} test patches share pixels with a training patch, so their "
        f"scores flatter. A least distance of {7.5 * scale_m:,.0f} m between samples keeps them "
        "apart."
    )

    assert (near > 0) == told
    assert samples.overlap_notes(workspace, patches, split) == ((words,) if told else ())


def test_published_legend_of_which_a_table_has_nothing_gives_way_to_the_tables_own(
    workspace: Workspace,
) -> None:
    labels.choose(workspace, LabelPlan("drawn", "", ""))
    assert workspace.project.legend == preset("worldcover")

    labels.bring_table(workspace, {"mine.csv": TABLE.encode()})

    assert workspace.project.legend is None
    assert samples.legend(workspace).names == ("water", "wood")
    assert workspace.project.labels.remap == ()


def test_classes_of_ones_own_stay_and_what_does_not_meet_them_is_told_in_words(
    workspace: Workspace,
) -> None:
    own = Legend.from_values([5, 7], ["Wood", "Meadow"])
    workspace.change(legend=own)

    labels.bring_table(workspace, {"mine.csv": TABLE.encode()})

    assert workspace.project.legend == own
    assert labels.table_notes(workspace, own) == (
        "1 row of values that the legend does not have: “water” (1).",
    )
