"""Controls for the network and its training."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from lib.core.errors import PlanError
from lib.core.formats import count_words, number
from lib.core.model_plan import ModelPlan
from lib.ui import frame, state
from lib.ui.guard import plain, show, slot
from lib.ui.state import key_for
from lib.workflow import train
from lib.workflow.project import Workspace
from lib.workflow.train import Option

_FAMILY_NOTE = "family-note"
_SHARE_STEPS = 0.05
_PLENTY = 10_000_000
"""Samples beyond which nobody asks how many fit."""
_NAMES = {"gelu": "GELU", "relu": "ReLU", "adamw": "AdamW", "sgd": "SGD"}
_FINE_STEP, _COARSE_STEP = 0.001, 0.5


def fit_family(ws: Workspace) -> None:
    """Choose a family that takes the samples where theirs does not, and say so."""
    note = train.fit_family(ws)
    if note:
        state.remember(_FAMILY_NOTE, (ws.project.model.family, note))
        state.renew()
        st.rerun()


def network(ws: Workspace) -> ModelPlan:
    """Offer the families for the samples and the settings that count; the rest under "More"."""
    plan, options = _family(ws)
    typed = {option.name: _control(ws, option, plan) for option in options if option.main}
    with st.expander("More"):
        typed |= {option.name: _control(ws, option, plan) for option in options if not option.main}
        trees = st.number_input(
            "Trees of the forest beside it",
            1,
            1_000,
            plan.forest_trees,
            key=_key(ws, plan, "trees"),
        )
    values = {
        option.name: _widths(typed[option.name], option.name)
        if option.kind == "widths"
        else typed[option.name]
        for option in options
    }
    return ModelPlan(**{**_unused(plan, values), **values, "forest_trees": trees})


def needs(ws: Workspace) -> None:
    """Show how large the network is, what it takes of the machine, and what would fit."""
    st.metric("Weights", number(train.weight_count(ws)), help="Numbers that the network learns.")
    limits = train.needs(ws)
    if limits.fits:
        most = [f"{number(limits.most_samples)} samples"] if limits.most_samples < _PLENTY else []
        most += [f"patches of {limits.most_side} pixels a side"] if limits.most_side else []
        room = f" There is room for {', or '.join(most)}." if most else ""
        bounds = (
            f" A batch may hold up to {number(limits.most_batch)}, and there is time for up to "
            f"{count_words(limits.most_epochs, 'epoch')}."
        )
        st.caption(plain(limits.words + room + bounds))
    else:
        slot("machine")
        show(PlanError(limits.words, field="machine"))


def _family(ws: Workspace) -> tuple[ModelPlan, Sequence[Option]]:
    """Offer the families, each with what it is good for; give the plan that controls start from."""
    plan = ws.project.model
    known = {family.name: family for family in train.families(ws)}
    name = st.selectbox(
        "Family",
        list(known),
        index=list(known).index(plan.family),
        format_func=lambda name: known[name].title,
        key=key_for(ws, "family"),
    )
    slot("family")
    family = known[name]
    routes = train.routes_of(family)
    ways = " or ".join(f"“{title}”" for title in routes)
    reach = f"reaches the map by {ways}" if routes else "stays in its run folder"
    st.caption(plain(f"{family.words} Takes {family.needs}; {reach}."))
    changed, note = state.remembered(_FAMILY_NOTE, lambda: ("", ""))
    if changed == name:
        frame.notes([note])
    if name != plan.family:
        state.remember(f"model-{plan.family}", plan)
        plan = state.remembered(f"model-{name}", lambda: train.plan_of(family, plan))
    return plan, family.options


def _key(ws: Workspace, plan: ModelPlan, name: str) -> str:
    return key_for(ws, f"{plan.family}-{name}")


def _control(ws: Workspace, option: Option, plan: ModelPlan) -> Any:
    """Draw the control of one setting, with a place for what is wrong with it."""
    value, key = getattr(plan, option.name), _key(ws, plan, option.name)
    given = _drawn(option, value, key)
    slot(option.name)
    return given


def _drawn(option: Option, value: Any, key: str) -> Any:
    title, words = option.title, option.help
    if option.kind == "widths":
        shown = ", ".join(str(width) for width in value)
        return st.text_input(title, value=shown, key=key, help=f"{words} Separated by commas.")
    if option.kind == "choice":
        index = option.choices.index(value)
        return st.selectbox(
            title, option.choices, index=index, format_func=_choice_words, key=key, help=words
        )
    if option.kind == "flag":
        return st.toggle(title, value=value, key=key, help=words)
    if option.kind == "share":
        return st.slider(
            title, 0.0, float(option.maximum), value, step=_SHARE_STEPS, key=key, help=words
        )
    if option.kind == "whole":
        least, most = int(option.minimum), int(option.maximum)
        return st.number_input(title, least, most, value, key=key, help=words)
    step = _FINE_STEP if option.maximum <= 1 else _COARSE_STEP
    low, high = float(option.minimum), float(option.maximum)
    return st.number_input(title, low, high, value, step=step, format="%g", key=key, help=words)


def _choice_words(choice: str) -> str:
    return _NAMES.get(choice) or choice.capitalize()


def _unused(plan: ModelPlan, values: dict[str, Any]) -> dict[str, Any]:
    """What the plan has for settings that its family does not use."""
    return {name: value for name, value in vars(plan).items() if name not in values}


def _widths(text: str, field: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.replace(" ", "").split(",") if part)
    except ValueError:
        raise PlanError(
            f"“{text}” is no list of layer widths.",
            hint="Write whole numbers with commas, such as 64, 64.",
            field=field,
        ) from None
