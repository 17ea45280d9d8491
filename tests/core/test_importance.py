"""Permutation importance, beyond the worked example."""

import numpy as np
import pytest

from lib.core.errors import SampleError
from lib.core.importance import permutation_importance


def rows(n=200, seed=0):
    """Three predictors, of which the first two are the same and tell the class."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    return np.stack([y, y, rng.normal(size=n)], axis=1).astype(float), y


def test_a_group_shows_what_its_members_hide():
    x, y = rows()

    def accuracy(values):
        return float(((values[:, 0] + values[:, 1] > 0) == y).mean())

    alone = permutation_importance(x, accuracy, "abc", seed=1)
    together = permutation_importance(x, accuracy, "abc", groups=[("a", "b"), ("c",)], seed=1)

    assert [row.name for row in together] == ["a, b", "c"]
    assert together[0].mean == pytest.approx(0.5, abs=0.05)
    assert alone[0].mean < 0.35
    assert together[1].mean == 0


def test_the_same_seed_gives_the_same_and_leaves_the_predictors_alone():
    x, y = rows()
    before = x.copy()

    def accuracy(values):
        return float((values[:, 0] == y).mean())

    one, two, other = (permutation_importance(x, accuracy, "abc", seed=seed) for seed in (3, 3, 4))

    assert one == two != other
    assert (x == before).all()


def test_samples_of_a_block_stay_neighbours():
    """Four blocks in rows of their own: values that move come from one block at a time."""
    x = np.repeat([10.0, 20, 30, 40], 5)[:, None]
    seen = []

    def score_of(values):
        seen.append(values[:, 0].reshape(4, 5).copy())
        return 0.0

    permutation_importance(x, score_of, "a", blocks=np.repeat([7, 1, 3, 5], 5), repeats=8)

    assert all((block == block[:, :1]).all() for block in seen)
    assert any((block != seen[0]).any() for block in seen[1:])
    assert all(sorted(block[:, 0]) == [10, 20, 30, 40] for block in seen)


def test_values_that_were_not_observed_never_pass_for_data():
    """Two dates; on the second, three of four samples were observed with a mean of 20."""
    x = np.array([[[1.0], [10]], [[2], [20]], [[3], [30]], [[4], [0]]])
    valid = np.array([[True, True], [True, True], [True, True], [True, False]])
    second = set()

    def score_of(values):
        assert (values[3, 1] == 0).all()
        second.update(values[:3, 1, 0].tolist())
        return 0.0

    permutation_importance(x, score_of, "a", valid=valid, repeats=30)

    assert second == {10, 20, 30}


@pytest.mark.parametrize(
    ("x", "groups", "words"),
    [
        (np.ones((1, 2)), None, "1 test samples cannot be shuffled"),
        (np.ones((3, 2)), [("z",)], "no predictor “z”"),
        (np.ones((3, 2)), [()], "no predictor"),
    ],
)
def test_what_cannot_be_shuffled_is_refused(x, groups, words):
    with pytest.raises(SampleError, match=words):
        permutation_importance(x, lambda values: 0.0, "ab", groups=groups)
