"""Looks before running, in tabs under the map; each asks the service only when it is opened."""

import pandas as pd
import streamlit as st

from lib.catalog.collections import find
from lib.ui import areapicker, charts, frame, lookcharts, state
from lib.ui.guard import guard, plain
from lib.ui.parts import section_key
from lib.workflow import looks
from lib.workflow.imagery_views import PointView, SceneRow
from lib.workflow.project import Workspace, is_simulated
from lib.workflow.views import ImageryView

_POINT = "look-point"
_OPEN = "look-point-open"


def show(ws: Workspace, view: ImageryView | None) -> None:
    """Show the area in figures, and behind tabs what can be known before running."""
    names = ["Figures", "Scenes", "Clear months", "At a point", "Cost"]
    parts = (None, _scenes, _months, _point, _cost)
    tabs = st.tabs(names, key=section_key(ws, "looks"), on_change="rerun")
    state.remember(_OPEN, bool(tabs[3].open))
    for tab, part in zip(tabs, parts, strict=True):
        if not tab.open:
            continue
        with tab, guard():
            if part is None:
                areapicker.figures(ws, view)
            elif ws.project.aoi is None:
                frame.empty("Draw an area on the map first.")
            else:
                part(ws)


def clicked(lon: float, lat: float) -> bool:
    """Remember the point that was clicked; tell whether it is looked at."""
    state.remember(_POINT, (lon, lat))
    return state.remembered(_OPEN, bool)


def _key(ws: Workspace) -> tuple[object, ...]:
    return (ws.id, ws.connection.id, ws.project.aoi, ws.project.imagery)


def _scenes(ws: Workspace) -> None:
    with st.spinner("Listing the scenes"):
        rows = state.latest("look-scenes", _key(ws), lambda: looks.scenes(ws))
    st.dataframe(
        _scene_frame(rows),
        hide_index=True,
        height=min(36 * (len(rows) + 1), 320),
        column_config={
            "Clouds": st.column_config.NumberColumn(
                format="%.0f %%", help="Of the whole scene, as its producer states it."
            )
        },
    )


def _scene_frame(rows: tuple[SceneRow, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Day": [row.date or "–" for row in rows],
            "Clouds": [row.cloud_percent for row in rows],
            "Data set": [_title(row.collection) for row in rows],
            "Scene": [row.id for row in rows],
        }
    )


def _title(collection: str) -> str:
    known = find(collection)
    return known.title if known else collection


def _months(ws: Workspace) -> None:
    with st.spinner("Counting clear observations"):
        rows = state.latest("look-months", _key(ws), lambda: looks.months(ws))
    if not rows:
        frame.empty("This is one image: it has no months.")
        return
    worst = min(rows, key=lambda row: row.clear)
    charts.show(
        lookcharts.clear_months(rows, simulated=is_simulated(ws)),
        alt_text=f"Clear observations by month. Fewest in {worst.month}: {worst.clear:.1f}.",
    )


def _point(ws: Workspace) -> None:
    place = state.remembered(_POINT, _nowhere)
    if place is None:
        frame.empty(
            "Click on the map. The spectrum and the course in time of that pixel stand here."
        )
        return
    lon, lat = place
    with st.spinner("Reading the pixel"):
        view = state.latest("look-pixel", (*_key(ws), place), lambda: looks.point(ws, lon, lat))
    st.caption(f"The pixel at {lat:.5f}, {lon:.5f} (latitude, longitude). Click for another one.")
    if all(value is None for _, value in view.values):
        frame.empty("No clear observation of this pixel within the dates, or it lies outside.")
    left, right = st.columns(2, gap="medium")
    with left:
        _spectrum(ws, view)
    with right:
        _course(ws, view)


def _nowhere() -> tuple[float, float] | None:
    return None


def _spectrum(ws: Workspace, view: PointView) -> None:
    if view.spectrum:
        charts.show(
            lookcharts.spectrum(view.spectrum, simulated=is_simulated(ws)),
            alt_text=", ".join(f"{name} {value:.2f}" for name, _, value in view.spectrum),
        )
    shown = {name for name, _, _ in view.spectrum}
    others = [
        f"{name} {value:.3g}"
        for name, value in view.values
        if name not in shown and value is not None
    ]
    if others:
        st.caption(plain(" · ".join(others)))


def _course(ws: Workspace, view: PointView) -> None:
    if not view.series:
        frame.empty("This is one image: it has no course in time.")
        return
    plan = ws.project.imagery
    names = [*plan.indices, *plan.bands]
    name = st.selectbox("Over time", names, key=state.key_for(ws, "look-course"))
    known = find(plan.collection)
    band = known.band(name) if known else None
    unit = f" ({band.unit})" if band and band.unit else ""
    clear = sum(one.clear for one in view.series)
    charts.show(
        lookcharts.course(view.series, name, f"{name}{unit}", simulated=is_simulated(ws)),
        alt_text=f"{name} in {len(view.series)} scenes, {clear} of them clear.",
    )


def _cost(ws: Workspace) -> None:
    with st.spinner("Counting"):
        found = state.latest("look-cost", _key(ws), lambda: looks.cost(ws))
    st.markdown(plain(found.sentence))
    st.caption("Samples need less: only the pixels that are drawn are fetched.")
