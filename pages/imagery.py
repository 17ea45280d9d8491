"""Imagery: choose an area, a collection and predictors, and look at what they hold."""

import streamlit as st

from lib.ui import (
    arealayers,
    areapicker,
    codeview,
    filespanel,
    footer,
    frame,
    guide,
    looksview,
    maps,
    pickers,
    progress,
    state,
)
from lib.ui.guard import guard, slot
from lib.workflow import imagery
from lib.workflow.project import Workspace, demo_project


def take_demo_area(ws: Workspace) -> None:
    """Begin with the demo's area and imagery."""
    demo = demo_project()
    ws.change(imagery=demo.imagery)
    ws.change(aoi=demo.aoi)
    state.show_elsewhere()


def own_raster(ws: Workspace) -> None:
    """Offer to bring a raster as imagery."""
    if not ws.connection.can.file_import:
        return
    with st.expander("Bring your own raster"):
        key = state.key_for(ws, "raster-file")
        upload = st.file_uploader("GeoTIFF", type=["tif", "tiff"], key=key)
        slot("upload")
        if upload and st.button("Import and use it", key="import-raster"):
            with guard(), st.spinner("Reading the raster"):
                asset = imagery.import_raster(ws, upload.name, upload.getvalue())
                notes = imagery.use_raster(ws, asset)
                state.show_elsewhere()
                pickers.adapted(ws, notes)


with guard():
    ws = state.workspace()
    guide.banner("imagery")
    left, right = frame.two_thirds()
    with left:
        if filespanel.ask_for_missing(ws):
            st.stop()
    with right:
        frame.heading("imagery")
        with st.container(horizontal=True, vertical_alignment="center"):
            areapicker.area(ws)
            several = areapicker.several(ws)
        with guard():
            pickers.imagery(ws)
        own_raster(ws)
    view = None
    with left:
        with guard(), st.spinner("Finding scenes", show_time=True):
            view = arealayers.preview(ws)
        with guard():
            content = maps.MapContent(
                base=arealayers.base(ws),
                layers=view.layers if view else (),
                bounds=arealayers.bounds(ws),
                area=arealayers.geometry(ws),
                several=several,
            )
            maps.draw_on(
                content,
                key="imagery-map",
                on_change=lambda drawn: areapicker.drawn(ws, drawn),
                on_click=looksview.clicked,
            )
        looksview.show(ws, view)
        if view is not None:
            codeview.show(ws, "imagery")
    if view is not None:
        progress.warm(ws)
        footer.onward("imagery", "The imagery is on the map. Next, say what grows where.")
    elif ws.project.aoi is None:
        footer.bar(
            "imagery",
            "Draw a rectangle or a polygon on the map, or take the area of the demo.",
            "Take the demo's area",
            lambda: take_demo_area(ws),
        )
    else:
        footer.bar("imagery", imagery.estimate(ws).sentence, "Show the imagery", state.forget)
    guide.drive("imagery", start=state.forget, fresh=view is not None, stopped=True)
