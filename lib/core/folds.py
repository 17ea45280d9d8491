"""Folds of cross-validation: each sample is tested once, by class, by block or by group."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lib.core.balance import largest_remainder
from lib.core.blocks import adaptive_blocks
from lib.core.errors import PlanError, SampleError
from lib.core.grouping import assign_groups
from lib.core.plan import SplitPlan
from lib.core.samples import SampleSet
from lib.core.split import (
    Split,
    block_notes,
    check_no_single,
    check_two_classes,
    group_table,
    polygon_groups,
    with_notes,
)

FOLD_KINDS = ("random", "blocks", "polygon")
MOST_FOLDS = 20

_WORDS = {"blocks": "blocks", "polygon": "polygons or groups"}
_VALIDATION = SplitPlan().validation
_TRAINING_PART, _VALIDATION_PART, _TEST_PART = range(3)

Ints = NDArray[np.int64]


def folds(
    samples: SampleSet,
    k: int,
    kind: str,
    seed: int,
    block_size_m: float = SplitPlan().block_size_m,
    *,
    validation: float = _VALIDATION,
) -> tuple[Split, ...]:
    """Part samples k times, so that each sample is in the test set of one fold.

    The validation set of a fold is cut from what is left for training, in the same way as the
    folds: by class, or by whole blocks or groups.

    Args:
        samples: What is parted.
        k: Number of folds.
        kind: "random" (stratified by class), "blocks" (spatial blocks) or "polygon" (polygons or
            groups of a column).
        seed: Seed of the folds; the same gives the same folds.
        block_size_m: Side of a block in metres.
        validation: Share of the samples outside of the test set that validate.

    Raises:
        PlanError: Unknown kind, or a number of folds that cannot be.
        SampleError: Fewer groups than folds need, or a class that cannot be trained and tested.
    """
    _check_plan(k, kind, validation)
    check_two_classes(samples)
    rng = np.random.default_rng(seed)
    if kind == "random":
        check_no_single(samples)
        return _stratified(samples, k, seed, validation, rng)
    if kind == "polygon":
        return _grouped(samples, k, polygon_groups(samples), _empty(kind, seed), validation, rng)
    blocks = adaptive_blocks(
        samples.lon, samples.lat, samples.class_index, size_m=block_size_m, needed=k
    )
    notes = block_notes(blocks, samples, block_size_m)
    like = replace(_empty(kind, seed), notes=notes, block_size_m=blocks.smallest_m)
    return _grouped(samples, k, blocks.ids, like, validation, rng)


def _check_plan(k: int, kind: str, validation: float) -> None:
    if kind not in FOLD_KINDS:
        raise PlanError(
            f"Folds cannot be made by “{kind}”.",
            hint=f"Use one of {', '.join(FOLD_KINDS)}.",
            field="split",
        )
    if not 2 <= k <= MOST_FOLDS:
        raise PlanError(
            f"{k} folds cannot be made.",
            hint=f"Ask for between 2 and {MOST_FOLDS}.",
            field="folds",
        )
    if not 0 < validation < 1:
        raise PlanError(
            f"A share of {validation:g} cannot validate.",
            hint="Give a share between 0 and 1, such as 0.15.",
            field="split",
        )


def _stratified(
    samples: SampleSet, k: int, seed: int, validation: float, rng: np.random.Generator
) -> tuple[Split, ...]:
    fold = np.empty(len(samples), dtype=np.int64)
    dealt = 0
    for index in np.flatnonzero(samples.counts):
        members = rng.permutation(np.flatnonzero(samples.class_index == index))
        # Each class goes on where the last one ended, so that folds become equally large.
        fold[members] = (dealt + np.arange(len(members))) % k
        dealt += len(members)
    like = _empty("random", seed)
    made = []
    for test in range(k):
        part = np.where(fold == test, _TEST_PART, _TRAINING_PART)
        for index in np.flatnonzero(samples.counts):
            left = np.flatnonzero((samples.class_index == index) & (fold != test))
            part[_picked(left, validation, rng)] = _VALIDATION_PART
        made.append(_of_parts(part, like, samples))
    return tuple(made)


def _picked(members: Ints, share: float, rng: np.random.Generator) -> Ints:
    """Pick a share of the members at random: one at least, where one is left to train."""
    count = len(members)
    wanted = int(largest_remainder([count * share, count * (1 - share)], count)[0])
    return rng.permutation(members)[: min(max(wanted, 1), max(count - 1, 0))]


def _grouped(
    samples: SampleSet,
    k: int,
    groups: Ints,
    like: Split,
    validation: float,
    rng: np.random.Generator,
) -> tuple[Split, ...]:
    """Deal whole groups to k folds, then those that are left to training and validation."""
    table = group_table(groups, samples)
    if len(table) < max(k, 3):
        raise SampleError(
            f"The samples lie in {len(table)} {_WORDS[like.kind]}, too few for {k} folds with "
            "training and validation samples beside them.",
            hint="Ask for fewer folds, use smaller blocks, or choose folds at random.",
            field="folds",
        )
    fold = assign_groups(table, np.full(k, 1 / k), rng=rng, priority=range(k))
    made = []
    for test in range(k):
        part = np.full(len(table), _TEST_PART, dtype=np.int64)
        left = np.flatnonzero(fold != test)
        shares = np.array([1 - validation, validation])
        part[left] = assign_groups(table[left], shares, rng=rng, priority=(0, 1))
        made.append(_of_parts(part[groups], replace(like, groups=groups), samples))
    return tuple(made)


def _empty(kind: str, seed: int) -> Split:
    none = np.empty(0, dtype=np.int64)
    return Split(none, none, none, kind=kind, seed=seed)


def _of_parts(part: Ints, like: Split, samples: SampleSet) -> Split:
    training, validation, test = (np.flatnonzero(part == index) for index in range(3))
    split = replace(like, training=training, validation=validation, test=test)
    noted = with_notes(split, samples)
    return replace(noted, notes=(*like.notes, *noted.notes))
