"""Worked examples E48 to E50 and E66: focal loss, and the weights of a temporal CNN."""

from typing import Any

import numpy as np
import pytest

from lib.core.model_plan import ModelPlan
from lib.models.counts import temporal_cnn_weights
from lib.models.losses import loss_function


def minimised(p: Any, labels: Any, *, gamma: float, alpha: float | None = None) -> float:
    """Mean focal loss of two classes, of which the second has the probability p."""
    import tensorflow as tf

    plan = ModelPlan(loss="focal", focal_gamma=gamma)
    weights = None if alpha is None else np.array([1 - alpha, alpha])
    sums = np.log(np.stack([1 - np.asarray(p), p], axis=-1))
    labelled = tf.constant(labels, tf.int32)
    found = loss_function(plan, weights, 2)(tf.constant(sums, tf.float32), labelled)
    return float(found.minimised)


@pytest.mark.parametrize(
    ("labels", "p", "expected"),
    [([0, 1], [0.6, 0.4], 0.32986466), ([0, 0], [0.4, 0.6], 0.20579838)],
)
def test_e48_focal_loss_of_probabilities(
    labels: list[int], p: list[float], expected: float
) -> None:
    """Published: Keras, binary_focal_crossentropy."""
    assert minimised(p, labels, gamma=2) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize(("alpha", "expected"), [(None, 0.6912122), (0.25, 0.5101333)])
def test_e49_focal_loss_of_sums(alpha: float | None, expected: float) -> None:
    """Published: Keras, binary_focal_crossentropy; alpha is the weight of class 1."""
    p = 1 / (1 + np.exp(-np.array([-18.6, 0.51, 2.94, -12.8])))

    found = minimised(p, [0, 1, 0, 0], gamma=2, alpha=alpha)

    assert found == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize(("p", "times", "tolerance"), [(0.9, 100, 0.01), (0.968, 976.6, 0.2)])
def test_e50_focal_loss_leaves_out_what_is_right(p: float, times: float, tolerance: float) -> None:
    """Recalled: Lin et al. 2017, section 3.2, "100" and "1000" times; by hand (1 - p)^-2."""
    plain, focal = (minimised([p], [1], gamma=gamma) for gamma in (0, 2))

    assert plain / focal == pytest.approx(times, abs=tolerance)


def test_e66_weights_of_the_temporal_cnn() -> None:
    """Derived from charlotte-pel/temporalCNN, 46 dates of 3 bands, 13 classes.

    A network of ours has a channel that says what was observed; with two bands it is the third.
    """
    plan = ModelPlan(
        family="temporal_cnn", filters=(64, 64, 64), kernel_size=5, hidden_units=(256,)
    )

    assert temporal_cnn_weights(plan, (46, 2), 13) == 800_269
    assert temporal_cnn_weights(plan, (46, 3), 13) == 800_269 + 5 * 64
