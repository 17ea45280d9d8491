"""Folds: each sample tested once, groups whole, classes in every part where they can be."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.core.errors import PlanError, SampleError
from lib.core.folds import folds
from tests.core.sample_sets import make


def in_tests(made):
    return sorted(np.concatenate([split.test for split in made]).tolist())


@pytest.mark.parametrize("kind", ["random", "blocks", "polygon"])
def test_each_sample_is_tested_once(kind):
    samples = make(np.random.default_rng(0).integers(0, 4, 900), group=np.arange(900) // 9)

    made = folds(samples, 5, kind, seed=3)

    assert len(made) == 5
    assert in_tests(made) == list(range(900))
    for split in made:
        every = np.concatenate([split.training, split.validation, split.test])
        assert sorted(every.tolist()) == list(range(900))
        assert split.kind == kind


def test_random_folds_are_stratified():
    samples = make(np.repeat([0, 1, 2], [500, 100, 10]))

    made = folds(samples, 5, "random", seed=0, validation=0.2)

    for split in made:
        assert split.class_counts(samples).tolist() == [[320, 64, 6], [80, 16, 2], [100, 20, 2]]
        assert split.notes == ()


def test_random_folds_of_small_classes_are_equally_large():
    """Five classes of three samples in five folds: three samples each."""
    made = folds(make(np.repeat(np.arange(5), 3)), 5, "random", seed=0)

    assert [len(split.test) for split in made] == [3] * 5


@pytest.mark.parametrize("kind", ["blocks", "polygon"])
def test_groups_stay_whole_in_every_fold(kind):
    samples = make(np.arange(800) % 3, group=np.arange(800) // 20)

    for split in folds(samples, 4, kind, seed=1):
        homes = [set(split.groups[p]) for p in (split.training, split.validation, split.test)]
        assert all(homes)
        assert sum(len(home) for home in homes) == len(set().union(*homes))
        assert (split.class_counts(samples) > 0).all()


def test_blocks_shrink_so_that_each_fold_tests_each_class():
    lon = np.linspace(12.0, 12.0 + 900 / 111_319.5, 120)
    samples = make(np.arange(120) % 2, lon=lon, lat=np.zeros(120))

    made = folds(samples, 4, "blocks", seed=0, block_size_m=1000)

    assert all((split.class_counts(samples)[2] > 0).all() for split in made)
    assert made[0].block_size_m == 250
    assert "down to 250 m instead of 1,000 m" in made[0].notes[0]


def test_a_fold_says_which_class_it_cannot_test():
    made = folds(make([0] * 40 + [1] * 3), 5, "random", seed=0)

    assert sum("No test samples of “Trees”" in "".join(split.notes) for split in made) == 2


def test_the_seed_decides():
    samples = make(np.arange(300) % 3)
    one, again, other = (folds(samples, 3, "random", seed=s) for s in (1, 1, 2))

    assert all((a.test == b.test).all() for a, b in zip(one, again, strict=True))
    assert not np.array_equal(one[0].test, other[0].test)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: folds(make([0, 1] * 9), 1, "random", 0), PlanError, "1 folds"),
        (lambda: folds(make([0, 1] * 9), 3, "column", 0), PlanError, "“column”"),
        (lambda: folds(make([0, 1] * 9), 3, "random", 0, validation=1), PlanError, "share of 1"),
        (lambda: folds(make([0] * 9 + [1]), 3, "random", 0), SampleError, "“Trees” has one"),
        (lambda: folds(make([0, 1] * 9), 3, "polygon", 0), SampleError, "18 of 18 samples"),
        (
            lambda: folds(make([0, 1] * 9, group=np.arange(18) // 6), 4, "polygon", 0),
            SampleError,
            "3 polygons or groups, too few for 4 folds",
        ),
    ],
)
def test_folds_that_cannot_be_made_are_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


@settings(max_examples=30, deadline=None)
@given(
    index=st.lists(st.integers(0, 3), min_size=12, max_size=80),
    k=st.integers(2, 6),
    kind=st.sampled_from(["random", "polygon"]),
)
def test_every_sample_is_tested_once_and_training_is_never_empty(index, k, kind):
    samples = make([0, 1, *index], group=np.arange(len(index) + 2) // 2)
    try:
        made = folds(samples, k, kind, seed=0)
    except SampleError:
        return

    assert in_tests(made) == list(range(len(samples)))
    assert all(len(split.training) and len(split.validation) for split in made)
