"""Reducers made of reducers."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lib.localearth.raster.projection import PixelType
from lib.localearth.reducers.base import (
    Column,
    Columns,
    Floats,
    Reducer,
    Stacked,
    as_numbers,
    not_null,
    plain,
    shared_weights,
    take,
)
from lib.localearth.reducers.listing import Listing
from lib.localearth.reducers.simple import comparable
from lib.localearth.reducers.workspace import APART, GROUPED, RECKONED, and_more, together
from lib.localearth.values import Array


class Combined(Reducer):
    """Reducers side by side, over the same inputs or over inputs one after the other."""

    def __init__(
        self, parts: Sequence[Reducer], outputs: Sequence[str], *, shared: bool = False
    ) -> None:
        """Take the reducers and the names of all their outputs in order."""
        self.name = "combine"
        self.parts = tuple(parts)
        self.outputs = tuple(outputs)
        self.inputs = parts[0].inputs if shared else sum(part.inputs for part in parts)
        self.weighted = any(part.weighted for part in parts)
        self.optional = self.inputs
        self.workspace = together([(part.workspace, part.inputs) for part in parts], self.inputs)
        self._slices = _slices(parts, shared)

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Let each part reduce its own inputs."""
        return [value for answers in self._answers(columns, weights) for value in answers]

    def reduce(
        self, columns: Columns, weights: Floats | Sequence[Floats] | None = None
    ) -> list[Any]:
        """Let each part drop what it ignores and reduce the rest."""
        return [value for answers in self._answers(columns, weights) for value in answers]

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Let each part reduce its own stacks."""
        pairs = zip(self.parts, self._slices, strict=True)
        return [
            answer
            for part, inputs in pairs
            for answer in part.over_stack(stacks[inputs], _own(weights, inputs))
        ]

    def types(self, inputs: Sequence[PixelType]) -> list[PixelType]:
        """The parts' types one after the other."""
        pairs = zip(self.parts, self._slices, strict=True)
        return [kind for part, where in pairs for kind in part.types(inputs[where])]

    def _answers(self, columns: Columns, weights: Any) -> list[list[Any]]:
        pairs = zip(self.parts, self._slices, strict=True)
        return [part.reduce(columns[where], _own(weights, where)) for part, where in pairs]


def _slices(parts: Sequence[Reducer], shared: bool) -> list[slice]:
    if shared:
        return [slice(0, part.inputs) for part in parts]
    ends = np.cumsum([part.inputs for part in parts]).tolist()
    return [slice(end - part.inputs, end) for part, end in zip(parts, ends, strict=True)]


def _own(weights: Any, inputs: slice) -> Any:
    return weights if weights is None or isinstance(weights, np.ndarray) else weights[inputs]


class Wrapped(Reducer):
    """A reducer that passes everything on to another; its kinds change one thing each."""

    def __init__(self, inner: Reducer) -> None:
        """Take over what the inner reducer says of itself."""
        self.inner = inner
        self.name = inner.name
        self.inputs = inner.inputs
        self.outputs = inner.outputs
        self.weighted = inner.weighted
        self.optional = inner.optional
        self.workspace = inner.workspace

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Reduce values with the inner reducer."""
        return self.inner.reduce(columns, weights)

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Reduce stacks with the inner reducer."""
        return self.inner.over_stack(stacks, weights)

    def types(self, inputs: Sequence[PixelType]) -> list[PixelType]:
        """The inner reducer's types."""
        return self.inner.types(inputs)


class Repeated(Wrapped):
    """Copies of a reducer, whose outputs are lists with one item a copy."""

    def __init__(self, inner: Reducer, count: int) -> None:
        """Take the reducer and the number of copies."""
        super().__init__(inner)
        self._count = count
        self._copies = Combined([inner] * count, inner.outputs * count)
        self.inputs = self._copies.inputs
        self.workspace = self._copies.workspace
        self.optional = self.inputs

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Reduce each copy's values and list them by output."""
        answers = self._copies.reduce(columns, weights)
        return [answers[index :: len(self.outputs)] for index in range(len(self.outputs))]

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Reduce each copy's stacks; its answers become the first array dimension."""
        answers = self._copies.over_stack(stacks, weights)
        return [
            self._joined(answers[index :: len(self.outputs)]) for index in range(len(self.outputs))
        ]

    def types(self, inputs: Sequence[PixelType]) -> list[PixelType]:
        """The inner types with one more dimension."""
        kinds = self.inner.types(inputs[: self.inner.inputs])
        return [replace(kind, dimensions=kind.dimensions + 1) for kind in kinds]

    def _joined(self, answers: Stacked) -> tuple[Floats, Any]:
        valid = np.logical_and.reduce([valid for _, valid in answers])
        return np.stack([data for data, _ in answers], axis=valid.ndim), valid


class Renamed(Wrapped):
    """A reducer with other output names; an output without a name is dropped."""

    def __init__(self, inner: Reducer, outputs: Sequence[str | None]) -> None:
        """Take one name, None or "" for each output."""
        super().__init__(inner)
        self._kept = [index for index, name in enumerate(outputs) if name]
        self.outputs = tuple(name for name in outputs if name)

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Keep the named outputs."""
        answers = self.inner.reduce(columns, weights)
        return [answers[index] for index in self._kept]

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Keep the named outputs."""
        answers = self.inner.over_stack(stacks, weights)
        return [answers[index] for index in self._kept]

    def types(self, inputs: Sequence[PixelType]) -> list[PixelType]:
        """Keep the named outputs' types."""
        kinds = self.inner.types(inputs)
        return [kinds[index] for index in self._kept]


class Unweighted(Wrapped):
    """A reducer to which every valid observation counts 1."""

    def __init__(self, inner: Reducer) -> None:
        """Take a reducer."""
        super().__init__(inner)
        self.workspace = and_more(inner.workspace, extra=RECKONED)
        self.weighted = False

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Reduce with weights of 0 and 1."""
        return self.inner.reduce(columns, (weights > 0).astype(np.float64))

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Reduce with weights of 0 and 1."""
        if isinstance(weights, np.ndarray):
            return self.inner.over_stack(stacks, (weights > 0).astype(np.float64))
        return self.inner.over_stack(stacks, [(each > 0).astype(np.float64) for each in weights])


class SplitWeights(Wrapped):
    """A reducer whose weighted inputs each become two: the value, and then its weight."""

    def __init__(self, inner: Reducer) -> None:
        """Take a reducer; one that is not weighted stays as it is."""
        super().__init__(inner)
        self.workspace = and_more(inner.workspace, extra=RECKONED)
        self._split = inner.weighted
        self.inputs = inner.inputs * 2 if self._split else inner.inputs
        self.weighted = False

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Take every second column as weights."""
        if not self._split:
            return self.inner.reduce(columns, weights)
        explicit = [as_numbers(column).astype(np.float64) for column in columns[1::2]]
        return self.inner.reduce(columns[::2], explicit)

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Take every second stack as weights."""
        if not self._split:
            return self.inner.over_stack(stacks, weights)
        valid = shared_weights(weights) > 0
        return self.inner.over_stack(
            stacks[::2], [np.where(valid, each, 0) for each in stacks[1::2]]
        )


class Grouped(Listing):
    """Reduces the observations of each group; the groups come in ascending order."""

    outputs = ("groups",)

    def __init__(self, inner: Reducer, field: int, name: str) -> None:
        """Take the reducer, the input that tells the group, and the key that names it."""
        self.name = "group"
        self.inner = inner
        self.inputs = inner.inputs + 1
        self.optional = self.inputs
        self.workspace = and_more(inner.workspace, plain=GROUPED)
        self.weighted = inner.weighted
        self._field = field
        self._key = name

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Reduce group by group; observations without a group are dropped."""
        keys = columns[self._field]
        others = [column for index, column in enumerate(columns) if index != self._field]
        present = not_null(keys)
        keys, weights = take(keys, present), weights[present]
        rest = [take(column, present) for column in others]
        groups = [
            {
                self._key: value,
                **_named(self.inner, [take(each, chosen) for each in rest], weights[chosen]),
            }
            for value, chosen in _groups(keys)
        ]
        return [groups]


def _groups(keys: Column) -> list[tuple[Any, Floats]]:
    if isinstance(keys, np.ndarray) and keys.dtype != object:
        values, index = np.unique(keys, return_inverse=True)
        return [(value.item(), index == place) for place, value in enumerate(values)]
    distinct = sorted(set(keys), key=comparable)
    return [(value, np.array([key == value for key in keys])) for value in distinct]


def _named(reducer: Reducer, columns: Columns, weights: Floats) -> dict[str, Any]:
    answers = reducer.reduce(columns, weights)
    return dict(zip(reducer.outputs, answers, strict=True))


class Disaggregated(Wrapped):
    """Takes arrays, lists and dictionaries apart and reduces their items."""

    def __init__(self, inner: Reducer, axis: int | None) -> None:
        """Take the reducer and the array axis to take apart, None for all."""
        super().__init__(inner)
        self.workspace = and_more(inner.workspace, plain=APART)
        self._axis = axis

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Reduce the items of all observations."""
        apart = [[self._items(value) for value in column] for column in columns]
        counts = [len(items) for items in apart[0]]
        flat = [[item for items in column for item in items] for column in apart]
        return self.inner.reduce(flat, np.repeat(weights, counts))

    def _items(self, value: Any) -> list[Any]:
        if isinstance(value, Array):
            if self._axis is None:
                return [item.item() for item in value.data.ravel()]
            moved = np.moveaxis(value.data, self._axis, 0)
            return [replace(value, data=item) if item.ndim else item.item() for item in moved]
        if isinstance(value, dict):
            return [value[key] for key in sorted(value)]
        return list(value) if isinstance(value, list) else [value]


class ForEachElement(Wrapped):
    """Reduces arrays of one shape place by place."""

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Stack the arrays and reduce the stack."""
        if not len(columns[0]):
            return [None] * len(self.outputs)
        arrays: list[list[Any]] = [
            [getattr(value, "data", value) for value in column] for column in columns
        ]
        stacks = [np.stack(each) for each in arrays]
        shape = (-1,) + (1,) * (stacks[0].ndim - 1)
        answers = self.inner.over_stack(
            stacks, np.broadcast_to(weights.reshape(shape), stacks[0].shape)
        )
        return [plain(data) if valid.all() else None for data, valid in answers]
