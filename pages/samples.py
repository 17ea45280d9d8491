"""Samples: draw labelled pixels, balance them, and part them for training and testing."""

from dataclasses import asdict

import streamlit as st

from lib.core.formats import clock_words, number
from lib.ui import (
    arealayers,
    charts,
    classlist,
    footer,
    frame,
    guide,
    maps,
    pickers,
    progress,
    samplepickers,
    state,
)
from lib.ui.guard import guard, plain, require
from lib.workflow import samples
from lib.workflow.project import Workspace
from lib.workflow.samples import SamplesView


def show_map(ws: Workspace, view: SamplesView | None) -> None:
    """Show the imagery, and the samples on it in their classes' colours."""
    content = maps.MapContent(
        base=arealayers.base(ws),
        layers=preview.layers if (preview := arealayers.preview(ws)) else (),
        bounds=arealayers.bounds(ws),
        area=arealayers.geometry(ws),
        points=view.points if view else (),
        colors=view.legend.colors if view else (),
    )
    maps.look_at(content, key="samples-map")


def show_result(view: SamplesView) -> None:
    """Show what came: counts by class, and where each part of the split lies."""
    if view.stale:
        frame.stale_note(view.changed)
    rows = [asdict(row) for row in view.per_class]
    charts.show(
        charts.class_counts(rows, simulated=view.simulated),
        alt_text="Bars of the samples obtained in each class.",
    )
    for row in view.per_class:
        if row.reason:
            st.caption(plain(f"{row.name}: {row.reason}"))
    parts = frame.facts("parts", [1, 1, 1, 1])
    parts[0].metric("Samples", number(view.count))
    for column, part in zip(parts[1:], ("training", "validation", "test"), strict=True):
        column.metric(part.capitalize(), number(sum(row[part] for row in rows)))
    frame.notes(view.split_notes)
    if view.split_error:
        st.error(plain(view.split_error), icon=":material/error:")


def show_legend(view: SamplesView) -> None:
    """Show the classes beside the map, with how many samples of each are there."""
    rows = view.per_class
    classlist.show(
        [row.name for row in rows],
        [row.color for row in rows],
        [number(row.obtained) for row in rows],
    )


def set_controls(ws: Workspace) -> None:
    """Draw the controls; each part is kept by itself, so one mistake spares the others."""
    with guard():
        pickers.keep(ws, labels=samplepickers.labels(ws))
    with guard():
        drawn = samplepickers.sampling(ws)
        parted = samplepickers.split(ws)
        with st.expander("More"):
            drawn = samplepickers.weights_and_seed(ws, drawn)
            parted = samplepickers.split_shares(ws, parted)
        pickers.keep(ws, sampling=drawn, split=parted)


with guard():
    ws = state.workspace()
    guide.banner("samples")
    require(ws, "samples")
    view = None
    with guard():
        view = samples.read(ws)
    job = samples.job(ws)
    busy = progress.is_live(job)
    progress.warm(ws)
    left, right = frame.two_thirds()
    with right:
        frame.heading("samples")
        if view is not None:
            show_legend(view)
        set_controls(ws)
    with left:
        progress.watch(lambda: samples.job(ws), lambda: samples.cancel(ws))
        with guard():
            show_map(ws, view)
        if view is not None:
            show_result(view)
        else:
            frame.empty("The samples appear here: on the map, and counted by class.")
    fresh = view is not None and not view.stale
    footer.step_bar(
        "samples",
        label="Draw samples",
        sentence=lambda: samples.estimate(ws).sentence,
        start=lambda: samples.start(ws),
        fresh=fresh and not view.split_error,
        busy=busy,
        done=f"{number(view.count)} samples in {clock_words(view.seconds)}." if view else "",
    )
    stopped = busy or progress.has_ended_badly(job)
    guide.drive("samples", start=lambda: samples.start(ws), fresh=fresh, stopped=stopped)
