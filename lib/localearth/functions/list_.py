"""Lists: `List.*`."""

import random
from collections.abc import Callable
from typing import Any

from lib.localearth.errors import EarthError
from lib.localearth.fields import same
from lib.localearth.filters import Filter
from lib.localearth.functions.element import typed
from lib.localearth.functions.number import plain_number
from lib.localearth.geometry import Geometry
from lib.localearth.reducers.base import Reducer
from lib.localearth.reducers.simple import comparable
from lib.localearth.registry import implements
from lib.localearth.text import text_of
from lib.localearth.values import Array

MOST_ITEMS = 5_000_000  # of a list that is made from a count

List = list[Any]


def place_of(items: List, index: int, *, end: int = 0) -> int:
    """A place from an index that may count from the end.

    Args:
        items: The list.
        index: From -length on.
        end: How far past the last place the index may lie.

    Raises:
        EarthError: It lies outside.
    """
    count = len(items) + end
    if not -count <= index < count:
        raise EarthError(
            f"List index must be between 0 and {count - 1}, or -{count} and -1. Found {index}."
        )
    return index + count if index < 0 else index


@implements("List.add")
def add(list_: List, element: Any) -> List:
    """The list and one more element."""
    return [*list_, element]


@implements("List.cat")
def cat(list_: List, other: List) -> List:
    """Both lists."""
    return [*list_, *other]


@implements("List.contains")
def contains(list_: List, element: Any) -> bool:
    """Whether an element is in the list."""
    return any(same(item, element) for item in list_)


@implements("List.containsAll")
def contains_all(list_: List, other: List) -> bool:
    """Whether all elements of the second are in the first."""
    return all(contains(list_, item) for item in other)


@implements("List.distinct")
def distinct(list_: List) -> List:
    """The list without repetitions."""
    found: List = []
    for item in list_:
        if not contains(found, item):
            found.append(item)
    return found


@implements("List.equals")
def equals(list_: List, other: List) -> bool:
    """Whether both hold the same in the same order."""
    return same(list_, other)


@implements("List.filter")
def filtered(list_: List, filter: Filter) -> List:  # noqa: A002
    """The items that pass a filter; plain values are its field "item"."""
    return [item for item in list_ if filter.test(item)]


@implements("List.flatten")
def flatten(list_: List) -> List:
    """The items of lists within lists."""
    flat: List = []
    for item in list_:
        flat.extend(flatten(item) if _is_list(item) else [item])
    return flat


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


@implements("List.frequency")
def frequency(list_: List, element: Any) -> int:
    """How often an element occurs."""
    return sum(same(item, element) for item in list_)


@implements("List.get")
def get(list_: List, index: int) -> Any:
    """One item."""
    return list_[place_of(list_, index)]


@implements("List.getArray")
def get_array(list_: List, index: int) -> Any:
    """One item that is an array."""
    return typed(get(list_, index), Array, "Array", str(index))


@implements("List.getGeometry")
def get_geometry(list_: List, index: int) -> Any:
    """One item that is a geometry."""
    return typed(get(list_, index), Geometry, "Geometry", str(index))


@implements("List.getNumber")
def get_number(list_: List, index: int) -> Any:
    """One item that is a number."""
    return typed(get(list_, index), (int, float), "Number", str(index))


@implements("List.getString")
def get_string(list_: List, index: int) -> Any:
    """One item that is a string."""
    return typed(get(list_, index), str, "String", str(index))


@implements("List.indexOf")
def index_of(list_: List, element: Any) -> int:
    """Where an element is first, or -1."""
    return next((place for place, item in enumerate(list_) if same(item, element)), -1)


@implements("List.indexOfSublist")
def index_of_sublist(list_: List, target: List) -> int:
    """Where a list first occurs within the list, or -1."""
    return next(iter(_sublists(list_, target)), -1)


@implements("List.lastIndexOfSubList")
def last_index_of_sublist(list_: List, target: List) -> int:
    """Where a list last occurs within the list, or -1."""
    return max(_sublists(list_, target), default=-1)


def _sublists(items: List, target: List) -> list[int]:
    places = range(len(items) - len(target) + 1)
    return [place for place in places if same(items[place : place + len(target)], target)]


@implements("List.insert")
def insert(list_: List, index: int, element: Any) -> List:
    """The list with an element before a place."""
    place = place_of(list_, index, end=1 if index >= 0 else 0)
    return [*list_[:place], element, *list_[place:]]


@implements("List.iterate")
def iterate(list_: List, function: Callable[..., Any], first: Any) -> Any:
    """Call a function with each item and the result so far."""
    state = first
    for item in list_:
        state = function(item, state)
    return state


@implements("List.join")
def join(list_: List, separator: str) -> str:
    """The items as text, with a separator between."""
    return separator.join(text_of(item) for item in list_)


@implements("List.length", "List.size")
def length(list_: List) -> int:
    """How many items there are."""
    return len(list_)


@implements("List.map")
def mapped(list_: List, base_algorithm: Callable[..., Any], drop_nulls: bool) -> List:
    """Apply a function to every item."""
    results = [base_algorithm(item) for item in list_]
    return [item for item in results if item is not None] if drop_nulls else results


@implements("List.reduce")
def reduce(list_: List, reducer: Reducer) -> Any:
    """Reduce the items; each is a list of inputs where the reducer has several."""
    columns = [list_] if reducer.inputs == 1 else _columns(list_, reducer)
    answers = reducer.reduce(columns)
    if len(answers) == 1:
        return answers[0]
    return dict(zip(reducer.outputs, answers, strict=True))


def _columns(rows: List, reducer: Reducer) -> list[List]:
    for row in rows:
        if not _is_list(row) or len(row) != reducer.inputs:
            raise EarthError(
                f"Each element must be a list of the {reducer.inputs} inputs "
                f"of Reducer.{reducer.name}."
            )
    return [[row[index] for row in rows] for index in range(reducer.inputs)]


@implements("List.remove")
def remove(list_: List, element: Any) -> List:
    """The list without the first of an element."""
    place = index_of(list_, element)
    return list_ if place < 0 else [*list_[:place], *list_[place + 1 :]]


@implements("List.removeAll")
def remove_all(list_: List, other: List) -> List:
    """The list without the elements of another."""
    return [item for item in list_ if not contains(other, item)]


@implements("List.repeat")
def repeat(value: Any, count: int) -> List:
    """One value several times."""
    _check_count(count)
    return [value] * count


@implements("List.replace")
def replace(list_: List, oldval: Any, newval: Any) -> List:
    """The list with the first of a value replaced."""
    place = index_of(list_, oldval)
    return list_ if place < 0 else [*list_[:place], newval, *list_[place + 1 :]]


@implements("List.replaceAll")
def replace_all(list_: List, oldval: Any, newval: Any) -> List:
    """The list with each of a value replaced."""
    return [newval if same(item, oldval) else item for item in list_]


@implements("List.reverse")
def reverse(list_: List) -> List:
    """The last first."""
    return list_[::-1]


@implements("List.rotate")
def rotate(list_: List, distance: int) -> List:
    """The list turned by a number of places; positive distances move items to the end."""
    if not list_:
        return list_
    shift = distance % len(list_)
    return [*list_[shift:], *list_[:shift]]


@implements("List.sequence")
def sequence(
    start: int | float, end: int | float | None, step: int | float | None, count: int | None
) -> List:
    """Numbers from start to end, both included, by a step or so many of them."""
    if end is None and count is None:
        raise EarthError("Either 'end' or 'count' must be specified.")
    if end is not None and count is not None:
        step = (end - start) / (count - 1) if count > 1 else 0.0
    step = 1 if step is None else step
    if count is None:
        if not step:
            raise EarthError("'step' must not be 0.")
        count = max(int((plain_number(end) - start) / step + 1e-9) + 1, 0)
        if (plain_number(end) - start) * step < 0:
            count = 0
    _check_count(count)
    return [start + index * step for index in range(count)]


def _check_count(count: int) -> None:
    if count < 0:
        raise EarthError(f"'count' must not be negative. Found {count}.")
    if count > MOST_ITEMS:
        raise EarthError(f"Computed value is too large: a list of {count} items.")


@implements("List.set")
def set_item(list_: List, index: int, element: Any) -> List:
    """The list with one item replaced."""
    place = place_of(list_, index)
    return [*list_[:place], element, *list_[place + 1 :]]


@implements("List.shuffle")
def shuffle(list_: List, seed: Any) -> List:
    """The list in an order that depends on the seed; with False in one that nothing repeats."""
    shuffled = [*list_]
    random.Random(None if seed is False else repr(seed)).shuffle(shuffled)  # noqa: S311
    return shuffled


@implements("List.slice")
def slice_list(list_: List, start: int, end: int | None, step: int | None) -> List:
    """Every step-th item from start to before end."""
    if step is not None and step <= 0:
        raise EarthError(f"Step must be positive. Found {step}.")
    return list_[start:end:step]


@implements("List.sort")
def sort(list_: List, keys: List | None) -> List:
    """Sort items, or sort them by keys in a list of the same length."""
    by = list_ if keys is None else keys
    if len(by) != len(list_):
        raise EarthError(f"Got {len(list_)} elements and {len(by)} keys.")
    return [
        list_[place] for place in sorted(range(len(by)), key=lambda place: comparable(by[place]))
    ]


@implements("List.splice")
def splice(list_: List, start: int, count: int, other: List | None) -> List:
    """The list with some items replaced by others."""
    begin = start + len(list_) if start < 0 else start
    return [*list_[:begin], *(other or []), *list_[begin + count :]]


@implements("List.swap")
def swap(list_: List, pos1: int, pos2: int) -> List:
    """The list with two items exchanged."""
    first, second = place_of(list_, pos1), place_of(list_, pos2)
    swapped = [*list_]
    swapped[first], swapped[second] = swapped[second], swapped[first]
    return swapped


@implements("List.unzip")
def unzip(list_: List) -> List:
    """Columns of rows, as many as the shortest row has."""
    return [[*column] for column in zip(*list_, strict=False)]


@implements("List.zip")
def zip_lists(list_: List, other: List) -> List:
    """Pairs, as many as the shorter list has."""
    return [[first, second] for first, second in zip(list_, other, strict=False)]
