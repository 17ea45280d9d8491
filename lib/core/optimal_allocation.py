"""Spreading samples over strata so that an error is least, within bounds."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.errors import PlanError

Floats = NDArray[np.float64]


def optimal_allocation(
    total: float,
    sizes: ArrayLike,
    spreads: ArrayLike,
    *,
    least: ArrayLike | None = None,
    most: ArrayLike | None = None,
) -> Floats:
    """Return the samples of each stratum with which the variance of a total is least.

    Neyman's allocation, n in proportion to N S; with bounds clip(t N S, least, most) for the t
    that makes the sum right (Wesołowski, Wieczorkowski and Wójciak 2022, Journal of Survey
    Statistics and Methodology 10, 1263-1275, "Optimality of the recursive Neyman allocation").
    `lib.core.balance.largest_remainder` makes whole numbers of it and keeps whole bounds.

    Args:
        total: Samples in all.
        sizes: Size N of each stratum in any unit, shape (strata,).
        spreads: Standard deviation S within each, same shape; √(U (1-U)) for accuracies U.
        least: Least samples of each; None for 0.
        most: Most samples of each; None for no bound.

    Returns:
        Shape (strata,), not rounded.

    Raises:
        PlanError: The bounds need more than the total or leave no room for it, or a size or
            spread is below 0.
    """
    wanted = np.asarray(sizes, dtype=np.float64) * np.asarray(spreads, dtype=np.float64)
    low = _bound(least, 0.0, wanted)
    high = _bound(most, np.inf, wanted)
    _check(total, wanted, low, high)
    share = _level(total, wanted, low, high)
    return np.asarray(np.clip(share * wanted, low, high))


def allocation_variance(sizes: ArrayLike, spreads: ArrayLike, counts: ArrayLike) -> float:
    """Return the variance of an estimated total, Σ N² S² / n - Σ N S² (Cochran 1977, 5.3).

    Args:
        sizes: Units N of each stratum.
        spreads: Standard deviation S within each.
        counts: Samples n of each.
    """
    n_all, s, n = (np.asarray(values, dtype=np.float64) for values in (sizes, spreads, counts))
    return float(np.sum(n_all**2 * s**2 / n) - np.sum(n_all * s**2))


def _level(total: float, wanted: Floats, low: Floats, high: Floats) -> float:
    """Find t: between two of the points where a stratum meets a bound the sum is linear."""
    weighed = wanted > 0
    starts, ends = (bound[weighed] / wanted[weighed] for bound in (low, high))
    points = np.unique(np.concatenate([[0.0], starts, ends[np.isfinite(ends)]]))
    sums = np.clip(points[:, None] * wanted, low, high).sum(axis=1)
    at = max(int(np.searchsorted(sums, total, side="right")) - 1, 0)
    point = float(points[at])
    slope = float(wanted[weighed][(point >= starts) & (point < ends)].sum())
    return point if slope == 0 else point + (total - float(sums[at])) / slope


def _bound(values: ArrayLike | None, default: float, like: Floats) -> Floats:
    if values is None:
        return np.full(like.shape, default)
    return np.asarray(values, dtype=np.float64)


def _check(total: float, wanted: Floats, low: Floats, high: Floats) -> None:
    if not ((np.isfinite(wanted) & (wanted >= 0)).all() and wanted.sum() > 0):
        raise _error(
            f"Sizes times spreads of {wanted.tolist()} cannot be weighed.",
            "Expect some error of at least one stratum, and give sizes of 0 or more.",
        )
    if not (low.shape == high.shape == wanted.shape and (low <= high).all()):
        raise _error("The bounds do not fit the strata.", "Give a least and a larger most of each.")
    most = np.where(wanted > 0, high, low).sum()
    if not low.sum() <= total <= most:
        raise _error(
            f"{total:g} samples do not fit bounds that need {low.sum():g} and allow {most:g}.",
            "Ask for another number, or move the bounds.",
        )


def _error(message: str, hint: str) -> PlanError:
    return PlanError(message, hint=hint, field="allocation")
