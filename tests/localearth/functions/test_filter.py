"""Filters on elements (semantics 4.4), by which elements of one table they let through."""

from datetime import UTC, datetime
from typing import Any

import pytest
import shapely

from lib.localearth.geometry import Geometry
from lib.localearth.values import Collection, DateRange, Feature

BOX = Geometry(shapely.box(0, 0, 10, 10), geodesic=False)


def _day(month: int, day: int) -> float:
    return datetime(2021, month, day, tzinfo=UTC).timestamp() * 1000


ROWS = {
    "a": Feature(
        Geometry(shapely.Point(5, 5)),
        {"n": 1, "s": "alpha", "l": [1, "x"], "system:time_start": _day(1, 1)},
    ),
    "b": Feature(
        Geometry(shapely.box(1, 1, 2, 2), geodesic=False),
        {"n": 2.0, "s": "beta", "l": [2], "system:time_start": _day(2, 28)},
    ),
    "c": Feature(
        Geometry(shapely.box(-5, -5, 20, 20), geodesic=False),
        {"n": 3, "s": "alphabet", "l": [], "system:time_start": _day(12, 31)},
    ),
    "d": Feature(Geometry(shapely.Point(50, 50)), {"s": "Alpha", "n": "1"}),
    "e": Feature(None, {}),
}

CASES: dict[str, tuple[str, tuple[Any, ...], str]] = {
    "eq": ("eq", ("n", 2), "b"),
    "eq across number types": ("eq", ("n", 1.0), "a"),
    "eq of text": ("eq", ("n", "1"), "d"),
    "eq null": ("eq", ("n", None), "e"),
    "equals": ("equals", ("s", "beta"), "b"),
    "neq keeps what is missing": ("neq", ("n", 1), "bcde"),
    "notEquals": ("notEquals", ("s", "beta"), "acde"),
    "notEquals null": ("notEquals", ("n", None), "abcd"),
    "lt": ("lt", ("n", 2), "a"),
    "lessThan": ("lessThan", ("n", 3), "ab"),
    # "passes unless left > right", so also where the two cannot be compared
    "lte": ("lte", ("n", 2), "abde"),
    "lessThanOrEquals": ("lessThanOrEquals", ("n", 1), "ade"),
    "gt": ("gt", ("n", 1), "bc"),
    "greaterThan": ("greaterThan", ("n", 2), "c"),
    "gte": ("gte", ("n", 2), "bcde"),
    "greaterThanOrEquals": ("greaterThanOrEquals", ("n", 3), "cde"),
    "a value on the left": ("lt", (None, None, "n", 2), "c"),
    "inList": ("inList", ("n", [1, 3]), "ac"),
    "listContains": ("listContains", ("l", "x"), "a"),
    "listContains the other way": ("listContains", (None, None, "n", [2, 3]), "bc"),
    "rangeContains": ("rangeContains", ("s", "alpha", "beta"), "abc"),
    "stringContains": ("stringContains", ("s", "lpha"), "acd"),
    "stringStartsWith": ("stringStartsWith", ("s", "alpha"), "ac"),
    "stringEndsWith": ("stringEndsWith", ("s", "a"), "abd"),
    "a string filter of numbers": ("stringContains", ("n", "1"), "d"),
    "hasType of numbers": ("hasType", ("n", "Number"), "abc"),
    "hasType of strings": ("hasType", ("n", "String"), "d"),
    "hasType of geometries": ("hasType", (".geo", "Point"), "ad"),
    "hasType of any geometry": ("hasType", (".geo", "Geometry"), "abcd"),
    "hasGeometry": ("hasGeometry", (), "abcd"),
    "notNull": ("notNull", (["n", "l"],), "abc"),
    "always": ("always", (), "abcde"),
    "never": ("never", (), ""),
    "dayOfYear": ("dayOfYear", (1, 59), "ab"),
    "dayOfYear around new year": ("dayOfYear", (365, 1), "ac"),
    "calendarRange": ("calendarRange", (2, 12, "month"), "bc"),
    "dateRangeContains": (
        "dateRangeContains",
        (None, None, "system:time_start", DateRange(_day(1, 1), _day(2, 28))),
        "a",
    ),
    "intersects": ("intersects", (".geo", BOX), "abc"),
    "disjoint": ("disjoint", (".geo", BOX), "d"),
    "contains": ("contains", (".geo", BOX), "c"),
    "isContained": ("isContained", (".geo", BOX), "ab"),
    "withinDistance": ("withinDistance", (1000, ".geo", Geometry(shapely.Point(50, 50.005))), "d"),
    "area": ("area", (1e9, 1e11), "b"),  # a square degree there has some 1.2e10 m2
    "area of points": ("area", (0, 1), "ad"),
    "expression": ("expression", ('n > 1 && s != "beta"',), "c"),
    "expression in words": ("expression", ("n == 1 or not (n < 3)",), "acde"),
    "maxDifference": ("maxDifference", (1, "n", 1.5), "ab"),
}


def _passing(lab: Any, condition: Any) -> str:
    table = Collection.of(
        [Feature(row.geometry, {**row.properties, "key": key}) for key, row in ROWS.items()],
        of_images=False,
    )
    found = lab.call("Collection.filter", table, condition).elements
    return "".join(each.properties["key"] for each in found)


@pytest.mark.parametrize(("name", "arguments", "expected"), CASES.values(), ids=CASES)
def test_filter_when_applied_lets_through(
    lab: Any, name: str, arguments: Any, expected: str
) -> None:
    assert _passing(lab, lab.call(f"Filter.{name}", *arguments)) == expected


@pytest.mark.parametrize(("name", "expected"), [("and", "c"), ("or", "abcd")], ids=["and", "or"])
def test_filters_when_joined_need_all_or_any(lab: Any, name: str, expected: str) -> None:
    parts = [
        lab.call("Filter.stringContains", "s", "lpha"),
        lab.call("Filter.gt", "n", 1),
    ]

    assert _passing(lab, lab.call(f"Filter.{name}", parts)) == expected


def test_filter_when_negated_lets_through_the_others(lab: Any) -> None:
    inside = lab.call("Filter.intersects", ".geo", BOX)

    assert _passing(lab, lab.call("Filter.not", inside)) == "de"


@pytest.mark.parametrize(("ascending", "expected"), [(True, 10), (False, 30)])
def test_join_when_saving_the_first_takes_it_in_the_order_of_a_property(
    lab: Any, ascending: bool, expected: int
) -> None:
    primary = _table([{"k": 1}, {"k": 2}])
    secondary = _table([{"k": 1, "w": 20}, {"k": 1, "w": 10}, {"k": 1, "w": 30}, {"k": 3, "w": 0}])
    condition = lab.call("Filter.equals", "k", None, "k")
    join = lab.call("Join.saveFirst", "match", "w", ascending)

    (found,) = lab.call("Join.apply", join, primary, secondary, condition).elements

    assert found.properties["k"] == 1
    assert found.properties["match"].properties["w"] == expected


def test_join_when_saving_the_first_keeps_the_unmatched_and_the_measure_if_told(lab: Any) -> None:
    primary, secondary = _table([{"k": 1}, {"k": 9}]), _table([{"k": 4}, {"k": 3}])
    condition = lab.call("Filter.maxDifference", 2.5, "k", None, "k")
    join = lab.call("Join.saveFirst", "match", measure_key="apart", outer=True)

    matched, alone = lab.call("Join.apply", join, primary, secondary, condition).elements

    assert matched.properties["match"].properties == {"k": 3, "apart": 2}
    assert alone.properties == {"k": 9}


def _table(rows: list[dict[str, Any]]) -> Collection:
    return Collection.of([Feature(None, row) for row in rows], of_images=False)
