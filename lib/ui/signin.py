"""Signing in to Earth Engine for this session: a pasted key, the server's, or the machine's."""

import streamlit as st

from lib.ui import state, visitor
from lib.ui.guard import guard, slot
from lib.workflow import project as step
from lib.workflow.project import Workspace

WORDS = (
    "With a Google Cloud project that is registered for Earth Engine, everything here runs on real "
    "imagery. The key stays in this session's memory; it is never written down."
)


def panel(ws: Workspace) -> None:
    """Draw the ways to sign in, or the way back to Local Earth."""
    st.markdown("#### :material/cloud: Earth Engine")
    if ws.connection.kind != "local":
        st.markdown(f"Signed in as **{ws.connection.label}**.")
        if st.button("Go back to Local Earth", key="local"):
            ws.use(step.connect_local())
            state.forget()
            st.rerun()
        return
    st.markdown(f":gray[{WORDS}]")
    _pasted_key(ws)
    if visitor.from_loopback():
        _machine(ws)
    _server(ws)


def _pasted_key(ws: Workspace) -> None:
    with st.form("sign-in", border=False, clear_on_submit=True):
        project = st.text_input("Google Cloud project", placeholder="The key's own, if left empty")
        key = st.text_area(
            "Service-account key (JSON)", height=92, placeholder='{"client_email": …'
        )
        slot("key")
        slot("project_id")
        if st.form_submit_button("Sign in", icon=":material/login:"):
            with guard(), st.spinner("Asking Earth Engine"):
                ws.use(step.connect_earth_engine(project, key))
                _signed_in()


def _machine(ws: Workspace) -> None:
    with st.popover("This machine's credentials", icon=":material/computer:"):
        project = st.text_input("Google Cloud project", key="machine-project")
        if st.button("Sign in with them", key="machine") and project:
            with guard(), st.spinner("Asking Earth Engine"):
                ws.use(step.connect_with_machine_credentials(project, from_loopback=True))
                _signed_in()


def _server(ws: Workspace) -> None:
    if not _secrets_offered():
        return
    if st.button("Use the server's key", key="secrets", icon=":material/key:"):
        with guard(), st.spinner("Asking Earth Engine"):
            loopback = visitor.from_loopback()
            ws.use(step.connect_with_secrets(st.secrets, from_loopback=loopback))
            _signed_in()


def _secrets_offered() -> bool:
    """Return whether the server has a key that this visitor may use."""
    try:
        table = st.secrets.get("earthengine", {})
    except FileNotFoundError:
        return False
    return bool(table) and (visitor.from_loopback() or table.get("share") is True)


def _signed_in() -> None:
    state.forget()
    st.rerun()
