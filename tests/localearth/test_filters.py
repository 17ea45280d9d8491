"""Filters decide about elements and tell catalogues what to leave out."""

import pytest
import shapely

from lib.localearth.errors import EarthError
from lib.localearth.filter_text import parse
from lib.localearth.filters import (
    And,
    Comparison,
    DateRangeContains,
    MaxDifference,
    Not,
    Operands,
    Or,
    Spatial,
)
from lib.localearth.functions import collection as collections
from lib.localearth.geometry import Geometry
from lib.localearth.predicates import calendar_range, not_null
from lib.localearth.values import Collection, DateRange, Feature, Narrowing

DAY = 86_400_000
TIME = "system:time_start"


def _element(**properties: object) -> Feature:
    return Feature(Geometry(shapely.Point(1, 1)), properties)


def _compare(name: str, value: object) -> Comparison:
    return Comparison(name, Operands(left_field="a", right_value=value))


@pytest.mark.parametrize(
    ("passes", "lacking"),
    [
        (_compare("lessThan", 5), False),
        (_compare("equals", 5), False),
        (_compare("equals", None), True),
        (Not(_compare("equals", 5)), True),
        (Not(_compare("greaterThan", 5)), True),
    ],
    ids=["lt", "eq", "eq null", "neq", "lte"],
)
def test_filter_when_the_property_is_missing_passes_only_as_documented(passes, lacking):
    # Release notes of 2015-05-15, and the wire forms of neq, lte and gte
    assert passes.test(_element()) is lacking


def test_filter_when_types_differ_does_not_pass():
    assert not _compare("lessThan", "x").test(_element(a=1))


def test_date_filter_when_the_time_is_the_end_does_not_pass():
    inside = DateRangeContains(Operands(left_value=DateRange(0, DAY), right_field=TIME))

    assert [inside.test(_element(**{TIME: at})) for at in (0, DAY - 1, DAY)] == [True, True, False]


def test_narrowing_when_filters_are_anded_joins_dates_and_place():
    place = Geometry(shapely.box(0, 0, 2, 2))
    dates = DateRangeContains(Operands(left_value=DateRange(0, 10), right_field=TIME))
    later = Comparison("greaterThan", Operands(left_field=TIME, right_value=4))
    near = Spatial("intersects", Operands(left_field=".all", right_value=Feature(place)))

    assert And((dates, And((later, near)))).narrowing() == Narrowing(4, 10, place)


@pytest.mark.parametrize("kind", [Or, lambda filters: Not(filters[0])], ids=["or", "not"])
def test_narrowing_when_filters_are_not_anded_leaves_everything(kind):
    dates = DateRangeContains(Operands(left_value=DateRange(0, 10), right_field=TIME))

    assert kind((dates,)).narrowing() == Narrowing()


def test_calendar_range_when_it_ends_before_it_starts_wraps_round_the_year():
    winter = calendar_range(12, 2, "month")

    months = [winter.test(_element(**{TIME: DAY * day})) for day in (0, 100, 350)]

    assert months == [True, False, True]


def test_calendar_range_when_the_field_is_unknown_names_the_known_ones():
    with pytest.raises(EarthError, match=r"Unknown calendar field 'decade'.*day_of_year"):
        calendar_range(1, 2, "decade")


def test_measure_when_a_difference_is_bounded_is_the_difference():
    close = MaxDifference(3, Operands(left_field="a", right_field="b"))

    assert close.match(_element(a=1), _element(b=3))
    assert close.measure(_element(a=1), _element(b=3)) == 2
    assert not close.match(_element(a=1), _element(b=5))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a > 1", True),
        ("a > 1 && b == 'x'", True),
        ('a > 5 || b == "x"', True),
        ("not (a > 1)", False),
        ("a != 2", False),
        ("a in [1, 2]", True),
        ("c <= 3", True),
        ("a >= 2.5", False),
    ],
)
def test_parse_when_a_filter_is_text_reads_it(text, expected):
    assert parse(text).test(_element(a=2, b="x")) is expected


def test_parse_when_text_is_no_filter_shows_it():
    with pytest.raises(EarthError, match="Could not parse the filter 'a >'"):
        parse("a >")


def test_not_null_when_one_property_is_missing_does_not_pass():
    assert [
        not_null(["a", "b"]).test(_element(**each)) for each in ({"a": 1}, {"a": 1, "b": 2})
    ] == [
        False,
        True,
    ]


def _catalogue(asked: list[Narrowing]) -> Collection:
    """Images of one a day, a thousand days, that must be narrowed before they are listed."""

    def list_within(narrowing: Narrowing) -> Collection:
        asked.append(narrowing)
        first, last = (int((narrowing.start or 0) // DAY), int((narrowing.end or 0) // DAY))
        days = (
            _element(**{TIME: day * DAY, "system:index": str(day)}) for day in range(first, last)
        )
        return Collection.of(days, of_images=False)

    def too_many() -> list[Feature]:
        raise AssertionError("the whole catalogue was listed")

    return Collection(too_many, of_images=False, narrow=list_within)


def _dates(first: int, last: int) -> DateRangeContains:
    span = DateRange(first * DAY, last * DAY)
    return DateRangeContains(Operands(left_value=span, right_field=TIME))


def test_collection_filter_when_a_catalogue_is_filtered_twice_narrows_by_both():
    asked: list[Narrowing] = []
    place = Geometry(shapely.box(0, 0, 2, 2))
    near = Spatial("intersects", Operands(left_field=".all", right_value=place))

    found = collections.filtered(collections.filtered(_catalogue(asked), near), _dates(3, 5))

    assert [each.properties["system:index"] for each in found.elements] == ["3", "4"]
    assert asked[-1] == Narrowing(3 * DAY, 5 * DAY, place)


def test_collection_filter_when_it_follows_a_map_that_keeps_times_narrows_the_catalogue():
    asked: list[Narrowing] = []
    marked = collections.mapped(
        _catalogue(asked),
        lambda each: Feature(each.geometry, {**each.properties, "seen": 1}),
        False,
    )

    found = collections.filtered(collections.limit(marked, None, "a", True), _dates(3, 5))

    assert [each.properties["seen"] for each in found.elements] == [1, 1]


def test_collection_filter_when_a_map_moves_times_does_not_trust_the_narrowing():
    moved = collections.mapped(
        _catalogue([]), lambda each: Feature(each.geometry, {**each.properties, TIME: 0}), False
    )

    with pytest.raises(AssertionError, match="the whole catalogue was listed"):
        _ = collections.filtered(moved, _dates(3, 5)).elements
