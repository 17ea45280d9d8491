"""Intervals of a share: Wilson's for independent samples, a bootstrap for grouped ones."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Z95 = 1.959963984540054  # 97.5 % point of the normal distribution
MINIMUM_GROUPS = 10  # fewer give too few distinct resamples
_CELLS_AT_ONCE = 4_000_000
_MANY_GROUPS = 2_000  # from here the normal interval of the same error is as good, and quick


@dataclass(frozen=True)
class Interval:
    """A 95 % interval of a share.

    Attributes:
        low: Lower limit, 0 to 1.
        high: Upper limit, 0 to 1.
        standard_error: Standard error of the share.
        group_count: Groups that were resampled; 0 for independent samples.
    """

    low: float
    high: float
    standard_error: float
    group_count: int = 0

    @property
    def limits(self) -> tuple[float, float]:
        """Lower and upper limit."""
        return self.low, self.high


def wilson_interval(hits: int, n: int) -> Interval | None:
    """Return the Wilson score interval of `hits` in `n`; None where there are no samples.

    Only for independent samples of equal weight: not for pixels of the same polygon or block.
    """
    if n == 0:
        return None
    hits, n = int(hits), int(n)  # counts of an array may be given
    share = hits / n
    stretch = 1 + Z95**2 / n
    centre = (share + Z95**2 / (2 * n)) / stretch
    half = Z95 * math.sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2)) / stretch
    error = math.sqrt(share * (1 - share) / n)
    low, high = (0.0 if hits == 0 else centre - half), (1.0 if hits == n else centre + half)
    return Interval(low, high, error)


def bootstrap_overall(
    correct: ArrayLike,
    groups: ArrayLike,
    rng: np.random.Generator,
    *,
    resamples: int = 2_000,
    minimum_groups: int = MINIMUM_GROUPS,
) -> Interval | None:
    """Return the bootstrap interval of the share of correct samples, resampling whole groups.

    Args:
        correct: Whether each sample agrees, shape (samples,).
        groups: Block or polygon of each sample, shape (samples,).
        rng: Source of the resamples.
        resamples: Number of resamples.
        minimum_groups: Least number of groups.

    Returns:
        The 2.5 and 97.5 percentiles (with more than 2,000 groups the normal interval of the
        linearised error), or None where there are too few groups.
    """
    ids = np.unique(np.asarray(groups), return_inverse=True)[1]
    sizes = np.bincount(ids)
    if len(sizes) < minimum_groups:
        return None
    hits = np.bincount(ids, weights=np.asarray(correct, dtype=np.float64)).astype(np.float64)
    if len(sizes) > _MANY_GROUPS:
        return _linearised(hits, sizes)
    shares = _resampled_shares(hits, sizes, rng, resamples)
    low, high = np.percentile(shares, [2.5, 97.5])
    return Interval(float(low), float(high), float(shares.std()), len(sizes))


def _linearised(hits: NDArray[np.float64], sizes: NDArray[np.int64]) -> Interval:
    """Return the normal interval of a ratio over groups (Cochran 1977, equation 2.46)."""
    count, total = len(sizes), sizes.sum()
    share = float(hits.sum() / total)
    spread = float(((hits - share * sizes) ** 2).sum())
    error = math.sqrt(count / (count - 1) * spread) / float(total)
    return Interval(max(share - Z95 * error, 0.0), min(share + Z95 * error, 1.0), error, count)


def _resampled_shares(
    hits: NDArray[np.float64], sizes: NDArray[np.int64], rng: np.random.Generator, resamples: int
) -> NDArray[np.float64]:
    """Return hits over samples of each resample, in portions that bound the memory."""
    count = len(sizes)
    portion = max(1, min(resamples, _CELLS_AT_ONCE // count))
    shares = []
    for start in range(0, resamples, portion):
        rows = min(portion, resamples - start)
        picked = rng.integers(0, count, size=(rows, count))
        shares.append(hits[picked].sum(axis=1) / sizes[picked].sum(axis=1))
    return np.concatenate(shares)
