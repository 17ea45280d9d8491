"""Whether probabilities mean what they say: reliability, calibration error, temperature."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.errors import SampleError
from lib.core.intervals import wilson_interval

BINS = 15
"""Bins of equal width, as Guo et al. 2017 ("On calibration of modern neural networks", ICML)."""

LEAST_SAMPLES = 100
"""Fewer make the calibration error mostly noise, which counts as error."""

TEMPERATURES = (0.05, 20.0)
"""Bounds of the temperature; a result at one of them means that there is no best one."""

_SMALLEST = 1e-12  # of a probability, before its logarithm
_SUM_TOLERANCE = 1e-3

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ReliabilityBin:
    """Samples whose confidence lies in a bin.

    Attributes:
        low: Lower edge, not included (but 0 in the first bin).
        high: Upper edge, included.
        count: Samples.
        confidence: Their mean confidence.
        accuracy: Share of them that is right.
        interval95: Wilson's interval of that share, for independent samples.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float
    interval95: tuple[float, float]


@dataclass(frozen=True)
class Calibration:
    """How far confidence and accuracy lie apart. Figures depend on the number of bins.

    Attributes:
        bins: The bins that have samples, in rising order: the points of a reliability diagram.
        bin_count: Bins from 0 to 1, of equal width, those without samples included.
        expected_error: Mean gap of the bins, weighed by samples (ECE).
        root_mean_square_error: Root of the mean squared gap (RMSCE).
        largest_error: Largest gap (MCE).
        n: Samples.
        notes: What a reader should know, as sentences.
    """

    bins: tuple[ReliabilityBin, ...]
    bin_count: int
    expected_error: float
    root_mean_square_error: float
    largest_error: float
    n: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Temperature:
    """What the sums before a softmax are divided by so that probabilities fit.

    Attributes:
        value: Above 1 for a network that is too sure.
        loss_before: Mean negative log-likelihood with the temperature 1.
        loss_after: The same with this one.
        n: Samples that it was fitted to.
    """

    value: float
    loss_before: float
    loss_after: float
    n: int


def top_label(probabilities: ArrayLike, labels: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    """Return the probability of the most probable class, and whether it is the given one.

    Args:
        probabilities: Shape (samples, classes).
        labels: Class indices, shape (samples,).

    Raises:
        SampleError: They do not fit, or probabilities do not add up to 1.
    """
    p, y = _checked(probabilities, labels)
    return p.max(axis=1), p.argmax(axis=1) == y


def calibration(confidence: ArrayLike, correct: ArrayLike, *, bins: int = BINS) -> Calibration:
    """Compare confidence with accuracy in bins of equal width (low, high].

    The error is biased upwards where samples are few, and it is 0 for a model that says the share
    of a class to every sample: show it beside the loss.

    Args:
        confidence: Probabilities of what was said, 0 to 1, shape (samples,).
        correct: Whether it was right, shape (samples,).
        bins: Number of bins.

    Raises:
        SampleError: There are no samples, or a confidence is not within 0 and 1.

    Example:
        >>> calibration([0.6, 0.6, 0.9, 0.9], [1, 0, 1, 1], bins=2).expected_error
        0.0
    """
    said = np.asarray(confidence, dtype=np.float64)
    right = np.asarray(correct, dtype=np.float64)
    if said.size == 0 or said.shape != right.shape or not ((said >= 0) & (said <= 1)).all():
        raise _error(
            f"Calibration needs probabilities with their outcome, and got {said.size:,} and "
            f"{right.size:,}.",
            "Give a confidence between 0 and 1 and whether it was right, one a sample.",
        )
    edges = np.linspace(0, 1, bins + 1)
    number = np.clip(np.searchsorted(edges, said, side="left") - 1, 0, bins - 1)
    filled = [_bin(edges, index, said, right, number == index) for index in np.unique(number)]
    gaps = np.array([abs(row.accuracy - row.confidence) for row in filled])
    weights = np.array([row.count for row in filled]) / said.size
    return Calibration(
        bins=tuple(filled),
        bin_count=bins,
        expected_error=float(weights @ gaps),
        root_mean_square_error=math.sqrt(float(weights @ gaps**2)),
        largest_error=float(gaps.max()),
        n=said.size,
        notes=_notes(said.size),
    )


def class_calibration(
    probabilities: ArrayLike, labels: ArrayLike, *, bins: int = BINS
) -> tuple[Calibration, ...]:
    """Compare the probability of each class with how often it is the given one.

    What `calibration` of the most probable class leaves out: the others.

    Args:
        probabilities: Shape (samples, classes).
        labels: Class indices, shape (samples,).
        bins: Number of bins.

    Returns:
        One of each class.

    Raises:
        SampleError: As for `top_label`.
    """
    p, y = _checked(probabilities, labels)
    return tuple(
        calibration(np.clip(p[:, index], 0, 1), y == index, bins=bins)
        for index in range(p.shape[1])
    )


def _bin(
    edges: Floats, index: int, said: Floats, right: Floats, mine: NDArray[np.bool_]
) -> ReliabilityBin:
    count, hits = int(mine.sum()), int(right[mine].sum())
    interval = wilson_interval(hits, count)
    return ReliabilityBin(
        low=float(edges[index]),
        high=float(edges[index + 1]),
        count=count,
        confidence=float(said[mine].mean()),
        accuracy=hits / count,
        interval95=interval.limits if interval else (0.0, 1.0),
    )


def _notes(n: int) -> tuple[str, ...]:
    if n >= LEAST_SAMPLES:
        return ()
    return (f"{n} samples are few: with fewer than {LEAST_SAMPLES} the error is mostly noise.",)


def log_loss(probabilities: ArrayLike, labels: ArrayLike) -> float:
    """Return the mean negative log-likelihood of the given classes, in nats.

    Raises:
        SampleError: As for `top_label`.
    """
    p, y = _checked(probabilities, labels)
    return float(-np.log(np.maximum(p[np.arange(len(y)), y], _SMALLEST)).mean())


def tempered(probabilities: ArrayLike, temperature: float) -> Floats:
    """Return probabilities with another temperature; the most probable class stays the same.

    Args:
        probabilities: Shape (..., classes).
        temperature: What the logarithms are divided by.
    """
    logs = np.log(np.maximum(np.asarray(probabilities, dtype=np.float64), _SMALLEST)) / temperature
    powers = np.exp(logs - logs.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def fit_temperature(probabilities: ArrayLike, labels: ArrayLike) -> Temperature:
    """Find the temperature with the least negative log-likelihood (Guo et al. 2017).

    Args:
        probabilities: Of samples that the network has not learned from, nor is tested on: those
            of the validation set, shape (samples, classes).
        labels: Their class indices, shape (samples,).

    Raises:
        SampleError: As for `top_label`; or all samples are right, or wrong, so that there is no
            best temperature.
    """
    from scipy.optimize import minimize_scalar  # slow import

    p, y = _checked(probabilities, labels)
    low, high = (math.log(bound) for bound in TEMPERATURES)

    def loss(log_temperature: float) -> float:
        return log_loss(tempered(p, math.exp(log_temperature)), y)

    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-9})
    share = float((p.argmax(axis=1) == y).mean())
    if share == 1 or min(found.x - low, high - found.x) < 1e-3:
        raise _error(
            f"There is no best temperature for these {len(y):,} samples, of which {share:.0%} are "
            "right.",
            "Validate with more samples, or use the probabilities as they are.",
        )
    return Temperature(math.exp(found.x), log_loss(p, y), float(found.fun), len(y))


def _checked(probabilities: ArrayLike, labels: ArrayLike) -> tuple[Floats, NDArray[np.int64]]:
    p = np.asarray(probabilities, dtype=np.float64)
    y = np.asarray(labels, dtype=np.int64)
    if p.ndim != 2 or p.shape[0] != y.size or y.size == 0 or p.shape[1] < 2:
        raise _error(
            f"Probabilities of the shape {p.shape} do not fit {y.size:,} labels.",
            "Give one row a sample and one column a class, of which there are two or more.",
        )
    if not (np.abs(p.sum(axis=1) - 1) <= _SUM_TOLERANCE).all():
        raise _error(
            "The probabilities of a sample do not add up to 1.",
            "Give what a classifier says of each class, not counts or scores.",
        )
    if y.min() < 0 or y.max() >= p.shape[1]:
        raise _error(
            f"A label has the index {int(y.min() if y.min() < 0 else y.max())}, and there are "
            f"{p.shape[1]} classes.",
            "Leave out samples without a class.",
        )
    return p, y


def _error(message: str, hint: str) -> SampleError:
    return SampleError(message, hint=hint, field="calibration")
