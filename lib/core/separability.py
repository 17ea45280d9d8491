"""How well pairs of classes can be told apart by their predictors."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.samples import SampleSet
from lib.core.spectra import scaled_vectors

GOOD = 1.9
"""Pairs above are customarily called well separable (Richards and Jia 2006, section 10.2)."""
POOR = 1.7
"""Pairs below are customarily called hardly separable."""

_RIDGE = 1e-6  # of the variance of a predictor over all samples

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PairDistance:
    """Two classes and the Jeffries-Matusita distance between them.

    Attributes:
        first: Class index.
        second: Class index, larger than the first.
        distance: 0 for the same, 2 for classes that do not overlap.
    """

    first: int
    second: int
    distance: float

    @property
    def words(self) -> str:
        """What the distance is customarily called: "good", "fair" or "poor"."""
        if self.distance > GOOD:
            return "good"
        return "poor" if self.distance < POOR else "fair"


@dataclass(frozen=True)
class Separability:
    """Pairs of classes.

    Attributes:
        pairs: The least separable first.
        notes: Which classes were left out or had too few samples, as sentences.
    """

    pairs: tuple[PairDistance, ...]
    notes: tuple[str, ...] = ()


def bhattacharyya(
    first_mean: ArrayLike,
    first_covariance: ArrayLike,
    second_mean: ArrayLike,
    second_covariance: ArrayLike,
) -> float:
    """Return the Bhattacharyya distance of two Gaussian distributions.

    B = 1/8 Δᵀ C⁻¹ Δ + 1/2 ln(|C| / √(|C₁| |C₂|)) with the mean covariance C and the difference of
    the means Δ (Kailath 1967, IEEE Transactions on Communication Technology 15, 52-60).

    Args:
        first_mean: Shape (predictors,).
        first_covariance: Positive definite, shape (predictors, predictors).
        second_mean: Of the other distribution.
        second_covariance: Of the other distribution.
    """
    apart = np.asarray(first_mean, dtype=np.float64) - np.asarray(second_mean, dtype=np.float64)
    one = np.asarray(first_covariance, dtype=np.float64)
    other = np.asarray(second_covariance, dtype=np.float64)
    middle = (one + other) / 2
    of_means = apart @ np.linalg.solve(middle, apart) / 8
    logs = [np.linalg.slogdet(matrix)[1] for matrix in (middle, one, other)]
    return float(of_means + (logs[0] - (logs[1] + logs[2]) / 2) / 2)


def jeffries_matusita(bhattacharyya_distance: float) -> float:
    """Return the Jeffries-Matusita distance 2 (1 - e^-B), from 0 to 2.

    The form of Richards and Jia 2006 (Remote Sensing Digital Image Analysis, section 10.2); some
    programs give its square root, from 0 to 1.41.
    """
    return float(-2 * np.expm1(-bhattacharyya_distance))


def separability(samples: SampleSet) -> Separability:
    """Return the Jeffries-Matusita distance of each pair of classes, the least separable first.

    Each class is taken for one Gaussian: a class of several kinds, such as crops sown at different
    times, looks less or more separable than it is. Predictors are scaled by their spread over all
    samples, which changes no distance; a millionth of that is added to every variance, so that a
    predictor that is constant within a class does not make its covariance singular. Covariances of
    classes with no more than one sample a predictor are shrunk after Ledoit and Wolf 2004 (Journal
    of Multivariate Analysis 88, 365-411).

    Args:
        samples: Of any form; `lib.core.spectra.pixel_vectors` are compared.
    """
    vectors = scaled_vectors(samples)
    known = np.isfinite(vectors).all(axis=1)
    groups = {
        int(index): vectors[known & (samples.class_index == index)]
        for index in np.flatnonzero(samples.counts)
    }
    fitted = {c: _gaussian(x) for c, x in groups.items() if len(x) > 1 and x.shape[1]}
    pairs = [
        PairDistance(a, b, jeffries_matusita(bhattacharyya(*fitted[a], *fitted[b])))
        for a in fitted
        for b in fitted
        if a < b
    ]
    pairs.sort(key=lambda pair: pair.distance)
    return Separability(tuple(pairs), _notes(samples, groups))


def _gaussian(x: Floats) -> tuple[Floats, Floats]:
    """Return mean and covariance, shrunk where there are too few samples for one."""
    if _too_few(x):
        from sklearn.covariance import ledoit_wolf  # slow import

        covariance = ledoit_wolf(x)[0]
    else:
        covariance = np.atleast_2d(np.cov(x, rowvar=False))
    return x.mean(axis=0), covariance + _RIDGE * np.eye(x.shape[1])


def _too_few(x: Floats) -> bool:
    return len(x) <= int(x.shape[1]) + 1


def _notes(samples: SampleSet, groups: dict[int, Floats]) -> tuple[str, ...]:
    names = samples.legend.names
    alone = [
        f"“{names[c]}” has fewer than 2 samples and was left out."
        for c, x in groups.items()
        if len(x) < 2
    ]
    shrunk = [
        f"“{names[c]}” has {len(x)} samples for {x.shape[1]} predictors, so its spread is a rough "
        "estimate."
        for c, x in groups.items()
        if len(x) > 1 and _too_few(x)
    ]
    return (*alone, *shrunk)
