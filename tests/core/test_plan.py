"""Plans refuse settings that cannot work, when they are built."""

import pytest

from lib.core.errors import DateError, PlanError
from lib.core.imagery_plan import ImageryPlan
from lib.core.model_plan import ModelPlan
from lib.core.plan import LabelPlan, SamplingPlan, SplitPlan


@pytest.mark.parametrize(
    ("make", "kind", "field", "words"),
    [
        (
            lambda: ImageryPlan(start="2024-09-30", end="2024-05-01"),
            DateError,
            "dates",
            "from 2024-09-30 to 2024-05-01",
        ),
        (lambda: ImageryPlan(start="1 May", end="2024-05-01"), DateError, "dates", "“1 May”"),
        (lambda: ImageryPlan(bands=()), PlanError, "bands", "No bands"),
        (lambda: ImageryPlan(scale_m=0), PlanError, "scale_m", "0 m"),
        (lambda: LabelPlan(kind="guess"), PlanError, "labels", "“guess”"),
        (lambda: SamplingPlan(per_class=1), PlanError, "per_class", "1 samples"),
        (lambda: SamplingPlan(allocation="fair"), PlanError, "allocation", "“fair”"),
        (lambda: SplitPlan(kind="checker"), PlanError, "split", "“checker”"),
        (lambda: SplitPlan(validation=0.5, test=0.5), PlanError, "split", "too little"),
        (lambda: SplitPlan(test=0), PlanError, "split", "0 for the test"),
        (lambda: ModelPlan(dropout=0.95), PlanError, "dropout", "0.95"),
        (lambda: ModelPlan(hidden_units=(0,)), PlanError, "hidden_units", "is 0"),
        (lambda: ModelPlan(hidden_units=(8,) * 9), PlanError, "hidden_units", "9 hidden"),
    ],
)
def test_a_bad_setting_is_refused_beside_its_control(make, kind, field, words):
    with pytest.raises(kind) as caught:
        make()

    assert words in caught.value.message
    assert caught.value.field == field
    assert caught.value.hint


def test_a_single_image_needs_no_dates():
    assert ImageryPlan(collection="para", start="", end="").start == ""
