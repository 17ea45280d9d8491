"""What all controls of the imagery share: changes are kept at once, and what they cost is told."""

from typing import Any

import streamlit as st

from lib.core.imagery_plan import ImageryPlan
from lib.ui import formpicker, frame, predictorpicker, sourcepicker, state
from lib.ui.guard import guard
from lib.workflow import imagery as step
from lib.workflow.project import Workspace

_NOTES = "plan-notes"


def keep(ws: Workspace, **parts: Any) -> None:
    """Put changed parts into the project; parts that are equal cost nothing."""
    changed = {name: part for name, part in parts.items() if part != getattr(ws.project, name)}
    if changed:
        ws.change(**changed)
        st.rerun()


def imagery(ws: Workspace) -> None:
    """Offer everything that decides the predictors; the fewest controls first."""
    with guard():
        chosen = sourcepicker.collection(ws)
        if chosen != ws.project.imagery.collection:
            with st.spinner("Asking for the data set"):
                adapted(ws, step.choose_collection(ws, chosen))
    _show_notes(ws)
    parts = sourcepicker.dates_and_mask(ws)
    parts |= predictorpicker.predictors(ws)
    parts |= sourcepicker.more_sources(ws)
    parts |= formpicker.form(ws)
    parts |= formpicker.composite_and_pixel(ws)
    plan = ws.project.imagery
    changed = {name: part for name, part in parts.items() if part != getattr(plan, name)}
    if changed:
        notes = step.change_plan(ws, **changed)
        if notes or _DEPENDED_ON & changed.keys():
            adapted(ws, notes)
        state.remember(_NOTES, (ws.project.imagery, ()))
        st.rerun()


# Other controls offer other choices after these.
_DEPENDED_ON = frozenset({"sources", "formulas"})


def adapted(ws: Workspace, notes: tuple[str, ...]) -> None:
    """Draw the page again for a plan that was changed other than by its controls, and say how."""
    state.remember(_NOTES, (ws.project.imagery, notes))
    state.renew()
    st.rerun()


def _show_notes(ws: Workspace) -> None:
    """Say what the last change had to leave out, until the next one."""
    plan, notes = state.remembered(_NOTES, _no_notes)
    if plan == ws.project.imagery:
        frame.notes(notes)


def _no_notes() -> tuple[ImageryPlan | None, tuple[str, ...]]:
    return None, ()
