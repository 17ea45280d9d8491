"""Properties over a collection: columns that are reduced, replaced or added."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from lib.localearth.encode import encode
from lib.localearth.errors import EarthError
from lib.localearth.fields import value_of
from lib.localearth.functions.collection import derived
from lib.localearth.functions.element import with_properties
from lib.localearth.reducers.base import Reducer, as_numbers
from lib.localearth.registry import implements
from lib.localearth.values import Array, Collection, Date


@implements("Collection.distinct")
def distinct(collection: Collection, properties: Any) -> Collection:
    """The first element of each combination of properties."""
    names = [properties] if isinstance(properties, str) else list(properties)

    def elements() -> list[Any]:
        seen: dict[str, Any] = {}
        for element in collection.elements:
            seen.setdefault(_fingerprint(element, names), element)
        return list(seen.values())

    return derived(collection, elements)


def _fingerprint(element: Any, names: Sequence[str]) -> str:
    return json.dumps([encode(value_of(element, name)) for name in names], sort_keys=True)


@implements("Collection.randomColumn")
def random_column(
    collection: Collection, column_name: str, seed: int, distribution: str, row_keys: Sequence[str]
) -> Collection:
    """A column of random numbers that depend on the seed and the keys of a row only."""
    if distribution not in ("uniform", "normal"):
        raise EarthError(f"Unknown distribution '{distribution}'. Expected uniform or normal.")

    def elements() -> list[Any]:
        return [
            with_properties(
                element,
                {
                    **element.properties,
                    column_name: _random(_fingerprint(element, row_keys), seed, distribution),
                },
            )
            for element in collection.elements
        ]

    return derived(collection, elements)


def _random(key: str, seed: int, distribution: str) -> float:
    digest = hashlib.blake2b(f"{seed}|{key}".encode(), digest_size=16).digest()
    first, second = (int.from_bytes(part) >> 11 for part in (digest[:8], digest[8:]))
    uniform = first / 2**53
    if distribution == "uniform":
        return uniform
    radius = np.sqrt(-2.0 * np.log(1.0 - uniform))
    return float(radius * np.cos(2.0 * np.pi * second / 2**53))


@implements("Collection.remap")
def remap(
    collection: Collection, lookup_in: Sequence[Any], lookup_out: Sequence[Any], column_name: str
) -> Collection:
    """Replace the values of a property; elements with other values are dropped."""
    if len(lookup_in) != len(lookup_out):
        raise EarthError(f"Got {len(lookup_in)} values to look up and {len(lookup_out)} results.")
    table = dict(zip(lookup_in, lookup_out, strict=True))

    def elements() -> list[Any]:
        return [
            with_properties(element, {**element.properties, column_name: table[value]})
            for element in collection.elements
            if (value := element.properties.get(column_name)) in table
        ]

    return derived(collection, elements)


@implements("Collection.reduceColumns")
def reduce_columns(
    collection: Collection,
    reducer: Reducer,
    selectors: Sequence[str],
    weight_selectors: Sequence[str] | None,
) -> dict[str, Any]:
    """Reduce properties over all elements."""
    if len(selectors) != reducer.inputs:
        raise EarthError(
            f"Need {reducer.inputs} inputs for Reducer.{reducer.name}, got {len(selectors)}."
        )
    elements = collection.elements
    columns = [[_number_or_value(value_of(each, name)) for each in elements] for name in selectors]
    answers = reducer.reduce(columns, _weights(elements, weight_selectors, len(selectors)))
    return dict(zip(reducer.outputs, answers, strict=True))


def _weights(elements: Sequence[Any], names: Sequence[str] | None, inputs: int) -> Any:
    if not names:
        return None
    columns = [
        as_numbers([value_of(each, name) or 0 for each in elements]).astype(np.float64)
        for name in names
    ]
    return columns if len(columns) == inputs else columns[0]


def _number_or_value(value: Any) -> Any:
    return value.millis if isinstance(value, Date) else value


@implements("FeatureCollection.makeArray")
def make_array(collection: Collection, properties: Sequence[str], name: str) -> Collection:
    """A property that holds others as a vector; elements that lack a number are dropped."""

    def elements() -> list[Any]:
        rows = (
            (each, [each.properties.get(key) for key in properties]) for each in collection.elements
        )
        return [
            with_properties(each, {**each.properties, name: Array.of(row)})
            for each, row in rows
            if all(isinstance(value, (int, float)) for value in row)
        ]

    return derived(collection, elements)


def columns_of(elements: Iterable[Any], name: str) -> list[Any]:
    """The values of a property where they are there."""
    return [value for each in elements if (value := value_of(each, name)) is not None]
