"""Words and sections that the controls of the imagery share."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from lib.ui import state
from lib.workflow.project import Workspace

COMPOSITE_WORDS = {
    "median": "Median",
    "mean": "Mean",
    "percentile": "Percentile",
    "medoid": "Medoid",
    "greenest": "Greenest pixel",
    "latest": "Latest pixel",
}
FORM_WORDS = {"pixel": "Single pixels", "series": "Series of dates", "patch": "Patches"}


def section_key(ws: Workspace, name: str) -> str:
    """Return the key of a section, which stays open when its controls are renewed."""
    return f"section-{name}-{ws.id[:8]}"


@contextmanager
def section(ws: Workspace, name: str, label: str) -> Iterator[bool]:
    """Draw a section that opens; say whether it is open, since closed ones need no content.

    Args:
        ws: The workspace.
        name: Name of the section.
        label: What it says, with what is chosen in it.
    """
    key = section_key(ws, name)
    # Another label makes it another section to the browser: it begins as the one before was.
    before, began, opened = state.remembered(f"{key}-kept", lambda: (label, False, False))
    begins = began if before == label else opened
    panel = st.expander(label, expanded=begins, key=key, on_change="rerun")
    state.remember(f"{key}-kept", (label, begins, bool(panel.open)))
    with panel:
        yield bool(panel.open)
