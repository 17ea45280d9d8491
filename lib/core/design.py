"""How many samples to draw of each class, and how many in all.

The calculator follows Olofsson et al. 2014 (Remote Sensing of Environment 148, 42-57, "Good
practices for estimating area and assessing accuracy of land change"), equation 13, which is
Cochran 1977, equation 5.25.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.balance import allocate
from lib.core.errors import PlanError
from lib.core.plan import SamplingPlan

EXPECTED_ACCURACY = 0.8
"""User's accuracy that is expected of a class where nobody says otherwise."""

RARE_MINIMUM = 50
"""Least samples of a stratum that Olofsson et al. 2014, section 5.1.1, consider; also 75 or 100."""

_LEAST_SPREAD = 1e-9  # keeps a class of which no error is expected in the allocation
_SHARE_TOLERANCE = 1e-6

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


def allocation(
    plan: SamplingPlan, shares: ArrayLike, *, expected_accuracy: ArrayLike = EXPECTED_ACCURACY
) -> Counts:
    """Return the samples to ask of each class.

    "equal" asks `per_class` of each, "by hand" what `counts` says; the others spread `per_class`
    times the number of classes over the shares, their square roots, or (Neyman) the shares times
    √(U(1-U)), with at least `floor` for every class that has pixels.

    Args:
        plan: Allocation, samples a class, counts by hand and floor.
        shares: Mapped share of each class in any unit, in the order of the legend, shape
            (classes,); NaN where it is not known.
        expected_accuracy: User's accuracies U that are expected, 0 to 1, one for all classes or
            shape (classes,); only for Neyman.

    Returns:
        Shape (classes,); 0 for a class whose share is 0.

    Raises:
        PlanError: Counts by hand do not fit the classes, a share that is needed is not known, or
            the floor needs more than there is to spread.
    """
    weights = np.asarray(shares, dtype=np.float64)
    _check_shares(weights)
    drawn = np.isnan(weights) | (weights > 0)
    if plan.allocation == "by hand":
        return np.where(drawn, _by_hand(plan.counts, len(weights)), 0)
    if plan.allocation == "equal":
        return np.where(drawn, max(plan.per_class, plan.floor), 0).astype(np.int64)
    if np.isnan(weights).any():
        raise _error(
            f"The allocation “{plan.allocation}” needs the share of every class, and "
            f"{int(np.isnan(weights).sum())} of {len(weights)} are not known.",
            "Choose equal or by hand.",
        )
    if not drawn.any():
        return np.zeros(len(weights), dtype=np.int64)
    spread = _accuracy_spread(expected_accuracy, len(weights))
    weights = _weighted(plan.allocation, weights, spread)
    return allocate(plan.per_class * len(weights), weights, minimum=plan.floor)


def sample_size(
    shares: ArrayLike,
    expected_users_accuracy: ArrayLike,
    target_standard_error: float,
    *,
    population: float | None = None,
) -> int:
    """Return the samples needed for a standard error of the overall accuracy, rounded up.

    Equation 13 of Olofsson et al. 2014: n = (Σ W S)² / (SE² + Σ W S² / N), S = √(U (1-U)).
    It assumes that they are then allocated after Neyman; `expected_standard_error` tells what
    another allocation achieves.

    Args:
        shares: Mapped share W of each class; they add up to 1, shape (classes,).
        expected_users_accuracy: User's accuracies U that are expected, one or one a class.
        target_standard_error: Standard error wanted, as a share, such as 0.01.
        population: Pixels N of the map; None for so many that they do not matter.

    Raises:
        PlanError: Shares do not add up to 1, an accuracy is not within 0 and 1, the standard
            error is not above 0, or no error is expected at all.

    Example:
        >>> sample_size([0.02, 0.015, 0.32, 0.645], [0.7, 0.6, 0.9, 0.95], 0.01)
        641
    """
    weights = _whole(shares)
    spread = _accuracy_spread(expected_users_accuracy, len(weights))
    if not 0 < target_standard_error < 1:
        raise _error(
            f"A standard error of {target_standard_error:g} cannot be aimed at.",
            "Give a share above 0, such as 0.01.",
            field="target_standard_error",
        )
    if population is not None and not population >= 1:
        raise _error(f"A map of {population:g} pixels cannot be sampled.", "Give 1 or more.")
    mean_spread = float(weights @ spread)
    if mean_spread == 0:
        raise _error(
            "Accuracies of exactly 0 or 1 leave nothing to estimate.",
            "Expect a little less, such as 0.95.",
            field="expected_accuracy",
        )
    finite = 0.0 if population is None else float(weights @ spread**2) / population
    exact = mean_spread**2 / (target_standard_error**2 + finite)
    return math.ceil(exact - 1e-9)


def recommended_allocation(total: int, shares: ArrayLike, *, minimum: int = RARE_MINIMUM) -> Counts:
    """Return the allocation of Olofsson et al. 2014: a minimum for rare classes, else by share.

    Args:
        total: Samples in all.
        shares: Mapped share of each class in any unit, shape (classes,).
        minimum: Samples for a class that would get fewer; less where the total does not allow it.

    Raises:
        PlanError: No class has a share.
    """
    weights = np.asarray(shares, dtype=np.float64)
    drawn = max(int(np.count_nonzero(weights)), 1)
    return allocate(total, weights, minimum=min(minimum, total // drawn))


def expected_standard_error(
    shares: ArrayLike, expected_users_accuracy: ArrayLike, counts: ArrayLike
) -> float | None:
    """Return the standard error of the overall accuracy that an allocation leads to expect.

    √(Σ W² U (1-U) / n), without the finite population correction.

    Args:
        shares: Mapped share W of each class; they add up to 1, shape (classes,).
        expected_users_accuracy: User's accuracies U that are expected, one or one a class.
        counts: Samples n of each class, shape (classes,).

    Returns:
        The standard error as a share, or None where a class with a share has no samples.

    Raises:
        PlanError: As `sample_size`, or another number of counts.
    """
    weights = _whole(shares)
    spread = _accuracy_spread(expected_users_accuracy, len(weights))
    drawn = np.asarray(counts, dtype=np.float64)
    _check_length(drawn, len(weights), "counts")
    there = weights > 0
    if (drawn[there] <= 0).any():
        return None
    return float(np.sqrt(np.sum((weights * spread)[there] ** 2 / drawn[there])))


def _weighted(how: str, weights: Floats, spread: Floats) -> Floats:
    """What samples are spread by, for an allocation that follows the shares."""
    if how == "square root":
        return np.sqrt(weights)
    if how == "neyman":
        return weights * np.maximum(spread, _LEAST_SPREAD)
    return weights


def _by_hand(counts: tuple[int, ...], n_classes: int) -> Counts:
    by_hand = np.asarray(counts, dtype=np.int64)
    _check_length(by_hand, n_classes, "counts")
    if (by_hand < 0).any():
        raise _error(
            f"{int(by_hand.min())} samples of a class cannot be drawn.",
            "Give 0 or more.",
            field="counts",
        )
    return by_hand


def _accuracy_spread(expected: ArrayLike, n_classes: int) -> Floats:
    """Return √(U (1-U)) of each class."""
    accuracy = np.asarray(expected, dtype=np.float64)
    if accuracy.ndim:
        _check_length(accuracy, n_classes, "expected accuracies")
    if not ((accuracy >= 0) & (accuracy <= 1)).all():
        raise _error(
            f"Expected accuracies of {np.unique(accuracy).tolist()} are not shares.",
            "Give numbers between 0 and 1, such as 0.8.",
            field="expected_accuracy",
        )
    return np.broadcast_to(np.sqrt(accuracy * (1 - accuracy)), (n_classes,))


def _whole(shares: ArrayLike) -> Floats:
    """Return shares that add up to 1."""
    weights = np.asarray(shares, dtype=np.float64)
    _check_shares(weights)
    if not abs(weights.sum() - 1) <= _SHARE_TOLERANCE:
        raise _error(
            f"The shares of the classes add up to {weights.sum():g}.",
            "Give the share of every class of the map; together they are 1.",
        )
    return weights


def _check_shares(weights: Floats) -> None:
    if weights.ndim != 1 or len(weights) == 0 or (weights < 0).any() or np.isinf(weights).any():
        raise _error(
            f"Shares of {weights.tolist()} are no shares of classes.",
            "Give one number of 0 or more for each class.",
        )


def _check_length(values: NDArray[np.generic], n_classes: int, what: str) -> None:
    if values.shape != (n_classes,):
        raise _error(
            f"There are {values.size} {what} for {n_classes} classes.",
            "Give one for each class, in the order of the legend.",
            field=what.replace("expected accuracies", "expected_accuracy"),
        )


def _error(message: str, hint: str, *, field: str = "allocation") -> PlanError:
    return PlanError(message, hint=hint, field=field)
