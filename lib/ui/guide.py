"""The guided walk: a short banner on each step, and steps that start by themselves."""

from collections.abc import Callable

import streamlit as st

from lib.ui import footer, places, state

WORDS = {
    "imagery": "The demo looks at a part of the simulated planet: a summer of Sentinel-2 scenes, "
    "clouds masked, the median of what is left. Fields, woods and water differ in colour.",
    "samples": "A reference map says what grows where. The demo draws the same number of pixels "
    "from each class and keeps whole blocks of land apart for testing.",
    "train": "A small network learns to tell the classes from the colours of one pixel. The solid "
    "line is what counts: how well it does on land that it has not seen.",
    "deploy": "The network becomes a formula that Earth Engine can compute. Before it is used, "
    "both forms predict the same pixels, and the greatest difference is shown.",
    "results": "The formula runs over the whole area. Compare the map with the imagery beneath it, "
    "and with the random forest.",
}


def banner(step: str) -> None:
    """Show what to look at on this step while a walk is on."""
    mode = state.walk_mode()
    if mode == "off":
        return
    number = [place.name for place in places.STEP_PLACES].index(step) + 1
    with st.container(
        key="guide", border=True, horizontal=True, vertical_alignment="center", gap="medium"
    ):
        with st.container(width="stretch"):
            st.markdown(f":material/route: **Guided walk, step {number} of 5.** {WORDS[step]}")
        with st.container(horizontal=True, width="content", wrap=False, gap="small"):
            if mode == "guided" and step != "results" and st.button("Run straight through"):
                state.set_walk_mode("straight")
                st.rerun()
            if st.button("End the walk", type="tertiary"):
                state.set_walk_mode("off")
                st.rerun()


def drive(step: str, *, start: Callable[[], object], fresh: bool, stopped: bool) -> None:
    """Start a step by itself in a walk, and go on by itself in one that runs straight through.

    Args:
        step: Name of the page.
        start: Starts the step.
        fresh: Whether its result is there and up to date.
        stopped: Whether its job runs, failed or was cancelled, so that it must not be started.
    """
    mode = state.walk_mode()
    if mode == "off" or (stopped and not fresh):
        return
    if not fresh:
        if footer.stale_before(step) is None:
            _start_once(step, start)
        return
    following = places.neighbours(step)[1]
    if mode == "straight":
        if following is None:
            state.set_walk_mode("off")
        else:
            places.go(following.name)


def _start_once(step: str, start: Callable[[], object]) -> None:
    """Start a step, but not twice in one visit: what fails must not be tried for ever."""
    name = f"driven-{step}-{state.visit()}"
    if state.remembered(name, bool):
        return
    state.remember(name, True)
    start()
    st.rerun()
