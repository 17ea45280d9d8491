"""Where a model meets what it has learned from: the area of applicability.

After Meyer and Pebesma 2021 (Methods in Ecology and Evolution 12, 1620-1633, "Predicting into
unknown space?") as the R package CAST does it. Inside, the error of cross-validation can be
expected; it does not say that the map is right there.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.errors import SampleError
from lib.core.nearest import next_distance, outside_distance

_MOST_MEASURED = 4_000  # rows, chosen evenly, whose mean distance to all others is taken
_ROWS_AT_ONCE = 500

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Applicability:
    """What a model has learned from, ready to be compared with pixels.

    Attributes:
        centre: Mean of each predictor over the training samples.
        scale: What scaled predictors are multiplied by: importance over standard deviation.
        training: Training samples, scaled and weighed, shape (samples, predictors).
        mean_distance: Mean of the distances between two of them.
        index: Dissimilarity index of each training sample to those outside of its fold.
        threshold: Largest index that counts as inside.
    """

    centre: Floats
    scale: Floats
    training: Floats
    mean_distance: float
    index: Floats
    threshold: float

    def dissimilarity(self, predictors: ArrayLike) -> Floats:
        """Return the dissimilarity index: the distance to the nearest training sample.

        In units of the mean distance between training samples, 0 for the same; NaN where a
        predictor is missing.

        Args:
            predictors: Not scaled, in the order of the training samples, shape (..., predictors).
        """
        from scipy.spatial import cKDTree  # slow import

        x = (np.asarray(predictors, dtype=np.float64) - self.centre) * self.scale
        rows = x.reshape(-1, x.shape[-1])
        known = np.isfinite(rows).all(axis=1)
        found = np.full(len(rows), np.nan)
        found[known] = cKDTree(self.training).query(rows[known])[0] / self.mean_distance
        return found.reshape(x.shape[:-1])

    def inside(self, predictors: ArrayLike) -> NDArray[np.bool_]:
        """Return whether pixels lie within the area of applicability; not where one is missing."""
        return np.asarray(self.dissimilarity(predictors) <= self.threshold)


def applicability(
    predictors: ArrayLike,
    *,
    importance: ArrayLike | None = None,
    folds: ArrayLike | None = None,
    names: tuple[str, ...] = (),
) -> Applicability:
    """Measure what a model has learned from.

    Args:
        predictors: Training samples, no NaN, shape (samples, predictors).
        importance: Weight of each predictor, such as its permutation importance; below 0 counts
            as 0. None for all alike.
        folds: Fold of cross-validation of each sample. Without, every sample is one, the indices
            come out small, and the area strict.
        names: Predictor names for messages.

    Raises:
        SampleError: A predictor is constant or missing, or no predictor has a weight.
    """
    x = np.asarray(predictors, dtype=np.float64)
    _check(x, names)
    weights = np.ones(x.shape[1]) if importance is None else np.asarray(importance, np.float64)
    weights = np.maximum(weights, 0.0)
    if weights.shape != (x.shape[1],) or not weights.any():
        raise _error(
            f"Weights of {weights.tolist()} leave no predictor to compare {x.shape[1]} by.",
            "Give one of each predictor, at least one of them above 0.",
        )
    centre, scale = x.mean(axis=0), weights / x.std(axis=0, ddof=1)
    training = (x - centre) * scale
    mean = _mean_distance(training)
    apart = next_distance(training) if folds is None else outside_distance(training, folds)
    return Applicability(
        centre=centre,
        scale=scale,
        training=training,
        mean_distance=mean,
        index=apart / mean,
        threshold=dissimilarity_threshold(apart / mean),
    )


def dissimilarity_threshold(index: ArrayLike) -> float:
    """Return the upper whisker of training indices: the third quartile and 1.5 quartile ranges.

    No more than the largest of them. (The preprint of 2020 took the 95 % quantile.)
    """
    values = np.asarray(index, dtype=np.float64)
    lower, upper = np.percentile(values, [25, 75])
    return float(min(upper + 1.5 * (upper - lower), values.max()))


def _mean_distance(x: Floats) -> float:
    """Mean distance of two samples; of very many, of evenly chosen ones to all others."""
    from scipy.spatial.distance import cdist  # slow import

    chosen = x[:: -(-len(x) // _MOST_MEASURED)]
    blocks = range(0, len(chosen), _ROWS_AT_ONCE)
    total = sum(float(cdist(chosen[i : i + _ROWS_AT_ONCE], x).sum()) for i in blocks)
    return total / (len(chosen) * (len(x) - 1))


def _check(x: Floats, names: tuple[str, ...]) -> None:
    if x.ndim != 2 or len(x) < 2:
        raise _error(
            f"Predictors of the shape {x.shape} are too few samples.", "Give two samples or more."
        )
    for column, values in enumerate(x.T):
        name = names[column] if names else f"predictor {column + 1}"
        if not np.isfinite(values).all():
            raise _error(f"“{name}” is missing in some samples.", "Leave those samples out.")
        if values.min() == values.max():
            raise _error(
                f"“{name}” has one value only, so nothing is known of others.",
                "Leave this predictor out.",
            )


def _error(message: str, hint: str) -> SampleError:
    return SampleError(message, hint=hint, field="samples")
