"""What training makes small, from the sums before the softmax; labels of -1 do not count."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.core.model_plan import ModelPlan


@dataclass(frozen=True)
class Losses:
    """Losses of a batch, as tensors.

    Attributes:
        minimised: Mean over labels of what the plan minimises.
        told: Sum of the weighted cross-entropy, number of hits, number of labels and sum of
            their weights, shape (4,): plain figures, whatever is minimised, so that training
            and validation can be compared.
    """

    minimised: Any
    told: Any


def loss_function(
    plan: ModelPlan, class_weights: NDArray[np.float64] | None, n_classes: int
) -> Callable[[Any, Any], Losses]:
    """Give the loss as a function of sums (..., classes) and int labels (...).

    Args:
        plan: Kind of loss, its gamma and the smoothing of labels.
        class_weights: What a label of each class counts; None for all alike.
        n_classes: Number of classes.
    """
    import tensorflow as tf  # slow import

    weights = np.ones(n_classes) if class_weights is None else class_weights
    table = tf.constant(weights, tf.float32)

    def losses(sums: Any, labels: Any) -> Losses:
        labelled = labels >= 0
        index = tf.where(labelled, labels, 0)
        weight = tf.where(labelled, tf.gather(table, index), 0.0)
        logs = tf.nn.log_softmax(tf.cast(sums, tf.float32))
        right = tf.gather(logs, index, batch_dims=len(labels.shape))
        count = tf.reduce_sum(tf.cast(labelled, tf.float32))
        smoothed = _smoothed(right, logs, plan.label_smoothing) * _focus(right, plan)
        hits = (tf.argmax(sums, -1, output_type=tf.int32) == index) & labelled
        told = [
            -tf.reduce_sum(weight * right),
            tf.reduce_sum(tf.cast(hits, tf.float32)),
            count,
            tf.reduce_sum(weight),
        ]
        minimised = tf.reduce_sum(weight * smoothed) / tf.maximum(count, 1.0)
        return Losses(minimised, tf.stack(told))

    return losses


def _smoothed(right: Any, logs: Any, share: float) -> Any:
    import tensorflow as tf  # slow import

    if share == 0:
        return -right
    return -(1 - share) * right - share * tf.reduce_mean(logs, axis=-1)


def _focus(right: Any, plan: ModelPlan) -> Any:
    """`(1 - p)^gamma` (Lin et al. 2017, arXiv 1708.02002); 1 for plain cross-entropy."""
    import tensorflow as tf  # slow import

    if plan.loss != "focal" or plan.focal_gamma == 0:
        return 1.0
    # At p = 1 the power of 0 has no finite slope for gammas below 1.
    return tf.maximum(1 - tf.exp(right), 1e-7) ** plan.focal_gamma
