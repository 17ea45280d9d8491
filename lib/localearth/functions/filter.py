"""Constructors of filters: `Filter.*`."""

from collections.abc import Callable, Sequence
from typing import Any

from lib.localearth import fields, geodesy, predicates
from lib.localearth import filters as kinds
from lib.localearth.errors import EarthError
from lib.localearth.filter_text import parse
from lib.localearth.filters import Comparison, Filter, Not, Operands, Spatial
from lib.localearth.functions.algorithms import object_type
from lib.localearth.geometry import Geometry
from lib.localearth.registry import implements, register
from lib.localearth.values import DateRange, ErrorMargin

NUMBERS = ("Integer", "Long", "Float")  # types of which Number is the general one
_COMPARISONS: dict[tuple[str, ...], Callable[[Operands], Filter]] = {
    ("eq", "equals"): lambda sides: Comparison("equals", sides),
    ("neq", "notEquals"): lambda sides: Not(Comparison("equals", sides)),
    ("lt", "lessThan"): lambda sides: Comparison("lessThan", sides),
    ("gt", "greaterThan"): lambda sides: Comparison("greaterThan", sides),
    ("lte", "lessThanOrEquals"): lambda sides: Not(Comparison("greaterThan", sides)),
    ("gte", "greaterThanOrEquals"): lambda sides: Not(Comparison("lessThan", sides)),
    ("stringContains",): lambda sides: Comparison("stringContains", sides),
    ("stringStartsWith",): lambda sides: Comparison("stringStartsWith", sides),
    ("stringEndsWith",): lambda sides: Comparison("stringEndsWith", sides),
    ("inList",): lambda sides: Comparison("inList", sides),
    ("listContains",): lambda sides: Comparison("listContains", sides),
}


def _comparing(make: Callable[[Operands], Filter]) -> Callable[..., Filter]:
    def construct(
        left_field: str | None, right_value: Any, right_field: str | None, left_value: Any
    ) -> Filter:
        return make(Operands(left_field, right_value, right_field, left_value))

    return construct


for _names, _make in _COMPARISONS.items():
    for _name in _names:
        register(f"Filter.{_name}", _comparing(_make))


@implements("Filter.dateRangeContains")
def date_range_contains(
    left_field: str | None, right_value: Any, right_field: str | None, left_value: Any
) -> Filter:
    """A range of dates contains a time."""
    if isinstance(left_value, DateRange) and _is_empty(left_value):
        raise EarthError("Empty date ranges not supported")
    return kinds.DateRangeContains(Operands(left_field, right_value, right_field, left_value))


def _is_empty(span: DateRange) -> bool:
    return span.start is not None and span.end is not None and span.start >= span.end


def _spatial(name: str) -> Callable[..., Filter]:
    def construct(
        left_field: str | None,
        right_value: Any,
        right_field: str | None,
        left_value: Any,
        max_error: ErrorMargin | None,
    ) -> Filter:
        return Spatial(name, Operands(left_field, right_value, right_field, left_value))

    return construct


for _name in ("intersects", "disjoint", "contains", "isContained"):
    register(f"Filter.{_name}", _spatial(_name))


@implements("Filter.withinDistance")
def within_distance(
    distance: float,
    left_field: str | None,
    right_value: Any,
    right_field: str | None,
    left_value: Any,
    max_error: ErrorMargin | None,
) -> Filter:
    """Two geometries come within metres of each other."""
    sides = Operands(left_field, right_value, right_field, left_value)
    return Spatial("withinDistance", sides, distance)


@implements("Filter.maxDifference")
def max_difference(
    difference: float,
    left_field: str | None,
    right_value: Any,
    right_field: str | None,
    left_value: Any,
) -> Filter:
    """Two numbers differ by no more than a bound."""
    return kinds.MaxDifference(
        difference, Operands(left_field, right_value, right_field, left_value)
    )


@implements("Filter.and")
def all_of(filters: Sequence[Filter]) -> Filter:
    """All pass."""
    return kinds.And(tuple(filters))


@implements("Filter.or")
def any_of(filters: Sequence[Filter]) -> Filter:
    """One passes."""
    return kinds.Or(tuple(filters))


@implements("Filter.not")
def negated(filter: Filter) -> Filter:  # noqa: A002
    """The filter does not pass."""
    return Not(filter)


@implements("Filter.always")
def always() -> Filter:
    """Everything passes."""
    return predicates.Predicate("always", lambda _: True)


@implements("Filter.never")
def never() -> Filter:
    """Nothing passes."""
    return predicates.Predicate("never", lambda _: False)


@implements("Filter.hasGeometry")
def has_geometry() -> Filter:
    """Elements with a geometry pass."""
    return predicates.Predicate(
        "hasGeometry", lambda element: fields.geometry_of(element) is not None
    )


@implements("Filter.notNull")
def not_null(properties: Sequence[str]) -> Filter:
    """Elements that have all properties pass."""
    return predicates.not_null(properties)


@implements("Filter.dayOfYear")
def day_of_year(start: int, end: int) -> Filter:
    """Elements of some days of the year pass."""
    return predicates.calendar_range(start, end, "day_of_year")


@implements("Filter.calendarRange")
def calendar_range(start: int, end: int | None, field: str) -> Filter:
    """Elements of a part of the calendar pass."""
    return predicates.calendar_range(start, start if end is None else end, field)


@implements("Filter.rangeContains")
def range_contains(field: str, min_value: Any, max_value: Any) -> Filter:
    """Elements whose property lies between two values pass."""
    return predicates.range_contains(field, min_value, max_value)


@implements("Filter.area")
def area(
    min: float,  # noqa: A002
    max: float,  # noqa: A002
    max_error: ErrorMargin | None,
    geometry_selector: str | None,
) -> Filter:
    """Elements whose geometry has an area between two bounds pass."""

    def passes(element: Any) -> bool:
        geometry = fields.value_of(element, geometry_selector or ".geo")
        return geometry is not None and min <= geodesy.area(geometry) <= max

    return predicates.Predicate("area", passes)


@implements("Filter.hasType")
def has_type(
    left_field: str | None, right_value: Any, right_field: str | None, left_value: Any
) -> Filter:
    """Elements whose property, or geometry, is of a type pass."""
    sides = Operands(left_field, right_value, right_field, left_value)

    def passes(element: Any) -> bool:
        value, wanted = sides.read(element, element)
        if isinstance(value, Geometry):
            return wanted in (value.shape.geom_type, "Geometry", "Object")
        found = object_type(value)
        return wanted in (found, "Object") or (wanted == "Number" and found in NUMBERS)

    return predicates.Predicate("hasType", passes)


@implements("Filter.expression")
def expression(expression: str) -> Filter:
    """A filter written as text."""
    return parse(expression)
