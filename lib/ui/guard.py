"""Errors as people meet them: a sentence beside the control concerned, never a traceback."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib.core.errors import AppError, SignInError
from lib.ui import places, state
from lib.workflow.project import Workspace, missing_for

logger = logging.getLogger("loam.ui")

_slots: ContextVar[dict[str, DeltaGenerator] | None] = ContextVar("slots", default=None)


@contextmanager
def guard() -> Iterator[None]:
    """Turn whatever is raised inside into a message; nested guards let the page go on."""
    outermost = _slots.get() is None
    token = _slots.set({}) if outermost else None
    try:
        yield
    except AppError as error:
        show(error)
    except Exception:
        logger.exception("A page failed.")
        st.error(
            "This part of the page could not be shown. What you set and computed is kept. "
            "Reload the page; if it comes again, the server's log says why.",
            icon=":material/error:",
        )
    finally:
        if token is not None:
            _slots.reset(token)


def slot(field: str) -> None:
    """Keep a place beside a control for messages about the setting `field`."""
    slots = _slots.get()
    if slots is not None:
        slots[field] = st.empty()


def show(error: AppError) -> None:
    """Show an error beside its control, or here where there is none."""
    target = (_slots.get() or {}).get(error.field, st)
    target.error(plain(str(error)), icon=":material/error:")
    if isinstance(error, SignInError):
        places.link("home", label="Go to sign-in", icon=":material/login:")


def require(ws: Workspace, step: str, *, beside: Callable[[], None] | None = None) -> None:
    """Stop a page whose step cannot begin yet, and link to where the missing part is made.

    Args:
        ws: The workspace.
        step: Name of the page.
        beside: Draws another way on below the link.
    """
    missing = missing_for(ws, step)
    if missing is None:
        return
    with st.container(key="empty", border=True, horizontal_alignment="center"):
        st.markdown(f"##### {places.place(step).material} {places.place(step).words}")
        st.markdown(plain(missing.words))
        with st.container(key="primary-link", horizontal=True, horizontal_alignment="center"):
            if st.button(f"Go to {places.place(missing.page).title}", type="primary"):
                places.go(missing.page)
        if beside is not None:
            beside()
    st.stop()


def notice() -> None:
    """Show the sentence that an earlier run left, once."""
    words = state.told()
    if words:
        st.warning(plain(words), icon=":material/info:")


def plain(words: str) -> str:
    """Return text in which Markdown and Streamlit's directives mean nothing."""
    return "".join(f"\\{sign}" if sign in _SIGNS else sign for sign in words)


_SIGNS = frozenset("\\`*_[]<>#$~|:")
