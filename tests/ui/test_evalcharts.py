"""Charts of an evaluation: what they show, in which order."""

import numpy as np
import pytest

from lib.core.calibration import calibration
from lib.core.importance import Importance
from lib.ui import evalcharts


def rows(chart):
    """Return all rows of data that a chart carries."""
    return [row for table in chart.to_dict()["datasets"].values() for row in table]


def test_reliability_shows_both_curves_with_their_intervals():
    before = calibration(np.array([0.95, 0.95]), np.array([True, False]))
    after = calibration(np.array([0.55, 0.55]), np.array([True, False]))
    shown = rows(evalcharts.reliability(before, after, simulated=True))

    points = {row["which"]: (row["confidence"], row["accuracy"]) for row in shown if "which" in row}
    assert points == {"as it is": (0.95, 0.5), "with its temperature": (0.55, 0.5)}


def test_predictors_stand_in_the_order_of_what_they_are_worth():
    found = (Importance("a", 0.1, 0.02), Importance("b", 0.4, 0.1))
    chart = evalcharts.importance(found, simulated=False).to_dict()

    assert chart["layer"][0]["encoding"]["y"]["sort"] == ["b", "a"]


def test_least_loss_so_far_leaves_out_trials_that_were_stopped_early():
    trials = [
        {"number": 0, "score": 0.5, "state": "finished"},
        {"number": 1, "score": 0.2, "state": "pruned"},
        {"number": 2, "score": 0.4, "state": "finished"},
    ]

    shown = rows(evalcharts.trials(trials, simulated=False))
    assert [row["least"] for row in shown[:3]] == [0.5, 0.5, 0.4]


@pytest.mark.parametrize(
    ("values", "moved"),
    [([0.5, 0.9], [0.5, 0.9]), ([0.5, 0.5, 0.55], [0.5, 0.6, 0.7]), ([], [])],
    ids=["far", "close", "none"],
)
def test_labels_are_moved_apart_only_where_they_are_close(values, moved):
    assert evalcharts.apart(values, 0.1) == pytest.approx(moved)
