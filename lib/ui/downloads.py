"""Files that a person takes home: the class map and the project."""

import re
from pathlib import Path

import streamlit as st

from lib.workflow.project import Workspace


def geotiff(ws: Workspace, path: Path) -> None:
    """Offer the class map."""
    st.download_button(
        "Download the class map",
        data=path.read_bytes,
        file_name=f"{_stem(ws)}-classes.tif",
        mime="image/tiff",
        icon=":material/download:",
        type="primary",
        key="primary",
        on_click="ignore",
        help="One band of class values with the legend's colours, to open in any GIS.",
    )


def project(ws: Workspace) -> None:
    """Offer the project file."""
    st.download_button(
        "Download the project file",
        data=ws.save_bytes(),
        file_name=f"{_stem(ws)}.json",
        mime="application/json",
        icon=":material/download:",
        width="stretch",
        on_click="ignore",
        help="Everything that decides the result. Opens on the first page, and runs with "
        "`python -m lib run`.",
    )


def _stem(ws: Workspace) -> str:
    """Return the project's name as a file name."""
    return re.sub(r"[^A-Za-z0-9]+", "-", ws.project.name).strip("-").lower() or "loam"
