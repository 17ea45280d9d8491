"""Deploy: the network is brought to where it maps, proven equal to the original."""

from dataclasses import replace

import streamlit as st

from lib.core.formats import number
from lib.ui import (
    bundleview,
    codeview,
    endpointview,
    figures,
    footer,
    frame,
    guide,
    pickers,
    progress,
    routepicker,
    state,
    taskview,
    tripview,
)
from lib.ui.guard import guard, plain, require
from lib.workflow import deploy
from lib.workflow.deploy import DeployView


def show_parity(view: DeployView) -> None:
    """Show that the deployed form and the network predict the same."""
    if view.stale:
        frame.stale_note(view.changed)
    frame.section("Parity check", simulated=view.simulated)
    st.markdown(
        ":gray[The deployed form and the Keras model predict the same held-out samples. Above the "
        "bound, the network is not handed over.]"
    )
    difference, mean, equal, bound = frame.facts("parity", [1, 1, 1, 1])
    difference.metric(
        "Greatest difference",
        figures.small(view.max_abs_difference),
        help="The largest difference between two predicted probabilities.",
    )
    if view.mean_abs_difference is not None:
        mean.metric("Mean difference", figures.small(view.mean_abs_difference))
    if view.equal_classes is not None:
        equal.metric(
            "Equal classes",
            f"{100 * view.equal_classes:.2f} %",
            help="Samples whose most probable class is the same in both forms.",
        )
    bound.metric("Bound", figures.small(view.bound), help="Of the greatest difference.")
    st.caption(
        f"{number(view.pixels)} samples were compared; {number(view.masked_pixels)} of them are "
        "masked, in both forms alike."
    )
    if view.max_abs_difference <= view.bound:
        st.success(
            "Both forms agree. The network may be put on the map.", icon=":material/verified:"
        )


def show_size(view: DeployView) -> None:
    """Show the size of the expression against the limit, and what it is made of."""
    if not view.limit_bytes:
        return
    frame.section("Size")
    figures.size_meter(view.size_bytes, view.limit_bytes)
    st.markdown(plain(view.forest_words))
    if view.advice:
        st.info(plain(view.advice), icon=":material/info:")
    frame.section("What it is made of")
    st.markdown(" · ".join(f"`{form}`" for form in view.forms))
    known = (
        "All of these forms have been seen on the live service."
        if view.seen_live
        else "Some of these forms have not been seen on the live service yet. "
        "`python -m lib check` tries each of them on a connection."
    )
    st.caption(known)


with guard():
    ws = state.workspace()
    guide.banner("deploy")
    with guard():
        endpointview.running(ws)
    require(ws, "deploy")
    view = None
    with guard():
        view = deploy.read(ws)
    job = deploy.job(ws)
    busy = progress.is_live(job)
    left, right = frame.two_thirds()
    with right:
        frame.heading("deploy")
        with guard():
            plan = routepicker.choose(ws)
            endpoint = endpointview.settings(ws, plan)
            pickers.keep(ws, deployment=replace(plan, endpoint=endpoint))
        routepicker.compare(ws)
    with left:
        if objection := deploy.objection(ws):
            st.warning(plain(objection), icon=":material/wrong_location:")
        progress.watch(lambda: deploy.job(ws), lambda: deploy.cancel(ws))
        if view is not None:
            show_parity(view)
            show_size(view)
            codeview.show(ws, "deploy")
        elif not busy:
            frame.empty(
                "The parity check appears here: the same samples, predicted by the network and by "
                "its deployed form, and the greatest difference between the two."
            )
        taskview.show(ws)
        tripview.show(ws)
        bundleview.show(ws)
    fresh = view is not None and not view.stale
    footer.step_bar(
        "deploy",
        label="Deploy and check",
        sentence=lambda: deploy.estimate(ws).sentence,
        start=lambda: deploy.start(ws),
        fresh=fresh,
        busy=busy,
        done="Both forms of the network agree. Next, put it on the map.",
    )
    stopped = busy or progress.has_ended_badly(job)
    guide.drive("deploy", start=lambda: deploy.start(ws), fresh=fresh, stopped=stopped)
