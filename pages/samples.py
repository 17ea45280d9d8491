"""Samples: labelled pixels, series or patches, drawn or brought, looked at, balanced and parted."""

import streamlit as st

from lib.core.formats import clock_words, number
from lib.ui import (
    codeview,
    designpicker,
    footer,
    frame,
    guide,
    legendeditor,
    pickers,
    progress,
    sampledata,
    samplepickers,
    samplesview,
    splitpicker,
    state,
)
from lib.ui.guard import guard, require
from lib.workflow import samples
from lib.workflow.project import Workspace


def set_controls(ws: Workspace) -> None:
    """Draw the controls; each part is kept by itself, so one mistake spares the others."""
    with guard():
        samplepickers.labels(ws)
    with guard():
        legendeditor.show(ws)
    with guard():
        drawn, parted = ws.project.sampling, ws.project.split
        from_table = ws.project.labels.kind == "table"
        if not from_table:
            drawn = designpicker.number_and_spread(ws, sampledata.legend_or_none(ws))
        parted = splitpicker.split(ws)
        with st.expander("More"):
            titles = ["Balance", "Split"] if from_table else ["Draw", "Balance", "Split"]
            tabs = dict(zip(titles, st.tabs(titles), strict=True))
            if not from_table:
                with tabs["Draw"]:
                    drawn = designpicker.more(ws, drawn)
            with tabs["Balance"]:
                drawn, balanced = splitpicker.balance(ws, drawn)
            with tabs["Split"]:
                parted = splitpicker.split_more(ws, parted)
        pickers.keep(ws, sampling=drawn, split=parted, balance=balanced)


with guard():
    ws = state.workspace()
    guide.banner("samples")
    require(ws, "samples", beside=lambda: samplepickers.begin_with_table(ws))
    kept = view = None
    with guard():
        kept = sampledata.drawn(ws)
        view = sampledata.view(ws)
    job = samples.job(ws)
    busy = progress.is_live(job)
    progress.warm(ws)
    left, right = frame.two_thirds()
    with right:
        frame.heading("samples")
        samplesview.show_legend(ws, view)
        set_controls(ws)
    with left:
        progress.watch(lambda: samples.job(ws), lambda: samples.cancel(ws))
        with guard():
            samplesview.show_map(ws, view)
        if view is not None and kept is not None:
            samplesview.show_result(ws, view, kept)
            codeview.show(ws, "samples")
        else:
            frame.empty("The samples appear here: on the map, and counted by class.")
    fresh = view is not None and not view.stale
    footer.step_bar(
        "samples",
        label="Read the table" if ws.project.labels.kind == "table" else "Draw samples",
        sentence=lambda: sampledata.estimate_words(ws),
        start=lambda: samples.start(ws),
        fresh=fresh and not view.split_error,
        busy=busy,
        done=f"{number(view.count)} samples in {clock_words(view.seconds)}." if view else "",
    )
    stopped = busy or progress.has_ended_badly(job)
    guide.drive("samples", start=lambda: samples.start(ws), fresh=fresh, stopped=stopped)
