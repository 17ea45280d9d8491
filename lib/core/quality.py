"""What samples look like class by class, and which of them look wrong."""

import threading
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.errors import SampleError
from lib.core.samples import SampleSet
from lib.core.spectra import observed, scaled_vectors

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
OUTLIER_PROBABILITY = 0.999
"""A sample is an outlier where a Gaussian class would have fewer than 1 in 1,000 as far out."""

LEAST_REVIEWED = 10
"""Samples that a class needs before its labels are questioned."""

_ONE_AT_A_TIME = threading.Lock()  # cleanlab keeps what it works on in globals
_MOST_OF_A_CLASS = 50_000
_CONCENTRATIONS = 50  # most; a dozen settle it
_INLIERS = 0.975  # share of a Gaussian class that the second covariance is of
_RIDGE = 1e-3  # of the variance over all samples: what differs by less does not stand out

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Signatures:
    """Predictors of each class: for series step by step, for patches at the centre.

    NaN where a class has no samples, or none that was observed on a step.

    Attributes:
        counts: Samples used of each class, 50,000 at most, spread evenly, shape (classes,).
        mean: Shape (classes, predictors), for series (classes, steps, predictors).
        standard_deviation: Of the samples (n - 1), same shape.
        quantiles: At `QUANTILES`, shape (5, ...) in front of the same shape.
    """

    counts: Ints
    mean: Floats
    standard_deviation: Floats
    quantiles: Floats


@dataclass(frozen=True, eq=False)
class Outliers:
    """How far samples lie from the middle of their class.

    Attributes:
        distance: Robust squared Mahalanobis distance, shape (samples,); NaN where it is not known.
        bound: Distance that few samples of a Gaussian class exceed.
        indices: Samples beyond the bound, the farthest first.
        notes: Which classes were left out, as sentences.
    """

    distance: Floats
    bound: float
    indices: Ints
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Suspicion:
    """Labels that cross-validated probabilities speak against.

    Attributes:
        indices: Suspicious samples, the least believed first.
        suggested: Class index that is more likely for each of them, same shape.
        confidence: Probability of the given label, shape (samples,); NaN where it is not known.
        thresholds: Mean probability of each class over the samples that have its label, shape
            (classes,); NaN for a class without samples.
        notes: Which classes were left out, as sentences.
    """

    indices: Ints
    suggested: Ints
    confidence: Floats
    thresholds: Floats
    notes: tuple[str, ...] = ()


def signatures(samples: SampleSet) -> Signatures:
    """Return mean, spread and quantiles of the predictors of each class."""
    rows = [_signature(samples, index) for index in range(len(samples.legend))]
    counts, means, deviations, quantiles = zip(*rows, strict=True)
    return Signatures(
        counts=np.array(counts),
        mean=np.array(means),
        standard_deviation=np.array(deviations),
        quantiles=np.stack(quantiles, axis=1),
    )


def outliers(samples: SampleSet, *, probability: float = OUTLIER_PROBABILITY) -> Outliers:
    """Find samples far from the middle of their class, by a robust Mahalanobis distance.

    A first centre and covariance are those of the half of a class that lies closest together,
    found by the concentration steps of Rousseeuw and Van Driessen 1999 (Technometrics 41,
    212-223) from a start at median and median absolute deviation; the final ones are of the
    97.5 % that these leave, made consistent for a Gaussian class (Croux and Haesbroeck 1999,
    Journal of Multivariate Analysis 71, 161-190).

    Args:
        samples: Of any form; `lib.core.spectra.pixel_vectors` are compared.
        probability: Share of a Gaussian class within the bound, the point of the chi-squared
            distribution.
    """
    from scipy.stats import chi2  # slow import

    vectors = scaled_vectors(samples)
    degrees = vectors.shape[1]
    distance = np.full(len(samples), np.nan)
    small = []
    for index in np.flatnonzero(samples.counts):
        members = np.flatnonzero((samples.class_index == index) & np.isfinite(vectors).all(axis=1))
        if len(members) < 2 * (degrees + 1):
            small.append(int(index))
        elif degrees:
            distance[members] = _robust_distance(vectors[members])
    bound = float(chi2.ppf(probability, max(degrees, 1)))
    beyond = np.flatnonzero(distance > bound)
    order = np.argsort(-distance[beyond], kind="stable")
    return Outliers(distance, bound, beyond[order], _left_out(samples, small, 2 * (degrees + 1)))


def suspicious(
    samples: SampleSet, probabilities: ArrayLike, *, least: int = LEAST_REVIEWED
) -> Suspicion:
    """Find labels that are likely wrong, by confident learning.

    After Northcutt, Jiang and Chuang 2021 (Journal of Artificial Intelligence Research 70,
    1373-1411) as cleanlab does it ("prune by noise rate"). It is a list to look through, not one
    to delete: rare classes are named most.

    Args:
        samples: Whose labels are questioned.
        probabilities: Of each class, from models that were not trained with the sample itself,
            best from folds by block, shape (samples, classes); rows of NaN are left out.
        least: Samples that a class needs.

    Raises:
        SampleError: Probabilities that do not fit, or do not add up to 1.
    """
    p = np.asarray(probabilities, dtype=np.float64)
    _check_probabilities(p, samples)
    known = np.isfinite(p).all(axis=1)
    confidence = np.where(known, p[np.arange(len(samples)), samples.class_index], np.nan)
    counts = np.bincount(samples.class_index[known], minlength=len(samples.legend))
    small = np.flatnonzero((counts < least) & (samples.counts > 0))
    flagged = np.flatnonzero(known)
    flagged = flagged[_label_issues(samples.class_index[known], p[known])]
    flagged = flagged[~np.isin(samples.class_index[flagged], small)]
    flagged = flagged[np.argsort(confidence[flagged], kind="stable")]
    others = p[flagged]
    others[np.arange(len(flagged)), samples.class_index[flagged]] = -1.0
    sums = np.bincount(
        samples.class_index[known], weights=confidence[known], minlength=len(samples.legend)
    )
    thresholds = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    suggested = others.argmax(axis=1).astype(np.int64)
    notes = _left_out(samples, [int(c) for c in small], least)
    return Suspicion(flagged, suggested, confidence, thresholds, notes)


def _label_issues(labels: NDArray[np.int16], p: Floats) -> NDArray[np.bool_]:
    from cleanlab.filter import find_label_issues  # slow import

    if len(np.unique(labels)) < 2:
        return np.zeros(len(labels), dtype=bool)
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        # Of classes with one sample or none; `suspicious` names them itself.
        warnings.filterwarnings("ignore", message="May not flag all label issues")
        found = find_label_issues(labels.astype(np.int64), p, n_jobs=1)
    return np.asarray(found, dtype=bool)


def _signature(samples: SampleSet, index: int) -> tuple[int, Floats, Floats, Floats]:
    members = np.flatnonzero(samples.class_index == index)
    members = members[:: max(1, -(-len(members) // _MOST_OF_A_CLASS))]
    values, valid = observed(samples, members)
    if values.ndim == 2:
        cells, seen = values[:, None], valid[:, None]
    else:
        cells, seen = values, valid
    figures = np.full((2 + len(QUANTILES), *cells.shape[1:]), np.nan)
    for step in range(cells.shape[1]):
        there = cells[seen[:, step], step]
        if len(there):
            figures[0, step] = there.mean(axis=0)
            figures[2:, step] = np.quantile(there, QUANTILES, axis=0)
        if len(there) > 1:
            figures[1, step] = there.std(axis=0, ddof=1)
    figures = figures.reshape(len(figures), *values.shape[1:])
    return len(members), figures[0], figures[1], figures[2:]


def _robust_distance(x: Floats) -> Floats:
    """Return squared distances from the middle of the closest half, reweighted once."""
    from scipy.stats import chi2  # slow import

    degrees = x.shape[1]
    median = float(chi2.median(degrees))
    # The closest half varies less than the class, so that distances are too large, never too small.
    distance = _from_closest_half(x)
    distance = distance * min(1.0, median / max(float(np.median(distance)), median))
    inside = float(chi2.ppf(_INLIERS, degrees))
    # What is cut off at a point of the distribution varies less by this factor.
    stretch = _INLIERS / float(chi2.cdf(inside, degrees + 2))
    return _mahalanobis(x, x[distance <= inside], stretch=stretch)


def _from_closest_half(x: Floats) -> Floats:
    """Concentrate on the half of the rows that lies closest together, until it is the same."""
    size = (len(x) + x.shape[1] + 1) // 2
    away = x - np.median(x, axis=0)
    spread = np.median(np.abs(away), axis=0)
    distance: Floats = np.square(away / np.where(spread > 0, spread, 1.0)).sum(axis=1)
    half = np.argpartition(distance, size - 1)[:size]
    for _ in range(_CONCENTRATIONS):
        distance = _mahalanobis(x, x[half])
        before, half = half, np.argpartition(distance, size - 1)[:size]
        if np.array_equal(np.sort(before), np.sort(half)):
            break
    return distance


def _mahalanobis(x: Floats, of: Floats, *, stretch: float = 1.0) -> Floats:
    """Return squared distances of rows from the mean of others, by their covariance."""
    away = x - of.mean(axis=0)
    covariance = stretch * np.atleast_2d(np.cov(of, rowvar=False)) + _RIDGE * np.eye(x.shape[1])
    return np.asarray((away * np.linalg.solve(covariance, away.T).T).sum(axis=1))


def _left_out(samples: SampleSet, small: list[int], least: int) -> tuple[str, ...]:
    return tuple(
        f"“{samples.legend.names[index]}” has fewer than {least} samples and was left out."
        for index in small
    )


def _check_probabilities(p: Floats, samples: SampleSet) -> None:
    wanted = (len(samples), len(samples.legend))
    if p.shape != wanted:
        raise _error(
            f"The probabilities have the shape {p.shape}, and {wanted} are needed.",
            "Give one row a sample and one column a class.",
        )
    known = p[np.isfinite(p).all(axis=1)]
    if len(known) and not (np.abs(known.sum(axis=1) - 1) <= 1e-3).all():
        raise _error(
            "The probabilities of a sample do not add up to 1.",
            "Give what a classifier says of each class, not counts or scores.",
        )
    if not len(known):
        raise _error(
            "No sample has probabilities.", "Run the cross-validation of the samples first."
        )


def _error(message: str, hint: str) -> SampleError:
    return SampleError(message, hint=hint, field="quality")
