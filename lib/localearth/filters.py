"""Filters: which elements of a collection pass, and which pairs of elements match.

A filter knows two things. `test` decides about an element; `narrowing` tells a catalogue in advance
what cannot pass, so that it need not list everything. A narrowing may let too much through and
never too little: elements are tested anyway.
"""
# ruff: noqa: ARG002 - every filter takes the same arguments

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lib.localearth import geodesy
from lib.localearth.fields import GEOMETRY_FIELDS, TIME, geometry_of, plain, same, value_of
from lib.localearth.values import DateRange, Narrowing


class Filter(ABC):
    """Decides about elements, and about pairs of elements in a join."""

    @abstractmethod
    def match(self, left: Any, right: Any) -> bool:
        """Whether a pair of elements matches; a field is read on its own side."""

    def test(self, element: Any) -> bool:
        """Whether an element passes."""
        return self.match(element, element)

    def narrowing(self) -> Narrowing:
        """What a catalogue may leave out in advance."""
        return Narrowing()

    def measure(self, left: Any, right: Any) -> float | None:
        """How far apart a pair is, for filters that measure."""
        return None

    def describe(self) -> dict[str, Any]:
        """The filter as plain data."""
        name = getattr(self, "name", type(self).__name__)
        return {"type": f"Filter.{name[0].lower()}{name[1:]}"}


@dataclass(frozen=True)
class Operands:
    """Where the two sides of a comparison come from: a field or a constant each."""

    left_field: str | None = None
    right_value: Any = None
    right_field: str | None = None
    left_value: Any = None

    def read(self, left: Any, right: Any) -> tuple[Any, Any]:
        """Both sides for a pair of elements."""
        first = value_of(left, self.left_field) if self.left_field else self.left_value
        second = value_of(right, self.right_field) if self.right_field else self.right_value
        return first, second


@dataclass(frozen=True)
class Comparison(Filter):
    """Compares two plain values; false where one is null, except for equality.

    Attributes:
        name: "equals", "lessThan" … as on the wire.
        sides: The two sides.
    """

    name: str
    sides: Operands

    def match(self, left: Any, right: Any) -> bool:
        """Compare the two sides."""
        first, second = (plain(value) for value in self.sides.read(left, right))
        if self.name == "equals":
            return same(first, second)
        if first is None or second is None:
            return False
        try:
            return COMPARISONS[self.name](first, second)
        except TypeError:
            return False

    def narrowing(self) -> Narrowing:
        """A bound on the time, where the time is compared with a constant."""
        bound = plain(self.sides.right_value)
        if self.sides.left_field != TIME or not isinstance(bound, (int, float)):
            return Narrowing()
        start = bound if self.name in ("greaterThan", "equals") else None
        end = bound + 1 if self.name in ("lessThan", "equals") else None
        return Narrowing(start, end)


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "lessThan": lambda left, right: bool(left < right),
    "greaterThan": lambda left, right: bool(left > right),
    "stringContains": lambda left, right: right in _text(left),
    "stringStartsWith": lambda left, right: _text(left).startswith(right),
    "stringEndsWith": lambda left, right: _text(left).endswith(right),
    "listContains": lambda left, right: any(same(plain(item), right) for item in left),
    "inList": lambda left, right: any(same(left, plain(item)) for item in right),
}


@dataclass(frozen=True)
class DateRangeContains(Filter):
    """Whether a range of dates contains a time."""

    sides: Operands

    def match(self, left: Any, right: Any) -> bool:
        """Look whether the right time is within the left range."""
        span, when = self.sides.read(left, right)
        if isinstance(when, DateRange):
            return isinstance(span, DateRange) and _within(span, when.start) and _ends(span, when)
        when = plain(when)
        return (
            isinstance(span, DateRange) and isinstance(when, (int, float)) and _within(span, when)
        )

    def narrowing(self) -> Narrowing:
        """The range itself, where the time of images is asked for."""
        span = self.sides.left_value
        if self.sides.right_field != TIME or not isinstance(span, DateRange):
            return Narrowing()
        return Narrowing(span.start, span.end)


@dataclass(frozen=True)
class Spatial(Filter):
    """Compares two geometries; a null geometry never passes.

    Attributes:
        name: "intersects", "disjoint", "contains", "isContained" or "withinDistance".
        sides: The two sides.
        distance_m: Of "withinDistance".
    """

    name: str
    sides: Operands
    distance_m: float = 0.0

    def match(self, left: Any, right: Any) -> bool:
        """Compare the two geometries."""
        first, second = (geometry_of(value) for value in self.sides.read(left, right))
        if first is None or second is None:
            return False
        if self.name in ("intersects", "disjoint"):
            return geodesy.intersects(first, second) == (self.name == "intersects")
        if self.name == "withinDistance":
            return geodesy.distance(first, second) <= self.distance_m
        inner, outer = (second, first) if self.name == "contains" else (first, second)
        return not inner.shape.is_empty and geodesy.contains(outer, inner)

    def narrowing(self) -> Narrowing:
        """The place, where footprints must meet it."""
        place = geometry_of(self.sides.right_value)
        if self.name != "intersects" or self.sides.left_field not in GEOMETRY_FIELDS:
            return Narrowing()
        return Narrowing(place=place)

    def measure(self, left: Any, right: Any) -> float | None:
        """Metres between the geometries."""
        first, second = (geometry_of(value) for value in self.sides.read(left, right))
        if self.name != "withinDistance" or first is None or second is None:
            return None
        return geodesy.distance(first, second)


@dataclass(frozen=True)
class MaxDifference(Filter):
    """Whether two numbers, or times, differ by no more than a bound."""

    difference: float
    sides: Operands

    def match(self, left: Any, right: Any) -> bool:
        """Compare the difference with the bound."""
        apart = self.measure(left, right)
        return apart is not None and apart <= self.difference

    def measure(self, left: Any, right: Any) -> float | None:
        """The absolute difference."""
        first, second = (plain(value) for value in self.sides.read(left, right))
        if not isinstance(first, (int, float)) or not isinstance(second, (int, float)):
            return None
        return float(abs(first - second))


@dataclass(frozen=True)
class And(Filter):
    """All filters pass."""

    filters: tuple[Filter, ...]

    def match(self, left: Any, right: Any) -> bool:
        """Ask all."""
        return all(each.match(left, right) for each in self.filters)

    def narrowing(self) -> Narrowing:
        """What all narrowings allow."""
        narrowed = Narrowing()
        for each in self.filters:
            narrowed = both(narrowed, each.narrowing())
        return narrowed

    def measure(self, left: Any, right: Any) -> float | None:
        """The first measure."""
        return _first_measure(self.filters, left, right)


@dataclass(frozen=True)
class Or(Filter):
    """One of the filters passes."""

    filters: tuple[Filter, ...]

    def match(self, left: Any, right: Any) -> bool:
        """Ask until one passes."""
        return any(each.match(left, right) for each in self.filters)

    def measure(self, left: Any, right: Any) -> float | None:
        """The first measure."""
        return _first_measure(self.filters, left, right)


@dataclass(frozen=True)
class Not(Filter):
    """The filter does not pass."""

    filter: Filter

    def match(self, left: Any, right: Any) -> bool:
        """Turn the answer round."""
        return not self.filter.match(left, right)


def both(one: Narrowing, other: Narrowing) -> Narrowing:
    """What two narrowings allow; of two places the first is kept, the other is tested later."""
    starts = [each for each in (one.start, other.start) if each is not None]
    ends = [each for each in (one.end, other.end) if each is not None]
    return Narrowing(
        max(starts, default=None),
        min(ends, default=None),
        one.place if one.place is not None else other.place,
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _within(span: DateRange, when: float | None) -> bool:
    if when is None:
        return span.start is None
    return (span.start is None or span.start <= when) and (span.end is None or when < span.end)


def _ends(span: DateRange, inner: DateRange) -> bool:
    return span.end is None or (inner.end is not None and inner.end <= span.end)


def _first_measure(filters: Sequence[Filter], left: Any, right: Any) -> float | None:
    measures = (each.measure(left, right) for each in filters)
    return next((value for value in measures if value is not None), None)
