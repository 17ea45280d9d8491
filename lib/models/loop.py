"""Passes over the training set inside TensorFlow's graph.

Small networks are limited by what Python does between steps: with hundreds of steps in one call
an MLP trains 2 to 6 times faster than `model.fit`. XLA is off: it slows dropout tenfold on CPUs.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.models.dataset import Dataset

_STEPS_A_CALL = 256
"""Steps between two looks whether somebody asked to stop."""

_VALIDATION_ROWS = 65_536


class EpochLoop:
    """Trains a network with Adam, an epoch at a time.

    Args:
        network: A Keras network with class probabilities as output.
        data: Training and validation set.
        batch_size: Samples in a step.
        seed: With the number of the epoch, all that decides the order of samples.
    """

    def __init__(self, network: Any, data: Dataset, *, batch_size: int, seed: int) -> None:
        import keras  # slow import

        self.network = network
        self.optimizer = keras.optimizers.Adam()
        self.optimizer.build(network.trainable_variables)
        self._data = data
        self._batch_size = batch_size
        self._seed = seed
        self._run_steps = _training_function(network, self.optimizer, data, batch_size)
        self._run_block = _validation_function(network)

    def train_epoch(
        self, epoch: int, *, learning_rate: float, should_stop: Callable[[], bool]
    ) -> tuple[float, float] | None:
        """Go once through the training set.

        Returns:
            Mean weighted loss and accuracy; None when somebody asked to stop in between.
        """
        self.optimizer.learning_rate = learning_rate
        n = len(self._data.y_train)
        order = np.random.default_rng([self._seed, epoch]).permutation(n).astype(np.int32)
        steps = -(-n // self._batch_size)
        sums = np.zeros(2)
        for first in range(0, steps, _STEPS_A_CALL):
            if should_stop():
                return None
            last = min(first + _STEPS_A_CALL, steps)
            sums += self._run_steps(order, np.int32(first), np.int32(last)).numpy()
        return float(sums[0] / n), float(sums[1] / n)

    def validate(self) -> tuple[float, float]:
        """Give the mean weighted loss and the accuracy on the validation set."""
        data = self._data
        sums = np.zeros(2)
        for first in range(0, len(data.y_val), _VALIDATION_ROWS):
            rows = slice(first, first + _VALIDATION_ROWS)
            sums += self._run_block(data.x_val[rows], data.y_val[rows], data.weight_val[rows])
        weight = max(float(data.weight_val.sum(dtype=np.float64)), np.finfo(np.float64).tiny)
        return float(sums[0] / weight), float(sums[1] / len(data.y_val))

    def variables(self) -> list[Any]:
        """Everything that a step reads and changes: weights, states of dropout, Adam's moments."""
        return [*self.network.variables, *self.optimizer.variables]

    def weights(self) -> list[NDArray[Any]]:
        """Copy the weights of the network."""
        return [value.numpy().copy() for value in self.network.weights]

    def set_weights(self, values: list[NDArray[Any]]) -> None:
        """Put weights back; unlike Keras' own, it reaches layers that cache what they adapted."""
        for variable, value in zip(self.network.weights, values, strict=True):
            variable.assign(value)
        for layer in self.network.layers:
            if hasattr(layer, "finalize_state"):
                layer.finalize_state()


def _training_function(network: Any, optimizer: Any, data: Dataset, batch_size: int) -> Any:
    import keras  # slow import
    import tensorflow as tf  # slow import

    x, y, weight = (tf.constant(a) for a in (data.x_train, data.y_train, data.weight_train))

    def step(rows: Any) -> Any:
        labels = tf.gather(y, rows)
        with tf.GradientTape() as tape:
            probabilities = network(tf.gather(x, rows), training=True)
            losses = keras.losses.sparse_categorical_crossentropy(labels, probabilities)
            losses *= tf.gather(weight, rows)
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply(gradients, network.trainable_variables)
        return tf.stack([tf.reduce_sum(losses), _hits(labels, probabilities)])

    def run_steps(order: Any, first: Any, last: Any) -> Any:
        sums = tf.zeros(2)
        for number in tf.range(first, last):
            sums += step(order[number * batch_size : (number + 1) * batch_size])
        return sums

    order, number = tf.TensorSpec((None,), tf.int32), tf.TensorSpec((), tf.int32)
    return tf.function(run_steps, input_signature=[order, number, number], jit_compile=False)


def _validation_function(network: Any) -> Any:
    import keras  # slow import
    import tensorflow as tf  # slow import

    def run_block(x: Any, y: Any, weight: Any) -> Any:
        probabilities = network(x, training=False)
        losses = keras.losses.sparse_categorical_crossentropy(y, probabilities) * weight
        return tf.stack([tf.reduce_sum(losses), _hits(y, probabilities)])

    return tf.function(run_block, jit_compile=False, reduce_retracing=True)


def _hits(labels: Any, probabilities: Any) -> Any:
    import tensorflow as tf  # slow import

    mapped = tf.argmax(probabilities, axis=-1, output_type=tf.int32)
    return tf.reduce_sum(tf.cast(tf.equal(mapped, labels), tf.float32))
