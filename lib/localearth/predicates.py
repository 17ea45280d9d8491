"""Filters that test single elements: null properties, calendars, ranges of values."""
# ruff: noqa: ARG002 - every filter takes the same arguments

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lib.localearth.errors import EarthError
from lib.localearth.fields import TIME, plain, value_of
from lib.localearth.filters import Filter

CALENDAR: dict[str, Callable[[datetime], int]] = {
    "year": lambda day: day.year,
    "month": lambda day: day.month,
    "hour": lambda day: day.hour,
    "minute": lambda day: day.minute,
    "day_of_year": lambda day: day.timetuple().tm_yday,
    "day_of_month": lambda day: day.day,
    "day_of_week": lambda day: day.isoweekday(),
}


@dataclass(frozen=True)
class Predicate(Filter):
    """A test of single elements.

    Attributes:
        name: As on the wire.
        passes: The test.
    """

    name: str
    passes: Callable[[Any], bool] = field(compare=False)

    def match(self, left: Any, right: Any) -> bool:
        """Test the left element."""
        return self.passes(left)


def not_null(properties: Sequence[str]) -> Filter:
    """All properties are there."""
    return Predicate(
        "notNull", lambda element: all(value_of(element, name) is not None for name in properties)
    )


def calendar_range(start: int, end: int, unit: str) -> Filter:
    """The time lies between two values of a calendar field, in UTC; wraps where end < start.

    Raises:
        EarthError: The field is unknown.
    """
    read = CALENDAR.get(unit)
    if read is None:
        raise EarthError(f"Unknown calendar field '{unit}'. Expected one of {', '.join(CALENDAR)}.")

    def passes(element: Any) -> bool:
        millis = plain(value_of(element, TIME))
        if not isinstance(millis, (int, float)):
            return False
        found = read(datetime.fromtimestamp(millis / 1000, UTC))
        return start <= found <= end if start <= end else found >= start or found <= end

    return Predicate("calendarRange", passes)


def range_contains(name: str, low: Any, high: Any) -> Filter:
    """A property lies between two values, both included."""

    def passes(element: Any) -> bool:
        value = plain(value_of(element, name))
        return value is not None and bool(plain(low) <= value <= plain(high))

    return Predicate("rangeContains", passes)
