"""How many samples each class gets, and how much each sample weighs."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lib.core.errors import PlanError, SampleError
from lib.core.plan import WEIGHTINGS
from lib.core.plan_checks import one_of

EFFECTIVE_BETA = 0.999
"""Beta of the effective number of samples; Cui et al. 2019 try 0.9, 0.99, 0.999 and 0.9999.

A class of far fewer than 1 / (1 - beta) = 1,000 samples weighs by its inverse frequency, and of two
classes far above that neither weighs more: what further samples add overlaps with what is known.
"""


def class_weights(
    class_index: ArrayLike, n_classes: int, *, names: Sequence[str] = (), how: str = "balanced"
) -> NDArray[np.float64]:
    """Return weights of classes, whose mean over the samples is 1.

    "balanced" is n / (k n_c). "square root" is in proportion to 1 / sqrt(n_c), so that rare classes
    count without drowning the common ones (as Mahajan et al. 2018 sample, arXiv 1805.00932).
    "effective number" is in proportion to 1 / E_c with the effective number E of samples of the
    class (Cui, Jia, Lin, Song and Belongie 2019, "Class-balanced loss based on effective number of
    samples", CVPR). The paper scales the weights to a sum of k; here all have the same mean, so
    that losses compare.

    Args:
        class_index: Class of each sample, shape (samples,).
        n_classes: Number of classes k.
        names: Class names for the message, where they are known.
        how: One of `lib.core.plan.WEIGHTINGS`.

    Returns:
        Shape (classes,).

    Raises:
        SampleError: A class has no samples.
        PlanError: Unknown weighting.

    Example:
        >>> class_weights([1, 1, 1, 1, 0, 0], 2).tolist()
        [1.5, 0.75]
    """
    one_of("weighting", how, WEIGHTINGS, field_name="weighting")
    counts = np.bincount(np.asarray(class_index), minlength=n_classes)
    if (counts == 0).any():
        empty = int(np.argmin(counts))
        name = names[empty] if names else f"class {empty + 1}"
        raise SampleError(
            f"“{name}” has no samples to train on, so no weight can balance it.",
            hint="Take the class out of the legend, or draw samples of it.",
            field="samples",
        )
    if how == "balanced":
        return np.asarray(counts.sum() / (n_classes * counts))
    weights = 1 / (np.sqrt(counts) if how == "square root" else effective_number(counts))
    return np.asarray(weights * counts.sum() / (weights @ counts))


def effective_number(counts: ArrayLike, *, beta: float = EFFECTIVE_BETA) -> NDArray[np.float64]:
    """Return the effective number of samples (1 - beta^n) / (1 - beta) of Cui et al. 2019.

    Args:
        counts: Samples n, any shape.
        beta: From 0, where every number is 1, to just below 1, where it is n.
    """
    return np.asarray((1 - beta ** np.asarray(counts, dtype=np.float64)) / (1 - beta))


def allocate(
    total: int, shares: ArrayLike, how: str = "proportional", *, minimum: int = 0
) -> NDArray[np.int64]:
    """Spread samples over classes in whole numbers that add up to the total.

    Args:
        total: Samples to spread.
        shares: Share of each class, in any unit, shape (classes,).
        how: "equal", or "proportional" to the shares.
        minimum: Least for every class with a share above 0; what is left goes to the others.

    Returns:
        Samples of each class, shape (classes,).

    Raises:
        PlanError: The minima need more than the total, or no class has a share.
    """
    weights = np.asarray(shares, dtype=np.float64)
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.sum() > 0):
        raise PlanError(
            f"Samples cannot be spread over shares of {weights.tolist()}.",
            hint="Choose an area where at least one class has pixels.",
            field="samples",
        )
    if how == "equal":
        weights = np.ones_like(weights)
    elif how != "proportional":
        raise PlanError(
            f"Unknown allocation “{how}”.",
            hint="Use equal or proportional.",
            field="allocation",
        )
    if total < minimum * np.count_nonzero(weights):
        raise PlanError(
            f"{total:,} samples are too few to give each of {np.count_nonzero(weights)} classes "
            f"{minimum:,}.",
            hint="Ask for more samples.",
            field="per_class",
        )
    return largest_remainder(_with_minimum(total, weights, minimum), total)


def largest_remainder(quotas: ArrayLike, total: int) -> NDArray[np.int64]:
    """Round quotas to whole numbers that add up to the total, the largest remainders up."""
    exact = np.asarray(quotas, dtype=np.float64)
    # A quota such as 12.999999999 is a 13 that floating point has missed.
    floor = np.floor(exact + 1e-9).astype(np.int64)
    order = np.argsort(floor - exact, kind="stable")
    floor[order[: total - int(floor.sum())]] += 1
    return floor


def _with_minimum(total: int, weights: NDArray[np.float64], minimum: int) -> NDArray[np.float64]:
    """Return quotas of which none with a weight is below the minimum."""
    raised = np.zeros(len(weights), dtype=bool)
    while True:
        rest = np.where(raised, 0.0, weights)
        left = total - minimum * int(raised.sum())
        share = rest / rest.sum() if rest.sum() > 0 else rest
        quotas = np.where(raised, float(minimum), left * share)
        low = (quotas < minimum) & (weights > 0) & ~raised
        if not low.any():
            return quotas
        raised |= low
