"""Reducers that measure how two inputs go together: Pearson, Spearman and Kendall."""
# ruff: noqa: ARG002 - every reducer takes the same arguments

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.raster.projection import PixelType
from lib.localearth.reducers.base import DOUBLE, Floats, Numeric, Stacked, shared_weights
from lib.localearth.reducers.workspace import of_inputs

Valid = NDArray[np.bool_]
Measured = tuple[Floats, Floats, Valid]  # correlation, p-value, and where there are any


class Correlation(Numeric):
    """A correlation of two inputs and its two-sided p-value.

    Invalid where fewer than two observations are valid, or where an input does not vary.
    """

    outputs = ("correlation", "p-value")

    def __init__(self, name: str, *, inputs: int = 2) -> None:
        """Take "pearsonsCorrelation", "spearmansCorrelation" or "kendallsCorrelation".

        Args:
            name: Which of them.
            inputs: Two, or one that is correlated with its order.
        """
        self.name = name
        self.inputs = inputs
        self.workspace = of_inputs(2)  # one input gets its order beside it
        self._measure = _MEASURES[name]

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Correlate along the stack."""
        valid = shared_weights(weights) > 0
        columns = [np.where(valid, np.asarray(stack, np.float64), 0.0) for stack in stacks]
        if self.inputs == 1:
            columns.insert(0, np.cumsum(valid, axis=0).astype(np.float64))
        value, chance, some = self._measure(columns[0], columns[1], valid)
        return [(np.where(some, value, 0.0), some), (np.where(some, chance, 0.0), some)]

    def types(self, inputs: Sequence[PixelType]) -> list[PixelType]:
        """Both answers are doubles."""
        return [DOUBLE, DOUBLE]


def _pearson(x: Floats, y: Floats, valid: Valid) -> Measured:
    count = valid.sum(axis=0)
    x, y = (_centred(each, valid, count) for each in (x, y))
    spread = np.sqrt((x**2).sum(axis=0) * (y**2).sum(axis=0))
    some = spread > 0
    value = np.clip((x * y).sum(axis=0) / np.where(some, spread, 1.0), -1.0, 1.0)
    return value, _student(value, count), some


def _centred(values: Floats, valid: Valid, count: Any) -> Floats:
    """Values less their mean; 0 where all are equal, so that rounding makes no spread."""
    varies = np.where(valid, values, -np.inf).max(axis=0, initial=-np.inf) > np.where(
        valid, values, np.inf
    ).min(axis=0, initial=np.inf)
    return np.where(valid & varies, values - values.sum(axis=0) / np.maximum(count, 1), 0.0)


def _student(value: Floats, count: Any) -> Floats:
    """Chance of a correlation at least as far from 0, by Student's distribution."""
    from scipy import special  # slow import

    free = np.maximum(count - 2, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = np.abs(value) * np.sqrt(free / (1 - value**2))
    chance = 2 * special.stdtr(np.maximum(free, 1), -np.nan_to_num(score))
    exact = np.where(np.abs(value) == 1, 0.0, chance)
    result: Floats = np.where(free > 0, exact, 1.0)
    return result


def _spearman(x: Floats, y: Floats, valid: Valid) -> Measured:
    return _pearson(_ranks(x, valid), _ranks(y, valid), valid)


def _ranks(values: Floats, valid: Valid) -> Floats:
    """Ranks along a stack from 1; equal values share the mean of theirs."""
    ranks = np.zeros(values.shape)
    for place, value in enumerate(values):
        below = (valid & (values < value)).sum(axis=0)
        ranks[place] = below + ((valid & (values == value)).sum(axis=0) + 1) / 2
    return np.where(valid, ranks, 0.0)


def _kendall(x: Floats, y: Floats, valid: Valid) -> Measured:
    """Tau-b; its p-value is that of the normal approximation, which ties are corrected for."""
    shape = valid.shape[1:]
    agreeing, of_x, of_y = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for place in range(len(x)):
        pairs = valid[place + 1 :] & valid[place]
        first = np.sign(x[place + 1 :] - x[place]) * pairs
        second = np.sign(y[place + 1 :] - y[place]) * pairs
        agreeing += (first * second).sum(axis=0)
        of_x += (first**2).sum(axis=0)
        of_y += (second**2).sum(axis=0)
    scale = np.sqrt(of_x * of_y)
    some = scale > 0
    return agreeing / np.where(some, scale, 1.0), _normal(agreeing, x, y, valid), some


def _normal(agreeing: Floats, x: Floats, y: Floats, valid: Valid) -> Floats:
    """Chance of as many agreeing pairs (Kendall 1970, with the terms of ties)."""
    from scipy import special  # slow import

    n = valid.sum(axis=0).astype(np.float64)
    (pairs_x, triples_x, term_x), (pairs_y, triples_y, term_y) = _ties(x, valid), _ties(y, valid)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = (n * (n - 1) * (2 * n + 5) - term_x - term_y) / 18
        variance += pairs_x * pairs_y / (2 * n * (n - 1))
        variance += np.where(n > 2, triples_x * triples_y / (9 * n * (n - 1) * (n - 2)), 0.0)
        chance = 2 * special.ndtr(-np.abs(agreeing) / np.sqrt(variance))
    result: Floats = np.nan_to_num(chance, nan=1.0)
    return result


def _ties(values: Floats, valid: Valid) -> tuple[Floats, Floats, Floats]:
    """Sums over groups of t equal values: t(t-1), t(t-1)(t-2) and t(t-1)(2t+5)."""
    sums = [np.zeros(valid.shape[1:]) for _ in range(3)]
    for value, seen in zip(values, valid, strict=True):
        others = (valid & (values == value)).sum(axis=0) - 1.0  # each member adds its share
        sums[0] += np.where(seen, others, 0.0)
        sums[1] += np.where(seen, others * (others - 1), 0.0)
        sums[2] += np.where(seen, others * (2 * others + 7), 0.0)
    return sums[0], sums[1], sums[2]


_MEASURES: dict[str, Callable[[Floats, Floats, Valid], Measured]] = {
    "pearsonsCorrelation": _pearson,
    "spearmansCorrelation": _spearman,
    "kendallsCorrelation": _kendall,
}
