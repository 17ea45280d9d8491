"""Which scenes a source has over an area within dates, and which of their pixels are clear."""

from collections.abc import Callable, Sequence
from datetime import date
from functools import reduce

import ee

from lib.catalog.collections import CloudMask, Collection, SceneFilter, find
from lib.core.aoi import Aoi
from lib.core.errors import DateError, PlanError
from lib.core.imagery_plan import ImageryPlan, SourcePlan
from lib.core.plan_checks import parse_day
from lib.earthengine.access import current
from lib.earthengine.assets import asset_facts, refuse_unserved
from lib.earthengine.graphs import region_of, valid_everywhere

Span = tuple[str, str]
"""First day and the day after the last, ISO form; both empty where dates mean nothing."""

CLEAR = "clear"


def main_source(plan: ImageryPlan) -> SourcePlan:
    """The main collection of a plan in the form of its further sources."""
    return SourcePlan(
        plan.collection,
        plan.bands,
        plan.indices,
        mask_clouds=plan.mask_clouds,
        composite=plan.composite,
        percentile=plan.percentile,
    )


def span_of(plan: ImageryPlan) -> Span:
    """The dates of a plan."""
    return plan.start, plan.end


def is_image(source: SourcePlan, span: Span) -> bool:
    """Tell whether a source names one image instead of a collection of scenes."""
    known = find(source.collection)
    if known:
        return known.type == "Image"
    return not span[0] or asset_facts(current(), source.collection).is_image


def scenes_of(source: SourcePlan, span: Span, aoi: Aoi) -> ee.ImageCollection:
    """The scenes of a source over an area, before clouds are masked.

    Raises:
        DateError: A merged collection has no mission at these dates, or there are no dates.
    """
    refuse_unserved(source.collection)
    known = find(source.collection)
    if known and known.members:
        return _merged([_alike(member.id, source, span, aoi) for member in _members(known, span)])
    return _alike(source.collection, source, span, aoi)


def clear_scenes(
    source: SourcePlan, span: Span, aoi: Aoi, bands: Sequence[str]
) -> ee.ImageCollection:
    """Scenes of a source with some bands in stored values, masked by the catalogue's rules.

    A merged collection's scenes come with common names, in order of time.
    """

    def read(collection: str, names: list[str]) -> ee.ImageCollection:
        scenes: ee.ImageCollection = _clear(collection, source, span, aoi)
        chosen: ee.ImageCollection = scenes.select(names, list(bands))
        return chosen

    return _gathered(source, span, bands, read)


def flagged_scenes(
    source: SourcePlan, span: Span, aoi: Aoi, bands: Sequence[str]
) -> ee.ImageCollection:
    """Scenes as `clear_scenes`, but with a band "clear" (0 or 1) in place of the mask."""

    def read(collection: str, names: list[str]) -> ee.ImageCollection:
        scenes = _flagged(collection, source, span, aoi, names)
        chosen: ee.ImageCollection = scenes.select([*names, CLEAR], [*bands, CLEAR])
        return chosen

    return _gathered(source, span, bands, read)


def clear_image(image: ee.Image, rule: CloudMask) -> ee.Image:
    """One band, 1 where every condition of a rule holds and else 0."""
    band = image.select(rule.band)
    tests = []
    if rule.zero_bits:
        tests.append(band.bitwiseAnd(rule.bit_mask).eq(0))
    if rule.at_least is not None:
        tests.append(band.gte(rule.at_least))
    if rule.at_most is not None:
        tests.append(band.lte(rule.at_most))
    if rule.values:
        tests.append(reduce(lambda a, b: a.Or(b), [band.eq(value) for value in rule.values]))
    if rule.zero_band:
        tests.append(image.select(rule.zero_band).eq(0))
    clear: ee.Image = reduce(lambda a, b: a.And(b), tests)
    return clear


def _gathered(
    source: SourcePlan,
    span: Span,
    bands: Sequence[str],
    read: Callable[[str, list[str]], ee.ImageCollection],
) -> ee.ImageCollection:
    """What `read` makes of a collection and its band names, or of all members in order of time."""
    refuse_unserved(source.collection)
    known = find(source.collection)
    if not known or not known.members:
        return read(source.collection, list(bands))
    parts = [read(member.id, _names_in(member, bands)) for member in _members(known, span)]
    merged: ee.ImageCollection = _merged(parts).sort("system:time_start")
    return merged


def _clear(collection: str, source: SourcePlan, span: Span, aoi: Aoi) -> ee.ImageCollection:
    scenes = _alike(collection, source, span, aoi)
    rule = _rule(collection, source)
    if rule is None:
        return scenes
    linked = _linked(scenes, rule, span, aoi)
    clear: ee.ImageCollection = linked.map(lambda image: image.updateMask(clear_image(image, rule)))
    return clear


def _flagged(
    collection: str, source: SourcePlan, span: Span, aoi: Aoi, bands: list[str]
) -> ee.ImageCollection:
    scenes = _alike(collection, source, span, aoi)
    rule = _rule(collection, source)
    if rule:
        scenes = _linked(scenes, rule, span, aoi)

    def flag(image: ee.Image) -> ee.Image:
        valid = valid_everywhere(image.select(bands)).gt(0)
        clear = valid.And(clear_image(image, rule).unmask(0, False)) if rule else valid
        return image.addBands(clear.rename(CLEAR))

    flagged: ee.ImageCollection = scenes.map(flag)
    return flagged


def _linked(
    scenes: ee.ImageCollection, rule: CloudMask, span: Span, aoi: Aoi
) -> ee.ImageCollection:
    if not rule.collection:
        return scenes
    linked: ee.ImageCollection = scenes.linkCollection(
        _near(rule.collection, span, aoi), [rule.band]
    )
    return linked


def _rule(collection: str, source: SourcePlan) -> CloudMask | None:
    """How clouds are masked; by other means where the service lacks the product for it."""
    known = find(collection)
    if known is None or not source.mask_clouds:
        return None
    if known.mask and known.mask.collection and not current().can.serves(known.mask.collection):
        return known.other_mask
    return known.mask


def _alike(collection: str, source: SourcePlan, span: Span, aoi: Aoi) -> ee.ImageCollection:
    known = find(collection)
    scenes = _near(collection, span, aoi)
    for rule in known.filters if known else ():
        scenes = scenes.filter(_filter(rule))
    if known and source.mask_clouds and known.most_cloud_percent is not None:
        scenes = scenes.filter(ee.Filter.lt(known.cloud_property, known.most_cloud_percent))
    return scenes


def _near(collection: str, span: Span, aoi: Aoi) -> ee.ImageCollection:
    near: ee.ImageCollection = ee.ImageCollection(collection).filterBounds(region_of(aoi))
    start, end = _dates_for(collection, span)
    return near.filterDate(start, end) if start else near


def _dates_for(collection: str, span: Span) -> Span:
    """Dates that find a collection's scenes: whole years where it has one image a year."""
    known = find(collection)
    cadence = known.cadence if known else "scenes"
    if cadence == "once":
        return "", ""
    if not span[0]:
        raise DateError(
            f"{collection} has scenes of many dates, and the plan has none.",
            hint="Choose first and last day.",
            field="dates",
        )
    if cadence == "year":
        last = parse_day(span[1]).toordinal() - 1
        return f"{span[0][:4]}-01-01", f"{date.fromordinal(last).year + 1}-01-01"
    return span


def _members(known: Collection, span: Span) -> list[Collection]:
    """The members of a merged collection that flew at the dates and that the service has."""
    found = [member for member in map(find, known.members) if member]
    flew = [m for m in found if m.start < span[1] and (not m.end or span[0] < m.end)]
    served = [member for member in flew if current().can.serves(member.id)]
    if not served:
        raise DateError(
            f"No mission of {known.title} is at hand from {span[0]} to {span[1]}.",
            hint="; ".join(f"{m.title}: {m.start} to {m.end or 'now'}" for m in found),
            field="dates",
        )
    return served


def _merged(parts: list[ee.ImageCollection]) -> ee.ImageCollection:
    merged: ee.ImageCollection = reduce(lambda one, other: one.merge(other), parts)
    return merged


def _names_in(member: Collection, commons: Sequence[str]) -> list[str]:
    found = [member.band_for(common) for common in commons]
    if None in found:
        missing = [c for c, band in zip(commons, found, strict=True) if band is None]
        raise PlanError(
            f"{member.title} has no band {' and no '.join(missing)}.",
            hint="Choose among the bands that all missions have.",
            field="bands",
        )
    return [band.name for band in found if band]


def _filter(rule: SceneFilter) -> ee.Filter:
    condition: ee.Filter = getattr(ee.Filter, rule.operator)(rule.name, rule.value)
    return condition
