"""Reducers that add, count, compare or pick."""
# ruff: noqa: ARG002 - every reducer takes the same arguments

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from lib.localearth import assumptions
from lib.localearth.errors import EarthError
from lib.localearth.raster.projection import PixelType
from lib.localearth.reducers.base import (
    DOUBLE,
    Columns,
    Floats,
    Numeric,
    Reducer,
    Stacked,
    shared_weights,
)
from lib.localearth.reducers.workspace import ADDING, DOUBLING, FILLING

BOOLEAN = PixelType("int", 0, 1)
COUNT = PixelType("int", 0, 2**31 - 1)


class Count(Numeric):
    """How many inputs there are; `every` counts nulls as well."""

    outputs = ("count",)

    def __init__(self, *, every: bool = False) -> None:
        """Choose whether nulls count."""
        self.name = "countEvery" if every else "count"
        self.optional = int(every)
        self._every = every

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Count observations."""
        return [len(columns[0])]

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Count valid pixels, or all of them."""
        valid = shared_weights(weights) > 0
        counted = np.ones_like(valid) if self._every else valid
        total = counted.sum(axis=0)
        return [(total, np.ones(total.shape, bool))]

    def types(self, inputs: Sequence[PixelType]) -> list[PixelType]:
        """Counts are integers."""
        return [COUNT]


class Sum(Numeric):
    """The weighted sum."""

    name = "sum"
    outputs = ("sum",)
    weighted = True
    workspace = ADDING

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Add values; integers of weight 1 stay integers."""
        if not len(columns[0]):
            return [assumptions.EMPTY_SUM]
        return super().over_values(columns, weights)

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Add along the stack."""
        shares = shared_weights(weights)
        valid = shares > 0
        if np.asarray(stacks[0]).dtype.kind in "iub" and (shares[valid] == 1).all():
            total = np.where(valid, stacks[0], 0).sum(axis=0, dtype=np.int64)
        else:
            total, _ = weighted_sums(stacks[0], shares)
        return [(total, valid.any(axis=0))]


def weighted_sums(stack: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """The weighted sum of what is valid along a stack, and the sum of weights."""
    if stack.ndim == 1:
        shares = weights.astype(np.float64)
        valid = shares > 0
        return np.asarray((stack[valid] * shares[valid]).sum()), np.asarray(shares.sum())
    total, weight = np.zeros(stack.shape[1:]), np.zeros(stack.shape[1:])
    for layer, share in zip(stack, weights, strict=True):  # layer by layer, to stay in the cache
        exact = share if share.dtype == bool else share.astype(np.float64)
        total += np.where(share > 0, layer, 0) * exact
        weight += exact
    return total, weight


class Mean(Numeric):
    """The weighted arithmetic mean."""

    name = "mean"
    outputs = ("mean",)
    weighted = True
    workspace = ADDING

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Average along the stack."""
        total, weight = weighted_sums(stacks[0], shared_weights(weights))
        some = weight > 0
        return [(total / np.where(some, weight, 1.0), some)]


class Product(Numeric):
    """The product, without weights."""

    name = "product"
    outputs = ("product",)
    workspace = FILLING

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Multiply values; the product of none is 1."""
        return super().over_values(columns, weights) if len(columns[0]) else [1]

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Multiply along the stack."""
        valid = shared_weights(weights) > 0
        wide = np.int64 if np.asarray(stacks[0]).dtype.kind in "iub" else np.float64
        return [(np.where(valid, stacks[0], 1).prod(axis=0, dtype=wide), valid.any(axis=0))]


class Extremes(Numeric):
    """The least value, the greatest, or both; further inputs follow the one at the extreme."""

    def __init__(self, name: str, *, inputs: int = 1) -> None:
        """Take "min", "max" or "minMax"."""
        self.name = name
        self.inputs = inputs
        self.workspace = FILLING if inputs == 1 else DOUBLING
        self._signs = {"min": (1,), "max": (-1,), "minMax": (1, -1)}[name]
        named = ("min", "max") if name == "minMax" else (name,)
        self.outputs = named + tuple(f"{name}{index}" for index in range(1, inputs))

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Compare values; strings compare alphabetically."""
        if not any(isinstance(value, str) for value in columns[0]):
            return super().over_values(columns, weights)
        order = sorted(range(len(columns[0])), key=lambda index: comparable(columns[0][index]))
        picks = [order[0] if sign > 0 else order[-1] for sign in self._signs]
        firsts = [columns[0][pick] for pick in picks]
        return firsts + [column[picks[0]] for column in columns[1:]]

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Compare along the stack."""
        valid = shared_weights(weights) > 0
        some = valid.any(axis=0)
        if not len(valid):
            return [(np.zeros(some.shape), some)] * len(self.outputs)
        if self.inputs == 1:
            return [(_extreme(stacks[0], valid, sign), some) for sign in self._signs]
        at = _extreme_index(stacks[0], valid, self._signs[0])[None]
        return [(np.take_along_axis(stack, at, axis=0)[0], some) for stack in stacks]

    def types(self, inputs: Sequence[PixelType]) -> list[PixelType]:
        """Extremes keep the inputs' types."""
        return [inputs[0]] * len(self._signs) + list(inputs[1 : self.inputs])


class Bits(Numeric):
    """Bitwise "and" or "or" of all inputs."""

    workspace = DOUBLING

    def __init__(self, name: str) -> None:
        """Take "bitwiseAnd" or "bitwiseOr"."""
        self.name = name
        self.outputs = (name,)
        self._neutral = -1 if name == "bitwiseAnd" else 0
        self._join = np.bitwise_and if name == "bitwiseAnd" else np.bitwise_or

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Join bits along the stack."""
        valid = shared_weights(weights) > 0
        numbers = np.where(valid, stacks[0], self._neutral).astype(np.int64)
        return [(self._join.reduce(numbers, axis=0), valid.any(axis=0))]

    def types(self, inputs: Sequence[PixelType]) -> list[PixelType]:
        """Bits keep the input's type."""
        return [inputs[0]]


class NonZero(Numeric):
    """1 where all, or any, of the inputs differ from 0."""

    def __init__(self, name: str, output: str) -> None:
        """Take an output of "all" or "any"."""
        self.name = name
        self.outputs = (output,)

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Look at values; of none, all are non-zero and not any is."""
        found = [value != 0 for value in columns[0]]
        return [int(all(found)) if self.outputs == ("all",) else int(any(found))]

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Look along the stack."""
        valid = shared_weights(weights) > 0
        nonzero = np.asarray(stacks[0]) != 0
        if self.outputs == ("all",):
            found = (nonzero | ~valid).all(axis=0)
        else:
            found = (nonzero & valid).any(axis=0)
        return [(found.astype(np.uint8), valid.any(axis=0))]

    def types(self, inputs: Sequence[PixelType]) -> list[PixelType]:
        """Answers are 0 or 1."""
        return [BOOLEAN]


class Pick(Reducer):
    """The first or last input; `skip` passes over nulls."""

    def __init__(self, which: str, *, skip: bool) -> None:
        """Take "first" or "last"."""
        self.name = f"{which}NonNull" if skip else which
        self.outputs = (which,)
        self.optional = int(not skip)
        self._skip = skip
        self._last = which == "last"

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Pick a value of any type."""
        if not len(columns[0]):
            return [None]
        value = columns[0][-1 if self._last else 0]
        return [value.item() if isinstance(value, np.generic) else value]

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Pick along the stack."""
        stack, valid = np.asarray(stacks[0]), shared_weights(weights) > 0
        if self._last:
            stack, valid = stack[::-1], valid[::-1]
        if not len(valid):
            return [(np.zeros(valid.shape[1:], stack.dtype), valid.any(axis=0))]
        if not self._skip and assumptions.FIRST_TAKES_MASKED:
            return [(stack[0], valid[0])]
        at = valid.argmax(axis=0)[None]
        return [(np.take_along_axis(stack, at, axis=0)[0], valid.any(axis=0))]

    def types(self, inputs: Sequence[PixelType]) -> list[PixelType]:
        """A picked value keeps its type."""
        return [inputs[0] if inputs else DOUBLE]


def comparable(value: Any) -> Any:
    """A value to sort by.

    Raises:
        EarthError: Strings and numbers were mixed.
    """
    return _Comparable(value)


class _Comparable:
    """Orders numbers among numbers and strings among strings."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: "_Comparable") -> bool:
        ordered: Callable[[Any, Any], bool] = lambda left, right: left < right  # noqa: E731
        try:
            return bool(ordered(_plain(self.value), _plain(other.value)))
        except TypeError:
            raise EarthError(
                f"Cannot compare values {_told(self.value)} and {_told(other.value)}."
            ) from None


def _plain(value: Any) -> Any:
    return getattr(value, "millis", value)


def _told(value: Any) -> str:
    words = {int: "Integer", float: "Float", str: "String", bool: "Boolean"}
    return f"'{value}' (Type:{words.get(type(value), type(value).__name__)})"


def _extreme(stack: Floats, valid: Floats, sign: int) -> Floats:
    data = np.asarray(stack)
    if data.dtype.kind == "f":
        neutral: Any = np.inf * sign
    else:
        data = data.astype(np.uint8) if data.dtype == bool else data
        info = np.iinfo(data.dtype)
        neutral = info.max if sign > 0 else info.min
    filled = np.where(valid, data, data.dtype.type(neutral))
    extreme: Floats = filled.min(axis=0) if sign > 0 else filled.max(axis=0)
    return extreme


def _extreme_index(stack: Floats, valid: Floats, sign: int) -> Floats:
    filled = np.where(valid, np.asarray(stack, np.float64), np.inf * sign)
    index: Floats = filled.argmin(axis=0) if sign > 0 else filled.argmax(axis=0)
    return index
