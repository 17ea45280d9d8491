"""Resampling of the training set: fewer of large classes, or more of small ones.

Only ever of training indices, after the split, so that nothing of a test or validation sample is
repeated or interpolated in training.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.errors import SampleError
from lib.core.plan import BalancePlan
from lib.core.samples import SampleSet

SMOTE_NEIGHBOURS = 5  # k of Chawla et al. 2002
_MOST_NEIGHBOURING = 10_000  # neighbours of each among so many take 0.3 s; the time is quadratic
_MOST_ROWS = 20_000_000
_MOST_SYNTHETIC_VALUES = 250_000_000  # 1 GB of float32

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Resampled:
    """What a network trains on after resampling: samples by index, and rows made by SMOTE.

    Nothing of the sample set is copied: indices repeat or leave out samples, whatever their form.

    Attributes:
        indices: Indices into the sample set, rising, with repetition, shape (rows,).
        synthetic: float32 (new rows, predictors), rows made by SMOTE; no rows for the others.
        synthetic_class: int16 (new rows,), class index of each.
        before: Training samples of each class, shape (classes,).
        after: The same after resampling, synthetic rows included.
        notes: What a person should know, as sentences.
    """

    indices: Ints
    synthetic: NDArray[np.float32]
    synthetic_class: NDArray[np.int16]
    before: Ints
    after: Ints
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.indices) + len(self.synthetic)

    def predictors(self, samples: SampleSet) -> NDArray[np.float32]:
        """Return the predictors of all rows, synthetic ones last; a copy."""
        taken = samples.predictors[self.indices]
        return np.concatenate([taken, self.synthetic]) if len(self.synthetic) else taken

    def class_index(self, samples: SampleSet) -> NDArray[np.int16]:
        """Return the class index of all rows, in the order of `predictors`."""
        return np.concatenate([samples.class_index[self.indices], self.synthetic_class])


def resample(samples: SampleSet, training: ArrayLike, plan: BalancePlan) -> Resampled:
    """Resample the training set as a plan says; the same plan and samples give the same rows.

    Args:
        samples: All samples; a patch counts for the class of its centre.
        training: Indices of the training set.
        plan: Kind and seed. "under" takes as many of each class as the smallest has, without
            repetition; "over" repeats all samples of a class equally often, give or take one, up
            to the size of the largest; "smote" (Chawla et al. 2002, Journal of Artificial
            Intelligence Research 16, 321-357) fills up with points on the lines between
            neighbours of a class, found among standardised predictors, and where a class has more
            than 10,000 training samples among as many of them.

    Raises:
        SampleError: There is nothing to train on, SMOTE is asked for series or patches, or the
            result would be too large.
    """
    indices = np.sort(np.asarray(training, dtype=np.int64))
    if len(indices) == 0:
        raise _error("The training set is empty.", "Draw more samples.")
    if plan.resample == "smote":
        return _smote(samples, indices, plan.seed)
    rng = np.random.default_rng(plan.seed)
    before = _counts(samples, indices)
    if plan.resample == "under":
        size = int(before[before > 0].min())
        indices = _to_size(samples, indices, np.minimum(before, size), rng)
    elif plan.resample == "over":
        target = np.where(before > 0, before.max(), 0)
        _check_size(int(target.sum()), 1)
        indices = _to_size(samples, indices, target, rng)
    return _of_indices(samples, indices, before)


def _to_size(samples: SampleSet, indices: Ints, target: Ints, rng: np.random.Generator) -> Ints:
    """Take so many of each class: all as often as they go in, and the rest at random."""
    classes = samples.class_index[indices]
    taken = []
    for index in np.flatnonzero(target):
        members = indices[classes == index]
        times, rest = divmod(int(target[index]), len(members))
        taken += [np.repeat(members, times), rng.permutation(members)[:rest]]
    return np.sort(np.concatenate(taken))


def _smote(samples: SampleSet, indices: Ints, seed: int) -> Resampled:
    if samples.form != "pixel":
        raise _error(
            f"SMOTE makes new pixels between two others, and these samples are of the form "
            f"“{samples.form}”.",
            "Choose oversampling, or class weights.",
        )
    before = _counts(samples, indices)
    missing = np.where(before > 0, before.max() - before, 0)
    _check_size(int(missing.sum()), samples.predictors.shape[1])
    alone = np.flatnonzero((before == 1) & (missing > 0))
    rows, classes = _synthetic(samples, indices, np.where(before == 1, 0, missing), seed)
    # A single sample has no neighbour to be joined with: it is repeated.
    single = indices[np.isin(samples.class_index[indices], alone)]
    repeated = np.repeat(single, missing[samples.class_index[single]])
    few = np.flatnonzero((before > 1) & (before <= SMOTE_NEIGHBOURS) & (missing > 0))
    return Resampled(
        indices=np.sort(np.concatenate([indices, repeated])),
        synthetic=rows,
        synthetic_class=classes,
        before=before,
        after=before + missing,
        notes=_smote_notes(samples, alone, few),
    )


def _synthetic(
    samples: SampleSet, indices: Ints, missing: Ints, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.int16]]:
    """Return new rows and their classes."""
    x, y = samples.predictors[indices], samples.class_index[indices]
    centre, scale = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)
    scale[scale == 0] = 1.0
    rng = np.random.default_rng(seed)
    made = [np.empty((0, x.shape[1]), dtype=np.float32)]
    wanted = np.flatnonzero(missing)
    for index in wanted:
        members = np.flatnonzero(y == index)
        if len(members) > _MOST_NEIGHBOURING:
            members = rng.permutation(members)[:_MOST_NEIGHBOURING]
        own = (x[members] - centre) / scale
        rows = _run_smote(own, int(missing[index]), int(rng.integers(2**31)))
        made.append((rows * scale + centre).astype(np.float32))
    return np.concatenate(made), np.repeat(wanted, missing[wanted]).astype(np.int16)


def _run_smote(own: NDArray[np.float64], count: int, seed: int) -> NDArray[np.float64]:
    """Return only the rows that imbalanced-learn's SMOTE adds to those of a class."""
    from imblearn.over_sampling import SMOTE  # slow import
    from sklearn.neighbors import NearestNeighbors  # slow import

    # The sample itself is its first neighbour. Trees do not help among a dozen predictors.
    near = NearestNeighbors(n_neighbors=min(SMOTE_NEIGHBOURS, len(own) - 1) + 1, algorithm="brute")
    smote = SMOTE(sampling_strategy={0: len(own) + count}, k_neighbors=near, random_state=seed)
    # It refuses to work on one class alone; one row more, of another class, is company enough.
    rows, _ = smote.fit_resample(np.vstack([own, own[:1]]), [0] * len(own) + [1])
    return np.asarray(rows[len(own) + 1 :])


def _smote_notes(samples: SampleSet, alone: Ints, few: Ints) -> tuple[str, ...]:
    names = samples.legend.names
    notes = [
        f"“{names[c]}” has one training sample, which was repeated: there is nothing to "
        "interpolate with."
        for c in alone
    ]
    notes += [
        f"“{names[c]}” has fewer than {SMOTE_NEIGHBOURS + 1} training samples; new ones lie "
        "between any two of them."
        for c in few
    ]
    return tuple(notes)


def _of_indices(samples: SampleSet, indices: Ints, before: Ints) -> Resampled:
    inner = samples.predictors.shape[1:]
    return Resampled(
        indices=indices,
        synthetic=np.empty((0, *inner), dtype=np.float32),
        synthetic_class=np.empty(0, dtype=np.int16),
        before=before,
        after=_counts(samples, indices),
    )


def _counts(samples: SampleSet, indices: Ints) -> Ints:
    return np.bincount(samples.class_index[indices], minlength=len(samples.legend))


def _check_size(rows: int, values_a_row: int) -> None:
    if rows > _MOST_ROWS or rows * values_a_row > _MOST_SYNTHETIC_VALUES:
        raise _error(
            f"Filling every class up to the largest needs {rows:,} rows, more than memory should "
            "hold.",
            "Choose undersampling, or class weights.",
        )


def _error(message: str, hint: str) -> SampleError:
    return SampleError(message, hint=hint, field="resample")
