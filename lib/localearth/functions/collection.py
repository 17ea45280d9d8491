"""Collections of images and features: `Collection.*`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from lib.localearth import assumptions
from lib.localearth.errors import EarthError
from lib.localearth.fields import geometry_of, value_of
from lib.localearth.filter_text import parse
from lib.localearth.filters import Filter, both
from lib.localearth.functions.element import Element, with_properties
from lib.localearth.geometry import Geometry
from lib.localearth.raster.image import Image
from lib.localearth.reducers.simple import comparable
from lib.localearth.registry import implements
from lib.localearth.values import Collection, Feature, Narrowing

TIME = "system:time_start"


def indexed(element: Element, index: str) -> Element:
    """The element under another "system:index"."""
    return with_properties(element, {**element.properties, "system:index": index})


def derived(
    collection: Collection,
    list_elements: Callable[[], Iterable[Any]],
    *,
    narrow: Callable[[Narrowing], Collection] | None = None,
    stream: Callable[[], Iterable[Any]] | None = None,
) -> Collection:
    """A collection made of another: its kind and metadata stay."""
    return Collection(
        list_elements,
        of_images=collection.of_images,
        properties=collection.properties,
        narrow=narrow,
        stream=stream,
    )


@implements("Collection")
def collection(features: Sequence[Any]) -> Collection:
    """A collection of elements; those without an index get their place in the list."""
    return listed(features, of_images=False)


def listed(elements: Sequence[Any], *, of_images: bool) -> Collection:
    """A collection of a list; elements without an index get their place in it."""
    made: list[Any] = [
        element
        if element.properties.get("system:index") is not None
        else indexed(element, str(place))
        for place, element in enumerate(elements)
    ]
    return Collection.of(made, of_images=of_images)


@implements("Collection.fromColumns")
def from_columns(
    columns: Sequence[Sequence[Any]],
    property_names: Sequence[str],
    property_types: Sequence[Any] | None,
) -> Collection:
    """Features from a list of values for each property."""
    if len(columns) != len(property_names):
        raise EarthError(f"Got {len(columns)} columns and {len(property_names)} property names.")
    lengths = sorted({len(column) for column in columns})
    if len(lengths) > 1:
        raise EarthError(f"All columns must have the same length. Got {lengths}.")
    rows = zip(*columns, strict=True)
    features = [Feature(None, dict(zip(property_names, row, strict=True))) for row in rows]
    return listed(features, of_images=False)


@implements("Collection.filter")
def filtered(collection: Collection, filter: Any) -> Collection:  # noqa: A002
    """The elements that pass a filter; a catalogue is narrowed before it is listed."""
    wanted = parse(filter) if isinstance(filter, str) else filter
    if not isinstance(wanted, Filter):
        raise EarthError("Expected a filter or a string.")
    return _filtered(collection, wanted, wanted.narrowing())


def _filtered(collection: Collection, wanted: Filter, narrowing: Narrowing) -> Collection:
    if collection.narrow is None:
        return derived(
            collection,
            lambda: filter(wanted.test, collection.elements),
            stream=lambda: filter(wanted.test, collection.stream()),
        )
    source = collection.narrow(narrowing)
    return derived(
        collection,
        lambda: filter(wanted.test, source.elements),
        narrow=lambda more: _filtered(collection, wanted, both(narrowing, more)),
        stream=lambda: filter(wanted.test, source.stream()),
    )


@implements("Collection.map")
def mapped(
    collection: Collection, base_algorithm: Callable[..., Any], drop_nulls: bool
) -> Collection:
    """Apply a function to every element; each keeps its index."""
    return _mapped(collection, base_algorithm, bool(drop_nulls))


def _mapped(collection: Collection, function: Callable[..., Any], drop_nulls: bool) -> Collection:
    def results(elements: Iterable[Any]) -> Iterator[Any]:
        for element in elements:
            result = _applied(function, element, drop_nulls)
            if result is not None:
                yield _kept_index(element, result)

    mapped_collection = derived(
        collection,
        lambda: results(collection.elements),
        stream=lambda: results(collection.stream()),
    )
    if collection.narrow is not None:
        mapped_collection.narrow = lambda more: _mapped_within(
            collection, mapped_collection, function, drop_nulls, more
        )
    return mapped_collection


def _mapped_within(
    collection: Collection,
    whole: Collection,
    function: Callable[..., Any],
    drop_nulls: bool,
    narrowing: Narrowing,
) -> Collection:
    """A mapped catalogue within a narrowing, if the function leaves times and places alone."""
    if collection.narrow is None:
        return whole
    narrowed = collection.narrow(narrowing)
    result = _mapped(narrowed, function, drop_nulls)

    def elements() -> list[Any]:
        indices = {element.properties.get("system:index"): element for element in narrowed.elements}
        unmoved = all(
            _same_place(indices.get(each.properties.get("system:index")), each)
            for each in result.elements
        )
        return result.elements if unmoved and result.elements else whole.elements

    return derived(
        collection,
        elements,
        narrow=lambda more: _mapped_within(
            collection, whole, function, drop_nulls, both(narrowing, more)
        ),
    )


def _same_place(before: Any, after: Any) -> bool:
    return (
        before is not None
        and before.properties.get(TIME) == after.properties.get(TIME)
        and geometry_of(before) == geometry_of(after)
    )


def _applied(function: Callable[..., Any], element: Any, drop_nulls: bool) -> Any:
    result = function(element)
    if result is None and drop_nulls:
        return None
    if isinstance(result, Geometry):
        return Feature(result, {})
    if not isinstance(result, (Image, Feature, Collection)):
        raise EarthError("A mapped algorithm must return a Feature or Image.")
    return result


def _kept_index(element: Any, result: Any) -> Any:
    index = element.properties.get("system:index")
    if index is None or (
        isinstance(result, Collection) and result.properties.get("system:index") == index
    ):
        return result
    return result if result.properties.get("system:index") == index else indexed(result, index)


@implements("Collection.iterate")
def iterate(collection: Collection, function: Callable[..., Any], first: Any) -> Any:
    """Call a function with each element and the result so far."""
    state = first
    for element in collection.elements:
        state = function(element, state)
    return state


@implements("Collection.limit")
def limit(
    collection: Collection, limit: int | None, key: str | None, ascending: bool
) -> Collection:
    """The first elements, sorted by a property if one is named."""

    def elements() -> list[Any]:
        found = list(collection.elements)
        if key is not None:
            found = ordered(found, key, ascending=ascending is not False)
        return found if limit is None else found[: int(limit)]

    if limit is not None and key is None:
        return derived(collection, lambda: collection.head(int(limit)))

    narrow = collection.narrow
    if limit is not None or narrow is None:
        return derived(collection, elements)
    return derived(
        collection,
        elements,
        narrow=lambda more: _sorted_within(narrow(more), key, ascending),
    )


def _sorted_within(collection: Collection, key: str | None, ascending: bool) -> Collection:
    return limit(collection, None, key, ascending)


def ordered(elements: Sequence[Any], key: str, *, ascending: bool) -> list[Any]:
    """Elements by a property; those that lack it stand at the low end."""
    values = [value_of(element, key) for element in elements]
    present = [place for place, value in enumerate(values) if value is not None]
    missing = [elements[place] for place, value in enumerate(values) if value is None]
    places = sorted(present, key=lambda place: comparable(values[place]), reverse=not ascending)
    found = [elements[place] for place in places]
    return missing + found if ascending == assumptions.NULLS_FIRST_IN_SORT else found + missing


@implements("Collection.merge", "ImageCollection.merge")
def merge(collection1: Collection, collection2: Collection) -> Collection:
    """Both collections, the second after the first; indices get the prefix 1_ or 2_."""

    def elements() -> list[Any]:
        return [
            indexed(element, f"{prefix}_{element.properties.get('system:index')}")
            for prefix, each in ((1, collection1), (2, collection2))
            for element in each.elements
        ]

    return derived(collection1, elements)


@implements("Collection.flatten")
def flatten(collection: Collection) -> Collection:
    """The elements of collections of collections; indices are joined."""

    def elements() -> list[Any]:
        return [
            indexed(inner, f"{_index(outer)}_{_index(inner)}")
            for outer in collection.elements
            for inner in _inner(outer)
        ]

    return Collection(elements, of_images=False)


def _index(element: Any) -> Any:
    return element.properties.get("system:index")


def _inner(outer: Any) -> list[Any]:
    if not isinstance(outer, Collection):
        raise EarthError("Collection.flatten needs a collection of collections.")
    return list(outer.elements)


@implements("Collection.size")
def size(collection: Collection) -> int:
    """How many elements there are."""
    return len(collection.elements)


@implements("Collection.first")
def first(collection: Collection) -> Any:
    """The first element, or null."""
    return next(iter(collection.head(1)), None)


@implements("Collection.toList")
def to_list(collection: Collection, count: int, offset: int) -> list[Any]:
    """Elements as a list."""
    return collection.head(int(offset) + int(count))[int(offset) :]


@implements("Collection.cache")
def cache(collection: Collection) -> Collection:
    """The same collection; it is listed once anyway."""
    return collection
