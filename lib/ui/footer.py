"""The bar at the bottom of every step: back, what the next action does, one primary button."""

from collections.abc import Callable

import streamlit as st

from lib.ui import places, state
from lib.ui.guard import guard, plain
from lib.workflow.project import StepStatus, step_statuses


def bar(
    step: str, words: str, label: str, act: Callable[[], object], *, busy: bool = False
) -> None:
    """Draw the bar with one button that acts.

    Args:
        step: Name of the page.
        words: One sentence on what the button will do and cost.
        label: What the button says.
        act: Called when it is pressed; the page is drawn again afterwards.
        busy: Whether the button waits for something that runs.
    """
    with st.bottom, guard(), _row(step, words):
        if st.button(label, type="primary", key="primary", disabled=busy):
            act()
            st.rerun()


def onward(step: str, words: str, ending: Callable[[], None] | None = None) -> None:
    """Draw the bar of a finished step: its one button leads to the next page."""
    following = places.neighbours(step)[1]
    with st.bottom, _row(step, words):
        if ending is not None:
            ending()
        elif following and st.button(
            f"Go on to {following.title}",
            type="primary",
            key="primary",
            icon=":material/arrow_forward:",
        ):
            places.go(following.name)


def step_bar(
    step: str,
    *,
    label: str,
    sentence: Callable[[], str],
    start: Callable[[], object],
    fresh: bool,
    busy: bool,
    done: str,
    ending: Callable[[], None] | None = None,
) -> None:
    """Draw the bar that fits a step's state.

    Args:
        step: Name of the page.
        label: What the button says that starts the step.
        sentence: Gives the estimate; asked only where it is shown.
        start: Starts the step.
        fresh: Whether an up-to-date result is there.
        busy: Whether the step is running.
        done: One sentence on what was made, shown once it is.
        ending: Draws the button of the last step, which leads to no other page.
    """
    if fresh and not busy:
        onward(step, done, ending)
        return
    before = stale_before(step)
    if before is not None and not busy:
        title = places.place(before.step).title
        words = f"First comes the step {title}. {before.words}"
        bar(step, words, f"Go to {title}", lambda: places.go(before.step))
        return
    words = "This step is running. Its result appears here by itself." if busy else sentence()
    bar(step, words, label, start, busy=busy)


def stale_before(step: str) -> StepStatus | None:
    """Return the first step before this one whose result is out of date, or None."""
    statuses = {status.step: status for status in step_statuses(state.workspace())}
    earlier = list(statuses)[: list(statuses).index(step)]
    return next((statuses[name] for name in earlier if statuses[name].state == "stale"), None)


def _row(step: str, words: str) -> "st.delta_generator.DeltaGenerator":
    row = st.container(key="bottom-bar", horizontal=True, vertical_alignment="center")
    before = places.neighbours(step)[0]
    with row:
        if before is not None:
            st.page_link(
                places.page(before.name),
                label="Back",
                icon=":material/arrow_back:",
                query_params=state.address(),
            )
        with st.container(key="bottom-words", width="stretch"):
            st.markdown(plain(words))
    return row
