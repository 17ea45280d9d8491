"""Arrays: shapes, places and types (semantics 7.1). Source of truth: NumPy."""

from typing import Any

import numpy as np
import pytest

from lib.localearth.encode import encode
from lib.localearth.errors import EarthError
from lib.localearth.raster.projection import PixelType

CUBE = np.arange(24).reshape(2, 3, 4)
TABLE = np.array([[5, 1, 9], [9, 0, -3]])

CASES: dict[str, tuple[str, tuple[Any, ...], Any]] = {
    "argmax takes the first": ("argmax", (TABLE,), [0, 2]),
    "argmax of nothing": ("argmax", (np.zeros((0,), np.int8),), None),
    "cut keeps the rank": ("cut", (CUBE, [1, -1, 2]), CUBE[1:2, :, 2:3]),
    "dot product": ("dotProduct", ([1, 2, 3], [4, 5, -6]), 1 * 4 + 2 * 5 - 3 * 6),
    "get": ("get", (CUBE, [1, 2, 3]), 23),
    "length": ("length", (CUBE,), [2, 3, 4]),
    "mask drops columns": ("mask", (TABLE, [[1, 0, 1]]), TABLE[:, [0, 2]]),
    "mask drops rows": ("mask", (TABLE, [[0], [1]]), TABLE[1:]),
    "pad": ("pad", (TABLE, [3, 4], 7), np.pad(TABLE, [(0, 1), (0, 1)], constant_values=7)),
    "project drops axes of length 1": ("project", (TABLE[:, None], [0, 2]), TABLE),
    "repeat by default": ("repeat", (TABLE,), np.tile(TABLE, (2, 1))),
    "repeat along the last": ("repeat", (TABLE, 1, 3), np.tile(TABLE, (1, 3))),
    "repeat along a new axis": ("repeat", ([1, 2], 1, 3), np.repeat([[1], [2]], 3, axis=1)),
    "reshape": ("reshape", (CUBE, [4, 6]), CUBE.reshape(4, 6)),
    "reshape to what is left": ("reshape", (CUBE, [-1, 8]), CUBE.reshape(3, 8)),
    "slice with steps": ("slice", (CUBE, 2, 0, None, 2), CUBE[:, :, ::2]),
    "slice from the end": ("slice", (CUBE, 1, -2), CUBE[:, -2:]),
    "sort": ("sort", ([3, 1, 2],), [1, 2, 3]),
    "to list": ("toList", (TABLE,), TABLE),
    "transpose": ("transpose", (CUBE, 0, 2), CUBE.swapaxes(0, 2)),
    "cat of vectors as columns": ("cat", ([[1, 2], [3, 4]], 1), [[1, 3], [2, 4]]),
    "accumulated": ("accum", (TABLE, 1), TABLE.cumsum(axis=1)),
}


@pytest.mark.parametrize(("name", "arguments", "expected"), CASES.values(), ids=CASES)
def test_array_function_when_called_agrees_with_numpy(
    lab: Any, name: str, arguments: Any, expected: Any
) -> None:
    given = [_given(lab, each) for each in arguments]

    found = encode(lab.call(f"Array.{name}", *given))

    assert found == (expected.tolist() if isinstance(expected, np.ndarray) else expected)


def _given(lab: Any, value: Any) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    return lab.call("Array", value.tolist(), None if value.size else PixelType("int", 0, 1))


@pytest.mark.parametrize(
    ("reducer", "expected"),
    [
        ("sum", CUBE.sum(axis=(0, 2), keepdims=True)),
        ("mean", CUBE.mean(axis=(0, 2), keepdims=True)),
        ("max", CUBE.max(axis=(0, 2), keepdims=True)),
        ("stdDev", CUBE.std(axis=(0, 2), keepdims=True)),
        ("median", np.median(CUBE, axis=(0, 2), keepdims=True)),
        ("count", np.full((1, 3, 1), 8)),
    ],
)
def test_reduce_when_along_two_axes_agrees_with_numpy(
    lab: Any, reducer: str, expected: Any
) -> None:
    found = lab.call("Array.reduce", CUBE.tolist(), lab.call(f"Reducer.{reducer}"), [0, 2])

    np.testing.assert_allclose(found.data, expected)


@pytest.mark.parametrize("name", ["and", "or", "eq", "lt", "gte", "max", "min", "add", "mod"])
def test_operator_when_one_side_is_a_single_element_goes_with_every_element(
    lab: Any, name: str
) -> None:
    each = [lab.call(f"Number.{name}", int(value), 5) for value in TABLE.ravel()]

    found = lab.call(f"Array.{name}", TABLE.tolist(), 5)

    assert found.data.ravel().tolist() == each
    assert found.data.shape == TABLE.shape


@pytest.mark.parametrize(
    ("name", "operands", "expected"),
    [
        ("add", ([200], [100]), PixelType("int", 0, 65535)),  # no uint8 holds 300
        ("not", ([3],), PixelType("int", 0, 1)),  # "boolean" is an integer in [0, 1]
        ("eq", ([3], [3]), PixelType("int", 0, 1)),
        ("divide", ([3], [2]), PixelType("double")),  # section 7.1: [3, 4] / 2 = [1.5, 2]
        ("pow", ([3], [2]), PixelType("float")),  # section 7.1: powers are float
        ("sqrt", ([4],), PixelType("double")),
        ("toFloat", ([4],), PixelType("float")),
        ("toUint16", ([4],), PixelType("int", 0, 65535)),
    ],
)
def test_result_when_computed_has_the_documented_type(
    lab: Any, name: str, operands: Any, expected: PixelType
) -> None:
    assert lab.call(f"Array.{name}", *operands).type == expected


REFUSED: dict[str, tuple[str, tuple[Any, ...], str]] = {
    "reshape to another size": (
        "reshape",
        ([1, 2, 3], [2, 2]),
        r"Cannot reshape .*\[3\] to \[2, 2",
    ),
    "dot product of lengths": ("dotProduct", ([1, 2], [1, 2, 3]), "same length"),
    "get beyond": ("get", ([1, 2], [2]), r"Position \[2\] is outside of shape \[2\]"),
    "cut of another rank": ("cut", ([1, 2], [0, 0]), "must have 1 values. Got 2"),
    "project of a long axis": ("project", ([[1, 2]], [0]), "must have the length 1"),
    "repeat along no axis": ("repeat", ([1, 2], 3, 2), "Axis must be between 0 and 1. Found 3"),
    "sort by keys of another length": ("sort", ([1, 2], [1]), r"Got 1 keys"),
    "cat of shapes": ("cat", ([[[1, 2]], [[1, 2, 3]]], 0), "cannot be joined along axis 0"),
    "negative repeats": ("repeat", ([1, 2], 0, 0), "'copies' must be positive"),
    "cut beyond": ("cut", ([1, 2], [2]), r"Position \[2\] is outside of shape \[2\]"),
}


@pytest.mark.parametrize(("name", "arguments", "words"), REFUSED.values(), ids=REFUSED)
def test_array_function_when_arguments_do_not_fit_is_refused(
    lab: Any, name: str, arguments: Any, words: str
) -> None:
    with pytest.raises(EarthError, match=words):
        lab.call(f"Array.{name}", *arguments)
