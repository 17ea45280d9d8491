"""Spectral indices over common band names: `indices.toml`, then Awesome Spectral Indices.

The second are read from the data of the package spyndex (Montero et al. 2023, Scientific Data
10:197, https://doi.org/10.1038/s41597-023-02096-0; MIT licence), which is not imported.
"""

import ast
import importlib.util
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lib.catalog.collections import Collection

_FILE = Path(__file__).parent / "indices.toml"
# Its symbols of optical bands and our common names. Indices of thermal or radar bands, of kernels
# and of wavelengths are left out: they need other units than reflectance, or more than bands.
_BANDS = {
    "A": "coastal",
    "B": "blue",
    "G": "green",
    "R": "red",
    "RE1": "rededge1",
    "RE2": "rededge2",
    "RE3": "rededge3",
    "N": "nir",
    "N2": "nir08",
    "S1": "swir1",
    "S2": "swir2",
}


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
        domain: What it is for, such as "vegetation"; empty where nobody says.
    """

    name: str
    title: str
    formula: str
    needs: tuple[str, ...]
    source: str
    domain: str = ""

    def bands_of(self, collection: Collection) -> Mapping[str, str]:
        """Return the collection's band name for each common name that the formula needs."""
        found = {common: collection.band_for(common) for common in self.needs}
        return {common: band.name for common, band in found.items() if band is not None}


def find_index(name: str) -> Index | None:
    """Return the index of a name, or None."""
    return _by_name().get(name)


def all_indices() -> tuple[Index, ...]:
    """Return every index: those of `indices.toml` first, then by name."""
    return tuple(_by_name().values())


def available(collection: Collection) -> tuple[Index, ...]:
    """Return the indices whose bands a collection has and that are not bands of it already."""
    return tuple(
        index
        for index in all_indices()
        if len(index.bands_of(collection)) == len(index.needs)
        and index.name not in collection.band_names
    )


@cache
def _by_name() -> dict[str, Index]:
    tables = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    own = {
        name: Index(name, needs=_names_in(facts["formula"]), **facts)
        for name, facts in tables.items()
    }
    listed = _listed("spectral-indices-dict.json")["SpectralIndices"]
    constants = {name: facts["default"] for name, facts in _listed("constants.json").items()}
    others = [_read(listed[name], constants) for name in sorted(listed) if name not in own]
    return own | {index.name: index for index in others if index is not None}


def _listed(file: str) -> Any:
    """A file of the package's data, without the package's own imports."""
    spec = importlib.util.find_spec("spyndex")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("spyndex, see requirements.txt")
    return json.loads((Path(spec.origin).parent / "data" / file).read_text(encoding="utf-8"))


def _read(facts: Mapping[str, Any], constants: Mapping[str, float | None]) -> Index | None:
    """An index with common names and the usual constants in its formula; None if it needs more."""
    tree = _Renamed(constants).visit(ast.parse(facts["formula"], mode="eval"))
    formula = ast.unparse(tree)
    needs = _names_in(formula)
    if not needs or not set(needs) <= set(_BANDS.values()):
        return None
    return Index(
        facts["short_name"],
        facts["long_name"],
        formula,
        needs,
        facts["reference"],
        facts["application_domain"],
    )


class _Renamed(ast.NodeTransformer):
    """Writes common names for symbols of bands, and numbers for constants that have one."""

    def __init__(self, constants: Mapping[str, float | None]) -> None:
        self._constants = constants

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self._constants.get(node.id)
        if value is not None:
            return ast.Constant(float(value))
        return ast.Name(_BANDS.get(node.id, node.id))


def _names_in(formula: str) -> tuple[str, ...]:
    tree = ast.parse(formula, mode="eval")
    return tuple(sorted({node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}))
