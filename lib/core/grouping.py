"""Dealing whole groups of samples to parts, stratified by class."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

PARTS = ("training", "validation", "test")

_MOST_BUNDLES = 4_000
_FEW_GROUPS = 30
_ATTEMPTS = 8
# Where groups are scarce a class is first trained, then tested, then validated.
_PRIORITY = (0, 2, 1)

Counts = NDArray[np.int64]
Parts = NDArray[np.int8]


def assign_groups(
    table: Counts,
    shares: NDArray[np.float64],
    *,
    rng: np.random.Generator,
    priority: Sequence[int] = _PRIORITY,
) -> Parts:
    """Give each group to one part so that every class is in every part where that is possible.

    Greedy after Sechidis, Tsoumakas and Vlahavas 2011 (ECML PKDD, "On the stratification of
    multi-label data"): first one group of each class for each part, rarest class first; then
    every further group, largest first, where its classes are most wanted.

    Args:
        table: Samples by group and class, shape (groups, classes).
        shares: Wanted share of each part, such as training, validation and test, shape (parts,).
        rng: Breaks ties.
        priority: Parts in the order in which they get a class that has too few groups.

    Returns:
        Part of each group, shape (groups,); by default 0 for training, 1 for validation, 2 for
        test.
    """
    bundle = _bundles(table, rng)
    bundled = np.zeros((int(bundle.max()) + 1, table.shape[1]), dtype=np.int64)
    np.add.at(bundled, bundle, table)
    full = int(np.minimum((bundled > 0).sum(axis=0), len(shares)).sum())
    best = _deal(bundled, shares, priority, rng)
    for _ in range(_ATTEMPTS - 1):
        if _coverage(bundled, best, len(shares)) == full:
            break
        other = _deal(bundled, shares, priority, rng)
        best = max(best, other, key=lambda parts: _coverage(bundled, parts, len(shares)))
    return best[bundle]


def _coverage(table: Counts, parts: Parts, n_parts: int) -> int:
    """Count the pairs of part and class that have samples."""
    return int((_totals(table, parts, n_parts) > 0).sum())


def _bundles(table: Counts, rng: np.random.Generator) -> Counts:
    """Bundle groups at random where there are very many; chance then stratifies well enough.

    Groups of a class that has few of them come into bundles of their own, as far as those go.
    """
    order = rng.permutation(len(table))
    if len(table) <= _MOST_BUNDLES:
        return order
    held = table > 0
    few = held[:, held.sum(axis=0) < _FEW_GROUPS].sum(axis=1) > 0
    bundle = np.empty(len(table), dtype=np.int64)
    bundle[order[np.argsort(~few[order], kind="stable")]] = np.arange(len(table)) % _MOST_BUNDLES
    return bundle


def _totals(table: Counts, parts: Parts, n_parts: int) -> Counts:
    """Return samples by part and class, shape (parts, classes)."""
    return np.array([table[parts == part].sum(axis=0) for part in range(n_parts)])


def _deal(
    table: Counts,
    shares: NDArray[np.float64],
    priority: Sequence[int],
    rng: np.random.Generator,
) -> Parts:
    parts = np.full(len(table), -1, dtype=np.int8)
    wanted = shares[:, None] * table.sum(axis=0)
    _cover_classes(table, wanted, parts, priority, rng)
    _deal_rest(table, wanted, parts, rng)
    return parts


def _cover_classes(
    table: Counts,
    wanted: NDArray[np.float64],
    parts: Parts,
    priority: Sequence[int],
    rng: np.random.Generator,
) -> None:
    """Put a group of each class into each part, rarest class first."""
    held = table > 0
    tie = rng.random(table.shape[1])
    for index in np.lexsort((tie, held.sum(axis=0))):
        for part in priority:
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
    totals = _totals(table, parts, len(wanted)).astype(np.float64)
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
