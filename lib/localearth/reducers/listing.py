"""Reducers that collect: their answers are lists, tables or collections, never pixels."""
# ruff: noqa: ARG002 - every reducer takes the same arguments

from abc import ABC
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lib.localearth.errors import EarthError
from lib.localearth.reducers.base import Column, Columns, Floats, Reducer, Stacked
from lib.localearth.reducers.workspace import COLLECTING, FEATURES, TUPLE
from lib.localearth.values import Collection, Feature


class Listing(Reducer, ABC):
    """A reducer whose answers cannot be pixels."""

    def over_stack(self, stacks: Sequence[Floats], weights: Floats | Sequence[Floats]) -> Stacked:
        """Refuse.

        Raises:
            EarthError: Always.
        """
        raise EarthError(
            f"Reducer.{self.name} does not give numbers or arrays, so it cannot reduce pixels."
        )


class ToList(Listing):
    """All inputs in a list, or in tuples."""

    name = "toList"
    outputs = ("list",)
    workspace = COLLECTING

    def __init__(self, tuple_size: int | None, optional: int) -> None:
        """Take the size of tuples, None for bare values, and how many last inputs may be null."""
        self.inputs = tuple_size or 1
        self.optional = optional
        self._bare = tuple_size is None
        if tuple_size is not None:
            self.workspace = replace(COLLECTING, kept=COLLECTING.kept * tuple_size + TUPLE)

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Collect values of any type."""
        plain = [_listed(column) for column in columns]
        if self._bare:
            return [plain[0]]
        return [[list(row) for row in zip(*plain, strict=True)]]


class ToCollection(Listing):
    """All inputs as features without geometry."""

    name = "toCollection"
    outputs = ("features",)
    workspace = FEATURES

    def __init__(self, properties: Sequence[str], optional: int) -> None:
        """Take a property for each input and how many of the last may be null."""
        self.inputs = len(properties)
        self.optional = optional
        self._properties = tuple(properties)

    def over_values(self, columns: Columns, weights: Floats) -> list[Any]:
        """Collect values of any type."""
        rows = zip(*(_listed(column) for column in columns), strict=True)
        named = (dict(zip(self._properties, row, strict=True)) for row in rows)
        features = [
            Feature(None, {**_without_nulls(row), "system:index": str(index)})
            for index, row in enumerate(named)
        ]
        return [Collection.of(features, of_images=False)]


def _without_nulls(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _listed(column: Column) -> list[Any]:
    return column.tolist() if isinstance(column, np.ndarray) else list(column)
