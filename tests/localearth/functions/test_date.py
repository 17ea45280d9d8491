"""Dates and ranges of dates (semantics 10.5). Source of truth: Python's datetime and zoneinfo."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lib.localearth.errors import EarthError
from lib.localearth.values import Date, DateRange

BERLIN = ZoneInfo("Europe/Berlin")


def _millis(*parts: int, zone: Any = UTC) -> float:
    return datetime(*parts, tzinfo=zone).timestamp() * 1000  # type: ignore[arg-type, misc]


MOMENT = Date(_millis(2020, 2, 29, 23, 30, 15))


@pytest.mark.parametrize(
    ("parts", "zone"),
    [
        ((2020, 2, 29), None),
        ((1969, 12, 31), None),
        ((7, 1, 1), None),
        ((2021, 7, 1), "Europe/Berlin"),
    ],
)
def test_date_when_made_of_year_month_and_day_is_their_midnight(
    lab: Any, parts: tuple[int, int, int], zone: str | None
) -> None:
    found = lab.call("Date.fromYMD", *parts, zone)

    assert found.millis == _millis(*parts, zone=ZoneInfo(zone) if zone else UTC)


UPDATES: dict[str, tuple[dict[str, Any], float]] = {
    "year": ({"year": 2016}, _millis(2016, 2, 29, 23, 30, 15)),
    "month and day": ({"month": 12, "day": 31}, _millis(2020, 12, 31, 23, 30, 15)),
    "hour and minute": ({"hour": 0, "minute": 5}, _millis(2020, 2, 29, 0, 5, 15)),
    "second": ({"second": 59}, _millis(2020, 2, 29, 23, 30, 59)),
    "part of a second": ({"second": 1.25}, _millis(2020, 2, 29, 23, 30, 1, 250_000)),
    "nothing": ({}, MOMENT.millis),
    "hour of a zone": (  # 23:30 in UTC is half past midnight of the first of March in Berlin
        {"hour": 12, "time_zone": "Europe/Berlin"}, _millis(2020, 3, 1, 12, 30, 15, zone=BERLIN),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "expected"), UPDATES.values(), ids=UPDATES)
def test_date_when_updated_has_the_new_parts(lab: Any, parts: Any, expected: float) -> None:
    assert lab.call("Date.update", MOMENT, **parts).millis == expected


def test_date_when_updated_to_none_is_refused(lab: Any) -> None:
    with pytest.raises(EarthError, match="Invalid date"):
        lab.call("Date.update", MOMENT, year=2021)  # has no 29th of February


@pytest.mark.parametrize(
    ("unit", "seconds"),
    [
        ("second", 1),
        ("minute", 60),
        ("hour", 3600),
        ("day", 86400),
        ("week", 7 * 86400),
        ("month", 365.2425 * 86400 / 12),  # "the average length of the unit": the Gregorian year's
        ("year", 365.2425 * 86400),
    ],
)
def test_difference_when_measured_is_in_average_units(lab: Any, unit: str, seconds: float) -> None:
    start = datetime(2019, 5, 3, 4, tzinfo=UTC)
    apart = (datetime(2020, 2, 29, 23, 30, 15, tzinfo=UTC) - start).total_seconds()

    found = lab.call("Date.difference", MOMENT, start.timestamp() * 1000, unit)

    assert found == pytest.approx(apart / seconds, rel=1e-12)


YEAR, LATER = DateRange(0, 100), DateRange(60, 160)
FOREVER = DateRange(None, None)
RANGES: dict[str, tuple[str, tuple[Any, ...], Any]] = {
    "its start": ("contains", (YEAR, Date(0)), True),
    "not its end": ("contains", (YEAR, Date(100)), False),
    "a range within": ("contains", (YEAR, DateRange(10, 100)), True),
    "itself": ("contains", (YEAR, YEAR), True),
    "no range that reaches out": ("contains", (YEAR, LATER), False),
    "all": ("contains", (FOREVER, YEAR), True),
    "not all": ("contains", (YEAR, FOREVER), False),
    "intersection": ("intersection", (YEAR, LATER), DateRange(60, 100)),
    "intersection with all": ("intersection", (YEAR, FOREVER), YEAR),
    "union": ("union", (YEAR, LATER), DateRange(0, 160)),
    "union over a gap": ("union", (DateRange(0, 1), DateRange(8, 9)), DateRange(0, 9)),
    "union with all": ("union", (YEAR, FOREVER), FOREVER),
    "empty": ("isEmpty", (DateRange(5, 5),), True),
    "empty where turned round": ("isEmpty", (DateRange(6, 5),), True),
    "not empty": ("isEmpty", (YEAR,), False),
    "all is not empty": ("isEmpty", (FOREVER,), False),
    "unbounded": ("isUnbounded", (FOREVER,), True),
    "bounded": ("isUnbounded", (YEAR,), False),
    "unbounded by name": ("unbounded", (), FOREVER),
    "intersects": ("intersects", (YEAR, LATER), True),
    "does not intersect what follows": ("intersects", (YEAR, DateRange(100, 101)), False),
    "start": ("start", (LATER,), Date(60)),
    "end": ("end", (LATER,), Date(160)),
}


@pytest.mark.parametrize(("name", "arguments", "expected"), RANGES.values(), ids=RANGES)
def test_date_range_when_asked_is_half_open(
    lab: Any, name: str, arguments: Any, expected: Any
) -> None:
    assert lab.call(f"DateRange.{name}", *arguments) == expected


def test_intersection_of_ranges_when_apart_is_empty(lab: Any) -> None:
    found = lab.call("DateRange.intersection", DateRange(0, 10), DateRange(20, 30))

    assert lab.call("DateRange.isEmpty", found) is True
