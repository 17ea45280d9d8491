"""Keras networks, one builder a family.

The first layer scales the predictors by the mean and spread of the training set, so nothing
downstream repeats that arithmetic. All seeds are explicit: a network does not depend on what else
the process has drawn before.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.core.model_plan import ModelPlan
from lib.models.families import find_family

_CONSTANT = 1e-6
"""A predictor whose spread is below this share of its size is taken as constant."""


def build_network(plan: ModelPlan, x_train: NDArray[np.float32], *, n_classes: int) -> Any:
    """Build the untrained network of a plan.

    Args:
        plan: Family and settings.
        x_train: The training set, which the scaling is measured on.
        n_classes: Number of outputs.

    Returns:
        A `keras.Sequential` that maps raw predictors to class probabilities.
    """
    return _BUILDERS[find_family(plan.family).name](plan, x_train, n_classes)


def _build_mlp(plan: ModelPlan, x_train: NDArray[np.float32], n_classes: int) -> Any:
    """Input shape: `(batch, predictors)`. Output shape: `(batch, classes)`, rows that sum to 1."""
    import keras  # slow import

    seeds = _seeds(plan.seed)
    layers = [keras.Input((x_train.shape[1],), name="predictors"), _normalization(x_train)]
    for number, width in enumerate(plan.hidden_units, start=1):
        layers.append(_dense(width, "relu", f"hidden_{number}", next(seeds)))
        if plan.dropout > 0:
            layers.append(
                keras.layers.Dropout(plan.dropout, seed=next(seeds), name=f"dropout_{number}")
            )
    layers.append(_dense(n_classes, "softmax", "probabilities", next(seeds)))
    return keras.Sequential(layers, name="mlp")


def _dense(units: int, activation: str, name: str, seed: int) -> Any:
    import keras  # slow import

    start = keras.initializers.GlorotUniform(seed=seed)
    return keras.layers.Dense(units, activation, kernel_initializer=start, name=name)


def _normalization(x_train: NDArray[np.float32]) -> Any:
    """Scale by the training set; predictors that are constant there are only shifted."""
    import keras  # slow import

    axes = tuple(range(x_train.ndim - 1))
    mean = x_train.mean(axis=axes, dtype=np.float64)
    variance = x_train.var(axis=axes, dtype=np.float64)
    constant = np.sqrt(variance) <= _CONSTANT * np.maximum(np.abs(mean), _CONSTANT)
    layer = keras.layers.Normalization(name="normalization")
    layer.build((None, *x_train.shape[1:]))
    layer.adapt_mean.assign(mean)
    layer.adapt_variance.assign(np.where(constant, 1.0, variance))
    # Without it the layer keeps the mean and variance that it was built with.
    layer.finalize_state()
    return layer


def _seeds(seed: int) -> Any:
    """Go through seeds for the parts of a network, all made from one."""
    return (int(part) >> 1 for part in np.random.SeedSequence(seed).generate_state(64))


_BUILDERS: dict[str, Callable[[ModelPlan, NDArray[np.float32], int], Any]] = {"mlp": _build_mlp}
