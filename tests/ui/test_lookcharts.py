"""Charts of looks before running: what they show, and what they tell apart."""

from lib.ui import look, lookcharts
from lib.workflow.imagery_views import MonthCount, Observation

MONTHS = [MonthCount("2021-06", 6, 4.25), MonthCount("2021-07", 5, 0.5)]
SERIES = [
    Observation("2021-06-05", {"NDVI": 0.7, "B4": None}, clear=True),
    Observation("2021-06-10", {"NDVI": 0.2, "B4": None}, clear=False),
]


def rows(chart) -> list[dict]:
    """Return all rows of data that a chart carries."""
    return [row for table in chart.to_dict()["datasets"].values() for row in table]


def test_clear_months_show_observations_beside_scenes():
    shown = {row["month"]: (row["clear"], row["scenes"]) for row in rows(_months())}

    assert shown == {"2021-06": (4.25, 6), "2021-07": (0.5, 5)}


def test_clear_months_of_the_planet_are_stamped():
    assert _months().to_dict()["title"]["subtitle"] == "Simulated"


def test_spectrum_keeps_the_order_of_the_bands():
    bands = [("B8", "Near infrared", 0.3), ("B4", "Red", 0.05)]
    chart = lookcharts.spectrum(bands, simulated=False)

    assert [row["band"] for row in rows(chart)] == ["B8", "B4"]
    assert chart.to_dict()["layer"][0]["encoding"]["x"]["sort"] is None


def test_course_draws_masked_scenes_hollow_and_joins_clear_ones():
    chart = lookcharts.course(SERIES, "NDVI", "NDVI", simulated=False).to_dict()

    line, dots = chart["layer"]
    tables = chart["datasets"]
    assert [row["value"] for row in tables[line["data"]["name"]]] == [0.7]
    assert {row["state"] for row in tables[dots["data"]["name"]]} == {"clear", "masked"}
    assert dots["encoding"]["fill"]["scale"]["range"] == [look.LIGHT.accent, look.LIGHT.background]


def test_course_of_a_band_that_was_never_seen_is_empty():
    assert rows(lookcharts.course(SERIES, "B4", "B4", simulated=False)) == []


def _months():
    return lookcharts.clear_months(MONTHS, simulated=True)
