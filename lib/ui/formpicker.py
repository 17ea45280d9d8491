"""The form of a sample, how scenes become one image, and the size of a pixel."""

from typing import Any

import streamlit as st

from lib.catalog.collections import find
from lib.core.formats import count_words
from lib.core.imagery_plan import ImageryPlan
from lib.ui.guard import slot
from lib.ui.parts import COMPOSITE_WORDS, FORM_WORDS, section
from lib.ui.state import key_for
from lib.workflow import imagery as step
from lib.workflow.project import Workspace

FORM_HELP = {
    "pixel": "One pixel with all its predictors. Take it first: it needs the fewest labels and "
    "is the fastest to train and to map.",
    "series": "One pixel at many dates. Take it where the course of the season tells the classes "
    "apart, as with crops.",
    "patch": "A square of pixels. Take it where shape and neighbourhood tell the classes apart, "
    "as with buildings or roads.",
}
COMPOSITE_HELP = {
    "median": "The middle value of each band: steady against clouds that were missed.",
    "mean": "The mean of each band; radar is averaged in linear power.",
    "percentile": "A low or high value of each band, such as the 25th percentile against haze.",
    "medoid": "The one observation nearest to all others, so that bands belong together "
    "(Flood 2013, doi:10.3390/rs5126481).",
    "greenest": "The observation with the highest NDVI.",
    "latest": "The last clear observation.",
}
LABELS_OF_PATCH = {False: "Its centre", True: "Every pixel"}


def form(ws: Workspace) -> dict[str, Any]:
    """Offer what one sample is: a pixel, a series of dates, or a patch."""
    plan = ws.project.imagery
    label = f"Form of a sample · {FORM_WORDS[plan.form].lower()}"
    with section(ws, "form", label) as opened:
        if not opened:
            return {}
        forms = [name for name in FORM_WORDS if name != "series" or plan.start]
        chosen = st.segmented_control(
            "Form",
            forms,
            default=plan.form,
            required=True,
            format_func=FORM_WORDS.__getitem__,
            key=key_for(ws, f"form-{len(forms)}"),
            label_visibility="collapsed",
        )
        slot("form")
        st.caption(FORM_HELP[chosen])
        parts: dict[str, Any] = {"form": chosen}
        if chosen == "series":
            parts |= _series(ws, plan)
        elif chosen == "patch":
            parts |= _patch(ws, plan)
    return parts


def _series(ws: Workspace, plan: ImageryPlan) -> dict[str, Any]:
    days = st.number_input(
        "Days in a window",
        min_value=1,
        max_value=366,
        value=plan.window_days,
        step=5,
        key=key_for(ws, "window-days"),
        help="Each window is composited by itself. The last one ends with the dates.",
    )
    slot("window_days")
    filled = st.toggle(
        "Fill gaps",
        value=plan.fill_gaps,
        key=key_for(ws, "fill-gaps"),
        help="Windows without a clear observation are interpolated in time between their "
        "neighbours. Otherwise they are marked as not seen.",
    )
    starts = step.window_starts(plan)
    if starts:
        st.caption(f"{count_words(len(starts), 'window')}, from {starts[0]} to {plan.end}.")
    return {"window_days": int(days), "fill_gaps": filled}


def _patch(ws: Workspace, plan: ImageryPlan) -> dict[str, Any]:
    size = st.number_input(
        "Side of a patch (pixels)",
        min_value=1,
        max_value=257,
        value=plan.patch_size,
        step=2,
        key=key_for(ws, "patch-size"),
        help="Odd, so that it has a centre.",
    )
    slot("patch_size")
    dense = st.segmented_control(
        "A label for",
        list(LABELS_OF_PATCH),
        default=plan.dense,
        required=True,
        format_func=LABELS_OF_PATCH.__getitem__,
        key=key_for(ws, "dense"),
        help="The centre alone: the network says one class a patch. Every pixel: it draws a map "
        "of the patch, and needs labels that cover it, such as a reference map.",
    )
    metres = size * plan.scale_m
    st.caption(f"{size} x {size} pixels are {metres:,.0f} x {metres:,.0f} m.")
    return {"patch_size": int(size), "dense": bool(dense)}


def composite_and_pixel(ws: Workspace) -> dict[str, Any]:
    """Offer how scenes become one image, and the size of a pixel."""
    plan = ws.project.imagery
    known, parts = find(plan.collection), dict[str, Any]()
    with section(ws, "more", "More") as opened:
        if not opened:
            return {}
        if plan.start and (known is None or known.type != "Image"):
            parts |= _composite(ws, plan)
        parts["scale_m"] = st.number_input(
            "Pixel size (m)",
            min_value=0.1,
            max_value=10_000.0,
            value=plan.scale_m,
            step=10.0,
            key=key_for(ws, f"scale-{plan.collection}"),
            help="Of the grid that samples and maps lie on.",
        )
        slot("scale_m")
    return parts


def _composite(ws: Workspace, plan: ImageryPlan) -> dict[str, Any]:
    chosen = st.selectbox(
        "Composite",
        list(COMPOSITE_WORDS),
        index=list(COMPOSITE_WORDS).index(plan.composite),
        format_func=COMPOSITE_WORDS.__getitem__,
        key=key_for(ws, "composite"),
        help="How the scenes of these dates become one image.",
    )
    slot("composite")
    st.caption(COMPOSITE_HELP[chosen])
    if chosen != "percentile":
        return {"composite": chosen}
    percentile = st.slider(
        "Percentile", 0, 100, round(plan.percentile), step=5, key=key_for(ws, "percentile")
    )
    return {"composite": chosen, "percentile": float(percentile)}
