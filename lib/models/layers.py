"""Parts that networks are made of, with explicit seeds.

A network does not depend on what else the process has drawn before. Patches and series enter
with a mask: after scaling, what was not observed becomes 0, the mean, and the mask is one more
channel, so that no filled value passes for data. Beyond the edge of a patch both are 0.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from lib.core.model_plan import ModelPlan
from lib.models.scaling import Scaling


class Parts:
    """Makes the layers of one network, with names and seeds of their own.

    Args:
        plan: Settings of the network.
    """

    def __init__(self, plan: ModelPlan) -> None:
        self._plan = plan
        self._seeds = _seeds(plan.seed)

    def dense(self, width: int, name: str) -> list[Any]:
        """A hidden dense layer with all that follows it."""
        return [self._dense(width, name), *self._after(name)]

    def convolution(self, width: int, name: str, *, dims: int = 2) -> list[Any]:
        """A convolution that keeps the size, with all that follows it."""
        import keras  # slow import

        kind = keras.layers.Conv2D if dims == 2 else keras.layers.Conv1D
        layer = kind(
            width,
            self._plan.kernel_size,
            padding="same",
            kernel_initializer=self._start(),
            name=name,
        )
        return [layer, *self._after(name)]

    def step_up(self, width: int, name: str) -> Any:
        """Double the sides of a map; unlike interpolation this exports to every format."""
        import keras  # slow import

        return keras.layers.Conv2DTranspose(
            width, 2, strides=2, kernel_initializer=self._start(), name=name
        )

    def recurrent(self, kind: str, units: int, name: str, *, last: bool) -> list[Any]:
        """An LSTM or a GRU, one way or both."""
        import keras  # slow import

        layer = (keras.layers.LSTM if kind == "lstm" else keras.layers.GRU)(
            units,
            return_sequences=not last,
            kernel_initializer=self._start(),
            recurrent_initializer=keras.initializers.Orthogonal(seed=next(self._seeds)),
            name=name,
        )
        if self._plan.bidirectional:
            layer = keras.layers.Bidirectional(layer, name=f"{name}_both")
        return [layer, *self.dropout(name)]

    def classes(self, n_classes: int, *, convolution: bool = False) -> Any:
        """The sums of the classes, before the softmax."""
        import keras  # slow import

        if not convolution:
            return self._dense(n_classes, "sums")
        return keras.layers.Conv2D(n_classes, 1, kernel_initializer=self._start(), name="sums")

    def dropout(self, name: str) -> list[Any]:
        """Dropout behind a layer, if the plan has any."""
        import keras  # slow import

        if self._plan.dropout == 0:
            return []
        seed = next(self._seeds)
        return [keras.layers.Dropout(self._plan.dropout, seed=seed, name=f"{name}_dropout")]

    def _dense(self, width: int, name: str) -> Any:
        import keras  # slow import

        return keras.layers.Dense(width, kernel_initializer=self._start(), name=name)

    def _after(self, name: str) -> list[Any]:
        import keras  # slow import

        layers: list[Any] = []
        if self._plan.batch_norm:
            layers.append(keras.layers.BatchNormalization(momentum=0.9, name=f"{name}_norm"))
        activation = keras.layers.Activation(
            self._plan.activation, name=f"{name}_{self._plan.activation}"
        )
        return [*layers, activation, *self.dropout(name)]

    def _start(self) -> Any:
        import keras  # slow import

        return keras.initializers.GlorotUniform(seed=next(self._seeds))


def chain(layers: list[Any], x: Any) -> Any:
    """Apply layers one after the other."""
    for layer in layers:
        x = layer(x)
    return x


def scaling_layer(scaling: Scaling, shape: tuple[int | None, ...]) -> Any:
    """The first layer: `(x - mean) / spread`, with the mean and spread of the training set."""
    import keras  # slow import

    layer = keras.layers.Normalization(name="normalization", dtype="float32")
    layer.build((None, *shape))
    layer.adapt_mean.assign(scaling.mean)
    layer.adapt_variance.assign(scaling.variance)
    # Without it the layer keeps the mean and variance that it was built with.
    layer.finalize_state()
    return layer


def masked_inputs(scaling: Scaling, shape: tuple[int | None, ...]) -> tuple[list[Any], Any]:
    """Inputs `predictors` (..., predictors) and `valid` (..., 1), and the scaled masked tensor.

    Returns:
        The inputs, and a tensor of one channel more than there are predictors.
    """
    import keras  # slow import

    predictors = keras.Input(shape, name="predictors")
    valid = keras.Input((*shape[:-1], 1), name="valid")
    scaled = scaling_layer(scaling, shape)(predictors)
    masked = keras.layers.Multiply(name="masked")([scaled, valid])
    return [predictors, valid], keras.layers.Concatenate(name="with_mask")([masked, valid])


def _seeds(seed: int) -> Iterator[int]:
    """Go through seeds for the parts of a network, all made from one."""
    return (int(part) >> 1 for part in np.random.SeedSequence(seed).generate_state(256))


Builder = Callable[[ModelPlan, Scaling, tuple[int, ...], int], Any]
