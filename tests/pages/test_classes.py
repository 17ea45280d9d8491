"""The table of classes on the samples page: what is edited, merged, taken and imported."""

from lib.catalog.legends import preset
from lib.core.legend import Legend
from lib.core.plan import Remap
from lib.workflow import legends
from tests.pages.drawn import edit_table, labelled, saved
from tests.pages.shown import button, visit


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
