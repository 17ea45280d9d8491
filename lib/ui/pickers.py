"""Controls for the area and the imagery; what they return is checked where it is kept."""

from dataclasses import replace
from datetime import date
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib.catalog.collections import Collection, find
from lib.core.aoi import Aoi
from lib.core.imagery_plan import ImageryPlan
from lib.ui import state
from lib.ui.guard import guard, slot
from lib.ui.state import key_for
from lib.workflow import imagery as step
from lib.workflow import uploads
from lib.workflow.project import Workspace


def keep(ws: Workspace, **parts: Any) -> None:
    """Put changed parts into the project; parts that are equal cost nothing."""
    changed = {name: part for name, part in parts.items() if part != getattr(ws.project, name)}
    if changed:
        ws.change(**changed)
        st.rerun()


def area(ws: Workspace) -> None:
    """Offer the ways to set the area other than drawing: typed bounds, and a GeoJSON file."""
    bounds = ws.project.aoi.bounds if ws.project.aoi else (0.0,) * 4
    # Another area gives the controls new names: they show it, and the panel is closed again.
    mark = "-".join(f"{edge:.4f}" for edge in bounds)
    label, icon = "Type or upload an area", ":material/edit_location_alt:"
    with st.popover(label, icon=icon, key=key_for(ws, f"area-{mark}"), on_change="rerun"):
        _typed_bounds(ws, bounds, mark)
        _uploaded_area(ws, mark)
    slot("aoi")


def _typed_bounds(ws: Workspace, bounds: tuple[float, ...], mark: str) -> None:
    west, south, east, north = bounds
    left, right = st.columns(2)

    def edge(place: DeltaGenerator, name: str, value: float) -> float:
        key = key_for(ws, f"{name}-{mark}")
        typed: float = place.number_input(name, value=value, step=0.01, format="%.4f", key=key)
        return typed

    typed = (
        edge(left, "West", west),
        edge(left, "South", south),
        edge(right, "East", east),
        edge(right, "North", north),
    )
    if st.button("Use these bounds", key="use-bounds"):
        with guard():
            _set_area(ws, Aoi.from_bounds(*typed))


def _uploaded_area(ws: Workspace, mark: str) -> None:
    upload = st.file_uploader(
        "GeoJSON file", type=["geojson", "json"], key=key_for(ws, f"aoi-file-{mark}")
    )
    if upload and st.button("Use this file", key="use-file"):
        with guard():
            _set_area(ws, Aoi.from_geojson(upload.getvalue().decode("utf-8", "replace")))


def _set_area(ws: Workspace, aoi: Aoi) -> None:
    step.choose_aoi(ws, aoi)
    state.show_elsewhere()
    st.rerun()


def imagery(ws: Workspace) -> ImageryPlan:
    """Offer collection, dates and clouds; the rest under "More"."""
    plan = ws.project.imagery
    chosen = _collection(ws, plan.collection)
    if chosen != plan.collection:
        state.renew()
        return step.plan_for(ws, chosen)
    known = find(chosen)
    start, end = _dates(ws, plan, known) if known and plan.start else ("", "")
    mask = bool(known and known.mask) and st.toggle(
        "Mask clouds",
        value=plan.mask_clouds,
        key=key_for(ws, "mask"),
        help="Leaves out pixels that the collection's own cloud product marks.",
    )
    with st.expander("More"):
        bands, indices, scale_m = _predictors(ws, plan, known)
    return replace(
        plan,
        start=start,
        end=end,
        mask_clouds=mask,
        bands=tuple(bands),
        indices=tuple(indices),
        scale_m=scale_m,
    )


def _collection(ws: Workspace, current: str) -> str:
    titles = {choice.id: choice.title for choice in step.collections(ws)}
    titles |= _own_rasters(ws)
    titles.setdefault(current, current)
    ids = list(titles)
    chosen: str = st.selectbox(
        "Collection",
        ids,
        index=ids.index(current),
        format_func=titles.__getitem__,
        key=key_for(ws, "collection"),
    )
    slot("collection")
    return chosen


def _own_rasters(ws: Workspace) -> dict[str, str]:
    """Return titles of own rasters by id, asked for once a visit and after each import."""
    key = (ws.id, ws.connection.id, state.visit())
    own = state.latest("images", key, lambda: uploads.own_images(ws))
    return {asset.id: f"Own raster · {asset.name}" for asset in own}


def _dates(ws: Workspace, plan: ImageryPlan, chosen: Collection) -> tuple[str, str]:
    left, right = st.columns(2)
    least = date.fromisoformat(chosen.start) if chosen.start else None
    start = left.date_input(
        "From", value=_day(plan.start), min_value=least, max_value=None, key=key_for(ws, "from")
    )
    end = right.date_input(
        "Until",
        value=_day(plan.end),
        min_value=least,
        max_value=None,
        key=key_for(ws, "until"),
        help="The first day that is no longer included.",
    )
    slot("dates")
    return (start.isoformat() if start else "", end.isoformat() if end else "")


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _predictors(
    ws: Workspace, plan: ImageryPlan, known: Collection | None
) -> tuple[list[str], list[str], float]:
    names = list(step.band_choices(ws, plan.collection))
    titles = {band.name: band.title for band in known.bands} if known else {}
    bands = st.multiselect(
        "Bands",
        names,
        default=[band for band in plan.bands if band in names],
        format_func=lambda name: f"{name} · {titles[name]}" if titles.get(name) else name,
        key=key_for(ws, f"bands-{plan.collection}"),
        help="What the network reads at each pixel, in this order.",
    )
    slot("bands")
    indices = _indices(ws, plan)
    scale_m = st.number_input(
        "Pixel size (m)",
        min_value=0.1,
        max_value=10_000.0,
        value=plan.scale_m,
        step=10.0,
        key=key_for(ws, f"scale-{plan.collection}"),
    )
    slot("scale_m")
    return bands, indices, scale_m


def _indices(ws: Workspace, plan: ImageryPlan) -> list[str]:
    known = {index.name: index for index in step.indices(plan)}
    if not known:
        return []
    chosen = st.pills(
        "Indices",
        list(known),
        selection_mode="multi",
        default=[name for name in plan.indices if name in known],
        key=key_for(ws, f"indices-{plan.collection}"),
        help="Ratios of bands, computed beside them. "
        + " ".join(f"{index.name}: {index.formula}." for index in known.values()),
    )
    return [name for name in known if name in chosen]
