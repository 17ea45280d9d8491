"""How scenes become one image of predictors, in the forms that Earth Engine's guides use."""

import ast
import math
from collections.abc import Mapping, Sequence

import ee

from lib.catalog.collections import CloudMask, Collection, SceneFilter, find
from lib.catalog.indices import Index, find_index
from lib.core.aoi import Aoi
from lib.core.errors import PlanError
from lib.core.imagery_plan import ImageryPlan
from lib.earthengine.graphs import region_of, valid_everywhere

# Decibels to the natural logarithm of power: dB = 10 log10(p), so ln(p) = dB * ln(10) / 10.
_NEPER_PER_DECIBEL = math.log(10) / 10
_OPERATORS: Mapping[type[ast.operator], str] = {
    ast.Add: "add",
    ast.Sub: "subtract",
    ast.Mult: "multiply",
    ast.Div: "divide",
    ast.Pow: "pow",
}


def is_single_image(plan: ImageryPlan) -> bool:
    """Tell whether a plan names one image instead of a collection of scenes."""
    known = find(plan.collection)
    return known.type == "Image" if known else not plan.start


def scenes_of(plan: ImageryPlan, aoi: Aoi) -> ee.ImageCollection:
    """The scenes of a plan over an area, before clouds are masked."""
    known = find(plan.collection)
    scenes = _in_dates(plan.collection, plan, aoi)
    if known is None:
        return scenes
    for rule in known.filters:
        scenes = scenes.filter(_filter(rule))
    if plan.mask_clouds and known.cloud_property and known.most_cloud_percent is not None:
        scenes = scenes.filter(ee.Filter.lt(known.cloud_property, known.most_cloud_percent))
    return scenes


def predictor_image(plan: ImageryPlan, aoi: Aoi) -> ee.Image:
    """Float bands in predictor order, in physical units, masked where any is missing."""
    indices = [_index(name) for name in plan.indices]
    needed = _needed_bands(plan, indices)
    image = physical_image(plan, aoi, needed)
    stack: ee.Image = image.select(list(plan.bands))
    for index in indices:
        stack = stack.addBands(_index_image(image, index, plan.collection))
    masked: ee.Image = stack.toFloat().updateMask(valid_everywhere(stack))
    return masked


def physical_image(plan: ImageryPlan, aoi: Aoi, bands: Sequence[str]) -> ee.Image:
    """Composite of some bands with the catalogue's scale and offset; raw where it has none."""
    known = find(plan.collection)
    if is_single_image(plan):
        image: ee.Image = ee.Image(plan.collection).select(list(bands))
    else:
        image = _composite(plan, aoi, bands, known)
    return _scaled(image, bands, known) if known else image


def _composite(
    plan: ImageryPlan, aoi: Aoi, bands: Sequence[str], known: Collection | None
) -> ee.Image:
    if plan.composite != "median":
        raise PlanError(
            f"Unknown composite “{plan.composite}”.", hint="Use median.", field="composite"
        )
    scenes = scenes_of(plan, aoi)
    if known and known.mask and plan.mask_clouds:
        scenes = _without_clouds(scenes, known.mask, plan, aoi)
    decibel = [name for name in bands if known and _unit(known, name) == "dB"]
    plain = [name for name in bands if name not in decibel]
    if not decibel:
        return _median(scenes.select(plain))
    image = _median_of_power(scenes.select(decibel))
    if plain:
        image = image.addBands(_median(scenes.select(plain))).select(list(bands))
    return image


def _median(scenes: ee.ImageCollection) -> ee.Image:
    image: ee.Image = scenes.median()
    return image


def _median_of_power(scenes: ee.ImageCollection) -> ee.Image:
    """Median in linear power, given back in decibels: decibels must not be averaged."""
    power = scenes.map(lambda image: image.multiply(_NEPER_PER_DECIBEL).exp())
    image: ee.Image = power.median().log10().multiply(10)
    return image


def _in_dates(collection: str, plan: ImageryPlan, aoi: Aoi) -> ee.ImageCollection:
    near: ee.ImageCollection = ee.ImageCollection(collection).filterBounds(region_of(aoi))
    dated: ee.ImageCollection = near.filterDate(plan.start, plan.end)
    return dated


def _without_clouds(
    scenes: ee.ImageCollection, mask: CloudMask, plan: ImageryPlan, aoi: Aoi
) -> ee.ImageCollection:
    if mask.collection:
        scenes = scenes.linkCollection(_in_dates(mask.collection, plan, aoi), [mask.band])

    def keep(image: ee.Image) -> ee.Image:
        band = image.select(mask.band)
        if mask.zero_bits:
            image = image.updateMask(band.bitwiseAnd(mask.bit_mask).eq(0))
        if mask.at_least is not None:
            image = image.updateMask(band.gte(mask.at_least))
        if mask.at_most is not None:
            image = image.updateMask(band.lte(mask.at_most))
        if mask.zero_band:
            image = image.updateMask(image.select(mask.zero_band).eq(0))
        return image

    kept: ee.ImageCollection = scenes.map(keep)
    return kept


def _scaled(image: ee.Image, bands: Sequence[str], known: Collection) -> ee.Image:
    found = [known.band(name) for name in bands]
    scales = [band.scale if band else 1.0 for band in found]
    offsets = [band.offset if band else 0.0 for band in found]
    if any(scale != 1 for scale in scales):
        image = image.multiply(_constant(scales))
    if any(offset != 0 for offset in offsets):
        image = image.add(_constant(offsets))
    return image


def _constant(values: Sequence[float]) -> ee.Image:
    """One number where all are alike, else one band each."""
    image: ee.Image = ee.Image.constant(values[0] if len(set(values)) == 1 else list(values))
    return image


def _filter(rule: SceneFilter) -> ee.Filter:
    condition: ee.Filter = getattr(ee.Filter, rule.operator)(rule.name, rule.value)
    return condition


def _unit(known: Collection, name: str) -> str:
    band = known.band(name)
    return band.unit if band else ""


def _index(name: str) -> Index:
    index = find_index(name)
    if index is None:
        raise PlanError(f"Unknown index “{name}”.", hint="Choose another one.", field="indices")
    return index


def _bands_of(index: Index, collection: str) -> Mapping[str, str]:
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


def _needed_bands(plan: ImageryPlan, indices: Sequence[Index]) -> list[str]:
    """Bands to read: those of the plan, then what only indices need."""
    needed = list(plan.bands)
    for index in indices:
        needed += _bands_of(index, plan.collection).values()
    return list(dict.fromkeys(needed))


def _index_image(image: ee.Image, index: Index, collection: str) -> ee.Image:
    names = _bands_of(index, collection)
    bands = {common: image.select(name) for common, name in names.items()}
    value = _evaluated(ast.parse(index.formula, mode="eval").body, bands)
    return value.rename(index.name)


def _evaluated(node: ast.expr, bands: Mapping[str, ee.Image]) -> ee.Image:
    """Write a formula of the catalogue as image arithmetic."""
    if isinstance(node, ast.Name):
        return bands[node.id]
    if isinstance(node, ast.Constant):
        value: ee.Image = ee.Image.constant(node.value)
        return value
    if isinstance(node, ast.BinOp):
        left, right = _evaluated(node.left, bands), _evaluated(node.right, bands)
        result: ee.Image = getattr(left, _OPERATORS[type(node.op)])(right)
        return result
    raise PlanError(f"A formula of the catalogue uses {ast.unparse(node)}.", field="indices")
