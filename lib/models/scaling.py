"""Mean and spread of each predictor over the training set, which a network scales by."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lib.core.mapped import gather

_CONSTANT = 1e-6
"""A predictor whose spread is below this share of its size is taken as constant."""

_BLOCK_VALUES = 4_000_000


@dataclass(frozen=True, eq=False)
class Scaling:
    """What turns raw predictors into numbers of mean 0 and spread 1.

    Attributes:
        mean: float64 (predictors,).
        variance: float64 (predictors,); 1 where a predictor is constant, which is only shifted.
        constant: bool (predictors,), which ones are constant.
    """

    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    constant: NDArray[np.bool_]

    @property
    def spread(self) -> NDArray[np.float32]:
        """Standard deviation of each predictor; 0 where it is constant."""
        return np.where(self.constant, 0.0, np.sqrt(self.variance)).astype(np.float32)


def measure_scaling(
    x: NDArray[np.float32],
    valid: NDArray[np.bool_] | None = None,
    *,
    rows: NDArray[np.int64] | None = None,
) -> Scaling:
    """Measure mean and variance over what was observed, in two passes of float64.

    Args:
        x: Raw predictors, shape (samples, ..., predictors); may be mapped from disk.
        valid: Where they were observed, shape (samples, ...); None where everywhere.
        rows: Samples to measure; None for all.
    """
    rows = np.arange(len(x)) if rows is None else rows
    count, total = 0, np.zeros(x.shape[-1])
    for vectors in _blocks(x, valid, rows):
        count += len(vectors)
        total += vectors.sum(axis=0, dtype=np.float64)
    mean = total / max(count, 1)
    squares = np.zeros(x.shape[-1])
    for vectors in _blocks(x, valid, rows):
        squares += ((vectors - mean) ** 2).sum(axis=0)
    variance = squares / max(count, 1)
    constant = np.sqrt(variance) <= _CONSTANT * np.maximum(np.abs(mean), _CONSTANT)
    return Scaling(mean, np.where(constant, 1.0, variance), constant)


def _blocks(
    x: NDArray[np.float32], valid: NDArray[np.bool_] | None, rows: NDArray[np.int64]
) -> Iterator[NDArray[np.float32]]:
    """Go through the observed vectors, shape (vectors, predictors), a few samples at a time."""
    step = max(1, _BLOCK_VALUES // max(1, x[0].size))
    for first in range(0, len(rows), step):
        chosen = rows[first : first + step]
        block = gather(x, chosen)
        yield block.reshape(-1, x.shape[-1]) if valid is None else block[valid[chosen]]
