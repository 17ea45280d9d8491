"""Passes over the training set, an epoch at a time."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.core.mapped import release
from lib.core.model_plan import ModelPlan
from lib.models.augment import augmenter
from lib.models.dataset import Dataset
from lib.models.families import batch_size_of
from lib.models.feeds import batch_signature, feed_of, step_count
from lib.models.inference import block_rows
from lib.models.losses import Losses, loss_function
from lib.models.networks import assign_weights, before_softmax
from lib.models.optimizers import build_optimizer

_LOOK_S = 0.4
"""Seconds between two looks whether somebody asked to stop."""
_MOST_STEPS = 1024


@dataclass(frozen=True)
class Figures:
    """What came of a pass over samples.

    Attributes:
        loss: Mean weighted cross-entropy.
        accuracy: Share of labels that were right.
        steps: Steps that were done.
        of: Steps of the whole pass.
        samples: Samples seen.
    """

    loss: float
    accuracy: float
    steps: int = 0
    of: int = 0
    samples: int = 0


class EpochLoop:
    """Trains a network, an epoch at a time.

    Args:
        network: A Keras network that ends in a softmax over classes.
        data: Training and validation set.
        plan: Optimiser, loss, batch size and seed; with the number of the epoch the seed is all
            that decides the order of samples.
        augment: Names of what is done to training samples.
    """

    def __init__(
        self, network: Any, data: Dataset, plan: ModelPlan, *, augment: tuple[str, ...] = ()
    ) -> None:
        self.network = network
        self.optimizer = build_optimizer(plan, network)
        self._data = data
        self._plan = plan
        self._steps_a_look = 1
        losses_of = _batch_losses(network, data, plan)
        change = augmenter(augment, data.form, data.scaling)
        step = _training_step(network, self.optimizer, losses_of, change)
        self._batch_size = batch_size_of(plan, len(data.train))
        self._feed = feed_of(data.train, step, batch_size=self._batch_size)
        self._check = _checking_function(losses_of, batch_signature(data.val))
        self._block = block_rows(network, data.shape)

    def train_epoch(
        self,
        epoch: int,
        *,
        learning_rate: float,
        should_stop: Callable[[], bool],
        on_figures: Callable[[Figures], None] | None = None,
    ) -> Figures | None:
        """Go once through the training set.

        Args:
            epoch: Its number, from 1.
            learning_rate: Size of its steps.
            should_stop: Asked some times a second.
            on_figures: Told as often how far the epoch is.

        Returns:
            The figures of the epoch; None when somebody asked to stop in between. An epoch whose
            loss is no number ends there.
        """
        self.optimizer.learning_rate = learning_rate
        n = len(self._data.train)
        order = np.random.default_rng([self._plan.seed, epoch]).permutation(n)
        steps, first = step_count(n, self._batch_size), 0
        rows = np.empty((0, 4))
        while first < steps:
            if should_stop():
                return None
            # Twice an epoch at least, however quick.
            last = min(first + min(self._steps_a_look, -(-steps // 2)), steps)
            began = time.perf_counter()
            found = self._feed.run(order, first, last, (self._plan.seed, epoch))
            self._pace(last - first, time.perf_counter() - began)
            rows, first = np.concatenate([rows, found]), last
            figures = _figures(rows, per_label=True, of=steps, samples=n * last // steps)
            if not np.isfinite(figures.loss):
                return figures
            if on_figures is not None:
                on_figures(figures)
        return figures

    def validate(self, should_stop: Callable[[], bool]) -> Figures | None:
        """Give the mean weighted loss and the accuracy on the validation set.

        Args:
            should_stop: Asked between blocks of samples.

        Returns:
            The figures; None when somebody asked to stop in between.
        """
        val, parts = self._data.val, []
        for first in range(0, len(val), self._block):
            if first and should_stop():
                return None
            rows = np.arange(first, min(first + self._block, len(val)))
            parts.append(self._check(*val.take(rows)).numpy())
            release(val.x)
        return _figures(np.array(parts, np.float64), per_label=False, samples=len(val))

    def variables(self) -> list[Any]:
        """Everything that a step reads and changes: weights, states of dropout, moments."""
        return [*self.network.variables, *self.optimizer.variables]

    def weights(self) -> list[NDArray[Any]]:
        """Copy the weights of the network."""
        return [value.numpy().copy() for value in self.network.weights]

    def set_weights(self, values: list[NDArray[Any]]) -> None:
        """Put weights back."""
        assign_weights(self.network, values)

    def _pace(self, steps: int, seconds: float) -> None:
        """Do as many steps next as fit between two looks; their sums do not depend on it."""
        wanted = int(steps * _LOOK_S / max(seconds, 1e-6))
        self._steps_a_look = max(1, min(wanted, 4 * steps, _MOST_STEPS))


def _figures(
    rows: NDArray[np.float64], *, per_label: bool, of: int = 0, samples: int = 0
) -> Figures:
    """Sum up figures of batches; training counts a label as 1, which is the mean of weights."""
    loss, hits, count, weight = rows.sum(axis=0)
    share = max(float(count if per_label else weight), np.finfo(np.float64).tiny)
    return Figures(float(loss) / share, float(hits / max(count, 1.0)), len(rows), of, samples)


def _batch_losses(
    network: Any, data: Dataset, plan: ModelPlan
) -> Callable[[Any, Any, Any, bool], Losses]:
    """Give the losses of a batch as a function of predictors, valid, labels and training."""
    sums_of = before_softmax(network)
    loss = loss_function(plan, data.class_weights, data.n_classes)
    masked = len(network.inputs) > 1
    mapped = len(network.outputs[0].shape) == 4

    def losses_of(x: Any, valid: Any, y: Any, training: bool) -> Losses:
        sums = sums_of([x, valid[..., None]] if masked else x, training=training)
        if mapped and not data.dense:
            sums = sums[:, data.shape[0] // 2, data.shape[1] // 2]
        return loss(sums, y)

    return losses_of


def _training_step(
    network: Any,
    optimizer: Any,
    losses_of: Callable[[Any, Any, Any, bool], Losses],
    change: Callable[..., Any] | None,
) -> Callable[[Any, Any, Any, Any], Any]:
    import tensorflow as tf  # slow import

    def step(x: Any, valid: Any, y: Any, key: Any) -> Any:
        if change is not None:
            x, valid, y = change(x, valid, y, key)
        with tf.GradientTape() as tape:
            losses = losses_of(x, valid, y, True)
            loss = optimizer.scale_loss(losses.minimised)
        gradients = tape.gradient(loss, network.trainable_variables)
        optimizer.apply(gradients, network.trainable_variables)
        return losses.told

    return step


def _checking_function(
    losses_of: Callable[[Any, Any, Any, bool], Losses], signature: list[Any]
) -> Any:
    import tensorflow as tf  # slow import

    def check(x: Any, valid: Any, y: Any) -> Any:
        return losses_of(x, valid, y, False).told

    return tf.function(check, input_signature=signature, jit_compile=False)
