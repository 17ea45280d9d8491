"""Dictionaries: `Dictionary.*`."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lib.localearth.context import Context
from lib.localearth.errors import EarthError
from lib.localearth.functions.element import typed
from lib.localearth.geometry import Geometry
from lib.localearth.raster.image import Image
from lib.localearth.registry import implements
from lib.localearth.values import Array, Feature

Table = dict[str, Any]


@implements("Dictionary")
def dictionary(input: Any) -> Table:  # noqa: A002
    """A dictionary of another, of an element's properties, or of keys and values in turn."""
    if input is None:
        return {}
    if isinstance(input, Mapping):
        return dict(input)
    if isinstance(input, (Feature, Image)):
        return dict(input.properties)
    if isinstance(input, list) and len(input) % 2 == 0:
        return from_lists(input[::2], input[1::2])
    raise EarthError("A dictionary is made of a dictionary or of a list of keys and values.")


@implements("Dictionary.combine")
def combine(first: Table, second: Table, overwrite: bool) -> Table:
    """Both dictionaries without nulls; the second wins, or the first where told so."""
    joined = {**first, **second} if overwrite is not False else {**second, **first}
    return {key: value for key, value in joined.items() if value is not None}


@implements("Dictionary.contains")
def contains(dictionary: Table, key: str) -> bool:
    """Whether a key is there."""
    return key in dictionary


@implements("Dictionary.fromLists")
def from_lists(keys: Sequence[Any], values: Sequence[Any]) -> Table:
    """A dictionary of keys and their values."""
    if len(keys) != len(values):
        raise EarthError(f"Got {len(keys)} keys and {len(values)} values.")
    for key in keys:
        if not isinstance(key, str):
            raise EarthError(f"Keys must be strings. Found {key!r}.")
    return dict(zip(keys, values, strict=True))


@implements("Dictionary.get")
def get(dictionary: Table, key: str, default_value: Any) -> Any:
    """The value of a key, or the default."""
    if key in dictionary:
        return dictionary[key]
    if default_value is not None:
        return default_value
    raise EarthError(f"Dictionary does not contain key: '{key}'.")


@implements("Dictionary.getArray")
def get_array(context: Context, dictionary: Table, key: str) -> Any:
    """A value that is an array, or a list that becomes one."""
    value = get(dictionary, key, None)
    if isinstance(value, list):
        value = context.call("Array", value)
    return typed(value, Array, "Array", key)


@implements("Dictionary.getGeometry")
def get_geometry(dictionary: Table, key: str) -> Any:
    """A value that is a geometry."""
    return typed(get(dictionary, key, None), Geometry, "Geometry", key)


@implements("Dictionary.getNumber")
def get_number(dictionary: Table, key: str) -> Any:
    """A value that is a number."""
    return typed(get(dictionary, key, None), (int, float), "Number", key)


@implements("Dictionary.getString")
def get_string(dictionary: Table, key: str) -> Any:
    """A value that is a string."""
    return typed(get(dictionary, key, None), str, "String", key)


@implements("Dictionary.keys")
def keys(dictionary: Table) -> list[str]:
    """The keys in natural order."""
    return sorted(dictionary)


@implements("Dictionary.values")
def values(dictionary: Table, keys: Sequence[str] | None) -> list[Any]:
    """The values in the order of the keys, or of given ones."""
    names = sorted(dictionary) if keys is None else keys
    return [get(dictionary, key, None) for key in names]


@implements("Dictionary.map")
def mapped(dictionary: Table, base_algorithm: Callable[..., Any]) -> Table:
    """Apply a function of key and value; a null drops the key."""
    results = {key: base_algorithm(key, dictionary[key]) for key in sorted(dictionary)}
    return {key: value for key, value in results.items() if value is not None}


@implements("Dictionary.remove")
def remove(dictionary: Table, selectors: Sequence[str], ignore_missing: bool) -> Table:
    """Without the keys that are named or match a regular expression."""
    gone = selected_keys(dictionary, selectors, ignore_missing=bool(ignore_missing))
    return {key: value for key, value in dictionary.items() if key not in gone}


@implements("Dictionary.select")
def select(dictionary: Table, selectors: Sequence[str], ignore_missing: bool) -> Table:
    """Only the keys that are named or match a regular expression."""
    kept = selected_keys(dictionary, selectors, ignore_missing=bool(ignore_missing))
    return {key: dictionary[key] for key in kept}


def selected_keys(
    dictionary: Table, selectors: Sequence[str], *, ignore_missing: bool
) -> list[str]:
    """The keys that are named or match.

    Raises:
        EarthError: A selector matches none, unless that is ignored.
    """
    found: list[str] = []
    for selector in selectors:
        matches = [
            key for key in sorted(dictionary) if key == selector or re.fullmatch(selector, key)
        ]
        if not matches and not ignore_missing:
            raise EarthError(f"Dictionary does not contain key: '{selector}'.")
        found += [key for key in matches if key not in found]
    return found


@implements("Dictionary.rename")
def rename(dictionary: Table, from_: Sequence[str], to: Sequence[str], overwrite: bool) -> Table:
    """Other names for keys; a clash is refused unless overwriting."""
    if len(from_) != len(to):
        raise EarthError(f"Got {len(from_)} old names and {len(to)} new ones.")
    for key in from_:
        if key not in dictionary:
            raise EarthError(f"Dictionary does not contain key: '{key}'.")
    rest = {key: value for key, value in dictionary.items() if key not in from_}
    renamed = {new: dictionary[old] for old, new in zip(from_, to, strict=True)}
    clash = sorted(set(rest) & set(renamed))
    if clash and not overwrite:
        raise EarthError(f"Dictionary already contains key: '{clash[0]}'.")
    return {**rest, **renamed}


@implements("Dictionary.set")
def set_key(dictionary: Table, key: str, value: Any) -> Table:
    """With one key set."""
    return {**dictionary, key: value}


@implements("Dictionary.size")
def size(dictionary: Table) -> int:
    """How many keys there are."""
    return len(dictionary)


@implements("Dictionary.toArray")
def to_array(context: Context, dictionary: Table, keys: Sequence[str] | None, axis: int) -> Array:
    """The values, in the order of keys, joined along an axis."""
    parts = [context.call("Array", value) for value in values(dictionary, keys)]
    if all(part.data.ndim == 0 for part in parts):
        array: Array = context.call("Array", [part.data.item() for part in parts])
        return array
    joined: Array = context.call("Array.cat", parts, axis)
    return joined


@implements("Dictionary.toImage")
def to_image(context: Context, dictionary: Table, names: Sequence[str] | None) -> Image:
    """A constant band for each key, in the order of the keys or of given names."""
    chosen = sorted(dictionary) if names is None else list(names)
    constants = context.call("Image.constant", values(dictionary, chosen))
    image: Image = context.call("Image.rename", constants, chosen)
    return image
