"""How weights follow the gradient, and the precision of what is computed."""

from typing import Any

from lib.core.model_plan import ModelPlan

_MOMENTUM = 0.9
HALF = "mixed_float16"


def build_optimizer(plan: ModelPlan, network: Any) -> Any:
    """Give the optimiser of a plan, ready for a network.

    The rate is set before each epoch. Of a network in 16 bits the loss is scaled, so that small
    gradients do not become 0.
    """
    import keras  # slow import

    kinds = {
        "adam": lambda: keras.optimizers.Adam(),
        "adamw": lambda: keras.optimizers.AdamW(weight_decay=plan.weight_decay),
        "sgd": lambda: keras.optimizers.SGD(
            momentum=_MOMENTUM, nesterov=True, weight_decay=plan.weight_decay or None
        ),
    }
    optimizer = kinds[plan.optimizer]()
    if plan.optimizer != "adam":
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    if any(layer.dtype_policy.name == HALF for layer in network.layers):
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    optimizer.build(network.trainable_variables)
    return optimizer


def precision(plan: ModelPlan) -> str:
    """Give the policy to build a network under: 16 bits if the plan asks and there is a GPU."""
    import tensorflow as tf  # slow import

    return HALF if plan.mixed_precision and tf.config.list_physical_devices("GPU") else "float32"
