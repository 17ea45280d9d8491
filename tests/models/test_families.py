import numpy as np
import pytest

from lib.core.errors import ModelError
from lib.core.model_plan import ModelPlan
from lib.models.families import FAMILIES, find_family, weight_count
from lib.models.networks import build_network

PLANS = [ModelPlan(), ModelPlan(hidden_units=()), ModelPlan(hidden_units=(7, 5, 3), dropout=0.0)]


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: str(plan.hidden_units))
def test_weight_count_when_compared_with_keras_is_its_trainable_weights(plan: ModelPlan) -> None:
    network = build_network(plan, np.zeros((4, 6), np.float32), n_classes=5)

    expected = sum(int(np.prod(v.shape)) for v in network.trainable_variables)
    assert weight_count(plan, 6, 5) == expected


def test_weight_count_when_default_plan_is_as_by_hand() -> None:
    # 12-64-64-9: 13 * 64 + 65 * 64 + 65 * 9 (facts/export-deploy: 5.7k weights)
    assert weight_count(ModelPlan(), 12, 9) == 5577


def test_find_family_when_unknown_names_those_there_are() -> None:
    with pytest.raises(ModelError, match="named “lstm”") as caught:
        find_family("lstm")

    assert "mlp" in caught.value.hint


@pytest.mark.parametrize("family", FAMILIES.values(), ids=lambda family: family.name)
def test_options_when_compared_with_the_plan_have_its_fields_and_defaults(family) -> None:
    plan = ModelPlan(family=family.name)

    for option in family.options:
        assert getattr(plan, option.name) == option.default
        assert option.minimum < option.maximum
        edges = (option.minimum, option.maximum)
        values = [(int(v),) if option.kind == "widths" else v for v in edges]
        for value in values:
            assert getattr(ModelPlan(**{option.name: value}), option.name) == value
