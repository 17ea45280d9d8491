"""Files that an opened project was made with: which are missing, and a way to bring them."""

from pathlib import Path

import streamlit as st

from lib.ui import state
from lib.ui.guard import guard, plain, slot
from lib.workflow import uploads
from lib.workflow.project import Workspace


def ask_for_missing(ws: Workspace) -> bool:
    """Ask for the project's files that are not here.

    Returns:
        Whether any is missing; nothing that reads them can be shown then.
    """
    missing = uploads.missing(ws) if ws.project.files and ws.connection.can.file_import else ()
    if not missing:
        return False
    with st.container(border=True, key="missing-files"):
        st.markdown("**Files of this project**")
        st.markdown("It was made with files that are not here yet. Bring the same ones:")
        for file in missing:
            note = f" · {file.note}" if file.note else ""
            st.markdown(plain(f"{Path(file.path).name}{note}"))
        brought = st.file_uploader(
            "Files", accept_multiple_files=True, key=state.key_for(ws, "missing-files")
        )
        slot("files")
        if brought and st.button("Import them", key="bring-files"):
            with guard(), st.spinner("Reading the files"):
                for given in brought:
                    uploads.bring(ws, given.name, given.getvalue())
                state.show_elsewhere()
                st.rerun()
    return True
