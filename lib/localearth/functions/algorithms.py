"""Functions of values of any kind: `If`, `IsEqual`, `ObjectType`, `Describe`."""

import math
from typing import Any

from lib.localearth.encode import encode
from lib.localearth.fields import same
from lib.localearth.promotion import type_name
from lib.localearth.registry import implements


def is_true(value: Any) -> bool:
    """Whether a value counts as true: all but 0, NaN, "", [], {} and null."""
    if isinstance(value, float) and math.isnan(value):
        return False
    if value is None or isinstance(value, (bool, int, float, str, list, dict)):
        return bool(value)
    return True


@implements("If")
def choose(condition: Any, true_case: Any, false_case: Any) -> Any:
    """The second value where the first is true, else the third."""
    return true_case if is_true(condition) else false_case


@implements("IsEqual")
def is_equal(left: Any, right: Any) -> bool:
    """Whether two values are equal, item by item."""
    return same(left, right)


@implements("ObjectType")
def object_type(value: Any) -> str:
    """Earth Engine's word for the type of a value."""
    if value is None:
        return "Null"
    return type_name(value).split("<")[0]


@implements("Describe")
def describe(input: Any) -> Any:  # noqa: A002
    """A value as plain data, the way the REST API sends it."""
    return encode(input)
