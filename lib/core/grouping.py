"""Dealing whole groups of samples to training, validation and test set, stratified by class."""

import numpy as np
from numpy.typing import NDArray

PARTS = ("training", "validation", "test")

_MOST_BUNDLES = 4_000
_ATTEMPTS = 8
# Where groups are scarce a class is first trained, then tested, then validated.
_PRIORITY = (0, 2, 1)

Counts = NDArray[np.int64]
Parts = NDArray[np.int8]


def assign_groups(table: Counts, shares: NDArray[np.float64], *, rng: np.random.Generator) -> Parts:
    """Give each group to one part so that every class is in every part where that is possible.

    Greedy after Sechidis, Tsoumakas and Vlahavas 2011 (ECML PKDD, "On the stratification of
    multi-label data"): first one group of each class for each part, rarest class first; then
    every further group, largest first, where its classes are most wanted.

    Args:
        table: Samples by group and class, shape (groups, classes).
        shares: Wanted share of training, validation and test, shape (3,).
        rng: Breaks ties.

    Returns:
        0 for training, 1 for validation, 2 for test, shape (groups,).
    """
    bundle = _bundles(len(table), rng)
    bundled = np.zeros((int(bundle.max()) + 1, table.shape[1]), dtype=np.int64)
    np.add.at(bundled, bundle, table)
    full = 3 * np.count_nonzero(table.sum(axis=0))
    best = _deal(bundled, shares, rng)
    for _ in range(_ATTEMPTS - 1):
        if _coverage(bundled, best) == full:
            break
        other = _deal(bundled, shares, rng)
        best = max(best, other, key=lambda parts: _coverage(bundled, parts))
    return best[bundle]


def _coverage(table: Counts, parts: Parts) -> int:
    """Count the pairs of part and class that have samples."""
    return int((_totals(table, parts) > 0).sum())


def _bundles(n_groups: int, rng: np.random.Generator) -> Counts:
    """Bundle groups at random where there are very many; chance then stratifies well enough."""
    return rng.permutation(n_groups) % min(n_groups, _MOST_BUNDLES)


def _totals(table: Counts, parts: Parts) -> Counts:
    """Return samples by part and class, shape (3, classes)."""
    return np.array([table[parts == part].sum(axis=0) for part in range(3)])


def _deal(table: Counts, shares: NDArray[np.float64], rng: np.random.Generator) -> Parts:
    parts = np.full(len(table), -1, dtype=np.int8)
    wanted = shares[:, None] * table.sum(axis=0)
    _cover_classes(table, wanted, parts, rng)
    _deal_rest(table, wanted, parts, rng)
    return parts


def _cover_classes(
    table: Counts, wanted: NDArray[np.float64], parts: Parts, rng: np.random.Generator
) -> None:
    """Put a group of each class into each part, rarest class first."""
    held = table > 0
    tie = rng.random(table.shape[1])
    for index in np.lexsort((tie, held.sum(axis=0))):
        for part in _PRIORITY:
            if held[parts == part, index].any():
                continue
            free = rng.permutation(np.flatnonzero(held[:, index] & (parts == -1)))
            if len(free):
                distance = np.abs(table[free, index] - wanted[part, index])
                parts[free[np.argmin(distance)]] = part


def _deal_rest(
    table: Counts, wanted: NDArray[np.float64], parts: Parts, rng: np.random.Generator
) -> None:
    """Give the remaining groups, largest first, where their classes are most wanted."""
    totals = _totals(table, parts).astype(np.float64)
    per_class = np.maximum(table.sum(axis=0), 1)
    scale = np.maximum(wanted, 1e-9)
    rest = rng.permutation(np.flatnonzero(parts == -1))
    rest = rest[np.argsort(-table[rest].sum(axis=1), kind="stable")]
    for group in rest:
        counts = table[group]
        need = (1 - totals / scale) @ (counts / per_class)
        part = int(np.argmax(need))
        parts[group] = part
        totals[part] += counts
