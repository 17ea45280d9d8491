"""Lists (semantics 10.3). Source of truth: Python's lists, and the signature list's words."""

from typing import Any

import pytest
import shapely

from lib.localearth.encode import encode
from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.values import Array

A = [3, 1, 2, 1, "x"]

CASES: dict[str, tuple[str, tuple[Any, ...], Any]] = {
    "containsAll": ("containsAll", (A, ["x", 1]), True),
    "containsAll of one more": ("containsAll", (A, ["x", 4]), False),
    "containsAll of nothing": ("containsAll", (A, []), True),
    "distinct keeps the first": ("distinct", (A,), [3, 1, 2, "x"]),
    "distinct compares numbers by value": ("distinct", ([1, 1.0, [2], [2.0]],), [1, [2]]),
    "equals": ("equals", (A, list(A)), True),
    "equals in order": ("equals", ([1, 2], [2, 1]), False),
    "frequency": ("frequency", (A, 1), 2),
    "frequency of what is not there": ("frequency", (A, 9), 0),
    "getNumber from the end": ("getNumber", (A, -2), 1),
    "getString": ("getString", (A, 4), "x"),
    "getArray": ("getArray", ([Array.of([1, 2])], 0), [1, 2]),
    "indexOf takes the first": ("indexOf", (A, 1), 1),
    "indexOf of what is not there": ("indexOf", (A, "y"), -1),
    "indexOfSublist": ("indexOfSublist", ([1, 2, 1, 2], [1, 2]), 0),
    "indexOfSublist of none": ("indexOfSublist", ([1, 2], [2, 1]), -1),
    "lastIndexOfSubList": ("lastIndexOfSubList", ([1, 2, 1, 2], [1, 2]), 2),
    "lastIndexOfSubList of a longer one": ("lastIndexOfSubList", ([1], [1, 2]), -1),
    "insert": ("insert", ([1, 2, 3], 1, "n"), [1, "n", 2, 3]),
    "insert behind all": ("insert", ([1, 2, 3], 3, "n"), [1, 2, 3, "n"]),
    "insert counted from the end": ("insert", ([1, 2, 3], -1, "n"), [1, 2, "n", 3]),
    "length": ("length", (A,), 5),
    "size": ("size", (A,), 5),
    "remove takes the first": ("remove", (A, 1), [3, 2, 1, "x"]),
    "remove of what is not there": ("remove", (A, 9), A),
    "removeAll": ("removeAll", (A, [1, "x"]), [3, 2]),
    "repeat": ("repeat", ("v", 3), ["v", "v", "v"]),
    "repeat none": ("repeat", ("v", 0), []),
    "replace takes the first": ("replace", (A, 1, 9), [3, 9, 2, 1, "x"]),
    "replaceAll": ("replaceAll", (A, 1, 9), [3, 9, 2, 9, "x"]),
    "reverse": ("reverse", (A,), ["x", 1, 2, 1, 3]),
    "set": ("set", (A, 1, "n"), [3, "n", 2, 1, "x"]),
    "set counted from the end": ("set", (A, -1, "n"), [3, 1, 2, 1, "n"]),
    "slice": ("slice", (A, 1, 3), [1, 2]),
    "slice to the end": ("slice", (A, 3), [1, "x"]),
    "slice from the end": ("slice", (A, -2), [1, "x"]),
    "slice by steps": ("slice", (A, 0, 5, 2), [3, 2, "x"]),
    "slice beyond is cut off": ("slice", (A, 3, 99), [1, "x"]),
    "swap": ("swap", ([1, 2, 3], 0, -1), [3, 2, 1]),
    "unzip to the shortest": ("unzip", ([[1, 2, 3], ["a", "b"]],), [[1, "a"], [2, "b"]]),
    "unzip nothing": ("unzip", ([],), []),
}


@pytest.mark.parametrize(("name", "arguments", "expected"), CASES.values(), ids=CASES)
def test_list_function_when_called_answers(
    lab: Any, name: str, arguments: Any, expected: Any
) -> None:
    assert encode(lab.call(f"List.{name}", *arguments)) == expected


def test_list_when_filtered_tests_plain_items_as_item_and_features_by_property(lab: Any) -> None:
    over = lab.call("Filter.gt", "item", 1)
    features = [lab.call("Feature", None, {"a": value}) for value in (1, 5)]

    assert lab.call("List.filter", [3, 1, None, 2.5], over) == [3, 2.5]
    found = lab.call("List.filter", features, lab.call("Filter.gt", "a", 1))
    assert [each.properties["a"] for each in found] == [5]


def test_list_when_iterated_hands_each_result_to_the_next_call(lab: Any) -> None:
    found = lab.call("List.iterate", [1, 2, 3], lambda item, state: [*state, item * 10], [0])

    assert found == [0, 10, 20, 30]


def test_list_when_shuffled_keeps_its_items_and_the_order_of_a_seed(lab: Any) -> None:
    items = list(range(40))

    def shuffled(seed: Any) -> Any:
        return lab.call("List.shuffle", items, seed)

    assert sorted(shuffled(1)) == items
    assert shuffled(1) == shuffled(1) != shuffled(2)
    assert shuffled(None) == shuffled(None) != items
    assert sorted(shuffled(False)) == items
    assert shuffled(False) != shuffled(False)  # "completely random and unreproducible"


def test_item_when_taken_as_a_geometry_is_one(lab: Any) -> None:
    point = Geometry(shapely.Point(1, 2))

    assert lab.call("List.getGeometry", [0, point], 1) == point


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("getNumber", (A, 4), "'4' is not of type Number. Found: 'x'"),
        ("getString", (A, 0), "'0' is not of type String. Found: 3"),
        ("getArray", ([[1, 2]], 0), "'0' is not of type Array"),  # "an error will occur"
        ("getArray", (A, 4), "'4' is not of type Array. Found: 'x'"),
        ("getGeometry", (A, 0), "'0' is not of type Geometry"),
        ("set", ([1], 1, 2), "between 0 and 0, or -1 and -1. Found 1"),
        ("swap", ([1, 2], 0, 2), "between 0 and 1, or -2 and -1. Found 2"),
        ("insert", ([1, 2], 4, 0), "between 0 and 2"),
        ("repeat", (0, 10**9), "too large: a list of 1000000000 items"),
        ("repeat", (0, -1), "'count' must not be negative. Found -1"),
        ("slice", ([1], 0, 1, -1), "Step must be positive. Found -1"),
    ],
)
def test_list_function_when_arguments_do_not_fit_is_refused(
    lab: Any, name: str, arguments: Any, words: str
) -> None:
    with pytest.raises(EarthError, match=words):
        lab.call(f"List.{name}", *arguments)
