"""Edits of samples: dropped, relabelled, undone."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.core.edits import Edits
from lib.core.errors import SampleError
from tests.core.sample_sets import make

IDS = [50, 10, 40, 20, 30]


def samples():
    return make([0, 1, 2, 0, 1], predictors=np.arange(5.0)[:, None], ids=IDS)


def test_without_edits_the_samples_are_the_same():
    drawn = samples()

    assert Edits().apply(drawn) is drawn


def test_dropped_samples_are_gone_and_the_others_keep_their_order():
    edited = Edits().drop([40, 10]).apply(samples())

    assert edited.ids.tolist() == [50, 20, 30]
    assert edited.predictors[:, 0].tolist() == [0, 3, 4]
    assert edited.part is False


def test_relabelled_samples_have_the_class_of_the_value():
    drawn = samples()
    edited = Edits().relabel([50, 30], 2).apply(drawn)

    assert edited.class_index.tolist() == [2, 1, 2, 0, 2]
    assert drawn.class_index.tolist() == [0, 1, 2, 0, 1]


def test_the_last_step_counts_and_is_undone_first():
    edits = Edits().relabel([20, 10], 2).drop([20]).relabel([50], 1)

    assert edits.dropped == (20,)
    assert edits.relabelled == ((10, 2), (50, 1))
    assert edits.undo().relabelled == ((10, 2),)
    assert edits.undo().undo().relabelled == ((10, 2), (20, 2))
    assert edits.undo().undo().undo() == Edits() == Edits().undo()


def test_a_relabelled_sample_that_was_dropped_is_back():
    assert Edits().drop([20]).relabel([20], 1).apply(samples()).counts.tolist() == [1, 3, 1]


def test_a_step_of_no_samples_is_no_step():
    assert Edits().drop([]) == Edits()


def test_edits_survive_json():
    edits = Edits().drop(np.array([40, 10])).relabel([50], np.int16(2))

    assert Edits.from_json(json.loads(json.dumps(edits.to_json()))) == edits
    assert edits.to_json() == [{"ids": [10, 40], "value": None}, {"ids": [50], "value": 2}]


@pytest.mark.parametrize(
    "data", [5, [{"ids": [1]}], [{"ids": ["a"], "value": 1}], [{"ids": [1], "value": 1.5}], ["x"]]
)
def test_something_else_is_refused(data):
    with pytest.raises(SampleError, match="cannot be read"):
        Edits.from_json(data)


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        (Edits().drop([10, 11, 99]), "2 of 3 samples that were dropped or relabelled"),
        (Edits().relabel([10], 7), "class of the value 7"),
        (Edits().drop(IDS), "There are no samples"),
        (Edits().drop([50, 40, 20]), "All 2 samples are “Trees”"),
    ],
)
def test_edits_that_do_not_fit_the_samples_are_refused(edits, words):
    with pytest.raises(SampleError, match=words):
        edits.apply(samples())


def test_a_patch_with_a_label_for_every_pixel_can_be_dropped_but_not_relabelled():
    patches = make([0, 1, 1], predictors=np.zeros((3, 3, 3, 1)), dense=np.zeros((3, 3, 3)))

    assert len(Edits().drop([2]).apply(patches)) == 2
    with pytest.raises(SampleError, match="label for every pixel"):
        Edits().relabel([2], 0).apply(patches)


@given(steps=st.lists(st.tuples(st.sets(st.sampled_from(IDS)), st.sampled_from([None, 0, 1, 2]))))
def test_edits_apply_as_if_one_by_one(steps):
    edits, label = Edits(), dict(zip(IDS, [0, 1, 2, 0, 1], strict=True))
    for ids, value in steps:
        edits = edits.drop(ids) if value is None else edits.relabel(ids, value)
        label.update(dict.fromkeys(ids, value))
    expected = {sample: value for sample, value in label.items() if value is not None}
    if len(set(expected.values())) < 2:
        return

    edited = edits.apply(samples())

    assert dict(zip(edited.ids.tolist(), edited.class_index.tolist(), strict=True)) == expected
