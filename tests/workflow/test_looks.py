"""Looks before running, on the simulated planet: small areas, a few dates."""

import pytest

from lib.core.aoi import Aoi
from lib.core.errors import AoiError
from lib.core.imagery_plan import ImageryPlan, SourcePlan
from lib.workflow import looks
from lib.workflow.project import Workspace, new_workspace

AREA = Aoi.from_bounds(12.400, 47.850, 12.404, 47.853)


@pytest.fixture
def workspace() -> Workspace:
    made = new_workspace()
    plan = ImageryPlan(start="2021-06-01", end="2021-07-15", bands=("B4", "B8"), indices=("NDVI",))
    made.change(aoi=AREA, imagery=plan)
    return made


def test_scenes_of_all_data_sets_are_listed(workspace):
    source = SourcePlan("COPERNICUS/S1_GRD", ("VV",))
    plan = workspace.project.imagery
    workspace.change(imagery=ImageryPlan(plan.collection, plan.start, plan.end, sources=(source,)))

    rows = looks.scenes(workspace)

    assert {row.collection for row in rows} == {plan.collection, "COPERNICUS/S1_GRD"}
    assert all(plan.start <= row.date < plan.end for row in rows)


def test_months_are_those_of_the_dates(workspace):
    months = looks.months(workspace)

    assert [month.month for month in months] == ["2021-06", "2021-07"]
    assert all(0 <= month.clear <= month.scenes for month in months)


def test_point_has_predictors_its_spectrum_and_its_course(workspace):
    view = looks.point(workspace, *AREA.centre)

    assert [name for name, _ in view.values] == ["B4", "B8", "NDVI"]
    values = dict(view.values)
    assert view.spectrum == (
        ("B4", "Red, 665 nm", values["B4"]),
        ("B8", "Near infrared, 835 nm", values["B8"]),
    )
    assert len(view.series) == len(looks.scenes(workspace))


def test_point_of_a_series_has_the_predictors_of_one_moment(workspace):
    workspace.change(imagery=ImageryPlan(bands=("B4",), indices=(), form="series"))

    assert [name for name, _ in looks.point(workspace, *AREA.centre).values] == ["B4"]


def test_cost_counts_pixels_scenes_and_requests(workspace):
    found = looks.cost(workspace)

    # 30 x 34 pixels of 10 m, 4 bytes for each of three predictors and one for the mask.
    assert found.requests == 1
    assert "1 request" in found.sentence
    assert f"{len(looks.scenes(workspace))} scenes" in found.sentence


def test_looks_without_an_area_ask_for_one():
    with pytest.raises(AoiError, match="No area is chosen yet"):
        looks.cost(new_workspace())
