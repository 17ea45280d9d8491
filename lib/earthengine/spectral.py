"""Physical units and spectral indices of an image."""

import ast
from collections.abc import Mapping, Sequence

import ee

from lib.catalog.collections import Collection, find
from lib.catalog.indices import Index, find_index
from lib.core.errors import PlanError
from lib.core.imagery_plan import SourcePlan

_OPERATORS: Mapping[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "pow",
}


def needed_bands(source: SourcePlan) -> list[str]:
    """Bands to read: those of the source, then what only its indices need.

    Raises:
        PlanError: An index is unknown, or the collection lacks a band that it needs.
    """
    needed = list(source.bands)
    for name in source.indices:
        needed += bands_of(index_of(name), source.collection).values()
    return list(dict.fromkeys(needed))


def with_indices(image: ee.Image, source: SourcePlan) -> ee.Image:
    """The source's bands of an image in physical units, and its indices after them."""
    stack: ee.Image = image.select(list(source.bands))
    for name in source.indices:
        stack = stack.addBands(index_image(image, index_of(name), source.collection))
    return stack


def scaled(image: ee.Image, bands: Sequence[str], known: Collection | None) -> ee.Image:
    """Some bands with the catalogue's scale and offset; raw where it has none."""
    if known is None:
        return image
    found = [known.band(name) for name in bands]
    scales = [band.scale if band else 1.0 for band in found]
    offsets = [band.offset if band else 0.0 for band in found]
    if any(scale != 1 for scale in scales):
        image = image.multiply(_constant(scales))
    if any(offset != 0 for offset in offsets):
        image = image.add(_constant(offsets))
    return image


def index_of(name: str) -> Index:
    """The index of a name.

    Raises:
        PlanError: There is none.
    """
    index = find_index(name)
    if index is None:
        raise PlanError(f"Unknown index “{name}”.", hint="Choose another one.", field="indices")
    return index


def bands_of(index: Index, collection: str) -> Mapping[str, str]:
    """A collection's band for each common name that an index needs.

    Raises:
        PlanError: The collection lacks one.
    """
    known = find(collection)
    found = index.bands_of(known) if known else {}
    missing = [common for common in index.needs if common not in found]
    if missing:
        raise PlanError(
            f"{collection} has no {' and no '.join(missing)} band, which {index.name} needs.",
            hint="Leave the index out, or choose another collection.",
            field="indices",
        )
    return found


def index_image(image: ee.Image, index: Index, collection: str) -> ee.Image:
    """An index of an image in physical units, as one band of its name."""
    names = bands_of(index, collection)
    bands = {common: image.select(name) for common, name in names.items()}
    value = _evaluated(ast.parse(index.formula, mode="eval").body, bands)
    return value.rename(index.name)


def _constant(values: Sequence[float]) -> ee.Image:
    """One number where all are alike, else one band each."""
    image: ee.Image = ee.Image.constant(values[0] if len(set(values)) == 1 else list(values))
    return image


def _evaluated(node: ast.expr, bands: Mapping[str, ee.Image]) -> ee.Image:
    """Write a formula of the catalogue as image arithmetic."""
    if isinstance(node, ast.Name):
        return bands[node.id]
    if isinstance(node, ast.Constant):
        value: ee.Image = ee.Image.constant(node.value)
        return value
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _evaluated(node.operand, bands).multiply(-1)
    if isinstance(node, ast.BinOp):
        left, right = _evaluated(node.left, bands), _evaluated(node.right, bands)
        result: ee.Image = getattr(left, _OPERATORS[type(node.op)])(right)
        return result
    raise PlanError(f"A formula of the catalogue uses {ast.unparse(node)}.", field="indices")
