"""Legends: classes, codes and their refusals."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.core.errors import LegendError
from lib.core.legend import PALETTE, Legend, LegendClass

LEGEND = Legend.from_values([10, 95, 20], ["Trees", "Mangroves", "Shrubs"])


def test_values_names_and_colours_keep_their_order():
    assert LEGEND.values == (10, 95, 20)
    assert LEGEND.names == ("Trees", "Mangroves", "Shrubs")
    assert LEGEND.colors == PALETTE[:3]
    assert len(LEGEND) == 3
    assert [c.name for c in LEGEND] == ["Trees", "Mangroves", "Shrubs"]


def test_codes_become_indices_and_unknown_codes_minus_one():
    codes = np.array([[10, 20, 95], [0, 30, 255]], dtype=np.uint8)

    index = LEGEND.to_index(codes)

    assert index.dtype == np.int16
    assert index.tolist() == [[0, 2, 1], [-1, -1, -1]]


def test_codes_with_nan_become_minus_one():
    assert LEGEND.to_index([10.0, np.nan, 10.5]).tolist() == [0, -1, -1]


def test_indices_become_codes_and_minus_one_the_fill():
    assert LEGEND.to_values([[0, 1], [2, -1]], fill=7).tolist() == [[10, 95], [20, 7]]


def test_the_index_of_a_code_that_is_not_there_is_refused_with_the_codes():
    assert LEGEND.index_of(95) == 1
    with pytest.raises(LegendError, match=r"value 11 is not in the legend\. It has 10, 95, 20"):
        LEGEND.index_of(11)


def test_a_legend_survives_the_way_through_json():
    assert Legend.from_json(json.dumps(LEGEND.to_json())) == LEGEND
    assert Legend.from_json(LEGEND.to_json()) == LEGEND


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Legend(()), "has none"),
        (lambda: Legend.from_values([1], ["Water"]), "only “Water”"),
        (lambda: Legend.from_values([1, 1]), "value “1”"),
        (lambda: Legend.from_values([1, 2], ["Water", "water "]), "name “water”"),
        (lambda: Legend.from_values(range(300)), "300 classes"),
        (lambda: Legend.from_values([1, 2], ["a"]), "2 values, 1 names"),
        (lambda: LegendClass(1, "Water", "blue"), "“blue” is no colour"),
        (lambda: LegendClass(1, " ", "#0000ff"), "value 1 has no name"),
        (lambda: Legend.from_json([{"value": 1}]), "cannot be read"),
        (lambda: Legend.from_json("[1"), "cannot be read"),
        (lambda: Legend.from_json('[{"value": "x", "name": "a", "color": "#000000"}]'), "read"),
    ],
)
def test_a_bad_legend_is_refused_with_its_reason(make, words):
    with pytest.raises(LegendError) as caught:
        make()

    assert words in caught.value.message
    assert caught.value.hint
    assert caught.value.field == "classes"


def test_colours_of_the_palette_differ():
    assert len(set(PALETTE)) == len(PALETTE) == 16


@given(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=2, max_size=40, unique=True))
def test_every_code_comes_back_from_its_index(values):
    legend = Legend.from_values(values)

    assert legend.to_values(legend.to_index(values)).tolist() == values
