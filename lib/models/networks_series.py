"""Networks of series: `(batch, dates, predictors)` and a mask to `(batch, classes)`."""

from typing import Any

from lib.core.model_plan import ModelPlan
from lib.models.layers import Parts, chain, masked_inputs
from lib.models.scaling import Scaling


def build_temporal_cnn(
    plan: ModelPlan, scaling: Scaling, shape: tuple[int, ...], n_classes: int
) -> Any:
    """Build convolutions over time without pooling, then dense layers.

    Source: Pelletier, Webb and Petitjean (2019), Remote Sensing 11(5), 523: three blocks of
    convolution, batch normalisation, ReLU and dropout, and one dense layer.
    """
    import keras  # slow import

    parts = Parts(plan)
    inputs, x = masked_inputs(scaling, shape)
    for number, width in enumerate(plan.filters, start=1):
        x = chain(parts.convolution(width, f"convolution_{number}", dims=1), x)
    x = keras.layers.Flatten(name="flat")(x)
    return _headed(plan, parts, inputs, x, n_classes)


def build_recurrent(
    plan: ModelPlan, scaling: Scaling, shape: tuple[int, ...], n_classes: int
) -> Any:
    """Build LSTM or GRU layers, the state after the last date, then dense layers."""
    parts = Parts(plan)
    inputs, x = masked_inputs(scaling, shape)
    for number, units in enumerate(plan.recurrent_units, start=1):
        last = number == len(plan.recurrent_units)
        x = chain(parts.recurrent(plan.family, units, f"{plan.family}_{number}", last=last), x)
    return _headed(plan, parts, inputs, x, n_classes)


def _headed(plan: ModelPlan, parts: Parts, inputs: list[Any], x: Any, n_classes: int) -> Any:
    """Put dense layers and the classes behind, and make it a model."""
    import keras  # slow import

    for number, width in enumerate(plan.hidden_units, start=1):
        x = chain(parts.dense(width, f"hidden_{number}"), x)
    sums = parts.classes(n_classes)(x)
    last = keras.layers.Activation("softmax", dtype="float32", name="probabilities")
    return keras.Model(inputs, last(sums), name=plan.family)
