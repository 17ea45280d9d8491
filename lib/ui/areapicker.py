"""The area other than by drawing: typed bounds, an uploaded file, an asset; and its size."""

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from lib.core.aoi import Aoi
from lib.core.errors import VectorError
from lib.core.formats import area_words, number, percent_words
from lib.ui import frame, state
from lib.ui.guard import guard, slot
from lib.ui.state import key_for
from lib.workflow import area as step
from lib.workflow.imagery_views import FoundArea
from lib.workflow.project import Workspace
from lib.workflow.views import ImageryView

_NOTES = "area-notes"
_LAYERED = "area-layered"


def area(ws: Workspace) -> None:
    """Offer the ways to set the area other than drawing."""
    bounds = ws.project.aoi.bounds if ws.project.aoi else (0.0,) * 4
    # Another area gives the controls new names: they show it, and the panel is closed again.
    mark = "-".join(f"{edge:.4f}" for edge in bounds)
    label, icon = "Type or upload an area", ":material/edit_location_alt:"
    with st.popover(label, icon=icon, key=key_for(ws, f"area-{mark}"), on_change="rerun"):
        typed, file, asset = st.tabs(["Bounds", "File", "Asset"], key=key_for(ws, "area-tabs"))
        with typed:
            _typed_bounds(ws, bounds, mark)
        with file:
            _uploaded_area(ws, mark)
        with asset:
            _asset_area(ws, mark)
    slot("aoi")


def several(ws: Workspace) -> bool:
    """Offer to keep what is drawn already when something new is drawn."""
    aoi = ws.project.aoi
    parts = aoi is not None and aoi.geometry["type"] == "MultiPolygon"
    chosen: bool = st.toggle(
        "Several polygons",
        value=parts,
        key=key_for(ws, f"several-{state.visit()}"),
        help="Off: what is drawn next takes the place of the area. On: it is added to it. The bin "
        "among the map's tools removes single polygons.",
    )
    return chosen


def drawn(ws: Workspace, geometry: dict[str, Any] | None) -> None:
    """Make what was drawn the area, or take the area away."""
    if geometry is None:
        ws.change(aoi=None)
    else:
        step.choose_aoi(ws, Aoi.from_geojson(geometry))


def figures(ws: Workspace, view: ImageryView | None) -> None:
    """Show the area in figures beside the limit, and the scenes that were found."""
    aoi = ws.project.aoi
    if aoi is None:
        frame.empty("Draw an area on the map, and its size and scenes stand here.")
        return
    report = step.check_aoi(ws, aoi)
    size, pixels, scenes = frame.facts("area", [1, 1, 1])
    size.metric("Area", area_words(report.area_ha))
    pixels.metric("Pixels", number(report.pixels))
    if view is not None and not view.is_image:
        scenes.metric("Scenes", number(view.scene_count))
    share = percent_words(report.pixels / report.limit_pixels)
    words = f"{share} of the limit of {number(report.limit_pixels)} pixels."
    if view is not None and view.first_day:
        words += f" Scenes from {view.first_day} to {view.last_day}."
    st.caption(words)
    known, notes = state.remembered(_NOTES, _no_notes)
    frame.notes((*report.notes, *(notes if known == aoi else ())))


def _no_notes() -> tuple[Aoi | None, tuple[str, ...]]:
    return None, ()


def _typed_bounds(ws: Workspace, bounds: tuple[float, ...], mark: str) -> None:
    west, south, east, north = bounds
    left, right = st.columns(2)

    def edge(place: DeltaGenerator, name: str, value: float) -> float:
        key = key_for(ws, f"{name}-{mark}")
        typed: float = place.number_input(name, value=value, step=0.01, format="%.4f", key=key)
        return typed

    typed = (
        edge(left, "West", west),
        edge(left, "South", south),
        edge(right, "East", east),
        edge(right, "North", north),
    )
    if st.button("Use these bounds", key="use-bounds"):
        with guard():
            _use(ws, FoundArea(Aoi.from_bounds(*typed)))


def _uploaded_area(ws: Workspace, mark: str) -> None:
    upload = st.file_uploader(
        "Vector file",
        type=list(step.AREA_SUFFIXES),
        key=key_for(ws, f"aoi-file-{mark}"),
        help="GeoJSON, KML or KMZ, a zipped shapefile, or a GeoPackage. All polygons together "
        "become the area.",
    )
    slot("upload")
    if upload is None:
        return
    layer = ""
    if state.remembered(_LAYERED, str) == upload.name:
        layer = st.text_input("Layer", key=key_for(ws, f"aoi-layer-{mark}"))
    if st.button("Use this file", key="use-file"):
        with guard(), st.spinner("Reading the file"):
            _use(ws, _read(upload.name, upload.getvalue(), layer))


def _read(name: str, data: bytes, layer: str) -> FoundArea:
    try:
        return step.from_upload(name, data, layer=layer.strip())
    except VectorError as error:
        if error.field == "layer":
            state.remember(_LAYERED, name)
        raise


def _asset_area(ws: Workspace, mark: str) -> None:
    asset = st.text_input(
        "Earth Engine id",
        placeholder="projects/my-project/assets/fields",
        key=key_for(ws, f"aoi-asset-{mark}"),
        help="A table: all its polygons become the area. An image: its edges do.",
    )
    slot("asset")
    if st.button("Use this asset", key="use-asset"):
        with guard(), st.spinner("Asking for the asset"):
            _use(ws, step.from_asset(ws, asset))


def _use(ws: Workspace, found: FoundArea) -> None:
    step.choose_aoi(ws, found.aoi)
    state.remember(_NOTES, (found.aoi, found.notes))
    state.show_elsewhere()
    st.rerun()
