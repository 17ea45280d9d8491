"""Candidates: an order by place and seed, limits, and distances."""

import numpy as np
import pytest

from lib.core.candidates import Candidates, Harvest, choose, pixel_keys
from lib.core.grid import Grid

GRID = Grid("EPSG:32633", (10.0, 0.0, 300_000.0, 0.0, -10.0, 5_300_000.0), (100, 200))


def some(count: int, *, seed: int = 0, classes: int = 2) -> Candidates:
    ids = np.random.default_rng(5).choice(GRID.size, count, replace=False)
    return Candidates.of(GRID, ids, ids % classes, seed=seed)


def test_key_of_a_pixel_is_the_same_in_another_window_of_the_grid():
    part = GRID.window((slice(20, 60), slice(50, 120)))

    whole = pixel_keys(GRID, np.array([25 * 200 + 70]), seed=3)

    assert pixel_keys(part, np.array([5 * 70 + 20]), seed=3) == whole


def test_keys_are_spread_evenly_and_differ_by_seed():
    keys = pixel_keys(GRID, np.arange(GRID.size), seed=0)

    shares = np.bincount((keys >> np.uint64(60)).astype(int), minlength=16) / GRID.size
    # 20,000 draws over 16 bins: the standard error of a share is 0.0017; five of them.
    assert np.abs(shares - 1 / 16).max() < 0.0085
    assert len(np.unique(keys)) == GRID.size
    assert not np.isin(keys, pixel_keys(GRID, np.arange(GRID.size), seed=1)).any()


@pytest.mark.parametrize("pieces", [1, 7, 60])
def test_harvest_when_cut_otherwise_keeps_the_same(pieces):
    found = some(3000)
    harvest = Harvest(2, limit=50)
    for part in np.array_split(np.random.default_rng(pieces).permutation(3000), pieces):
        harvest.add(found.take(part))

    kept = harvest.candidates()

    for index in (0, 1):
        mine = found.take(found.class_index == index)
        first = mine.take(np.argsort(mine.keys)[:50])
        assert kept.ids[kept.class_index == index].tolist() == first.ids.tolist()
    assert harvest.offered.tolist() == np.bincount(found.class_index).tolist()


def test_harvest_without_candidates_is_empty():
    assert len(Harvest(3, limit=5).candidates()) == 0


def test_choice_takes_the_smallest_keys_of_usable_candidates():
    harvest = Harvest(2, limit=100)
    harvest.add(some(500))
    candidates = harvest.candidates()
    usable = np.ones(len(candidates), bool)
    usable[[0, 100]] = False

    chosen = choose(candidates, [3, 2], usable=usable)

    assert chosen.tolist() == [1, 2, 3, 101, 102]


def test_choice_with_a_distance_is_apart_and_leaves_no_room():
    harvest = Harvest(2, limit=5000)
    harvest.add(some(4000))
    candidates = harvest.candidates()
    rows, cols = np.divmod(candidates.ids, 200)
    places = np.column_stack([cols * 10.0, rows * 10.0])

    chosen = choose(
        candidates, [9999, 9999], usable=np.ones(4000, bool), places=places, distance_m=95.0
    )

    apart = np.hypot(*(places[chosen][:, None] - places[chosen][None]).transpose(2, 0, 1))
    np.fill_diagonal(apart, np.inf)
    assert apart.min() >= 95.0
    rest = np.setdiff1d(np.arange(4000), chosen)
    near = np.hypot(*(places[rest][:, None] - places[chosen][None]).transpose(2, 0, 1)).min(axis=1)
    assert near.max() < 95.0


def test_choice_with_a_distance_lets_the_rare_class_choose_first():
    ids = np.arange(10)
    classes = np.array([0] * 9 + [1])
    harvest = Harvest(2, limit=10)
    harvest.add(Candidates.of(GRID, ids, classes, seed=0))
    candidates = harvest.candidates()
    places = np.column_stack([candidates.ids * 10.0, np.zeros(10)])

    chosen = choose(candidates, [5, 5], usable=np.ones(10, bool), places=places, distance_m=1000)

    assert candidates.class_index[chosen].tolist() == [1]
