"""Reading, writing and stepping through time."""

import calendar
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lib.localearth import assumptions
from lib.localearth.errors import EarthError

DAY_MS = 86_400_000
FIXED_MS = {"week": 7 * DAY_MS, "day": DAY_MS, "hour": 3_600_000, "minute": 60_000, "second": 1000}
UNITS = ("year", "month", *FIXED_MS)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ISO = re.compile(
    r"(?P<year>\d{1,4})(?:-(?P<ordinal>\d{3})|-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?)?"
    r"(?:[T ](?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2}(?:\.\d+)?))?)?)?"
    r"(?P<zone>Z|[+-]\d{2}:?\d{2})?"
)


def zone_of(name: str | None) -> tzinfo:
    """A time zone by name; UTC where None.

    Raises:
        EarthError: There is none of that name.
    """
    if name is None or name in ("UTC", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise EarthError(f"Unknown time zone '{name}'.") from None


def millis_of(moment: datetime) -> int:
    """Milliseconds since 1970 of a moment with a zone."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def moment_of(millis: float, zone: str | None = None) -> datetime:
    """The moment of milliseconds since 1970, on the clocks of a zone."""
    return (_EPOCH + timedelta(milliseconds=math.floor(millis))).astimezone(zone_of(zone))


def parse_iso(text: str, zone: str | None) -> int:
    """Milliseconds of a text such as 1996-01-01, 1996-001, 2020 or 1996-01-01T08:00.

    Raises:
        EarthError: It cannot be read.
    """
    found = _ISO.fullmatch(text.strip())
    if not found:
        raise EarthError(f"Invalid date string '{text}'.")
    parts = found.groupdict()
    try:
        year, month, day_of_month = (int(parts[key] or 1) for key in ("year", "month", "day"))
        day = datetime(year, month, day_of_month, tzinfo=_offset(parts["zone"]) or zone_of(zone))
        day += timedelta(days=int(parts["ordinal"] or 1) - 1)
        day = day.replace(hour=int(parts["hour"] or 0), minute=int(parts["minute"] or 0))
    except ValueError:
        raise EarthError(f"Invalid date string '{text}'.") from None
    return millis_of(day) + math.floor(float(parts["second"] or 0) * 1000 + 1e-6)


def _offset(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    return datetime.strptime(text.replace("Z", "+0000"), "%z").tzinfo


def unit_of(name: str) -> str:
    """A unit, whether it is written in the singular or the plural.

    Raises:
        EarthError: There is no such unit.
    """
    unit = name.lower().removesuffix("s")
    if unit not in UNITS:
        raise EarthError(f"Unknown unit '{name}'. Expected one of {', '.join(UNITS)}.")
    return unit


def mean_millis(unit: str) -> float:
    """The average length of a unit."""
    year = assumptions.DAYS_PER_YEAR * DAY_MS
    return {"year": year, "month": year / 12, **FIXED_MS}[unit_of(unit)]


def advance(millis: float, delta: float, unit: str, zone: str | None) -> float:
    """Step on by units; whole years, months, weeks and days keep the time on the clock."""
    unit = unit_of(unit)
    if unit in ("hour", "minute", "second"):
        return millis + delta * FIXED_MS[unit]
    whole = math.trunc(delta)
    rest = (delta - whole) * mean_millis(unit)
    moment = moment_of(millis, zone)
    stepped = (
        _add_months(moment, whole * (12 if unit == "year" else 1))
        if unit in ("year", "month")
        else _on_clock(moment, timedelta(days=whole * (7 if unit == "week" else 1)))
    )
    return millis_of(stepped) + (millis - math.floor(millis)) + rest


def _on_clock(moment: datetime, step: timedelta) -> datetime:
    return (moment.replace(tzinfo=None) + step).replace(tzinfo=moment.tzinfo)


def _add_months(moment: datetime, months: int) -> datetime:
    month = moment.year * 12 + moment.month - 1 + months
    year, month = month // 12, month % 12 + 1
    return moment.replace(year=year, month=month, day=min(moment.day, _days_in(year, month)))


def _days_in(year: int, month: int) -> int:
    return calendar.monthrange(year, month)[1]


_STARTS: dict[str, Callable[[datetime], datetime]] = {
    "year": lambda at: at.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0),
    "month": lambda at: at.replace(day=1, hour=0, minute=0, second=0, microsecond=0),
    "week": lambda at: _on_clock(_STARTS["day"](at), -timedelta(days=at.weekday())),
    "day": lambda at: at.replace(hour=0, minute=0, second=0, microsecond=0),
    "hour": lambda at: at.replace(minute=0, second=0, microsecond=0),
    "minute": lambda at: at.replace(second=0, microsecond=0),
    "second": lambda at: at.replace(microsecond=0),
}


def unit_range(millis: float, unit: str, zone: str | None) -> tuple[int, int]:
    """Start and end of the year, month … that a time lies in."""
    unit = unit_of(unit)
    start = millis_of(_STARTS[unit](moment_of(millis, zone)))
    return start, int(advance(start, 1, unit, zone))


def relative(millis: float, unit: str, within: str, zone: str | None) -> int:
    """How many whole units of a larger one have passed; 0 where the unit is not smaller."""
    unit, within = unit_of(unit), unit_of(within)
    if UNITS.index(unit) <= UNITS.index(within):
        return 0
    moment = moment_of(millis, zone)
    if unit == "month":
        return moment.month - 1
    start = _STARTS[within](moment)
    if unit in ("week", "day"):
        days = (moment.date() - start.date()).days
        return days // 7 if unit == "week" else days
    return int((millis_of(moment) - millis_of(start)) // FIXED_MS[unit])
