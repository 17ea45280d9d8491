"""What maps of all pages share: base layers, the area, the preview of the imagery."""

from typing import Any

from lib.core.layer import MapLayer
from lib.ui import state
from lib.workflow import imagery
from lib.workflow.project import Workspace
from lib.workflow.views import ImageryView


def base(ws: Workspace) -> tuple[MapLayer, ...]:
    """Return the connection's base map, asked for once a session."""
    return state.latest("base", ws.connection.id, lambda: imagery.base_layers(ws))


def preview(ws: Workspace) -> ImageryView | None:
    """Return the imagery's preview, asked for again only when the plan or the area changes."""
    project = ws.project
    key = (ws.connection.id, project.aoi, project.imagery)
    return state.latest("preview", key, lambda: imagery.look(ws))


def geometry(ws: Workspace) -> dict[str, Any] | None:
    """Return the area as a GeoJSON geometry, or None."""
    return ws.project.aoi.geometry if ws.project.aoi else None
