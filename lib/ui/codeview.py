"""The code of a step, to read and to take along."""

from collections.abc import Callable

import streamlit as st

from lib.core.errors import AppError
from lib.ui.parts import section_key
from lib.workflow.code.python import code_of
from lib.workflow.project import Workspace

_WORDS = "Python with the public Earth Engine client and Keras; it runs without Loam."


def show(ws: Workspace, step: str) -> None:
    """Offer the code of a step; it is written only when a person opens it.

    Args:
        ws: Whose project.
        step: One of `lib.workflow.project.STEPS`.
    """
    box = st.expander(
        "Show the code of this step",
        icon=":material/code:",
        key=section_key(ws, f"code-{step}"),
        on_change="rerun",
    )
    if box.open:
        with box:
            _open(lambda: code_of(step, ws), step)


def _open(write: Callable[[], str], step: str) -> None:
    try:
        with st.spinner("Writing the code"):
            code = write()
    except AppError as error:
        st.info(str(error), icon=":material/info:")
        return
    st.caption(_WORDS)
    st.code(code, language="python", line_numbers=True, height=480)
    st.download_button(
        "Download this code",
        data=code,
        file_name=f"{step}.py",
        mime="text/x-python",
        icon=":material/download:",
        on_click="ignore",
        key=f"download-code-{step}",
    )
