"""Figures in words."""

import pytest

from lib.core.accuracy import score
from lib.core.legend import Legend, LegendClass
from lib.ui import figures

LEGEND = Legend((LegendClass(1, "Wood", "#006400"), LegendClass(2, "Water", "#0064c8")))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (3.14e-7, "3.1e-7"),
        (1e-4, "1e-4"),
        (0.0, "0"),
        (0.25, "0.25"),
        (0.00807512, "0.00808"),
        (2.0e-12, "2e-12"),
    ],
)
def test_small_number_is_short(value, words):
    assert figures.small(value) == words


def test_interval_words_name_the_number_of_test_samples():
    scores = score([0, 0, 1, 1], [0, 1, 1, 1], LEGEND)

    assert figures.interval_words(scores).startswith("4 test samples")
