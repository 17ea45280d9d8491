"""A page that asks the service in every way in which Streamlit runs code, for `test_sign_in`."""

import os
from pathlib import Path

import streamlit as st

from lib.earthengine.connection import Connection, verify
from lib.workflow.project import connect_earth_engine

MOST_TICKS = 4


def connection() -> Connection:
    """This session's connection, signed in with the key that the address names."""
    if "connection" not in st.session_state:
        key = Path(os.environ["KEYS_FOLDER"]) / f"{st.query_params['who']}.json"
        st.session_state["connection"] = connect_earth_engine("", key.read_text())
    signed_in: Connection = st.session_state["connection"]
    return signed_in


def ask(where: str) -> None:
    """Send one request and count the answers."""
    verify(connection())
    st.session_state[where] = st.session_state.get(where, 0) + 1


@st.fragment
def fragment() -> None:
    """Ask when a button of the fragment is pressed."""
    if st.button("Ask from a fragment"):
        ask("fragment")
    st.write(f"fragment {st.session_state.get('fragment', 0)}")


@st.fragment(run_every=0.4)
def timer() -> None:
    """Ask at every tick, a few times."""
    if st.session_state.get("timer", 0) < MOST_TICKS:
        ask("timer")
    st.write(f"timer {st.session_state.get('timer', 0)}")


st.write(f"signed in to {connection().project}")
st.button("Ask from a callback", on_click=ask, args=("callback",))
st.write(f"callback {st.session_state.get('callback', 0)}")
fragment()
timer()
