"""Legends are merged, cut, renamed and renumbered, and labels follow."""

import numpy as np
import pytest

from lib.core.errors import LegendError
from lib.core.labelcolumns import match_classes
from lib.core.legend import Legend
from lib.core.legend_edit import LegendEdit, remap_by_name
from lib.core.plan import Remap

LEGEND = Legend.from_values([10, 20, 30, 40], ["Trees", "Shrubs", "Grass", "Crops"])
EDIT = LegendEdit.of(LEGEND)


def labels(edit):
    """Class names that the source's values get, as a label column would."""
    import pandas as pd

    index = match_classes(pd.Series(LEGEND.values), edit.legend, edit.remap).index
    return [edit.legend.names[k] if k >= 0 else None for k in index]


def test_merge_when_classes_become_one_remaps_their_values():
    edit = EDIT.merge([10, 20], name="Woody", colour="#006400")

    assert edit.legend.names == ("Woody", "Grass", "Crops")
    assert edit.legend.colors[0] == "#006400"
    assert edit.remap == (Remap(20, 10),)
    assert labels(edit) == ["Woody", "Woody", "Grass", "Crops"]


def test_merge_when_done_twice_remaps_through():
    edit = EDIT.merge([20, 30]).merge([40, 20])

    assert edit.legend.values == (10, 40)
    assert edit.remap == (Remap(20, 40), Remap(30, 40))
    assert labels(edit) == ["Trees", "Crops", "Crops", "Crops"]


def test_drop_when_a_merged_class_goes_takes_all_of_its_labels():
    edit = EDIT.merge([10, 20]).drop(10)

    assert edit.legend.names == ("Grass", "Crops")
    assert edit.remap == ()
    assert labels(edit) == [None, None, "Grass", "Crops"]


def test_rename_and_recolour_when_applied_change_nothing_else():
    edit = EDIT.rename(30, " Meadow ").recolour(30, "#ABCDEF")

    assert edit.legend.names == ("Trees", "Shrubs", "Meadow", "Crops")
    assert edit.legend.colors[2] == "#abcdef"
    assert edit.legend.values == LEGEND.values
    assert edit.remap == ()


def test_revalue_when_numbers_are_exchanged_labels_keep_their_class():
    edit = EDIT.revalue(10, 1).revalue(20, 10)

    assert edit.legend.values == (1, 10, 30, 40)
    assert edit.remap == (Remap(10, 1), Remap(20, 10))
    assert labels(edit) == ["Trees", "Shrubs", "Grass", "Crops"]


def test_of_when_a_plan_remaps_already_goes_on_from_there():
    edit = LegendEdit.of(LEGEND, (Remap(11, 10),)).merge([20, 10])

    assert edit.remap == (Remap(10, 20), Remap(11, 20))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda: EDIT.merge([10]), "two classes or more"),
        (lambda: EDIT.merge([10, 11]), "value 11 is not in the legend"),
        (lambda: EDIT.merge([10, 20, 30, 40]), "at least two classes"),
        (lambda: EDIT.drop(11), "value 11 is not in the legend"),
        (lambda: EDIT.drop(10).drop(20).drop(30), "at least two classes"),
        (lambda: EDIT.rename(10, "shrubs"), "name “shrubs” stands for more than one"),
        (lambda: EDIT.rename(10, " "), "has no name"),
        (lambda: EDIT.recolour(10, "green"), "“green” is no colour"),
        (lambda: EDIT.revalue(10, 20), "value “20” stands for more than one"),
        (lambda: EDIT.drop(10).revalue(20, 10), "10 belongs to labels that are left out"),
    ],
)
def test_a_change_that_cannot_be_made_is_refused_with_its_reason(change, words):
    with pytest.raises(LegendError, match=words) as caught:
        change()

    assert caught.value.hint


def test_remap_by_name_when_numbers_differ_joins_equal_names():
    target = Legend.from_values([1, 40, 3], ["trees", "Crops", "Water"])

    assert remap_by_name(LEGEND, target) == (Remap(10, 1),)


def test_edits_in_any_order_never_give_a_label_to_two_classes():
    """Random edits: each source value has the class that following it by hand gives."""
    rng = np.random.default_rng(0)
    for _ in range(50):
        edit, by_hand = EDIT, dict(zip(LEGEND.values, LEGEND.names, strict=True))
        for _ in range(2):
            first, second = (int(v) for v in rng.choice(edit.legend.values, 2, replace=False))
            kept, gone = (edit.legend.names[edit.legend.index_of(v)] for v in (first, second))
            drops = bool(rng.integers(2)) and len(edit.legend) > 2
            if len(edit.legend) == 2:
                break
            edit = edit.drop(second) if drops else edit.merge([first, second])
            by_hand = {
                v: (None if drops else kept) if name == gone else name
                for v, name in by_hand.items()
            }
        assert labels(edit) == list(by_hand.values())
