"""The one place that knows the keys of the session: the workspace, the walk's mode, notices."""

import re
from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from lib.core.errors import AppError
from lib.workflow.project import Workspace, new_workspace, open_workspace

ADDRESS_KEY = "project"
WALK_MODES = ("off", "guided", "straight")

_WORKSPACE = "loam_workspace"
_WALK = "loam_walk"
_NOTICE = "loam_notice"
_MEMORY = "loam_memory"
_VISIT = "loam_visit"
_VIEW = "loam_view"
_RENEWED = "loam_renewed"
_ID = re.compile(r"[0-9a-f]{32}")

Value = TypeVar("Value")


def workspace() -> Workspace:
    """Return this visitor's workspace: the session's, the address's, or an empty one."""
    asked = st.query_params.get(ADDRESS_KEY, "")
    known: Workspace | None = st.session_state.get(_WORKSPACE)
    if known is None or (asked and asked != known.id):
        known = _opened(asked) or known or new_workspace()
        st.session_state[_WORKSPACE] = known
    if asked != known.id:
        st.query_params[ADDRESS_KEY] = known.id
    return known


def adopt(found: Workspace) -> None:
    """Make another workspace the session's, and forget what belonged to the one before."""
    st.session_state[_WORKSPACE] = found
    st.session_state[_MEMORY] = {}
    st.query_params[ADDRESS_KEY] = found.id


def address() -> dict[str, str]:
    """Return the query parameters that lead back to the session's workspace."""
    known: Workspace | None = st.session_state.get(_WORKSPACE)
    return {ADDRESS_KEY: known.id} if known else {}


def walk_mode() -> str:
    """Return "off", "guided" (stops at each step) or "straight" (runs through)."""
    mode: str = st.session_state.get(_WALK, "off")
    return mode


def set_walk_mode(mode: str) -> None:
    """Begin, change or end the guided walk."""
    st.session_state[_WALK] = mode


def tell(words: str) -> None:
    """Keep one sentence for the top of the next page that is drawn."""
    st.session_state[_NOTICE] = words


def told() -> str:
    """Take the sentence that is waiting, or an empty one."""
    words: str = st.session_state.pop(_NOTICE, "")
    return words


def remembered(name: str, make: Callable[[], Value]) -> Value:
    """Return what is kept under a name for this workspace, made at the first call."""
    memory: dict[str, Value] = st.session_state.setdefault(_MEMORY, {})
    if name not in memory:
        memory[name] = make()
    return memory[name]


def latest(name: str, key: object, make: Callable[[], Value]) -> Value:
    """Return what was made for a key, made again when the key is another; only the last is kept."""
    memory = st.session_state.setdefault(_MEMORY, {})
    if memory.get(f"{name}-key") != key:
        memory[name] = make()
        memory[f"{name}-key"] = key
    value: Value = memory[name]
    return value


def key_for(ws: Workspace, name: str) -> str:
    """Return a widget's key that another project, or this one before `renew`, does not share."""
    return f"{name}-{ws.id[:8]}-{st.session_state.get(_RENEWED, 0)}"


def renew() -> None:
    """Let controls begin with what the project says, after it was changed other than by them."""
    st.session_state[_RENEWED] = st.session_state.get(_RENEWED, 0) + 1


def forget() -> None:
    """Ask again for what was kept of the service's answers."""
    st.session_state[_MEMORY] = {}


def result_key(ws: Workspace, job: object) -> tuple[object, ...]:
    """Return what a step's result depends on, as a key for `latest`.

    Args:
        ws: The workspace.
        job: The status of the step's newest job.
    """
    return (ws.id, ws.connection.id, ws.project, getattr(job, "id", ""), getattr(job, "state", ""))


def remember(name: str, value: object) -> None:
    """Keep a value under a name until the workspace changes."""
    st.session_state.setdefault(_MEMORY, {})[name] = value


def arrive(page: str) -> None:
    """Note on which page a run is, so that one visit can be told from the next."""
    before, number = st.session_state.get(_VISIT, ("", 0))
    if page != before:
        st.session_state[_VISIT] = (page, number + 1)


def visit() -> int:
    """Return the number of the present visit to a page, within this session."""
    number: int = st.session_state.get(_VISIT, ("", 0))[1]
    return number


def show_elsewhere() -> None:
    """Let maps start from the area, and controls from the project, that were set elsewhere."""
    renew()
    st.session_state[_VIEW] = st.session_state.get(_VIEW, 0) + 1
    page, number = st.session_state.get(_VISIT, ("", 0))
    st.session_state[_VISIT] = (page, number + 1)


def view_name() -> str:
    """Return the name under which a browser tab keeps the map's centre and zoom."""
    known: Workspace = st.session_state[_WORKSPACE]
    return f"{known.id[:12]}-{st.session_state.get(_VIEW, 0)}"


def _opened(asked: str) -> Workspace | None:
    """Open the workspace that the address names, or say that it is not here."""
    if not _ID.fullmatch(asked):
        return None
    try:
        known: Workspace | None = st.session_state.get(_WORKSPACE)
        return open_workspace(asked, known.connection if known else None)
    except AppError as error:
        tell(f"{error.message} This page shows an empty project instead.")
        return None
