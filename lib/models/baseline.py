"""A random forest on the same samples: what a network has to beat."""

import numpy as np
from numpy.typing import NDArray

from lib.core.samples import SampleSet
from lib.core.split import Split
from lib.models.dataset import blocks

MOST_FEATURES = 512
"""Patches of more values are summed up, so that a forest takes seconds rather than hours."""
_MOST_PIXELS = 100_000
"""Labelled pixels of patches that a forest learns from."""

Features = NDArray[np.float32]


def train_forest(
    samples: SampleSet, split: Split, trees: int, seed: int, *, class_weights: bool = False
) -> NDArray[np.int16]:
    """Train a forest on the training set and map the test set.

    The validation set is left out, so that network and forest learn from the same samples. It
    sees a series as one row with a gap where nothing was observed; a patch as one row, or as its
    centre with the mean and spread of the rest where that is too long; and of patches with a
    label for every pixel it learns single pixels, at most 100,000 of them.

    Args:
        samples: All samples.
        split: Their parts.
        trees: Number of trees.
        seed: Seed of the forest; the same gives the same forest, however many threads.
        class_weights: Whether classes are weighed by the inverse of their frequency.

    Returns:
        Class index of each test sample, in the order of `split.test`; of a patch that of its
        centre.
    """
    from sklearn.ensemble import RandomForestClassifier  # slow import

    forest = RandomForestClassifier(
        n_estimators=trees,
        class_weight="balanced" if class_weights else None,
        n_jobs=-1,
        random_state=seed,
    )
    forest.fit(*_learned(samples, split.training, seed))
    asked = _centres if samples.dense is not None else flat_features
    return np.asarray(forest.predict(asked(samples, split.test)), dtype=np.int16)


def flat_features(samples: SampleSet, indices: NDArray[np.int64]) -> Features:
    """Give one row of numbers a sample, shape (samples, features); NaN where nothing was seen."""
    parts = [_flat(samples, indices[at]) for at in blocks(len(indices), samples.predictors)]
    return np.concatenate(parts)


def _flat(samples: SampleSet, indices: NDArray[np.int64]) -> Features:
    x = _observed(samples, indices)
    rows = x.reshape(len(x), -1)
    if samples.form != "patch" or rows.shape[1] <= MOST_FEATURES:
        return rows
    middle = x[:, x.shape[1] // 2, x.shape[2] // 2]
    with np.errstate(invalid="ignore"):
        seen = np.isfinite(x).sum(axis=(1, 2))
        mean = np.nansum(x, axis=(1, 2)) / seen
        square = np.nansum(x.astype(np.float64) ** 2, axis=(1, 2)) / seen
        spread = np.sqrt(np.maximum(square - mean**2, 0))
    return np.concatenate([middle, mean, spread], axis=1).astype(np.float32)


def _learned(
    samples: SampleSet, training: NDArray[np.int64], seed: int
) -> tuple[Features, NDArray[np.int16]]:
    """Give features and classes to learn from."""
    if samples.dense is None:
        return flat_features(samples, training), samples.class_index[training]
    patch, row, col = np.nonzero(samples.dense[training] >= 0)
    if len(patch) > _MOST_PIXELS:
        rng = np.random.default_rng(seed)
        kept = np.sort(rng.choice(len(patch), _MOST_PIXELS, replace=False))
        patch, row, col = patch[kept], row[kept], col[kept]
    at = training[patch], row, col
    x = samples.predictors[at]
    if samples.valid is not None:
        x = np.where(samples.valid[at][:, None], x, np.nan).astype(np.float32)
    return x, samples.dense[at]


def _centres(samples: SampleSet, indices: NDArray[np.int64]) -> Features:
    rows, cols = samples.predictors.shape[1:3]
    x: Features = samples.predictors[indices, rows // 2, cols // 2]
    if samples.valid is None:
        return x
    seen = samples.valid[indices, rows // 2, cols // 2]
    return np.where(seen[:, None], x, np.nan).astype(np.float32)


def _observed(samples: SampleSet, indices: NDArray[np.int64]) -> Features:
    x = samples.predictors[indices]
    if samples.valid is None:
        return x
    return np.where(samples.valid[indices][..., None], x, np.nan).astype(np.float32)
