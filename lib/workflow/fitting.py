"""Plans that stop fitting: what a change takes with it is left out and told, nothing else is."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lib.catalog.collections import Collection, find
from lib.catalog.indices import available
from lib.core.errors import AppError, PlanError
from lib.core.imagery_plan import FormulaPlan, ImageryPlan, SourcePlan
from lib.earthengine import imagery as service
from lib.earthengine.access import is_own
from lib.earthengine.assets import require_served
from lib.earthengine.connection import Connection
from lib.earthengine.formulas import names_in
from lib.earthengine.stack import names_of, stack_names
from lib.workflow.imagery_views import Fitted

# What a person chose besides the collection, and keeps with another one.
_KEPT = (
    "percentile", "terrain", "terrain_source", "texture_radius", "form", "window_days", "fill_gaps",
    "patch_size", "dense",
)  # fmt: skip


def with_changes(connection: Connection, plan: ImageryPlan, **parts: Any) -> Fitted:
    """Change parts of a plan, and leave out what they make impossible.

    Args:
        connection: Whose own collections may be asked for their bands.
        plan: The plan as it is.
        parts: Fields of `ImageryPlan` by name.

    Raises:
        AppError: A part is impossible by itself, such as dates that run backwards.
    """
    notes: list[str] = []
    if parts.get("form", plan.form) != "pixel" and parts.get("harmonics", plan.harmonics):
        parts["harmonics"] = 0
        notes.append("Harmonic terms are left out: they describe single pixels only.")
    changed = replace(plan, **parts)
    changed = _with_texture(changed, notes)
    if "formulas" in parts:
        check_formulas(connection, changed)
    else:
        changed = _with_formulas(connection, changed, notes)
    stack_names(changed)
    return Fitted(changed, tuple(notes))


def with_collection(connection: Connection, plan: ImageryPlan, collection: str) -> Fitted:
    """Let a plan read another collection, and keep of it what the other one has too.

    Raises:
        NotFoundError: The connection has no such collection.
    """
    require_served(connection, collection)
    fresh, notes = service.default_plan(connection, collection), list[str]()
    old, new = find(plan.collection), find(collection)
    same = _same_bands(old, new)
    kept = {name: getattr(plan, name) for name in _KEPT}
    kept |= {"sources": _other_sources(plan, collection, notes)}
    kept |= {"harmonics": plan.harmonics, "texture": _renamed_all(plan.texture, same)}
    kept |= {"formulas": tuple(_renamed(formula, same) for formula in plan.formulas)}
    kept |= _bands(plan, fresh, same, notes) | _indices(plan, fresh, old, new, notes)
    kept |= _dates(plan, fresh, new, notes)
    if old and old.cadence == "scenes" and new and new.cadence == "scenes":
        kept["composite"] = plan.composite
        kept["mask_clouds"] = plan.mask_clouds and new.can_mask
    if not fresh.start:
        kept |= _without_time(plan, notes)
    if connection.can.planet and is_own(collection):
        kept |= _without_planet(plan, notes)
    fitted = with_changes(connection, replace(fresh, **kept))
    return Fitted(fitted.plan, (*notes, *fitted.notes))


def check_formulas(connection: Connection, plan: ImageryPlan) -> None:
    """Refuse formulas that cannot be read, or that use what is not there.

    Raises:
        PlanError: The message names the formula, and what it may use.
    """
    known = _names_for_formulas(connection, plan)
    for formula in plan.formulas:
        unknown = [name for name in names_in(formula) if name not in known]
        if unknown:
            raise PlanError(
                f"The formula “{formula.name}” uses “{unknown[0]}”, which is no predictor before "
                "it and no band of the main collection.",
                hint=f"It may use {', '.join(known)}.",
                field="formulas",
            )
        known[formula.name] = None


def _names_for_formulas(connection: Connection, plan: ImageryPlan) -> dict[str, None]:
    predictors = names_of(replace(plan, formulas=())).all
    bands = service.band_names_of(connection, plan.collection)
    return dict.fromkeys((*predictors, *bands))


def _with_texture(plan: ImageryPlan, notes: list[str]) -> ImageryPlan:
    known = names_of(replace(plan, texture=(), formulas=())).all
    lost = [name for name in plan.texture if name not in known]
    if not lost:
        return plan
    notes.append(f"The texture of {', '.join(lost)} is left out: it is no predictor any more.")
    return replace(plan, texture=tuple(name for name in plan.texture if name in known))


def _with_formulas(connection: Connection, plan: ImageryPlan, notes: list[str]) -> ImageryPlan:
    for formula in plan.formulas:
        kept = tuple(one for one in plan.formulas if one != formula)
        before = plan.formulas[: plan.formulas.index(formula) + 1]
        try:
            check_formulas(connection, replace(plan, formulas=before))
        except AppError:
            notes.append(f"The formula “{formula.name}” is left out: what it uses is gone.")
            return _with_formulas(connection, replace(plan, formulas=kept), notes)
    return plan


def _same_bands(old: Collection | None, new: Collection | None) -> dict[str, str]:
    """Names in a new collection of an old one's bands, by what both call them in common."""
    if old is None or new is None:
        return {}
    found = {band.name: new.band_for(band.common) for band in old.data_bands}
    return {name: band.name for name, band in found.items() if band}


def _bands(
    plan: ImageryPlan, fresh: ImageryPlan, same: Mapping[str, str], notes: list[str]
) -> dict[str, Any]:
    kept = tuple(dict.fromkeys(same[name] for name in plan.bands if name in same))
    if not kept:
        return {"bands": fresh.bands}
    lost = [name for name in plan.bands if name not in same]
    if lost:
        notes.append(f"Left out, since this collection has nothing like it: {', '.join(lost)}.")
    return {"bands": kept}


def _indices(
    plan: ImageryPlan,
    fresh: ImageryPlan,
    old: Collection | None,
    new: Collection | None,
    notes: list[str],
) -> dict[str, Any]:
    if old is None or not available(old):
        return {"indices": fresh.indices}
    there = {index.name for index in available(new)} if new else set[str]()
    lost = [name for name in plan.indices if name not in there]
    if lost:
        notes.append(f"Indices that this collection cannot have are left out: {', '.join(lost)}.")
    return {"indices": tuple(name for name in plan.indices if name in there)}


def _dates(
    plan: ImageryPlan, fresh: ImageryPlan, new: Collection | None, notes: list[str]
) -> dict[str, Any]:
    """Keep dates that the collection covers; a year is asked for as a whole anyway."""
    if not (plan.start and fresh.start):
        return {}
    covered = new is None or (new.start <= plan.start and (not new.end or plan.end <= new.end))
    if covered:
        return {"start": plan.start, "end": plan.end}
    notes.append(f"The dates are now {fresh.start} to {fresh.end}: the others are not covered.")
    return {}


def _without_time(plan: ImageryPlan, notes: list[str]) -> dict[str, Any]:
    if plan.form == "series":
        notes.append("Samples are single pixels now: one image has no series of dates.")
    if plan.harmonics:
        notes.append("Harmonic terms are left out: one image has no course of the year.")
    return {"form": "pixel" if plan.form == "series" else plan.form, "harmonics": 0}


def _without_planet(plan: ImageryPlan, notes: list[str]) -> dict[str, Any]:
    """The simulated planet is another world than a person's own raster."""
    if plan.sources or plan.terrain:
        notes.append("Further data sets and terrain are left out: they show the simulated planet.")
    return {"sources": (), "terrain": ()}


def _other_sources(plan: ImageryPlan, collection: str, notes: list[str]) -> tuple[SourcePlan, ...]:
    others = tuple(source for source in plan.sources if source.collection != collection)
    if others != plan.sources:
        notes.append("It is the main collection now, and no further data set any more.")
    return others


def _renamed_all(names: tuple[str, ...], same: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(same.get(name, name) for name in names))


def _renamed(formula: FormulaPlan, same: Mapping[str, str]) -> FormulaPlan:
    text = re.sub(r"[A-Za-z_]\w*", lambda found: same.get(found[0], found[0]), formula.formula)
    return replace(formula, formula=text)
