"""What maps of all pages share: base layers, the area, the preview of the imagery."""

from typing import Any

from lib.core.errors import ProjectError
from lib.core.layer import MapLayer
from lib.ui import state
from lib.ui.maps import MapContent
from lib.workflow import imagery
from lib.workflow.project import Workspace, demo_project, is_simulated
from lib.workflow.views import ImageryView

_AROUND_DEG = 0.25


def base(ws: Workspace) -> tuple[MapLayer, ...]:
    """Return the connection's base map, asked for once a session.

    The simulated planet does not lie beneath a person's own raster: it is not the same world.
    """
    layers = state.latest("base", ws.connection.id, lambda: imagery.base_layers(ws))
    if is_simulated(ws):
        return layers
    return tuple(layer for layer in layers if not layer.simulated)


def preview(ws: Workspace) -> ImageryView | None:
    """Return the imagery's preview, asked for again only when what it shows changes."""
    project = ws.project
    key = (ws.connection.id, project.aoi, *imagery.seen_part(project.imagery))
    return state.latest("preview", key, lambda: imagery.look(ws))


def bounds(ws: Workspace) -> tuple[float, float, float, float]:
    """Return what a map shows first: the area, or else the wider surroundings of the demo's."""
    if ws.project.aoi is not None:
        return ws.project.aoi.bounds
    return state.remembered("surroundings", _surroundings)


def _surroundings() -> tuple[float, float, float, float]:
    try:
        aoi = demo_project().aoi
    except ProjectError:
        aoi = None
    if aoi is None:
        return MapContent.bounds
    lon, lat = aoi.centre
    return (lon - _AROUND_DEG, lat - _AROUND_DEG / 2, lon + _AROUND_DEG, lat + _AROUND_DEG / 2)


def geometry(ws: Workspace) -> dict[str, Any] | None:
    """Return the area as a GeoJSON geometry, or None."""
    return ws.project.aoi.geometry if ws.project.aoi else None
