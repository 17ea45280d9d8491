from dataclasses import replace

import numpy as np
import pytest

from lib.core.model_plan import ModelPlan
from lib.models.losses import loss_function

SUMS = np.array([[2.0, 0.0, -1.0], [0.0, 1.0, 0.0], [0.5, 0.5, 3.0]], np.float32)
LABELS = np.array([0, 2, 2], np.int32)
WEIGHTS = np.array([1.0, 1.0, 0.5])


def log_softmax(sums: np.ndarray) -> np.ndarray:
    return sums - np.log(np.exp(sums).sum(axis=-1, keepdims=True))


def test_loss_when_plain_is_weighted_cross_entropy() -> None:
    losses = loss_function(ModelPlan(), WEIGHTS, 3)(SUMS, LABELS)

    right = log_softmax(SUMS.astype(float))[np.arange(3), LABELS]
    expected = -(right * [1.0, 0.5, 0.5]).sum()
    assert float(losses.minimised) == pytest.approx(expected / 3, rel=1e-6)
    # Cross-entropy, hits (the second is wrong), labels, weights.
    np.testing.assert_allclose(losses.told, [expected, 2, 3, 2.0], rtol=1e-6)


def test_loss_when_focal_leaves_out_what_is_right() -> None:
    plan = ModelPlan(loss="focal", focal_gamma=2.0)
    losses = loss_function(plan, None, 3)(SUMS, LABELS)

    right = log_softmax(SUMS.astype(float))[np.arange(3), LABELS]
    # Lin et al. 2017, equation 4: -(1 - p)^gamma log p
    expected = (-((1 - np.exp(right)) ** 2) * right).mean()
    assert float(losses.minimised) == pytest.approx(expected, rel=1e-5)
    assert float(losses.told[0]) == pytest.approx(-right.sum(), rel=1e-6)


def test_loss_when_labels_are_smoothed_spreads_a_share_over_all_classes() -> None:
    losses = loss_function(ModelPlan(label_smoothing=0.3), None, 3)(SUMS, LABELS)

    logs = log_softmax(SUMS.astype(float))
    target = 0.7 * np.eye(3)[LABELS] + 0.3 / 3
    assert float(losses.minimised) == pytest.approx(-(target * logs).sum() / 3, rel=1e-6)


def test_loss_when_pixels_have_no_label_is_that_of_the_others() -> None:
    maps = np.broadcast_to(SUMS, (2, 3, 3)).copy()
    labels = np.array([[0, -1, 2], [-1, -1, 2]], np.int32)
    maps[labels < 0] = 1e3

    losses = loss_function(replace(ModelPlan(), loss="focal"), WEIGHTS, 3)(maps, labels)
    alone = loss_function(replace(ModelPlan(), loss="focal"), WEIGHTS, 3)(
        maps[labels >= 0], labels[labels >= 0]
    )

    assert float(losses.minimised) == pytest.approx(float(alone.minimised), rel=1e-6)
    np.testing.assert_allclose(losses.told, alone.told, rtol=1e-6)


def test_loss_when_nothing_has_a_label_is_zero_and_no_nan() -> None:
    losses = loss_function(ModelPlan(), None, 3)(SUMS, np.full(3, -1, np.int32))

    assert float(losses.minimised) == 0.0
    assert losses.told.numpy().tolist() == [0, 0, 0, 0]
