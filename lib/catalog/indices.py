"""Spectral indices over common band names, read from `indices.toml`."""

import ast
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from lib.catalog.collections import Collection

_FILE = Path(__file__).parent / "indices.toml"


@dataclass(frozen=True)
class Index:
    """A spectral index.

    Attributes:
        name: Short name, such as "NDVI".
        title: Full name.
        formula: Arithmetic over common band names in reflectance; numbers, + - * / ** and
            brackets, so that Python and `ee.Image.expression` read it alike.
        needs: Common band names of the formula, sorted.
        source: Where the formula was published.
    """

    name: str
    title: str
    formula: str
    needs: tuple[str, ...]
    source: str

    def bands_of(self, collection: Collection) -> Mapping[str, str]:
        """Return the collection's band name for each common name that the formula needs."""
        found = {common: collection.band_for(common) for common in self.needs}
        return {common: band.name for common, band in found.items() if band is not None}


def find_index(name: str) -> Index | None:
    """Return the index of a name, or None."""
    return next((index for index in all_indices() if index.name == name), None)


@cache
def all_indices() -> tuple[Index, ...]:
    """Return every index."""
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return tuple(
        Index(name, needs=_names_in(facts["formula"]), **facts) for name, facts in tables.items()
    )


def available(collection: Collection) -> tuple[Index, ...]:
    """Return the indices whose bands a collection has and that are not bands of it already."""
    return tuple(
        index
        for index in all_indices()
        if len(index.bands_of(collection)) == len(index.needs)
        and index.name not in collection.band_names
    )


def _names_in(formula: str) -> tuple[str, ...]:
    tree = ast.parse(formula, mode="eval")
    return tuple(sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}))
