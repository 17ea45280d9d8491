"""Maps: a steady base, everything else exchanged in place, so zoom and drawings survive."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import folium
import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit_folium import st_folium

from lib.core.errors import AppError
from lib.core.layer import MapLayer
from lib.ui import mapparts, state
from lib.ui.guard import guard, show

HEIGHT_PX = 560
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class MapContent:
    """What a map shows.

    Attributes:
        base: Layers beneath everything, the same for the whole session.
        layers: Layers from bottom to top.
        bounds: West, south, east, north to show first.
        area: GeoJSON geometry of the area of interest, or None.
        points: Longitude, latitude and class index of each sample.
        colors: Colour of each class index.
        masked: Names of layers with nothing beyond `bounds`; no tiles are asked for there.
        hidden: Names of layers that one does not see at first.
        several: Whether what is drawn stands beside what was drawn before.
        shapes: Labels as GeoJSON geometries, each with its class index.
        focus: Longitude and latitude of a place to move to and mark, or None.
    """

    base: tuple[MapLayer, ...] = ()
    layers: tuple[MapLayer, ...] = ()
    bounds: Bounds = (-60.0, -35.0, 100.0, 60.0)
    area: dict[str, Any] | None = None
    points: Sequence[tuple[float, float, int]] = ()
    colors: Sequence[str] = ()
    masked: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    several: bool = False
    shapes: Sequence[tuple[dict[str, Any], int]] = ()
    focus: tuple[float, float] | None = None


def look_at(content: MapContent, *, key: str, controls: bool = True) -> None:
    """Show a map that nobody draws on, with the opacity and order of its layers beneath."""

    @st.fragment
    def part() -> None:
        with guard():
            place = st.container()
            shown = _layer_controls(content, key) if controls else _as_given(content.layers)
            with place:
                group = _dynamic(content, shown, with_area=True)
                _show(_base(content, key), group, key, content, returned=[])

    part()


def label_on(
    content: MapContent,
    *,
    key: str,
    ink: str,
    on_drawn: Callable[[dict[str, Any]], None],
) -> None:
    """Show a map on which points and polygons are drawn, one label after the other.

    Args:
        content: What it shows.
        key: Name of the map.
        ink: Colour of what is drawn next.
        on_drawn: Called with each new GeoJSON geometry; the page is drawn again afterwards.
    """

    @st.fragment
    def part() -> None:
        with guard():
            place = st.container()
            shown = _layer_controls(content, key)
            with place:
                group = _dynamic(content, shown, with_area=True)
                mapparts.Ink(ink).add_to(group)
                base = _base(content, key, labels=True)
                answer = _show(base, group, key, content, ["all_drawings"])
            drawings = (answer or {}).get("all_drawings") or [None]
            drawn = drawings[-1] and json.dumps(drawings[-1]["geometry"], sort_keys=True)
            if drawn and _is_new(key, "seen", drawn):
                _tell_change(drawn, key, on_drawn)
            problem = state.remembered(_name(key, "problem"), _nothing_wrong)
            if problem is not None:
                show(problem)

    part()


def draw_on(
    content: MapContent,
    *,
    key: str,
    on_change: Callable[[dict[str, Any] | None], None],
    on_click: Callable[[float, float], bool] | None = None,
) -> None:
    """Show a map on which an area is drawn and edited.

    Args:
        content: What it shows; its area is loaded into the drawing tools.
        key: Name of the map.
        on_change: Called with a new GeoJSON geometry, or None when the area was removed; the
            page is drawn again afterwards.
        on_click: Called with longitude and latitude of a click; tells whether the page is drawn
            again. None where clicks mean nothing.
    """
    returned = ["all_drawings", "last_clicked"] if on_click else ["all_drawings"]

    @st.fragment
    def part() -> None:
        with guard():
            group = _dynamic(content, _as_given(content.layers), with_area=False)
            mapparts.Drawings(several=content.several).add_to(group)
            answer = _show(_base(content, key, draw=True), group, key, content, returned)
            drawn, clicked = _drawn(answer), _clicked(answer)
            if drawn is not None and _is_new(key, "seen", drawn):
                _is_new(key, "clicked", clicked)
                _tell_change(drawn, key, on_change)
            elif on_click and clicked and _is_new(key, "clicked", clicked) and on_click(*clicked):
                st.rerun()
            problem = state.remembered(_name(key, "problem"), _nothing_wrong)
            if problem is not None:
                show(problem)

    part()


def _is_new(key: str, what: str, value: object) -> bool:
    """Tell whether a map answers something else than before, and remember it."""
    name = _name(key, what)
    before = state.remembered(name, lambda: "")
    state.remember(name, value)
    return bool(value != before)


def _tell_change(drawn: str, key: str, on_change: Callable[[Any], None]) -> None:
    """Hand a drawing on; what is wrong with it stays beside the map until the next one."""
    try:
        on_change(json.loads(drawn))
    except AppError as error:
        state.remember(_name(key, "problem"), error)
    else:
        state.remember(_name(key, "problem"), None)
        st.rerun()


def _nothing_wrong() -> AppError | None:
    return None


def _drawn(answer: dict[str, Any] | None) -> str | None:
    """Return the drawn geometry as text, "null" for a removed one, None for untouched."""
    drawings = (answer or {}).get("all_drawings")
    if drawings is None:
        return None
    shapes = [drawing["geometry"] for drawing in drawings]
    if not shapes:
        return "null"
    # A click on the area lets the browser tell it again, rounded.
    aoi = state.workspace().project.aoi
    if aoi is not None and mapparts.same_place(shapes, aoi.geometry):
        return None
    geometry = shapes[0]
    if len(shapes) > 1:
        geometry = {"type": "GeometryCollection", "geometries": shapes}
    return json.dumps(geometry, sort_keys=True)


def _clicked(answer: dict[str, Any] | None) -> tuple[float, float] | None:
    place = (answer or {}).get("last_clicked")
    return (float(place["lng"]), float(place["lat"])) if place else None


def _name(key: str, what: str) -> str:
    """Return the name under which something is kept during one visit."""
    return f"{key}-{what}-{state.visit()}"


def _base(content: MapContent, key: str, *, draw: bool = False, labels: bool = False) -> folium.Map:
    """Build the part that stays as it is during a visit to the page."""
    start = state.remembered(_name(key, "start"), lambda: (content.bounds, content.area))
    bounds, area = start
    west, south, east, north = bounds
    built = mapparts.LoamMap(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=9,
        tiles=None,
        control_scale=True,
        max_zoom=mapparts.MAX_ZOOM,
        zoom_snap=0.5,
        world_copy_jump=True,
        loam_view=f"loam-{state.view_name()}",
        loam_bounds=mapparts.corners(bounds),
        loam_draws=draw,
        loam_labels=labels,
    )
    for layer in content.base:
        mapparts.tile_layer(layer, layer.opacity).add_to(built)
    if draw:
        group = mapparts.editable(area)
        group.add_to(built)
        mapparts.AreaDraw(group).add_to(built)
    if labels:
        mapparts.LabelDraw().add_to(built)
    return built


def _dynamic(
    content: MapContent, shown: Sequence[tuple[MapLayer, float]], *, with_area: bool
) -> folium.FeatureGroup:
    """Build the part that is exchanged in place."""
    group = folium.FeatureGroup(name="layers")
    for layer, opacity in shown:
        within = content.bounds if layer.name in content.masked else None
        mapparts.tile_layer(layer, opacity, within=within).add_to(group)
    if with_area and content.area:
        mapparts.outline(content.area).add_to(group)
    if content.shapes:
        mapparts.Shapes(content.shapes, content.colors).add_to(group)
    if content.points:
        mapparts.Points(content.points, content.colors, 3.0).add_to(group)
    if content.focus:
        mapparts.Focus(*content.focus).add_to(group)
    return group


def _show(
    base: folium.Map,
    group: folium.FeatureGroup,
    key: str,
    content: MapContent,
    returned: list[str],
) -> dict[str, Any] | None:
    # The component ignores a changed script whose key it believes to be the same; addresses of
    # the base are part of the key so that another connection's base is really drawn.
    marks = "".join(layer.url for layer in content.base) + state.view_name()
    digest = hashlib.sha256(marks.encode()).hexdigest()[:12]
    answer: dict[str, Any] | None = st_folium(
        base,
        key=f"{key}-{state.visit()}-{digest}",
        height=HEIGHT_PX,
        use_container_width=True,
        returned_objects=returned,
        feature_group_to_add=group,
    )
    return answer


def _as_given(layers: Sequence[MapLayer]) -> list[tuple[MapLayer, float]]:
    return [(layer, layer.opacity) for layer in layers]


def _layer_controls(content: MapContent, key: str) -> list[tuple[MapLayer, float]]:
    """Draw opacity and order of layers; return them from bottom to top."""
    names = [layer.name for layer in content.layers]
    if not names:
        return []
    with st.container(key=f"layers-{key}"):
        columns = st.columns(max(len(names) + 1, 3) if len(names) > 1 else 3, gap="medium")
    opacity = {
        layer.name: _opacity(column, layer, key, at_first=layer.name not in content.hidden)
        for column, layer in zip(columns, content.layers, strict=False)
    }
    top = names[-1]
    if len(names) > 1:
        name = f"{key}-top"
        top = columns[-1].selectbox(
            "On top",
            names,
            index=len(names) - 1,
            key=name,
            on_change=_uncover,
            args=(key, name),
        )
    ordered = sorted(content.layers, key=lambda layer: layer.name == top)
    return [(layer, opacity[layer.name]) for layer in ordered if opacity[layer.name] > 0]


def _opacity(place: DeltaGenerator, layer: MapLayer, key: str, *, at_first: bool) -> float:
    """Draw the control of one layer's opacity; return it as 0 to 1."""
    percent: int = place.slider(
        f"Opacity of {layer.name}",
        0,
        100,
        round(layer.opacity * 100) if at_first else 0,
        step=5,
        format="%d %%",
        key=_opacity_key(key, layer.name),
    )
    return percent / 100


def _opacity_key(key: str, layer: str) -> str:
    return f"{key}-opacity-{layer}"


def _uncover(key: str, name: str) -> None:
    """Show the layer that was put on top, where it was hidden."""
    chosen = _opacity_key(key, st.session_state[name])
    if not st.session_state.get(chosen):
        st.session_state[chosen] = 100
