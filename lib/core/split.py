"""Parting samples into training, validation and test set: at random, by whole groups, as given."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lib.core.balance import largest_remainder
from lib.core.blocks import Blocks, adaptive_blocks, groups_of_classes
from lib.core.errors import SampleError
from lib.core.grouping import PARTS, assign_groups
from lib.core.plan import SplitPlan
from lib.core.samples import NO_GROUP, SampleSet

Kind = Literal["random", "simple", "blocks", "polygon", "column"]
Ints = NDArray[np.int64]

# What it means that a class is missing from training, validation or test set.
_MISSING = (
    "the network cannot learn it.",
    "it has no say in the choice of the best epoch.",
    "how well it is mapped cannot be told.",
)
_AT_RANDOM = ("random", "simple")


@dataclass(frozen=True, eq=False)
class Split:
    """Which samples train, validate and test; every sample is in one part.

    Attributes:
        training: Indices of samples, rising.
        validation: The same for choosing the best epoch.
        test: The same for the figures at the end.
        kind: One of `lib.core.plan.SPLIT_KINDS`.
        seed: Seed of the split.
        notes: What was changed or is missing, as sentences.
        groups: Block or polygon of each sample, shape (samples,); None for the other kinds.
        block_size_m: Side of the smallest blocks that were used; 0 for the other kinds.
    """

    training: Ints
    validation: Ints
    test: Ints
    kind: str
    seed: int
    notes: tuple[str, ...] = ()
    groups: Ints | None = None
    block_size_m: float = 0.0

    @property
    def test_groups(self) -> Ints | None:
        """Group of each test sample for the block bootstrap; None where there are no groups."""
        return None if self.groups is None else self.groups[self.test]

    def class_counts(self, samples: SampleSet) -> NDArray[np.int64]:
        """Return samples of each class in training, validation and test, shape (3, classes)."""
        parts = (self.training, self.validation, self.test)
        n_classes = len(samples.legend)
        return np.array([np.bincount(samples.class_index[p], minlength=n_classes) for p in parts])


def make_split(samples: SampleSet, plan: SplitPlan) -> Split:
    """Part samples as a plan says; the same plan and samples give the same parts.

    Args:
        samples: What is parted.
        plan: Kind, shares, size of blocks and seed.

    Raises:
        SampleError: The samples cannot be parted so; a class that cannot be in training and
            test at once is named.
    """
    check_two_classes(samples)
    makers = {
        "random": _random_split,
        "simple": _simple_split,
        "blocks": _block_split,
        "polygon": _polygon_split,
        "column": _column_split,
    }
    return makers[plan.kind](samples, plan)


def other_kind(kind: str, samples: SampleSet) -> Kind:
    """Return the split that the second network is trained for.

    Args:
        kind: The split of the first.
        samples: Tells whether there are polygons to part.
    """
    if kind not in _AT_RANDOM:
        return "random"
    return "polygon" if _has_polygons(samples) else "blocks"


def check_two_classes(samples: SampleSet) -> None:
    """Refuse samples of one class.

    Raises:
        SampleError: Fewer than two classes have samples; the one is named.
    """
    present = np.flatnonzero(samples.counts)
    if len(present) < 2:
        raise _error(
            f"All samples are “{samples.legend.names[present[0]]}”.",
            "Choose an area or labels with at least two classes.",
        )


def _has_polygons(samples: SampleSet) -> bool:
    return bool((samples.group != NO_GROUP).all())


def _random_split(samples: SampleSet, plan: SplitPlan) -> Split:
    """Part each class by the shares, at random."""
    check_no_single(samples)
    rng = np.random.default_rng(plan.seed)
    part = np.empty(len(samples), dtype=np.int8)
    for index in np.flatnonzero(samples.counts):
        members = rng.permutation(np.flatnonzero(samples.class_index == index))
        part[members] = np.repeat(np.arange(3), _part_sizes(len(members), plan))
    return with_notes(_of_parts(part, plan), samples)


def check_no_single(samples: SampleSet) -> None:
    """Refuse a class of one sample, which no random split can train and test.

    Raises:
        SampleError: A class has one sample; it is named.
    """
    for index in np.flatnonzero(samples.counts == 1):
        raise _error(
            f"“{samples.legend.names[index]}” has one sample, which cannot be in training "
            "and test at once.",
            "Draw more samples of it, or take the class out of the legend.",
        )


def _simple_split(samples: SampleSet, plan: SplitPlan) -> Split:
    """Part all samples by the shares, at random, whatever their class."""
    part = np.repeat(np.arange(3, dtype=np.int8), _part_sizes(len(samples), plan))
    shuffled = np.random.default_rng(plan.seed).permutation(part)
    return with_notes(_of_parts(shuffled, plan), samples)


def _column_split(samples: SampleSet, plan: SplitPlan) -> Split:
    """Part samples as a column of the labels says; a validation set is made where it has none."""
    if samples.given is None:
        raise _error(
            "No column of the labels says which samples train, validate and test.",
            "Name that column in the labels, or choose another split.",
        )
    unsaid = int((samples.given < 0).sum())
    if unsaid:
        raise _error(
            f"The column puts {unsaid:,} of {len(samples):,} samples into no part.",
            "Write training, validation or test into every row, or choose another split.",
        )
    for name, part in zip(PARTS, range(3), strict=True):
        if name != "validation" and not (samples.given == part).any():
            raise _error(
                f"The column puts no samples into the {name} set.",
                f"Mark some rows as {name}, or choose another split.",
            )
    given, notes = _with_validation(samples, plan)
    split = with_notes(_of_parts(given, plan), samples)
    return replace(split, notes=(*notes, *split.notes))


def _with_validation(
    samples: SampleSet, plan: SplitPlan
) -> tuple[NDArray[np.int8], tuple[str, ...]]:
    """Take a validation set out of each class of the training set, where the column has none.

    It takes as much of the training set as the plan's shares would; test samples stay untouched,
    and so does a class of one training sample.
    """
    given = np.array(samples.given, np.int8)
    if (given == 1).any():
        return given, ()
    rng = np.random.default_rng(plan.seed)
    before = int((given == 0).sum())
    for index in np.flatnonzero(samples.counts):
        members = rng.permutation(np.flatnonzero((samples.class_index == index) & (given == 0)))
        wanted = round(len(members) * plan.validation / (1 - plan.test))
        given[members[: min(max(wanted, 1), len(members) - 1)]] = 1
    taken = int((given == 1).sum())
    if not taken:
        raise _error(
            "The column puts no samples into the validation set, and no class has two training "
            "samples of which one could be taken.",
            "Mark some rows as validation, or choose another split.",
        )
    note = (
        f"The column has no validation set: {taken:,} of {before:,} training samples were taken "
        f"for it, at random from each class (seed {plan.seed})."
    )
    return given, (note,)


def _part_sizes(count: int, plan: SplitPlan) -> Ints:
    """Return how many of a class train, validate and test: none without, as far as they go."""
    sizes = largest_remainder(_shares(plan) * count, count)
    for short in (0, 2, 1)[:count]:
        if sizes[short] == 0:
            sizes[short] += 1
            sizes[int(np.argmax(sizes))] -= 1
    return sizes


def _polygon_split(samples: SampleSet, plan: SplitPlan) -> Split:
    return _group_split(samples, plan, polygon_groups(samples))


def polygon_groups(samples: SampleSet) -> Ints:
    """Number the polygons, or groups of a column, that samples come from.

    Returns:
        Shape (samples,), from 0.

    Raises:
        SampleError: Some samples have none, or all of a class lie in one.
    """
    if not _has_polygons(samples):
        raise _error(
            f"{int((samples.group == NO_GROUP).sum()):,} of {len(samples):,} samples do not come "
            "from polygons, so they cannot be parted by polygon.",
            "Choose the split by blocks or at random.",
        )
    groups = np.unique(samples.group, return_inverse=True)[1].astype(np.int64)
    held = groups_of_classes(groups, samples.class_index, len(samples.legend))
    for index in np.flatnonzero((held < 2) & (samples.counts > 0)):
        raise _error(
            f"All samples of “{samples.legend.names[index]}” lie in one polygon, which cannot be "
            "in training and test at once.",
            "Draw a second polygon of this class, or choose another split.",
        )
    return groups


def _block_split(samples: SampleSet, plan: SplitPlan) -> Split:
    """Part by blocks of the size asked for, halved where a class is in too few of them."""
    blocks = adaptive_blocks(
        samples.lon, samples.lat, samples.class_index, size_m=plan.block_size_m
    )
    if blocks.count < 3:
        raise _error(
            f"All samples lie within {blocks.count} block{'s' * (blocks.count > 1)}, and "
            "training, validation and test need one each.",
            "Make the blocks smaller, the area larger, or choose the split at random.",
        )
    split = replace(_group_split(samples, plan, blocks.ids), block_size_m=blocks.smallest_m)
    return replace(split, notes=(*block_notes(blocks, samples, plan.block_size_m), *split.notes))


def block_notes(blocks: Blocks, samples: SampleSet, asked_m: float) -> tuple[str, ...]:
    """Say which blocks were made smaller, and for the sake of which classes; () for none."""
    if not blocks.halved:
        return ()
    names = _listed([samples.legend.names[index] for index in blocks.classes])
    which = (
        "All blocks"
        if not blocks.whole
        else f"{blocks.halved:,} of {blocks.halved + blocks.whole:,} blocks"
    )
    note = (
        f"{which} were halved down to {blocks.smallest_m:,.0f} m instead of {asked_m:,.0f} m, so "
        f"that {names} can be in more parts."
    )
    return (note,)


def _group_split(samples: SampleSet, plan: SplitPlan, groups: Ints) -> Split:
    table = group_table(groups, samples)
    parts = assign_groups(table, _shares(plan), rng=np.random.default_rng(plan.seed))
    return with_notes(replace(_of_parts(parts[groups], plan), groups=groups), samples)


def group_table(groups: Ints, samples: SampleSet) -> Ints:
    """Count samples by group and class, shape (groups, classes)."""
    n_classes = len(samples.legend)
    cells = groups * n_classes + samples.class_index
    size = int(groups.max() + 1) * n_classes
    return np.bincount(cells, minlength=size).reshape(-1, n_classes)


def _shares(plan: SplitPlan) -> NDArray[np.float64]:
    return np.array([1 - plan.validation - plan.test, plan.validation, plan.test])


def _of_parts(part: NDArray[np.int8], plan: SplitPlan) -> Split:
    training, validation, test = (np.flatnonzero(part == p) for p in range(3))
    return Split(training, validation, test, kind=plan.kind, seed=plan.seed)


def with_notes(split: Split, samples: SampleSet) -> Split:
    """Return the split with notes on which classes are missing from which part."""
    absent = (split.class_counts(samples) == 0) & (samples.counts > 0)
    notes = tuple(
        f"No {part} samples of {_listed([samples.legend.names[c] for c in np.flatnonzero(row)])}: "
        f"{meaning}"
        for part, meaning, row in zip(PARTS, _MISSING, absent, strict=True)
        if row.any()
    )
    return replace(split, notes=notes)


def _listed(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def _error(message: str, hint: str) -> SampleError:
    return SampleError(message, hint=hint, field="split")
