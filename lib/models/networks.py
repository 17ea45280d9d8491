"""Keras networks from plans; the builders of the families are in the modules beside this one.

The first layer scales the predictors by the mean and spread of the training set, so nothing
downstream repeats that arithmetic. The last two are "sums", whose greatest is the class, and
"probabilities", their softmax.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.core.model_plan import ModelPlan
from lib.models.families import find_family
from lib.models.layers import Builder
from lib.models.networks_patch import build_fcn, build_patch_cnn, build_unet
from lib.models.networks_pixel import build_mlp, build_softmax
from lib.models.networks_series import build_recurrent, build_temporal_cnn
from lib.models.scaling import Scaling, measure_scaling

BUILDERS: dict[str, Builder] = {
    "mlp": build_mlp,
    "softmax": build_softmax,
    "temporal_cnn": build_temporal_cnn,
    "lstm": build_recurrent,
    "gru": build_recurrent,
    "patch_cnn": build_patch_cnn,
    "fcn": build_fcn,
    "unet": build_unet,
}


def build_network(
    plan: ModelPlan,
    x_train: NDArray[np.float32],
    *,
    n_classes: int,
    valid: NDArray[np.bool_] | None = None,
) -> Any:
    """Build the untrained network of a plan, scaled by a training set in memory.

    Args:
        plan: Family and settings.
        x_train: The training set, which the scaling is measured on.
        n_classes: Number of outputs.
        valid: Where predictors of series or patches were observed; None for everywhere.

    Returns:
        A Keras model that maps raw predictors to class probabilities. Its inputs are
        "predictors", and for series and patches "valid" of one channel, 1 where a predictor was
        observed and 0 where not.
    """
    return build_scaled(plan, measure_scaling(x_train, valid), x_train.shape[1:], n_classes)


def build_scaled(plan: ModelPlan, scaling: Scaling, shape: tuple[int, ...], n_classes: int) -> Any:
    """Build the untrained network of a plan for samples of a shape, as `build_network`."""
    return BUILDERS[find_family(plan.family).name](plan, scaling, shape, n_classes)


def resized(network: Any, plan: ModelPlan, *, side: int) -> Any:
    """Give a patch network that every pixel has a class of for patches of another side.

    Args:
        network: A trained network of the family "unet" or "fcn".
        plan: Its plan.
        side: Rows and columns of a patch.
    """
    n_in, n_classes = network.inputs[0].shape[-1], network.outputs[0].shape[-1]
    unscaled = Scaling(np.zeros(n_in), np.ones(n_in), np.zeros(n_in, bool))
    other = build_scaled(plan, unscaled, (side, side, n_in), n_classes)
    assign_weights(other, [weight.numpy() for weight in network.weights])
    return other


def assign_weights(network: Any, values: list[NDArray[Any]]) -> None:
    """Put weights back; unlike Keras' own, it reaches layers that cache what they adapted."""
    for variable, value in zip(network.weights, values, strict=True):
        variable.assign(value)
    for layer in network.layers:
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()


def before_softmax(network: Any) -> Any:
    """Give the network without its softmax; itself where it does not end in one of its own."""
    import keras  # slow import

    last = network.layers[-1]
    ends_in_softmax = type(last).__name__ == "Softmax" or (
        type(last).__name__ == "Activation" and last.activation is keras.activations.softmax
    )
    return keras.Model(network.inputs, last.input) if ends_in_softmax else network
