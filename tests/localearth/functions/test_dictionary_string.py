"""Dictionaries, strings, pixel types and equality (semantics 10). Source of truth: Python."""

from typing import Any

import pytest
import shapely

from lib.localearth.encode import encode
from lib.localearth.errors import EarthError
from lib.localearth.geometry import Geometry
from lib.localearth.raster.projection import PixelType
from lib.localearth.values import Array, Date

D = {"b": 2, "a": 1, "name": "x", "list": [5, 6]}
POINT = Geometry(shapely.Point(1, 2))

CASES: dict[str, tuple[str, tuple[Any, ...], Any]] = {
    "contains": ("Dictionary.contains", (D, "a"), True),
    "contains not": ("Dictionary.contains", (D, "c"), False),
    "fromLists": ("Dictionary.fromLists", (["x", "y"], [1, [2]]), {"x": 1, "y": [2]}),
    "getNumber": ("Dictionary.getNumber", (D, "b"), 2),
    "getString": ("Dictionary.getString", (D, "name"), "x"),
    "getArray": ("Dictionary.getArray", ({"a": Array.of([1, 2])}, "a"), [1, 2]),
    "getArray of a list": ("Dictionary.getArray", (D, "list"), [5, 6]),
    "keys in natural order": ("Dictionary.keys", (D,), ["a", "b", "list", "name"]),
    "remove": ("Dictionary.remove", (D, ["b", "list"]), {"a": 1, "name": "x"}),
    "remove by pattern": ("Dictionary.remove", (D, ["[ab]"]), {"name": "x", "list": [5, 6]}),
    "remove what is not there": ("Dictionary.remove", ({"a": 1}, ["z"], True), {"a": 1}),
    "rename": ("Dictionary.rename", ({"a": 1, "b": 2}, ["a"], ["c"]), {"b": 2, "c": 1}),
    "rename crosswise": (
        "Dictionary.rename", ({"a": 1, "b": 2}, ["a", "b"], ["b", "a"]), {"a": 2, "b": 1},
    ),
    "rename over another": (
        "Dictionary.rename", ({"a": 1, "b": 2}, ["a"], ["b"], True), {"b": 1},
    ),
    "set": ("Dictionary.set", ({"a": 1}, "b", [2]), {"a": 1, "b": [2]}),
    "set over another": ("Dictionary.set", ({"a": 1}, "a", 9), {"a": 9}),
    "size": ("Dictionary.size", (D,), 4),
    "toArray in the order of keys": ("Dictionary.toArray", ({"b": 2, "a": 1},), [1, 2]),
    "toArray of named keys": ("Dictionary.toArray", (D, ["b", "a", "b"]), [2, 1, 2]),
    "toArray of arrays": ("Dictionary.toArray", ({"a": [1, 2], "b": [3]},), [1, 2, 3]),
    "toArray along an axis": (
        "Dictionary.toArray", ({"a": [[1], [2]], "b": [[3], [4]]}, None, 1), [[1, 3], [2, 4]],
    ),
    "decodeJSON": (
        "String.decodeJSON", ('{"a": [1, 2.5, null, true], "b": "ü"}',),
        {"a": [1, 2.5, None, True], "b": "ü"},
    ),
    "equals": ("String.equals", ("abc", "abc"), True),
    "equals not": ("String.equals", ("abc", "Abc"), False),
    "equals no number": ("String.equals", ("1", 1), False),
    "index takes the first": ("String.index", ("abcabc", "ca"), 2),
    "index of what is not there": ("String.index", ("abc", "x"), -1),
    "toLowerCase": ("String.toLowerCase", ("AbC Ü",), "abc ü"),
    "toUpperCase": ("String.toUpperCase", ("AbC ü",), "ABC Ü"),
    "trim": ("String.trim", (" \t\n a b \r ",), "a b"),
    "equal": ("IsEqual", ([1, {"a": 2.0}], [1.0, {"a": 2}]), True),
    "unequal": ("IsEqual", ([1, 2], [2, 1]), False),
    "equal dates": ("IsEqual", (Date(5), Date(5)), True),
    "number and text": ("IsEqual", (1, "1"), False),
    "null and 0": ("IsEqual", (None, 0), False),
    "geometries": ("IsEqual", (POINT, Geometry(shapely.Point(1, 2))), True),
}  # fmt: skip


@pytest.mark.parametrize(("name", "arguments", "expected"), CASES.values(), ids=CASES)
def test_function_of_values_when_called_answers(
    lab: Any, name: str, arguments: Any, expected: Any
) -> None:
    assert encode(lab.call(name, *arguments)) == expected


def test_dictionary_when_mapped_gives_keys_and_values_and_drops_nulls(lab: Any) -> None:
    found = lab.call(
        "Dictionary.map",
        {"a": 1, "b": 2},
        lambda key, value: f"{key}{value}" if value > 1 else None,
    )

    assert found == {"b": "b2"}  # "if the algorithm returns null, the key is dropped"


def test_dictionary_when_it_holds_a_geometry_gives_it(lab: Any) -> None:
    assert lab.call("Dictionary.getGeometry", {"a": POINT}, "a") == POINT


def test_dictionary_when_made_an_image_has_sorted_bands_or_named_ones(lab: Any) -> None:
    by_key = lab.call("Dictionary.toImage", {"b": 2.5, "a": 1})
    by_name = lab.call("Dictionary.toImage", {"b": 2.5, "a": 1}, ["b"])

    assert lab.values(by_key, lab.grid(1)) == {"a": [[1]], "b": [[2.5]]}
    assert lab.values(by_name, lab.grid(1)) == {"b": [[2.5]]}


REFUSED: dict[str, tuple[str, tuple[Any, ...], str]] = {
    "missing": ("Dictionary.getNumber", (D, "c"), "does not contain key: 'c'"),
    "of another type": ("Dictionary.getNumber", (D, "name"), "'name' is not of type Number"),
    "no geometry": ("Dictionary.getGeometry", (D, "a"), "'a' is not of type Geometry"),
    "remove": ("Dictionary.remove", (D, ["z"]), "does not contain key: 'z'"),
    "clash": ("Dictionary.rename", (D, ["a"], ["b"]), "already contains key: 'b'"),
    "lists of two lengths": ("Dictionary.fromLists", (["a"], [1, 2]), "Got 1 keys and 2 values"),
    "no JSON": ("String.decodeJSON", ("{",), "Could not parse JSON '{'"),
    "text as an array": ("Dictionary.toArray", (D, ["name"]), "Array"),
}


@pytest.mark.parametrize(("name", "arguments", "words"), REFUSED.values(), ids=REFUSED)
def test_function_of_values_when_arguments_do_not_fit_is_refused(
    lab: Any, name: str, arguments: Any, words: str
) -> None:
    with pytest.raises(EarthError, match=words):
        lab.call(name, *arguments)


@pytest.mark.parametrize("bits", [8, 16, 32, 64])
@pytest.mark.parametrize("sign", ["", "u"])
def test_pixel_type_when_named_has_the_range_of_its_bits(lab: Any, sign: str, bits: int) -> None:
    if (sign, bits) == ("u", 64):
        with pytest.raises(EarthError, match=r"Unrecognized function name: 'PixelType\.uint64'"):
            lab.call("PixelType.uint64")
        return
    kind = lab.call(f"PixelType.{sign}int{bits}")

    low, high = (0, 2**bits - 1) if sign else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    assert lab.call("PixelType.precision", kind) == "int"
    assert lab.call("PixelType.minValue", kind) == low
    assert lab.call("PixelType.maxValue", kind) == high
    assert lab.call("PixelType.dimensions", kind) == 0


def test_pixel_type_when_made_tells_its_parts(lab: Any) -> None:
    kind = lab.call("PixelType", "double", -1, 2, 3)  # of the client's own example

    told = [
        lab.call(f"PixelType.{each}", kind)
        for each in ("precision", "minValue", "maxValue", "dimensions")
    ]

    assert told == ["double", -1, 2, 3]
    assert kind == PixelType("double", -1, 2, 3)
