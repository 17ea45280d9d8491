"""Imagery: choose an area, a collection and dates, and look at their composite."""

from typing import Any

import streamlit as st

from lib.core.aoi import Aoi
from lib.core.formats import area_words, number
from lib.ui import arealayers, filespanel, footer, frame, guide, maps, pickers, progress, state
from lib.ui.guard import guard, slot
from lib.workflow import imagery
from lib.workflow.imagery import ImageryView
from lib.workflow.project import Workspace, demo_project


def set_area(ws: Workspace, geometry: dict[str, Any] | None) -> None:
    """Make what was drawn the area, or take the area away."""
    if geometry is None:
        ws.change(aoi=None)
    else:
        imagery.choose_aoi(ws, Aoi.from_geojson(geometry))


def take_demo_area(ws: Workspace) -> None:
    """Begin with the demo's area and imagery."""
    demo = demo_project()
    ws.change(imagery=demo.imagery)
    ws.change(aoi=demo.aoi)
    state.show_elsewhere()


def show_facts(ws: Workspace, view: ImageryView | None) -> None:
    """Show the area in figures, and the scenes that were found."""
    if ws.project.aoi is None:
        return
    report = imagery.check_aoi(ws, ws.project.aoi)
    area, pixels, scenes, days = frame.facts("area", [2, 2, 1.4, 3])
    area.metric("Area", area_words(report.area_ha))
    pixels.metric("Pixels", number(report.pixels), help=f"At most {number(report.limit_pixels)}.")
    if view is not None and not view.is_image:
        scenes.metric("Scenes", number(view.scene_count))
        days.metric("First and last", f"{view.first_day} – {view.last_day}")
    frame.notes(report.notes)


def own_raster(ws: Workspace) -> None:
    """Offer to bring a raster as imagery."""
    if not ws.connection.can.file_import:
        return
    with st.expander("Bring your own raster"):
        key = state.key_for(ws, "raster-file")
        upload = st.file_uploader("GeoTIFF", type=["tif", "tiff"], key=key)
        slot("raster")
        if upload and st.button("Import and use it", key="import-raster"):
            with guard(), st.spinner("Reading the raster"):
                asset = imagery.import_raster(ws, upload.name, upload.getvalue())
                ws.change(imagery=imagery.plan_for(ws, asset), aoi=imagery.extent_of(ws, asset))
                state.show_elsewhere()
                st.rerun()


with guard():
    ws = state.workspace()
    guide.banner("imagery")
    left, right = frame.two_thirds()
    with left:
        if filespanel.ask_for_missing(ws):
            st.stop()
    with right:
        frame.heading("imagery")
        pickers.area(ws)
        with guard():
            pickers.keep(ws, imagery=pickers.imagery(ws))
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
            )
            maps.draw_on(content, key="imagery-map", on_change=lambda drawn: set_area(ws, drawn))
        with guard():
            show_facts(ws, view)
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
