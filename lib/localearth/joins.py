"""Joins: which elements of one collection go with which of another."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lib.localearth import assumptions
from lib.localearth.fields import value_of
from lib.localearth.filters import And, Comparison, Filter
from lib.localearth.functions.element import with_properties
from lib.localearth.reducers.simple import comparable
from lib.localearth.values import Collection, Feature

Match = tuple[Any, float | None]


@dataclass(frozen=True)
class Join:
    """How matches become elements.

    Attributes:
        name: "simple", "inverted", "inner", "saveFirst", "saveBest" or "saveAll".
        keys: Property, or the two properties of "inner", that hold matches.
        ordering: Property by which matches are sorted.
        ascending: Whether the least comes first.
        measure_key: Property of a match that holds how far it is.
        outer: Whether elements without a match stay.
    """

    name: str
    keys: tuple[str, ...] = ()
    ordering: str | None = None
    ascending: bool = True
    measure_key: str | None = None
    outer: bool = False

    def describe(self) -> dict[str, Any]:
        """The join as plain data."""
        return {"type": f"Join.{self.name}"}

    def apply(self, primary: Collection, secondary: Collection, condition: Filter) -> Collection:
        """Join two collections; elements come in the order of the first."""

        def elements() -> Iterator[Any]:
            candidates = candidates_for(condition, secondary.elements)
            for element in primary.elements:
                matches = self._matches(element, candidates(element), condition)
                yield from self._joined(element, matches)

        of_images = primary.of_images and self.name != "inner"
        return Collection(elements, of_images=of_images, properties=primary.properties)

    def _matches(self, element: Any, others: Sequence[Any], condition: Filter) -> list[Match]:
        found: list[Match] = [
            (other, condition.measure(element, other))
            for other in others
            if condition.match(element, other)
        ]
        if self.name == "saveBest":
            return sorted(found, key=lambda match: _far(match[1]))[:1]
        if self.ordering is not None:
            found = self._ordered(found, self.ordering)
        return found[:1] if self.name == "saveFirst" else found

    def _ordered(self, found: list[Match], ordering: str) -> list[Match]:
        missing = [match for match in found if value_of(match[0], ordering) is None]
        present = [match for match in found if value_of(match[0], ordering) is not None]
        present.sort(
            key=lambda match: comparable(value_of(match[0], ordering)), reverse=not self.ascending
        )
        first = self.ascending == assumptions.NULLS_FIRST_IN_SORT
        return missing + present if first else present + missing

    def _joined(self, element: Any, matches: list[Match]) -> list[Any]:
        if self.name == "simple":
            return [element] if matches else []
        if self.name == "inverted":
            return [] if matches else [element]
        if self.name == "inner":
            return [self._pair(element, match) for match in matches]
        if not matches and not self.outer:
            return []
        marked = [self._marked(match) for match in matches]
        value = marked if self.name == "saveAll" else next(iter(marked), None)
        return [with_properties(element, {**element.properties, self.keys[0]: value})]

    def _pair(self, element: Any, match: Match) -> Feature:
        other = self._marked(match)
        index = f"{_index(element)}_{_index(other)}"
        pair = {self.keys[0]: element, self.keys[1]: other, "system:index": index}
        return Feature(None, pair)

    def _marked(self, match: Match) -> Any:
        element, measure = match
        if self.measure_key is None or measure is None:
            return element
        return with_properties(element, {**element.properties, self.measure_key: measure})


def candidates_for(condition: Filter, others: Sequence[Any]) -> Callable[[Any], Sequence[Any]]:
    """Which elements may match one: those with an equal value, where the condition asks for it."""
    fields = _equal_fields(condition)
    if fields is None:
        return lambda _: others
    left, right = fields
    table: dict[Any, list[Any]] = {}
    for other in others:
        key = value_of(other, right)
        if not isinstance(key, _KEYS):
            return lambda _: others
        table.setdefault(key, []).append(other)

    def candidates(element: Any) -> Sequence[Any]:
        key = value_of(element, left)
        return table.get(key, ()) if isinstance(key, _KEYS) else others

    return candidates


_KEYS = (str, int, float, type(None))


def _equal_fields(condition: Filter) -> tuple[str, str] | None:
    parts = condition.filters if isinstance(condition, And) else (condition,)
    for part in parts:
        if isinstance(part, Comparison) and part.name == "equals":
            left, right = part.sides.left_field, part.sides.right_field
            if left and right:
                return left, right
    return None


def _far(measure: float | None) -> float:
    return float("inf") if measure is None else measure


def _index(element: Any) -> Any:
    read: Callable[[str], Any] = element.properties.get
    return read("system:index")
