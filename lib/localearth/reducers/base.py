"""What every reducer can do."""
# ruff: noqa: ARG002 - every reducer takes the same arguments

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.localearth.raster.projection import PixelType
from lib.localearth.reducers.workspace import LOOKING, Workspace
from lib.localearth.values import Array

Floats = NDArray[Any]
Stacked = list[tuple[Floats, Any]]  # values, and where they are valid
Column = Sequence[Any] | Floats
Columns = Sequence[Column]
DOUBLE = PixelType("double")


class Reducer(ABC):
    """Turns n observations of `inputs` values each into one value per output.

    Attributes:
        name: Earth Engine's name, such as "mean".
        inputs: How many values one observation has.
        outputs: Names of the results, in order.
        weighted: Whether an observation's weight counts; where not, weights only tell validity.
        optional: How many of the last inputs may be null without dropping the observation.
        workspace: What it holds while it works, for estimates of memory.
    """

    name: str
    inputs: int = 1
    outputs: tuple[str, ...]
    weighted: bool = False
    optional: int = 0
    workspace: Workspace = LOOKING

    @abstractmethod
    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Reduce plain values.

        Args:
            columns: One sequence of n values for each input; observations with a null are
                dropped by the caller (`reduce` does) unless the reducer says otherwise.
            weights: `(n,)` in 0..1.

        Returns:
            One value per output; None where there is no answer.
        """

    @abstractmethod
    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Reduce along the first axis of stacks of pixels.

        Args:
            stacks: One array `(n, …)` for each input.
            weights: `(n, …)`; 0 where a pixel is masked; or a list of one such array an input,
                where the inputs have masks of their own.

        Returns:
            For each output its values `(…)`, with array dimensions behind, and where they are
            valid `(…)`.
        """

    def reduce(
        self, columns: Columns, weights: Floats | Sequence[Floats] | None = None
    ) -> list[Any]:
        """Drop the observations that the reducer ignores, and reduce the rest.

        Args:
            columns: One sequence of n values for each input; None is null.
            weights: `(n,)`, or one such array an input; all 1 where None. An observation that
                weighs 0 is ignored.

        Returns:
            One value per output, as plain Python values.
        """
        shared = shared_weights(weights, len(columns[0]))
        kept = shared > 0
        for column in columns[: self.inputs - self.optional]:
            kept &= not_null(column)
        if kept.all():
            return self.over_values(columns, shared)
        return self.over_values([take(column, kept) for column in columns], shared[kept])

    def types(self, inputs: Sequence[PixelType]) -> list[PixelType]:
        """Pixel types of the outputs, given those of the inputs."""
        return [DOUBLE] * len(self.outputs)


class Numeric(Reducer):
    """A reducer of plain numbers: what it does to stacks it does to values."""

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Reduce columns of numbers as one stack of a single pixel."""
        stacks = [as_numbers(column) for column in columns]
        return [
            plain(data) if valid.all() else None for data, valid in self.over_stack(stacks, weights)
        ]


def shared_weights(weights: Floats | Sequence[Floats] | None, count: int = 0) -> Floats:
    """One array of weights for all inputs: the least of theirs."""
    if weights is None:
        return np.ones(count)
    if isinstance(weights, np.ndarray):
        return weights
    least: Floats = np.minimum.reduce([np.asarray(each) for each in weights])
    return least


def not_null(column: Column) -> NDArray[np.bool_]:
    """Which values of a column are not null, `(n,)`."""
    if isinstance(column, np.ndarray) and column.dtype != object:
        return np.ones(len(column), bool)
    return np.fromiter((value is not None for value in column), bool, len(column))


def take(column: Column, kept: NDArray[np.bool_]) -> Column:
    """The values of a column where `kept` is true."""
    if isinstance(column, np.ndarray):
        return column[kept]
    return [value for value, keep in zip(column, kept, strict=True) if keep]


def as_numbers(column: Column) -> Floats:
    """A column as an array of numbers; booleans count as 0 and 1."""
    if isinstance(column, np.ndarray) and column.dtype != object:
        return column
    if not len(column):
        return np.zeros(0)
    array = np.asarray(column)
    return array.astype(np.uint8) if array.dtype == bool else array


def plain(value: Any) -> Any:
    """A NumPy number or array as plain Python; arrays become `Array` values."""
    data = np.asarray(value)
    if data.ndim == 0:
        return data.item()
    return Array.of(data)
