"""Where pixels come from: the collection and its facts, dates and mask, and more data sets."""

from dataclasses import replace
from datetime import date
from typing import Any

import streamlit as st

from lib.catalog import collections as catalog
from lib.catalog.collections import Collection, find
from lib.catalog.indices import available
from lib.core.formats import count_words
from lib.core.imagery_plan import ImageryPlan, SourcePlan
from lib.ui import state
from lib.ui.guard import guard, plain, slot
from lib.ui.parts import COMPOSITE_WORDS, section
from lib.ui.state import key_for
from lib.workflow import imagery as step
from lib.workflow import uploads
from lib.workflow.project import Workspace


def collection(ws: Workspace) -> str:
    """Offer the collections of the connection, own rasters, and any id that is typed."""
    current = ws.project.imagery.collection
    titles = {choice.id: choice.title for choice in step.collections(ws)}
    titles |= _own_rasters(ws)
    titles.setdefault(current, find_title(current))
    ids = list(titles)
    chosen: str = st.selectbox(
        "Collection",
        ids,
        index=ids.index(current),
        format_func=lambda name: titles.get(name, name),
        key=key_for(ws, "collection"),
        accept_new_options=True,
        help="Type to search. Any other Earth Engine id can be typed as it stands in the data "
        "catalogue.",
    )
    slot("collection")
    with st.container(horizontal=True, gap="small"):
        picked = _browser(ws)
        _about(ws, current)
    return picked or chosen


def find_title(collection_id: str) -> str:
    """Return what people call a data set, or its id."""
    known = find(collection_id)
    return known.title if known else collection_id


def _own_rasters(ws: Workspace) -> dict[str, str]:
    """Return titles of own rasters by id, asked for once a visit and after each import."""
    key = (ws.id, ws.connection.id, state.visit())
    own = state.latest("images", key, lambda: uploads.own_images(ws))
    return {asset.id: f"Own raster · {asset.name}" for asset in own}


def _browser(ws: Workspace) -> str:
    """Search the catalogue; return the id that is to be used, or an empty text."""
    panel = st.popover(
        "Find data", icon=":material/search:", key=key_for(ws, "find-data"), on_change="rerun"
    )
    if not panel.open:
        return ""
    with panel:
        words = st.text_input(
            "Search",
            placeholder="radar, red edge, elevation …",
            key=key_for(ws, "search"),
            help="Looks in names, ids and bands.",
        )
        found = [c for c in catalog.search(words) if c.kind in ("imagery", "elevation")]
        if not found:
            st.caption("Nothing of the catalogue has all these words.")
        rows = [_found_row(ws, item) for item in found]
    return next((item.id for item, used in zip(found, rows, strict=True) if used), "")


def _found_row(ws: Workspace, item: Collection) -> bool:
    with st.container(key=f"found-{item.code}", gap=None):
        st.markdown(f"**{plain(item.title)}**  \n:gray[{plain(_short_facts(item))}]")
        if not step.is_served(ws, item.id):
            st.caption(plain(f"Not on {ws.connection.label}: sign in to Earth Engine for it."))
            return False
        return st.button("Use", key=key_for(ws, f"use-{item.code}"))


def _short_facts(item: Collection) -> str:
    return f"{_years(item)} · {item.resolution_m:g} m · {len(item.data_bands)} bands"


def _years(item: Collection) -> str:
    return f"{item.start} to {item.end or 'now'}"


def _about(ws: Workspace, current: str) -> None:
    """Show the facts of the collection: bands, units, dates, citation, licence."""
    panel = st.popover(
        "About this data set",
        icon=":material/info:",
        key=key_for(ws, "about-data"),
        on_change="rerun",
    )
    if not panel.open:
        return
    with panel:
        known = find(current)
        if known is None:
            names = step.band_choices(ws, current)
            st.markdown(
                plain(f"{current} is not in the catalogue, so its values stay as they are.")
            )
            st.markdown(plain(f"{count_words(len(names), 'band')}: {', '.join(names)}"))
        else:
            _facts(known)


def _facts(known: Collection) -> None:
    st.markdown(f"**{plain(known.title)}**  \n`{known.id}`")
    st.markdown(plain(f"{_years(known)} · {known.resolution_m:g} m"))
    st.dataframe(
        {
            "Band": [band.name for band in known.bands],
            "What": [band.title for band in known.bands],
            "Unit": [band.unit or "–" for band in known.bands],
            "Pixel": [f"{band.resolution_m:g} m" for band in known.bands],
        },
        hide_index=True,
        height=min(36 * (len(known.bands) + 1), 260),
    )
    st.markdown(f":gray[Cite as] {plain(known.citation)}")
    st.markdown(f":gray[Licence] {plain(known.licence)} · [Source]({known.source})")


def dates_and_mask(ws: Workspace) -> dict[str, Any]:
    """Offer dates and the mask of clouds, where the collection has them."""
    plan = ws.project.imagery
    known = find(plan.collection)
    parts: dict[str, Any] = {}
    if plan.start:
        parts["start"], parts["end"] = _dates(ws, plan, known)
    if known is not None and known.can_mask:
        parts["mask_clouds"] = st.toggle(
            "Mask clouds",
            value=plan.mask_clouds,
            key=key_for(ws, "mask"),
            help="Leaves out pixels that the collection's own quality product marks: clouds and "
            "shadows, and for radar the noise at borders.",
        )
    return parts


def _dates(ws: Workspace, plan: ImageryPlan, chosen: Collection | None) -> tuple[str, str]:
    left, right = st.columns(2)
    least = date.fromisoformat(chosen.start) if chosen and chosen.start else None
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


def more_sources(ws: Workspace) -> dict[str, Any]:
    """Offer further data sets whose predictors stand beside the main collection's."""
    sources = ws.project.imagery.sources
    with section(ws, "sources", f"More data sets · {len(sources) or 'none'}") as opened:
        if not opened:
            return {}
        chosen = [_source(ws, number, source) for number, source in enumerate(sources)]
        slot("sources")
        kept = tuple(source for source in chosen if source is not None)
        added = _added(ws)
    return {"sources": (*kept, added) if added else kept}


def _source(ws: Workspace, number: int, source: SourcePlan) -> SourcePlan | None:
    """Offer the settings of one further data set; None where it is taken out."""
    known, name = find(source.collection), f"{source.collection}-{number}"
    with st.container(border=True, key=key_for(ws, f"card-source-{number}")):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"**{plain(find_title(source.collection))}**", width="stretch")
            if st.button(
                "Take out",
                icon=":material/delete:",
                key=key_for(ws, f"drop-{name}"),
                type="tertiary",
            ):
                return None
        bands = st.multiselect(
            "Its bands",
            list(known.band_names if known else step.band_choices(ws, source.collection)),
            default=list(source.bands),
            key=key_for(ws, f"bands-{name}"),
        )
        changes: dict[str, Any] = {"bands": tuple(bands)}
        indices = [index.name for index in available(known)] if known else []
        if indices:
            picked = st.multiselect(
                "Its indices",
                indices,
                default=[index for index in source.indices if index in indices],
                key=key_for(ws, f"indices-{name}"),
            )
            changes["indices"] = tuple(picked)
        if known is None or known.type != "Image":
            changes["composite"] = st.selectbox(
                "Its composite",
                list(COMPOSITE_WORDS),
                index=list(COMPOSITE_WORDS).index(source.composite),
                format_func=COMPOSITE_WORDS.__getitem__,
                key=key_for(ws, f"composite-{name}"),
            )
        if known and known.can_mask:
            changes["mask_clouds"] = st.toggle(
                "Mask its clouds or borders",
                value=source.mask_clouds,
                key=key_for(ws, f"mask-{name}"),
            )
        changed = source
        with guard():
            changed = replace(source, **changes)
    return changed


def _added(ws: Workspace) -> SourcePlan | None:
    plan = ws.project.imagery
    taken = {plan.collection, *(source.collection for source in plan.sources)}
    titles = {c.id: c.title for c in step.more_collections(ws) if c.id not in taken}
    titles |= {key: words for key, words in _own_rasters(ws).items() if key not in taken}
    wanted = st.selectbox(
        "Add a data set",
        list(titles),
        index=None,
        format_func=lambda name: titles.get(name, name),
        placeholder="Radar, terrain, embeddings, or any id",
        key=key_for(ws, "add-source"),
        accept_new_options=True,
        help="Its pixels are laid on the main collection's grid, over the same dates.",
    )
    slot("collection")
    pressed = st.button("Add", key="add-source", icon=":material/add:", disabled=not wanted)
    found = None
    if pressed and wanted:
        with guard(), st.spinner("Asking for the data set"):
            found = step.source_for(ws, wanted)
    return found
