"""Reliability and temperature, beyond the worked examples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.core.calibration import (
    calibration,
    class_calibration,
    fit_temperature,
    log_loss,
    tempered,
    top_label,
)
from lib.core.errors import SampleError
from lib.core.intervals import wilson_interval


def test_bins_hold_their_upper_edge_and_the_first_holds_0():
    found = calibration([0.0, 0.5, 0.500001, 1.0], [0, 1, 1, 1], bins=2)

    assert [(row.low, row.high, row.count) for row in found.bins] == [(0, 0.5, 2), (0.5, 1, 2)]
    assert found.bin_count == 2


def test_bins_have_the_interval_of_their_share_and_empty_ones_are_left_out():
    found = calibration([0.95] * 20, [1] * 15 + [0] * 5)

    (row,) = found.bins
    assert found.bin_count == 15
    assert row.interval95 == wilson_interval(15, 20).limits
    assert found.expected_error == found.largest_error == pytest.approx(0.2)


def test_each_class_is_compared_with_how_often_it_is_there():
    """The second class has the numbers of torchmetrics, BinaryCalibrationError; 1 - p the same."""
    p = np.array([0.25, 0.25, 0.55, 0.75, 0.75])

    first, second = class_calibration(np.stack([1 - p, p], axis=1), [0, 0, 1, 1, 1], bins=2)

    assert [first.expected_error, second.expected_error] == pytest.approx([0.29, 0.29])
    assert second.largest_error == pytest.approx(0.3167, abs=5e-5)


def test_few_samples_are_named():
    assert calibration([0.5], [1]).notes == (
        "1 samples are few: with fewer than 100 the error is mostly noise.",
    )
    assert calibration([0.5] * 100, [1] * 100).notes == ()


def test_the_loss_is_that_of_scikit_learn():
    """sklearn.metrics.log_loss([0, 2], [[.7, .2, .1], [.1, .1, .8]])."""
    assert log_loss([[0.7, 0.2, 0.1], [0.1, 0.1, 0.8]], [0, 2]) == pytest.approx(
        0.28990925, abs=1e-8
    )


def test_a_network_that_is_twice_too_sure_gets_the_temperature_2():
    rng = np.random.default_rng(0)
    sums = rng.normal(scale=2, size=(60_000, 3))
    p = np.exp(sums) / np.exp(sums).sum(axis=1, keepdims=True)
    labels = (rng.random(60_000)[:, None] > p.cumsum(axis=1)).sum(axis=1)

    found = fit_temperature(tempered(p, 0.5), labels)

    assert found.value == pytest.approx(2, abs=0.05)
    assert calibration(
        *top_label(tempered(tempered(p, 0.5), found.value), labels)
    ).expected_error < (0.01)


@given(st.lists(st.floats(0.001, 1), min_size=2, max_size=6), st.floats(0.1, 10))
def test_a_temperature_keeps_the_class_and_the_sum(values, temperature):
    p = np.array(values) / sum(values)

    found = tempered(p, temperature)

    assert found.sum() == pytest.approx(1)
    assert found[p.argmax()] == pytest.approx(found.max())


@pytest.mark.parametrize("labels", [[0, 0, 0], [1, 1, 1]], ids=["all right", "all wrong"])
def test_a_temperature_at_its_bound_is_refused(labels):
    with pytest.raises(SampleError, match="no best temperature"):
        fit_temperature([[0.9, 0.1]] * 3, labels)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: calibration([], []), "got 0 and 0"),
        (lambda: calibration([1.2], [1]), "probabilities with their outcome"),
        (lambda: calibration([0.5, 0.5], [1]), "got 2 and 1"),
        (lambda: top_label([[0.5, 0.4]], [0]), "do not add up to 1"),
        (lambda: top_label([[1.0]], [0]), r"shape \(1, 1\) do not fit 1 labels"),
        (lambda: top_label([[0.5, 0.5]], [2]), "index 2, and there are 2"),
        (lambda: log_loss([[0.5, 0.5]], [-1]), "index -1"),
    ],
)
def test_probabilities_that_do_not_fit_are_refused(call, words):
    with pytest.raises(SampleError, match=words):
        call()
