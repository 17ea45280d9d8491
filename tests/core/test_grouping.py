"""Dealing groups to parts."""

import numpy as np
import pytest

from lib.core.grouping import assign_groups

SHARES = np.array([0.6, 0.15, 0.25])


def deal(table, seed=0):
    return assign_groups(np.asarray(table), SHARES, rng=np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(5))
def test_each_class_with_three_groups_is_in_every_part(seed):
    table = np.kron(np.eye(4, dtype=int), np.ones((3, 1), dtype=int)) * 10

    parts = deal(table, seed)

    assert all(set(parts[table[:, c] > 0].tolist()) == {0, 1, 2} for c in range(4))


def test_a_class_in_one_group_is_trained():
    table = np.array([[5, 0], [5, 0], [5, 0], [5, 0], [0, 5]])

    assert deal(table)[4] == 0


def test_many_groups_are_dealt_in_bundles_and_stay_near_the_shares():
    table = np.random.default_rng(0).integers(0, 5, (20_000, 6))

    parts = deal(table)

    got = np.array([table[parts == p].sum(axis=0) for p in range(3)]) / table.sum(axis=0)
    assert got == pytest.approx(np.repeat(SHARES[:, None], 6, axis=1), abs=0.005)
