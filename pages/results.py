"""Results: the class map over the imagery, its areas, and the files to take home."""

from dataclasses import asdict

import streamlit as st

from lib.core.formats import area_words, count_words, number, percent_words
from lib.core.layer import MapLayer
from lib.ui import (
    arealayers,
    charts,
    classlist,
    codeview,
    downloads,
    footer,
    frame,
    guide,
    maps,
    progress,
    state,
)
from lib.ui.guard import guard, require
from lib.workflow import results
from lib.workflow.project import Workspace
from lib.workflow.results import ResultsView


def imagery_layers(ws: Workspace) -> tuple[MapLayer, ...]:
    """Return the imagery's layers; none where the service does not give them now."""
    with guard():
        preview = arealayers.preview(ws)
        return preview.layers if preview else ()
    return ()


def show_map(ws: Workspace, view: ResultsView) -> None:
    """Show the layers, with their opacity and order at hand."""
    content = maps.MapContent(
        base=arealayers.base(ws),
        layers=(*imagery_layers(ws), *view.layers),
        bounds=arealayers.bounds(ws),
        area=arealayers.geometry(ws),
        masked=frozenset(layer.name for layer in view.layers),
        hidden=frozenset(layer.name for layer in view.layers[:-1]),
    )
    maps.look_at(content, key="results-map")


def show_failed(ws: Workspace, view: ResultsView, *, busy: bool) -> None:
    """List the blocks that the map lacks, and offer to try them again."""
    if not view.failed:
        return
    count = len(view.failed)
    st.warning(
        f"The map lacks {count_words(count, 'block')}, which failed more than once: no class is "
        "shown there and no area counted. What succeeded is kept.",
        icon=":material/grid_off:",
    )
    with st.expander("What failed"):
        st.dataframe([asdict(block) for block in view.failed], hide_index=True, key="failed-blocks")
    if not view.stale and st.button(
        "Try these blocks again", icon=":material/refresh:", key="retry-blocks", disabled=busy
    ):
        results.start(ws)
        st.rerun()


def show_areas(view: ResultsView) -> None:
    """Show hectares by class."""
    charts.show(
        charts.areas([asdict(area) for area in view.areas], simulated=view.simulated),
        alt_text="Bars of the mapped area of each class in hectares.",
    )
    st.caption(
        f"Areas are counted on the map from {number(view.pixels)} pixels, "
        f"{number(view.masked_pixels)} of them without data. They carry the map's errors."
    )


def show_legend(view: ResultsView) -> None:
    """Show the classes beside the map, with their share of the area."""
    frame.section("Classes", simulated=view.simulated)
    shares = [percent_words(area.share) for area in view.areas]
    classlist.show(view.legend.names, view.legend.colors, shares)
    total = sum(area.area_ha for area in view.areas)
    st.metric("Classified area", area_words(total))


with guard():
    ws = state.workspace()
    guide.banner("results")
    require(ws, "results")
    job = results.job(ws)
    busy = progress.is_live(job)
    left, right = frame.two_thirds()
    view = None
    with right:
        frame.heading("results")
    with left:
        progress.watch(lambda: results.job(ws), lambda: results.cancel(ws))
        with guard(), st.spinner("Putting the layers on the map", show_time=True):
            view = state.latest("results", state.result_key(ws, job), lambda: results.read(ws))
        if view is not None:
            if view.stale:
                frame.stale_note(view.changed)
            show_failed(ws, view, busy=busy)
            show_map(ws, view)
            show_areas(view)
            codeview.show(ws, "results")
        elif not busy:
            frame.empty("The map of classes appears here, over the imagery that it was made from.")
    with right:
        if view is not None:
            show_legend(view)
        downloads.project(ws)
    fresh = view is not None and not view.stale
    footer.step_bar(
        "results",
        label="Put it on the map",
        sentence=lambda: results.estimate(ws).sentence,
        start=lambda: results.start(ws),
        fresh=fresh,
        busy=busy,
        done="The walk is finished. Change a setting on any page and see what follows from it.",
        ending=lambda: downloads.geotiff(ws, view.geotiff) if view else None,
    )
    stopped = busy or progress.has_ended_badly(job)
    guide.drive("results", start=lambda: results.start(ws), fresh=fresh, stopped=stopped)
