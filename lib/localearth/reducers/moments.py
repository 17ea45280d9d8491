"""Reducers of moments: spread, skewness, and the statistics of angles."""

from collections.abc import Sequence

import numpy as np

from lib.localearth import assumptions
from lib.localearth.reducers.base import Floats, Numeric, Stacked, shared_weights
from lib.localearth.reducers.workspace import DOUBLING, MOMENTS


class Spread(Numeric):
    """Variance or standard deviation, of the population or of a sample."""

    weighted = True
    workspace = MOMENTS

    def __init__(self, name: str, *, root: bool, sample: bool) -> None:
        """Choose the root (standard deviation) and the divisor n - 1 (sample)."""
        self.name = name
        self.outputs = ("stdDev" if root else "variance",)
        self._root = root
        self._lost = int(sample)

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Measure spread along the stack."""
        shares = shared_weights(weights).astype(np.float64)
        (second,), total = central_moments(stacks[0], shares, orders=(2,))
        divisor = total - self._lost
        variance = second * total / np.where(divisor > 0, divisor, 1.0)
        enough = (shares > 0).sum(axis=0) > self._lost
        return [(np.sqrt(variance) if self._root else variance, enough & (divisor > 0))]


class Shape(Numeric):
    """Skewness or kurtosis from population moments."""

    weighted = True
    workspace = MOMENTS

    def __init__(self, name: str) -> None:
        """Take "skew" or "kurtosis"."""
        self.name = name
        self.outputs = (name,)
        self._order = 3 if name == "skew" else 4

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Standardise a higher moment along the stack."""
        shares = shared_weights(weights).astype(np.float64)
        (second, higher), _ = central_moments(stacks[0], shares, orders=(2, self._order))
        some = second > 0
        value = higher / np.where(some, second, 1.0) ** (self._order / 2)
        if self._order == 4:
            value = value - assumptions.KURTOSIS_EXCESS
        return [(value, some)]


class Circular(Numeric):
    """Mean, variance or standard deviation of angles in radians."""

    weighted = True
    workspace = DOUBLING

    def __init__(self, name: str) -> None:
        """Take "circularMean", "circularVariance" or "circularStddev"."""
        self.name = name
        self.outputs = (name.replace("Stddev", "StdDev"),)

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Average directions along the stack."""
        shares = shared_weights(weights).astype(np.float64)
        valid = shares > 0
        total = np.where(shares.sum(axis=0) > 0, shares.sum(axis=0), 1.0)
        sine = np.where(valid, np.sin(stacks[0]) * shares, 0.0).sum(axis=0) / total
        cosine = np.where(valid, np.cos(stacks[0]) * shares, 0.0).sum(axis=0) / total
        length = np.clip(np.hypot(sine, cosine), 0.0, 1.0)
        if self.name == "circularMean":
            value = np.arctan2(sine, cosine)
        elif self.name == "circularVariance":
            value = 1.0 - length
        else:
            value = np.sqrt(-2.0 * np.log(np.where(length > 0, length, 1.0)))
        return [(value, valid.any(axis=0))]


def central_moments(
    stack: Floats, shares: Floats, *, orders: tuple[int, ...]
) -> tuple[list[Floats], Floats]:
    """Weighted central moments along the first axis, and the total weight."""
    valid = shares > 0
    total = shares.sum(axis=0)
    safe = np.where(total > 0, total, 1.0)
    values = np.where(valid, np.asarray(stack, np.float64), 0.0)
    deviation = values - (values * shares).sum(axis=0) / safe
    return [(shares * deviation**order).sum(axis=0) / safe for order in orders], total
