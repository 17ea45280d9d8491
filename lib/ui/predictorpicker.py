"""What the network reads at a pixel: bands, indices, formulas, terrain, texture, seasons."""

from collections.abc import Callable
from typing import Any, Literal

import streamlit as st

from lib.catalog.collections import find
from lib.catalog.indices import Index
from lib.core.errors import AppError, PlanError
from lib.core.formats import count_words
from lib.core.imagery_plan import TERRAIN, FormulaPlan, ImageryPlan
from lib.ui.guard import plain, show, slot
from lib.ui.parts import section, section_key
from lib.ui.state import key_for
from lib.workflow import imagery as step
from lib.workflow.project import Workspace

TERRAIN_WORDS = dict(
    zip(TERRAIN, ("Elevation", "Slope", "Aspect, sine", "Aspect, cosine"), strict=True)
)
USUAL = "usual"
_LONG_LIST = 40


def predictors(ws: Workspace) -> dict[str, Any]:
    """Offer everything that becomes a predictor, part by part, and list what results."""
    plan = ws.project.imagery
    names = step.predictor_list(plan)
    offers: dict[str, Callable[[Workspace, ImageryPlan], dict[str, Any]]] = {
        "Bands": _bands,
        "Indices": _indices,
        "Formulas": _formulas,
        "More": _more,
    }
    with section(ws, "predictors", f"Predictors · {len(names)}") as opened:
        if not opened:
            return {}
        tabs = st.tabs(list(offers), key=section_key(ws, "predictor-tabs"), on_change="rerun")
        parts: dict[str, Any] = {}
        for tab, offer in zip(tabs, offers.values(), strict=True):
            if tab.open:
                with tab:
                    parts = offer(ws, plan)
        _listed(plan, names)
    return parts


def _listed(plan: ImageryPlan, names: tuple[str, ...]) -> None:
    windows = step.window_starts(plan)
    times = f" in each of {count_words(len(windows), 'window')}" if windows else ""
    height: Literal["content"] | int = 150 if len(names) > _LONG_LIST else "content"
    with st.container(height=height, border=False, key="predictor-list"):
        st.caption(
            f"**{count_words(len(names), 'predictor')}{times}**  \n{plain(', '.join(names))}"
        )


def _bands(ws: Workspace, plan: ImageryPlan) -> dict[str, Any]:
    known = find(plan.collection)
    names = list(step.band_choices(ws, plan.collection))
    titles = {band.name: band.title.partition(",")[0] for band in known.bands} if known else {}
    bands = st.multiselect(
        "Bands",
        names,
        default=[band for band in plan.bands if band in names],
        format_func=lambda name: f"{name} · {titles[name]}" if titles.get(name) else name,
        key=key_for(ws, f"bands-{plan.collection}"),
        help="What the network reads at each pixel, in this order.",
    )
    slot("bands")
    return {"bands": tuple(bands)}


def _indices(ws: Workspace, plan: ImageryPlan) -> dict[str, Any]:
    known = {index.name: index for index in step.indices(plan)}
    if not known:
        st.caption("This collection lacks the bands that spectral indices are made of.")
        return {}
    domains = list(dict.fromkeys(index.domain or USUAL for index in known.values()))
    domain = st.pills(
        "For",
        sorted(domains, key=lambda name: (name != USUAL, name)),
        default=USUAL,
        required=True,
        format_func=str.capitalize,
        key=key_for(ws, "index-domain"),
    )
    offered = [name for name, index in known.items() if (index.domain or USUAL) == domain]
    chosen = st.multiselect(
        "Indices",
        list(dict.fromkeys((*(name for name in plan.indices if name in known), *offered))),
        default=[name for name in plan.indices if name in known],
        format_func=lambda name: f"{name} · {known[name].title}",
        key=key_for(ws, f"indices-{plan.collection}-{domain}"),
        help="Arithmetic of bands, computed beside them: of Loam's own list, and of Awesome "
        "Spectral Indices (Montero et al. 2023, doi:10.1038/s41597-023-02096-0).",
    )
    slot("indices")
    _index_formulas([known[name] for name in chosen])
    return {"indices": tuple(chosen)}


def _index_formulas(chosen: list[Index]) -> None:
    if chosen:
        lines = (f"{index.name} = {index.formula}" for index in chosen)
        st.caption("  \n".join(plain(line) for line in lines))


def _formulas(ws: Workspace, plan: ImageryPlan) -> dict[str, Any]:
    kept = tuple(own for own in plan.formulas if not _dropped(ws, own))
    name = st.text_input("Name", placeholder="greenness", key=key_for(ws, "formula-name"))
    text = st.text_input(
        "Formula",
        placeholder="(B8 - B4) / (B8 + B4)",
        key=key_for(ws, "formula"),
        help="Numbers, names of predictors and bands, + - * / ** %, comparisons, test ? a : b, "
        "and functions such as sqrt, log, min, max.",
    )
    slot("formulas")
    formula = FormulaPlan(name.strip(), text.strip())
    ready = bool(formula.name and formula.formula) and _reads(ws, formula)
    if st.button("Add the formula", key="add-formula", icon=":material/add:", disabled=not ready):
        return {"formulas": (*kept, formula)}
    return {"formulas": kept}


def _dropped(ws: Workspace, own: FormulaPlan) -> bool:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(own.name)}** = `{own.formula}`", width="stretch")
        return st.button(
            "Take out",
            icon=":material/delete:",
            key=key_for(ws, f"drop-formula-{own.name}"),
            type="tertiary",
        )


def _reads(ws: Workspace, formula: FormulaPlan) -> bool:
    """Check a formula as it is typed, and tell what is wrong with it."""
    try:
        step.check_formula(ws, formula)
    except PlanError as error:
        show(AppError(error.message, hint=error.hint, field="formulas"))
        return False
    st.caption("The formula can be read.")
    return True


def _more(ws: Workspace, plan: ImageryPlan) -> dict[str, Any]:
    return _terrain(ws, plan) | _texture(ws, plan) | _harmonics(ws, plan)


def _terrain(ws: Workspace, plan: ImageryPlan) -> dict[str, Any]:
    models = {model.id: model.title for model in step.elevation_models(ws)}
    if not models:
        return {}
    chosen = st.pills(
        "Terrain",
        list(TERRAIN_WORDS),
        selection_mode="multi",
        default=list(plan.terrain),
        format_func=TERRAIN_WORDS.__getitem__,
        key=key_for(ws, "terrain"),
        help="Aspect, the direction downhill, as sine (east) and cosine (north), since 359 and 1 "
        "degrees are neighbours.",
    )
    slot("terrain")
    source = plan.terrain_source
    if len(models) > 1 and chosen:
        models.setdefault(source, source)
        source = st.selectbox(
            "Elevation model",
            list(models),
            index=list(models).index(source),
            format_func=models.__getitem__,
            key=key_for(ws, "terrain-source"),
        )
        slot("terrain_source")
    ordered = tuple(name for name in TERRAIN if name in chosen)
    return {"terrain": ordered, "terrain_source": source}


def _texture(ws: Workspace, plan: ImageryPlan) -> dict[str, Any]:
    names = step.texture_choices(plan)
    chosen = st.multiselect(
        "Texture of",
        list(names),
        default=[name for name in plan.texture if name in names],
        key=key_for(ws, "texture"),
        help="Mean and standard deviation over a window around each pixel (after Haralick et al. "
        "1973, doi:10.1109/TSMC.1973.4309314).",
    )
    slot("texture")
    parts: dict[str, Any] = {"texture": tuple(chosen)}
    if chosen:
        parts["texture_radius"] = st.select_slider(
            "Window",
            list(range(1, 11)),
            value=plan.texture_radius,
            format_func=lambda radius: f"{2 * radius + 1} x {2 * radius + 1} pixels",
            key=key_for(ws, "texture-radius"),
        )
    return parts


def _harmonics(ws: Workspace, plan: ImageryPlan) -> dict[str, Any]:
    if plan.form != "pixel" or not plan.start:
        return {}
    pairs = st.number_input(
        "Harmonic terms (pairs a year)",
        min_value=0,
        max_value=4,
        value=plan.harmonics,
        key=key_for(ws, "harmonics"),
        help="Waves fitted to each band over the dates, in place of its composite (after Zhu and "
        "Woodcock 2014, doi:10.1016/j.rse.2014.01.011). Take dates of a year or more.",
    )
    slot("harmonics")
    return {"harmonics": int(pairs)}
