"""The round trip by TFRecord: patches go through a bucket, and come back as an asset of classes."""

from dataclasses import asdict

import streamlit as st

from lib.ui import bucketfields, parts, progress
from lib.ui.guard import guard, plain
from lib.workflow import trip
from lib.workflow.project import Workspace


def show(ws: Workspace) -> None:
    """Offer the trip, or say why there is none; one that is under way is shown with its way out."""
    with parts.section(ws, "trip", "Round trip by TFRecord") as is_open:
        if is_open:
            with guard():
                _content(ws)


def _content(ws: Workspace) -> None:
    st.markdown(
        ":gray[Earth Engine writes the predictors into a bucket, and the network classifies them "
        "here: the classic way for jobs of continental size, whose predictors are too many to be "
        "fetched block by block. Areas beyond the limit of the first page go the same way by the "
        "library: docs/tfrecord.md.]"
    )
    job = trip.job(ws)
    lacking = trip.missing(ws)
    if lacking:
        st.info(plain(lacking), icon=":material/info:")
    else:
        _controls(ws, busy=progress.is_live(job))
    progress.watch(lambda: trip.job(ws), lambda: trip.cancel(ws), name="trip")
    if not lacking and progress.has_ended_badly(job):
        _go_on(ws)
    left = trip.handed_over(ws)
    if left and not progress.is_live(job):
        st.success(plain(left), icon=":material/check_circle:")


def _controls(ws: Workspace, *, busy: bool) -> None:
    chosen = bucketfields.choose(ws, "trip")
    st.caption(plain(trip.words_on(ws)))
    if st.button("Start the round trip", icon=":material/cloud_sync:", disabled=busy):
        with guard():
            trip.start(ws, **asdict(chosen))
            st.rerun()


def _go_on(ws: Workspace) -> None:
    words = "Where it was, with the name and the bucket that it was started with."
    if st.button("Go on with the round trip", icon=":material/resume:", help=words):
        with guard():
            trip.resume(ws)
            st.rerun()
