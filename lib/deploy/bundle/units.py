"""Units of predictors, from the imagery plan and the catalogue."""

from collections.abc import Iterator

from lib.catalog.collections import find
from lib.core.imagery_plan import ImageryPlan
from lib.earthengine.stack import TEXTURE_MEASURES, names_of

_NONE = "1"
_TERRAIN = {"elevation": "m", "slope": "degree", "aspect_sin": _NONE, "aspect_cos": _NONE}
_OWN = "as its formula gives"


def units_of(plan: ImageryPlan) -> dict[str, str]:
    """Give the unit of each predictor of a plan; "1" where it has none.

    Raises:
        PlanError: The plan has names that cannot be used.
    """
    names = names_of(plan)
    first = list(_units(plan.collection, (*plan.bands, *plan.indices)))
    each = len(names.main) // max(len(first), 1)
    units = dict(zip(names.main, (unit for unit in first for _ in range(each)), strict=True))
    for source, its in zip(plan.sources, names.sources, strict=True):
        of_source = _units(source.collection, (*source.bands, *source.indices))
        units |= dict(zip(its, of_source, strict=True))
    units |= dict(zip(names.terrain, (_TERRAIN[name] for name in plan.terrain), strict=True))
    textured = (units[name] for name in plan.texture for _ in TEXTURE_MEASURES)
    units |= dict(zip(names.texture, textured, strict=True))
    return units | dict.fromkeys(names.formulas, _OWN)


def _units(collection: str, names: tuple[str, ...]) -> Iterator[str]:
    """Units of bands, and of indices, which have none."""
    known = find(collection)
    for name in names:
        band = known.band(name) or known.band_for(name) if known else None
        yield (band.unit if band else "") or _NONE
