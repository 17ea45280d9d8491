"""Networks of one pixel: `(batch, predictors)` to `(batch, classes)`, rows that sum to 1."""

from typing import Any

from lib.core.model_plan import ModelPlan
from lib.models.layers import Parts, scaling_layer
from lib.models.scaling import Scaling


def build_softmax(plan: ModelPlan, scaling: Scaling, shape: tuple[int, ...], n_classes: int) -> Any:
    """Build a softmax regression."""
    return _sequential(plan, scaling, shape, [Parts(plan).classes(n_classes)])


def build_mlp(plan: ModelPlan, scaling: Scaling, shape: tuple[int, ...], n_classes: int) -> Any:
    """Build a multilayer perceptron."""
    parts = Parts(plan)
    layers: list[Any] = []
    for number, width in enumerate(plan.hidden_units, start=1):
        layers += parts.dense(width, f"hidden_{number}")
    return _sequential(plan, scaling, shape, [*layers, parts.classes(n_classes)])


def _sequential(
    plan: ModelPlan, scaling: Scaling, shape: tuple[int, ...], layers: list[Any]
) -> Any:
    import keras  # slow import

    entry = [keras.Input(shape, name="predictors"), scaling_layer(scaling, shape)]
    last = keras.layers.Activation("softmax", dtype="float32", name="probabilities")
    return keras.Sequential([*entry, *layers, last], name=plan.family)
