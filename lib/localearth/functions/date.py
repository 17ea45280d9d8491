"""Dates and ranges of dates: `Date.*`, `DateRange.*`."""

from typing import Any

from lib.localearth import date_patterns, dates
from lib.localearth.errors import EarthError
from lib.localearth.registry import implements
from lib.localearth.values import Date, DateRange


def millis_of(value: Any, zone: str | None) -> float:
    """Milliseconds of a date, a number or a text."""
    if isinstance(value, Date):
        return value.millis
    if isinstance(value, str):
        return dates.parse_iso(value, zone)
    if isinstance(value, (int, float)):
        return value
    raise EarthError(f"Cannot make a date of {value!r}.")


@implements("Date")
def date(value: Any, time_zone: str | None) -> Date:
    """A date of milliseconds or of a text."""
    return Date(millis_of(value, time_zone))


@implements("Date.advance")
def advance(date: Date, delta: float, unit: str, time_zone: str | None) -> Date:
    """A date some units later."""
    return Date(dates.advance(date.millis, delta, unit, time_zone))


@implements("Date.difference")
def difference(date: Date, start: Date, unit: str) -> float:
    """Units from the start to the date, of average length."""
    return (date.millis - start.millis) / dates.mean_millis(unit)


@implements("Date.format")
def format_date(date: Date, format: str | None, time_zone: str | None) -> str:  # noqa: A002
    """Write a date by a pattern."""
    return date_patterns.write(date.millis, format or date_patterns.DEFAULT, time_zone)


@implements("Date.parse")
def parse(format: str, date: str, time_zone: str | None) -> Date:  # noqa: A002
    """Read a date by a pattern."""
    return Date(date_patterns.read(date, format, time_zone))


@implements("Date.fromYMD")
def from_ymd(year: int, month: int, day: int, time_zone: str | None) -> Date:
    """A date of a year, a month and a day."""
    return Date(dates.parse_iso(f"{year:04d}-{month}-{day}", time_zone))


@implements("Date.get")
def get(date: Date, unit: str, time_zone: str | None) -> int:
    """One part of a date; weeks are those of ISO 8601."""
    moment = dates.moment_of(date.millis, time_zone)
    name = dates.unit_of(unit)
    return int(moment.isocalendar().week if name == "week" else getattr(moment, name))


@implements("Date.getFraction")
def get_fraction(date: Date, unit: str, time_zone: str | None) -> float:
    """The share of the unit that has passed."""
    start, end = dates.unit_range(date.millis, unit, time_zone)
    return (date.millis - start) / (end - start)


@implements("Date.getRange")
def get_range(date: Date, unit: str, time_zone: str | None) -> DateRange:
    """The whole unit that a date lies in."""
    return DateRange(*dates.unit_range(date.millis, unit, time_zone))


@implements("Date.getRelative")
def get_relative(date: Date, unit: str, in_unit: str, time_zone: str | None) -> int:
    """Whole units that have passed within a larger one."""
    return dates.relative(date.millis, unit, in_unit, time_zone)


@implements("Date.millis")
def millis(date: Date) -> float:
    """Milliseconds since 1970."""
    return date.millis


@implements("Date.unitRatio")
def unit_ratio(numerator: str, denominator: str) -> float:
    """How many of one unit another has, on average."""
    return dates.mean_millis(numerator) / dates.mean_millis(denominator)


@implements("Date.update")
def update(
    date: Date,
    year: int | None,
    month: int | None,
    day: int | None,
    hour: int | None,
    minute: int | None,
    second: float | None,
    time_zone: str | None,
) -> Date:
    """The date with some parts replaced."""
    given = {"year": year, "month": month, "day": day, "hour": hour, "minute": minute}
    parts: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    moment = dates.moment_of(date.millis, time_zone)
    try:
        moment = moment.replace(**parts)
    except ValueError as error:
        raise EarthError(f"Invalid date: {error}.") from None
    if second is None:
        return Date(dates.millis_of(moment))
    return Date(dates.millis_of(moment.replace(second=0, microsecond=0)) + round(second * 1000))


@implements("DateRange")
def date_range(start: Any, end: Any, time_zone: str | None) -> DateRange:
    """From a start to before an end; one millisecond without an end."""
    first = millis_of(start, time_zone)
    return DateRange(first, first + 1 if end is None else millis_of(end, time_zone))


@implements("DateRange.unbounded")
def unbounded() -> DateRange:
    """All of time."""
    return DateRange(None, None)


@implements("DateRange.start")
def start(date_range: DateRange) -> Date | None:
    """The first moment."""
    return None if date_range.start is None else Date(date_range.start)


@implements("DateRange.end")
def end(date_range: DateRange) -> Date | None:
    """The first moment after."""
    return None if date_range.end is None else Date(date_range.end)


@implements("DateRange.isEmpty")
def is_empty(date_range: DateRange) -> bool:
    """Whether it holds no moment."""
    first, last = _ends(date_range)
    return first >= last


@implements("DateRange.isUnbounded")
def is_unbounded(date_range: DateRange) -> bool:
    """Whether it is all of time."""
    return date_range.start is None and date_range.end is None


@implements("DateRange.contains")
def contains(date_range: DateRange, other: Any) -> bool:
    """Whether a date or a range lies within."""
    first, last = _ends(date_range)
    if isinstance(other, DateRange):
        inner_first, inner_last = _ends(other)
        return first <= inner_first and inner_last <= last
    return first <= millis_of(other, None) < last


@implements("DateRange.intersects")
def intersects(date_range: DateRange, other: DateRange) -> bool:
    """Whether both have a moment in common."""
    return not is_empty(intersection(date_range, other))


@implements("DateRange.intersection")
def intersection(date_range: DateRange, other: DateRange) -> DateRange:
    """What both have in common."""
    (first, last), (other_first, other_last) = _ends(date_range), _ends(other)
    return _range(max(first, other_first), min(last, other_last))


@implements("DateRange.union")
def union(date_range: DateRange, other: DateRange) -> DateRange:
    """From the earlier start to the later end."""
    (first, last), (other_first, other_last) = _ends(date_range), _ends(other)
    return _range(min(first, other_first), max(last, other_last))


_INFINITE = float("inf")


def _ends(span: DateRange) -> tuple[float, float]:
    return (
        -_INFINITE if span.start is None else span.start,
        _INFINITE if span.end is None else span.end,
    )


def _range(first: float, last: float) -> DateRange:
    return DateRange(None if first == -_INFINITE else first, None if last == _INFINITE else last)
