"""Class columns: what is in them, and which class of a legend each cell is."""

import numpy as np
import pandas as pd
import pytest

from lib.core.errors import LabelError, LegendError
from lib.core.labelcolumns import (
    Column,
    Unmatched,
    columns_of,
    legend_of_column,
    match_classes,
    parts_of,
)
from lib.core.legend import Legend
from lib.core.plan import Remap

LEGEND = Legend.from_values([10, 95, 20], ["Trees", "Mangroves", "Shrubs"])


def column(*cells):
    return pd.Series(list(cells), name="class")


@pytest.mark.parametrize(
    ("cells", "index"),
    [
        ((10, 20, 95), [0, 2, 1]),
        ((10.0, np.nan, 95.0), [0, -1, 1]),
        (("10", "20.0", " 95 "), [0, 2, 1]),
        (("Trees", "SHRUBS", " mangroves\t"), [0, 2, 1]),
        (("Trees", 95, None, 20.0), [0, 1, -1, 2]),
        ((True, False), [-1, -1]),
        ((-1.7e308, 10.0, np.inf), [-1, 0, -1]),
    ],
    ids=["whole", "floats", "text numbers", "names", "mixed", "truth", "nodata"],
)
def test_match_when_cells_are_written_in_many_ways_finds_the_class(cells, index):
    assert match_classes(column(*cells), LEGEND).index.tolist() == index


def test_match_when_values_are_not_in_the_legend_lists_them_with_their_counts():
    match = match_classes(column("wet", "Trees", "dry", "wet", None, 10.5), LEGEND)

    assert match.index.tolist() == [-1, 0, -1, -1, -1, -1]
    assert match.unmatched == (Unmatched("wet", 2), Unmatched("10.5", 1), Unmatched("dry", 1))
    assert match.missing == 1
    assert match.notes == (
        "1 row without a class: left out.",
        "4 rows of values that the legend does not have: “wet” (2), “10.5” (1), “dry” (1).",
    )


def test_match_when_values_are_remapped_heeds_that_first():
    remap = [Remap(20, 10), Remap(3, 95), Remap(4, 77)]

    match = match_classes(column(20, 3, 10, 4), LEGEND, remap)

    assert match.index.tolist() == [0, 1, 0, -1]


def test_columns_when_they_are_of_many_kinds_are_described():
    frame = pd.DataFrame(
        {
            "whole": [1.0, 2.0, 2.0, np.nan],
            "text": ["1", "2.0", "2", None],
            "number": [0.5, 1.0, -1.7e308, 1.0],
            "words": ["a", "b ", "b", ""],
            "empty": [None, None, None, None],
            "list": [[1, 2], [3], None, [4]],
        }
    )

    assert columns_of(frame) == (
        Column("whole", "whole", 2, ("2", "1"), 1),
        Column("text", "whole", 2, ("2", "1"), 1),
        Column("number", "number", 2, ("0.5", "1"), 1),
        Column("words", "text", 2, ("b", "a"), 1),
        Column("empty", "empty", 0, (), 4),
        Column("list", "array", 0, (), 1),
    )


def test_legend_of_column_when_numbers_have_gaps_keeps_them():
    legend = legend_of_column(column(7.0, 3.0, np.nan, 120.0, 3.0))

    assert legend.values == (3, 7, 120)
    assert legend.names == ("Class 3", "Class 7", "Class 120")


def test_legend_of_column_when_it_has_words_numbers_them_and_suits_colours():
    legend = legend_of_column(column("water", "Forest", "forest ", "urban"))

    assert legend.values == (1, 2, 3)
    assert legend.names == ("Forest", "urban", "water")
    assert legend.colors == ("#006400", "#c4281b", "#0064c8")


@pytest.mark.parametrize(
    ("cells", "error", "words"),
    [
        ((0.1, 0.2), LabelError, "holds measurements, such as 0.1"),
        ((None, None), LabelError, "holds nothing"),
        ((1, 1), LegendError, "only “Class 1”"),
        (tuple(range(300)), LegendError, "300 classes"),
    ],
)
def test_legend_of_column_when_it_holds_no_classes_is_refused(cells, error, words):
    with pytest.raises(error, match=words):
        legend_of_column(column(*cells))


def test_parts_when_words_differ_reads_them_and_lists_the_rest():
    part, strange = parts_of(column("Train", "TEST", "val", "training", None, "maybe"))

    assert part.tolist() == [0, 2, 1, 0, -1, -1]
    assert part.dtype == np.int8
    assert strange == (Unmatched("maybe", 1),)
    assert parts_of(column(0.0, 1.0, 2.0))[0].tolist() == [0, 1, 2]


def test_match_of_a_million_rows_finds_each_and_counts_those_of_no_class():
    drawn = np.random.default_rng(0).integers(0, 3, 1_000_000)
    words = pd.Series(np.array(["Trees", "Shrubs", "other"], object)[drawn])

    match = match_classes(words, LEGEND)

    assert np.array_equal(match.index, np.array([0, 2, -1])[drawn])
