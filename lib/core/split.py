"""Parting samples into training, validation and test set, at random or by whole groups."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lib.core.balance import largest_remainder
from lib.core.ellipsoid import METRES_PER_DEGREE
from lib.core.errors import SampleError
from lib.core.grouping import assign_groups
from lib.core.plan import SplitPlan
from lib.core.samples import NO_GROUP, SampleSet

Kind = Literal["random", "blocks", "polygon"]
Ints = NDArray[np.int64]

# What it means that a class is missing from training, validation or test set.
_MISSING = (
    ("training", "the network cannot learn it."),
    ("validation", "it has no say in the choice of the best epoch."),
    ("test", "how well it is mapped cannot be told."),
)
_HALVINGS = 3  # blocks shrink to an eighth of the size asked for, at most


@dataclass(frozen=True, eq=False)
class Split:
    """Which samples train, validate and test; every sample is in one part.

    Attributes:
        training: Indices of samples, rising.
        validation: The same for choosing the best epoch.
        test: The same for the figures at the end.
        kind: "random", "blocks" or "polygon".
        seed: Seed of the split.
        notes: What was changed or is missing, as sentences.
        groups: Block or polygon of each sample, shape (samples,); None for a random split.
        block_size_m: Side of the blocks that were used; 0 for the other kinds.
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
        """Group of each test sample for the block bootstrap; None for a random split."""
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
    _check_two_classes(samples)
    if plan.kind == "random":
        return _random_split(samples, plan)
    if plan.kind == "polygon":
        return _polygon_split(samples, plan)
    return _block_split(samples, plan)


def other_kind(kind: str, samples: SampleSet) -> Kind:
    """Return the split that the second network is trained for.

    Args:
        kind: The split of the first.
        samples: Tells whether there are polygons to part.
    """
    if kind != "random":
        return "random"
    return "polygon" if _has_polygons(samples) else "blocks"


def block_ids(lon: NDArray[np.float64], lat: NDArray[np.float64], *, size_m: float) -> Ints:
    """Number the square blocks that hold points, from 0.

    Args:
        lon: Longitudes in degrees, shape (points,).
        lat: Latitudes in degrees, shape (points,).
        size_m: Side of a block in metres, on a sinusoidal grid about the mean longitude.
    """
    first = lon[0]
    east = (lon - first + 180) % 360 - 180
    east = (east - east.mean()) * np.cos(np.radians(lat)) * METRES_PER_DEGREE
    north = (lat - lat.min()) * METRES_PER_DEGREE
    col = np.floor((east - east.min()) / size_m).astype(np.int64)
    row = np.floor(north / size_m).astype(np.int64)
    return np.unique(row * (col.max() + 1) + col, return_inverse=True)[1].astype(np.int64)


def _check_two_classes(samples: SampleSet) -> None:
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
    rng = np.random.default_rng(plan.seed)
    part = np.empty(len(samples), dtype=np.int8)
    for index in np.flatnonzero(samples.counts):
        members = rng.permutation(np.flatnonzero(samples.class_index == index))
        if len(members) < 2:
            raise _error(
                f"“{samples.legend.names[index]}” has one sample, which cannot be in training "
                "and test at once.",
                "Draw more samples of it, or take the class out of the legend.",
            )
        part[members] = np.repeat(np.arange(3), _part_sizes(len(members), plan))
    return _with_notes(_of_parts(part, plan), samples)


def _part_sizes(count: int, plan: SplitPlan) -> Ints:
    """Return how many of a class train, validate and test: none without, as far as they go."""
    sizes = largest_remainder(_shares(plan) * count, count)
    for short in (0, 2, 1)[:count]:
        if sizes[short] == 0:
            sizes[short] += 1
            sizes[int(np.argmax(sizes))] -= 1
    return sizes


def _polygon_split(samples: SampleSet, plan: SplitPlan) -> Split:
    if not _has_polygons(samples):
        raise _error(
            f"{int((samples.group == NO_GROUP).sum()):,} of {len(samples):,} samples do not come "
            "from polygons, so they cannot be parted by polygon.",
            "Choose the split by blocks or at random.",
        )
    groups = np.unique(samples.group, return_inverse=True)[1].astype(np.int64)
    held = _groups_of_classes(groups, samples)
    for index in np.flatnonzero((held < 2) & (samples.counts > 0)):
        raise _error(
            f"All samples of “{samples.legend.names[index]}” lie in one polygon, which cannot be "
            "in training and test at once.",
            "Draw a second polygon of this class, or choose another split.",
        )
    return _group_split(samples, plan, groups)


def _block_split(samples: SampleSet, plan: SplitPlan) -> Split:
    """Part by blocks of the size asked for, or smaller where classes would be missing."""
    best, best_cover, size = None, -1, plan.block_size_m
    for halving in range(_HALVINGS + 1):
        size_m = plan.block_size_m / 2**halving
        groups = block_ids(samples.lon, samples.lat, size_m=size_m)
        cover = int(np.minimum(_groups_of_classes(groups, samples), 3).sum())
        if cover > best_cover:
            best, best_cover, size = groups, cover, size_m
        if cover == 3 * np.count_nonzero(samples.counts):
            break
    if best is None or best.max() < 2:
        raise _error(
            f"All samples lie within {int(0 if best is None else best.max()) + 1} blocks, and "
            "training, validation and test need one each.",
            "Make the blocks smaller, the area larger, or choose the split at random.",
        )
    split = replace(_group_split(samples, plan, best), block_size_m=size)
    if size == plan.block_size_m:
        return split
    note = (
        f"Blocks are {size:,.0f} m wide instead of {plan.block_size_m:,.0f} m, so that more "
        "classes are in every part."
    )
    return replace(split, notes=(note, *split.notes))


def _group_split(samples: SampleSet, plan: SplitPlan, groups: Ints) -> Split:
    n_classes = len(samples.legend)
    cells = groups * n_classes + samples.class_index
    size = int(groups.max() + 1) * n_classes
    table = np.bincount(cells, minlength=size).reshape(-1, n_classes)
    parts = assign_groups(table, _shares(plan), rng=np.random.default_rng(plan.seed))
    return _with_notes(replace(_of_parts(parts[groups], plan), groups=groups), samples)


def _groups_of_classes(groups: Ints, samples: SampleSet) -> Ints:
    """Count the groups in which each class occurs, shape (classes,)."""
    n_classes = len(samples.legend)
    cells = np.unique(groups * n_classes + samples.class_index)
    return np.bincount(cells % n_classes, minlength=n_classes)


def _shares(plan: SplitPlan) -> NDArray[np.float64]:
    return np.array([1 - plan.validation - plan.test, plan.validation, plan.test])


def _of_parts(part: NDArray[np.int8], plan: SplitPlan) -> Split:
    training, validation, test = (np.flatnonzero(part == p) for p in range(3))
    return Split(training, validation, test, kind=plan.kind, seed=plan.seed)


def _with_notes(split: Split, samples: SampleSet) -> Split:
    """Say which classes are missing from which part."""
    absent = (split.class_counts(samples) == 0) & (samples.counts > 0)
    notes = tuple(
        f"No {part} samples of {_listed([samples.legend.names[c] for c in np.flatnonzero(row)])}: "
        f"{meaning}"
        for (part, meaning), row in zip(_MISSING, absent, strict=True)
        if row.any()
    )
    return replace(split, notes=notes)


def _listed(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def _error(message: str, hint: str) -> SampleError:
    return SampleError(message, hint=hint, field="split")
