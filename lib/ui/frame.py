"""The top of every page: name, the five steps, the connection, and the "Simulated" stamp."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib.ui import places, state
from lib.ui.guard import plain
from lib.workflow.project import (
    StepStatus,
    Workspace,
    connection_badge,
    is_simulated,
    step_statuses,
)


@dataclass(frozen=True)
class Mark:
    """How a state of a step is shown: a word and an icon, never a colour alone."""

    word: str
    icon: str
    tone: str


MARKS = {
    "done": Mark("done", ":material/check_circle:", "green"),
    "here": Mark("here", ":material/my_location:", "green"),
    "stale": Mark("stale", ":material/history:", "orange"),
    "running": Mark("running", ":material/hourglass_top:", "blue"),
    "todo": Mark("not yet", ":material/radio_button_unchecked:", "gray"),
}


def top_bar(ws: Workspace, current: str) -> None:
    """Draw the bar above a page."""
    statuses = step_statuses(ws)
    with st.container(key="top-bar", horizontal=True, vertical_alignment="center", gap="medium"):
        with st.container(key="brand", width="content"):
            places.link("home", label="**Loam**")
        with st.container(key="stepper", horizontal=True, vertical_alignment="center", gap="small"):
            for number, status in enumerate(statuses, start=1):
                _step(number, status.step, status.state, status.words, current)
        _short_stepper(statuses, current)
        _connection(ws)


def _step(number: int, step: str, step_state: str, words: str, current: str) -> None:
    shown = "here" if step == current else step_state
    mark = MARKS[shown]
    title = places.place(step).title
    second = f" · {MARKS[step_state].word}" if shown == "here" and step_state != "todo" else ""
    with st.container(key=f"step-{shown}-{step}", width="content"):
        st.page_link(
            places.page(step),
            label=f"{number} {title} :{mark.tone}[{mark.word}{second}]",
            icon=mark.icon,
            help=plain(words) or None,
            query_params=state.address(),
        )


def _short_stepper(statuses: tuple[StepStatus, ...], current: str) -> None:
    """Draw the stepper of a narrow screen: one line that opens into the steps."""
    steps = [place.name for place in places.STEP_PLACES]
    label = "Five steps"
    if current in steps:
        label = f"Step {steps.index(current) + 1} of 5 · {places.place(current).title}"
    with st.container(key="stepper-short", width="content"), st.popover(label):
        for status in statuses:
            mark = MARKS[status.state]
            title = places.place(status.step).title
            places.link(status.step, label=f"{title} · {mark.word}", icon=mark.icon)


def _connection(ws: Workspace) -> None:
    with st.container(
        key="connection", horizontal=True, horizontal_alignment="right", width="content"
    ):
        if is_simulated(ws):
            simulated_stamp()
        if ws.expects:
            st.badge(plain(f"Sign in: {ws.expects}"), icon=":material/login:", color="orange")
        if ws.prepared:
            st.badge("Prepared", icon=":material/inventory_2:", color="gray")
        st.badge(plain(connection_badge(ws)), icon=":material/lan:", color="gray")


def simulated_stamp() -> None:
    """Show the stamp of everything that comes from the simulated planet."""
    st.badge(
        "Simulated",
        icon=":material/science:",
        color="orange",
        help="The data come from a simulated planet, computed from noise. They show no real place.",
    )


def heading(step: str, words: str = "") -> None:
    """Draw a page's heading with one sentence under it."""
    place = places.place(step)
    st.header(place.title, anchor=False)
    st.markdown(f":gray[{words or place.words}.]")


def two_thirds() -> tuple[DeltaGenerator, DeltaGenerator]:
    """Return the place for what one looks at, and beside it the panel for what one sets."""
    left, right = st.columns([2, 1], gap="medium")
    return left, right.container(key="controls")


def section(title: str, *, simulated: bool = False) -> None:
    """Draw a small heading, stamped where its figures come from the simulated planet."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(title, anchor=False, width="content")
        if simulated:
            simulated_stamp()


def empty(words: str) -> None:
    """Say what will be here once the step has run."""
    with st.container(key="empty-part", border=True):
        st.markdown(f":gray[{words}]")


def stale_note(changed: str) -> None:
    """Say that what stands below belongs to earlier settings."""
    st.warning(
        plain(f"This is from before. {changed} It stays until the step is done again."),
        icon=":material/history:",
    )


def facts(name: str, widths: Sequence[float]) -> list[DeltaGenerator]:
    """Return places for figures in a row; two to a row on a narrow screen."""
    with st.container(key=f"facts-{name}"):
        return list(st.columns(widths))


def notes(sentences: Iterable[str]) -> None:
    """Show what was done or is missing, one box a sentence."""
    for sentence in sentences:
        st.info(plain(sentence), icon=":material/info:")
