"""Charts: what they show, in which colours."""

import pytest

from lib.ui import charts, look

CLASSES = [
    {"name": "Wood", "color": "#006400", "asked": 400, "obtained": 400},
    {"name": "Water", "color": "#0064c8", "asked": 400, "obtained": 212},
]
HISTORY = [
    {"epoch": 1, "loss": 1.5, "accuracy": 0.4, "val_loss": 1.4, "val_accuracy": 0.45},
    {"epoch": 2, "loss": 1.1, "accuracy": 0.6, "val_loss": 1.2, "val_accuracy": 0.55},
]


def rows(chart):
    """Return all rows of data that a chart carries."""
    return [row for table in chart.to_dict()["datasets"].values() for row in table]


def test_class_counts_keep_the_colours_of_the_classes():
    chart = charts.class_counts(CLASSES, simulated=False)

    assert {row["name"]: row["color"] for row in rows(chart)} == {
        "Wood": "#006400",
        "Water": "#0064c8",
    }
    assert chart.to_dict()["layer"][0]["encoding"]["color"]["scale"] is None


def test_curve_tells_training_and_validation_apart_by_dash_and_colour():
    lines = charts.curve(HISTORY, "loss", "Loss", simulated=False).to_dict()["layer"][0]["encoding"]

    assert lines["strokeDash"]["scale"]["range"] == [[5, 4], [1, 0]]
    assert lines["color"]["scale"]["range"] == [look.LIGHT.second, look.LIGHT.accent]


def test_curve_labels_the_ends_of_its_lines_with_the_higher_one_first():
    layers = charts.curve(HISTORY, "loss", "Loss", simulated=False).to_dict()

    ends = [layers["datasets"][layer["data"]["name"]][0] for layer in layers["layer"][1:]]
    assert [(end["part"], end["value"]) for end in ends] == [("validation", 1.2), ("training", 1.1)]


def test_curve_does_not_begin_its_axis_at_zero():
    lines = charts.curve(HISTORY, "loss", "Loss", simulated=False).to_dict()["layer"][0]

    assert lines["encoding"]["y"]["scale"]["zero"] is False


def test_confusion_puts_reference_in_rows_and_map_in_columns():
    chart = charts.confusion([[8, 2], [0, 5]], ["Wood", "Water"], simulated=False)

    cell = next(r for r in rows(chart) if (r["reference"], r["mapped"]) == ("Wood", "Water"))
    assert cell["count"] == 2
    assert cell["share"] == pytest.approx(0.2)


def test_confusion_of_a_class_without_reference_divides_by_nothing():
    chart = charts.confusion([[0, 0], [0, 5]], ["Wood", "Water"], simulated=False)

    assert next(r for r in rows(chart) if r["reference"] == "Wood")["share"] == 0


def test_areas_are_labelled_with_hectares_and_share():
    given = [{"name": "Wood", "color": "#006400", "area_ha": 1234.4, "share": 0.755}]

    assert rows(charts.areas(given, simulated=False))[0]["label"] == "1,234 ha · 76 %"


@pytest.mark.parametrize(
    "make",
    [
        lambda simulated: charts.class_counts(CLASSES, simulated=simulated),
        lambda simulated: charts.curve(HISTORY, "accuracy", "Accuracy", simulated=simulated),
        lambda simulated: charts.confusion([[1, 0], [0, 1]], ["A", "B"], simulated=simulated),
        lambda simulated: charts.areas(
            [{"name": "A", "color": "#006400", "area_ha": 1.0, "share": 1.0}], simulated=simulated
        ),
    ],
    ids=["class counts", "curve", "confusion", "areas"],
)
def test_chart_of_simulated_data_says_so_in_the_chart_itself(make):
    assert make(True).to_dict()["title"]["subtitle"] == "Simulated"
    assert make(False).to_dict()["title"]["subtitle"] == ""
