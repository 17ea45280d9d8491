"""All predictors of a plan as one image: sources, terrain, texture and formulas side by side."""

from collections.abc import Iterable

import ee

from lib.catalog.collections import find
from lib.core.aoi import Aoi
from lib.core.imagery_plan import FormulaPlan, ImageryPlan, SourcePlan
from lib.earthengine.access import current
from lib.earthengine.assets import asset_facts
from lib.earthengine.composite import source_image
from lib.earthengine.formulas import formula_image, names_in
from lib.earthengine.graphs import valid_everywhere
from lib.earthengine.harmonics import harmonic_image
from lib.earthengine.scenes import Span, main_source, span_of
from lib.earthengine.spectral import needed_bands, with_indices
from lib.earthengine.stack import Names, names_of
from lib.earthengine.terrain import terrain_image
from lib.earthengine.texture import texture_image


def predictor_image(
    plan: ImageryPlan, aoi: Aoi, *, span: Span | None = None, padded: bool = False
) -> ee.Image:
    """Float bands in predictor order, in physical units, masked where any is missing.

    Args:
        plan: Which predictors; its form does not matter.
        aoi: Which area.
        span: Other dates than the plan's.
        padded: Whether dates without scenes give a masked image instead of an error.
    """
    names, dates, main = names_of(plan), span or span_of(plan), main_source(plan)
    if plan.harmonics:
        stack = harmonic_image(main, dates, aoi, pairs=plan.harmonics).rename(list(names.main))
    else:
        stack = _source_stack(main, dates, aoi, padded=padded)
    stack = _with_sources(stack, plan, names, dates, aoi, padded=padded)
    if plan.terrain:
        terrain = terrain_image(plan.terrain_source, plan.terrain, aoi)
        stack = stack.addBands(terrain.rename(list(names.terrain)))
    if plan.texture:
        stack = stack.addBands(texture_image(stack, plan.texture, radius=plan.texture_radius))
    stack = _with_formulas(stack, plan, names, dates, aoi, padded=padded)
    masked: ee.Image = stack.toFloat().updateMask(valid_everywhere(stack))
    return masked


def _source_stack(source: SourcePlan, span: Span, aoi: Aoi, *, padded: bool) -> ee.Image:
    image = source_image(source, span, aoi, needed_bands(source), padded=padded)
    return with_indices(image, source)


def _with_sources(
    stack: ee.Image, plan: ImageryPlan, names: Names, span: Span, aoi: Aoi, *, padded: bool
) -> ee.Image:
    for source, own in zip(plan.sources, names.sources, strict=True):
        image = _source_stack(source, span, aoi, padded=padded)
        stack = stack.addBands(image.rename(list(own)))
    return stack


def _with_formulas(
    stack: ee.Image, plan: ImageryPlan, names: Names, span: Span, aoi: Aoi, *, padded: bool
) -> ee.Image:
    """Append formulas in order; each may use the ones before it."""
    if not plan.formulas:
        return stack
    known = {name: stack for name in names.all if name not in names.formulas}
    wanted = _bands_besides(plan.formulas, plan.collection, known)
    if wanted:
        image = source_image(main_source(plan), span, aoi, wanted, padded=padded)
        known |= dict.fromkeys(wanted, image)
    for formula in plan.formulas:
        bands = {name: image.select(name) for name, image in known.items()}
        value = formula_image(formula, bands)
        stack = stack.addBands(value)
        known[formula.name] = value
    return stack


def _bands_besides(
    formulas: Iterable[FormulaPlan], collection: str, known: Iterable[str]
) -> list[str]:
    """Bands of the main collection that formulas use and that are no predictors."""
    own = {formula.name for formula in formulas}
    used = [name for formula in formulas for name in names_in(formula)]
    missing = [name for name in dict.fromkeys(used) if name not in own and name not in set(known)]
    if not missing:
        return []
    data_set = find(collection)
    there = data_set.band_names if data_set else asset_facts(current(), collection).bands
    return [name for name in missing if name in there]
