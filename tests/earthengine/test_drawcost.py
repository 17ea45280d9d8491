"""The cost of a draw, told before it, beside what the draw then takes."""

from dataclasses import replace

import pytest

from lib.core.aoi import Aoi
from lib.core.imagery_plan import ImageryPlan
from lib.core.plan import LabelPlan, SamplingPlan
from lib.earthengine import answers, imagery, labels, pixels, sampling
from lib.earthengine.access import Connection
from lib.earthengine.connection import local
from lib.earthengine.drawcost import draw_cost

AREA = Aoi.from_bounds(8.55, 47.30, 8.60, 47.33)
PLAN = ImageryPlan(
    start="2021-07-01",
    end="2021-07-11",
    bands=("B4", "B8"),
    indices=("NDVI",),
    scale_m=20.0,
    mask_clouds=False,
)
FORMS = {
    "pixel": PLAN,
    "series": replace(PLAN, form="series", window_days=5),
    "patch": replace(PLAN, form="patch", patch_size=9),
}


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sizes of the answers that come."""
    sizes: list[int] = []
    for module in (pixels, answers):
        post = module.post

        def counting(resource, body, post=post):
            content = post(resource, body)
            sizes.append(len(content))
            return content

        monkeypatch.setattr(module, "post", counting)
    return sizes


@pytest.mark.parametrize("form", FORMS)
def test_cost_is_near_to_what_a_draw_takes(form: str, taken: list[int]) -> None:
    earth, plan = local(), FORMS[form]
    label_plan = LabelPlan()
    legend = labels.default_legend(earth, label_plan)
    taken.clear()
    drawn, _ = sampling.draw(
        earth,
        imagery.predictors(earth, plan, AREA),
        label_plan,
        plan=SamplingPlan(per_class=40),
        imagery=plan,
        legend=legend,
        aoi=AREA,
    )

    cost = draw_cost(earth, plan, label_plan, aoi=AREA, samples=len(drawn), scenes=4)

    # Without clouds, as what is masked is drawn anew in requests of its own.
    assert len(taken) * 0.6 <= cost.requests <= len(taken) * 1.4
    assert sum(taken) * 0.6 <= cost.bytes <= sum(taken) * 1.4
    grid = imagery.training_grid(earth, plan, AREA)
    least = len(drawn) * (81 if form == "patch" else 1)
    assert grid.size + least * 0.8 <= cost.pixels


def test_cost_grows_with_scenes_samples_and_area() -> None:
    earth: Connection = local()
    whole = Aoi.from_bounds(10.604, 48.09, 10.724, 48.17)
    part = Aoi.from_bounds(10.604, 48.09, 10.664, 48.17)

    cost = draw_cost(earth, ImageryPlan(), LabelPlan(), aoi=whole, samples=2400, scenes=18)
    less = draw_cost(earth, ImageryPlan(), LabelPlan(), aoi=part, samples=1200, scenes=9)

    # Measured on two cores: 40 s for 80 km2 with 18 scenes.
    assert cost.seconds == pytest.approx(41, abs=2)
    assert less.seconds < cost.seconds / 3
    assert less.requests < cost.requests
    assert less.bytes < cost.bytes
    assert less.pixels < cost.pixels
