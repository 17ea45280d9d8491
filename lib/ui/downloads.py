"""Files that a person takes home: the class map and the project."""

from pathlib import Path

import streamlit as st

from lib.workflow.project import Workspace


def geotiff(ws: Workspace, path: Path) -> None:
    """Offer the class map."""
    st.download_button(
        "Download the class map",
        data=path.read_bytes,
        file_name=f"{ws.file_stem}-classes.tif",
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
        file_name=f"{ws.file_stem}.json",
        mime="application/json",
        icon=":material/download:",
        width="stretch",
        on_click="ignore",
        help="Everything that decides the result. Opens on the first page, and runs with "
        "`python -m lib run`.",
    )
