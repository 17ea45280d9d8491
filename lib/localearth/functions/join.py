"""Constructors of joins: `Join.*`."""

from lib.localearth.filters import Filter
from lib.localearth.joins import Join
from lib.localearth.registry import implements
from lib.localearth.values import Collection


@implements("Join.simple")
def simple() -> Join:
    """Elements with a match, unchanged."""
    return Join("simple")


@implements("Join.inverted")
def inverted() -> Join:
    """Elements without a match."""
    return Join("inverted")


@implements("Join.inner")
def inner(primary_key: str, secondary_key: str, measure_key: str | None) -> Join:
    """A feature for each pair."""
    return Join("inner", (primary_key, secondary_key), measure_key=measure_key)


@implements("Join.saveFirst")
def save_first(
    match_key: str, ordering: str | None, ascending: bool, measure_key: str | None, outer: bool
) -> Join:
    """Elements with their first match as a property."""
    return Join(
        "saveFirst", (match_key,), ordering, ascending is not False, measure_key, bool(outer)
    )


@implements("Join.saveBest")
def save_best(match_key: str, measure_key: str, outer: bool) -> Join:
    """Elements with their nearest match as a property."""
    return Join("saveBest", (match_key,), measure_key=measure_key, outer=bool(outer))


@implements("Join.saveAll")
def save_all(
    matches_key: str, ordering: str | None, ascending: bool, measure_key: str | None, outer: bool
) -> Join:
    """Elements with the list of their matches as a property."""
    return Join(
        "saveAll", (matches_key,), ordering, ascending is not False, measure_key, bool(outer)
    )


@implements("Join.apply")
def apply(join: Join, primary: Collection, secondary: Collection, condition: Filter) -> Collection:
    """Join two collections."""
    return join.apply(primary, secondary, condition)
