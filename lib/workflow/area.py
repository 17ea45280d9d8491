"""The area of interest: the ways in which it comes, and its size beside the limit."""

import json

from lib.core.aoi import Aoi
from lib.core.errors import AoiError, NotFoundError
from lib.core.formats import number
from lib.core.grid import Grid
from lib.core.imagery_plan import ImageryPlan
from lib.core.vectors.area import area_of
from lib.core.vectors.reading import read_vectors
from lib.earthengine import assets
from lib.earthengine import imagery as service
from lib.workflow.imagery_views import FoundArea
from lib.workflow.views import AoiReport
from lib.workflow.workspace import Workspace

LIMIT_PIXELS = 4_000_000
"""Pixels of an area that the walk still maps in minutes: the class map is held in memory."""

AREA_SUFFIXES = ("geojson", "json", "kml", "kmz", "zip", "gpkg")


def check_aoi(workspace: Workspace, aoi: Aoi) -> AoiReport:
    """An area in hectares and pixels, beside the limit."""
    grid = _grid(workspace, workspace.project.imagery, aoi)
    return AoiReport(aoi.area_ha, grid.size, LIMIT_PIXELS, aoi.notes)


def choose_aoi(workspace: Workspace, aoi: Aoi) -> AoiReport:
    """Make an area the project's.

    Raises:
        AoiError: It is larger than the limit; the project keeps the area it had.
    """
    refuse_too_large(workspace, workspace.project.imagery, aoi)
    report = check_aoi(workspace, aoi)
    workspace.change(aoi=aoi)
    return report


def refuse_too_large(
    workspace: Workspace, plan: ImageryPlan, aoi: Aoi, *, field: str = "aoi"
) -> None:
    """Refuse an area that has more pixels than the limit.

    Raises:
        AoiError: It has; `field` names the control that it is told beside.
    """
    pixels = _grid(workspace, plan, aoi).size
    if pixels > LIMIT_PIXELS:
        raise AoiError(
            f"The area has {number(pixels)} pixels of {plan.scale_m:g} m; up to "
            f"{number(LIMIT_PIXELS)} are mapped at once.",
            hint="Draw a smaller one, or choose larger pixels.",
            field=field,
        )


def from_upload(filename: str, data: bytes, *, layer: str = "") -> FoundArea:
    """Read the polygons of an uploaded file: GeoJSON, KML, zipped shapefile or GeoPackage.

    Args:
        filename: As the visitor calls it; its ending says the kind.
        data: Its content.
        layer: Which layer of several; empty where there is one.

    Raises:
        VectorError: It cannot be read; its field is "layer" where a layer must be chosen.
        AoiError: It has no polygons, or they cannot be an area.
    """
    aoi, notes = area_of(read_vectors(filename, data, layer=layer))
    return FoundArea(aoi, notes)


def from_asset(workspace: Workspace, asset: str) -> FoundArea:
    """The polygons of a table, or the edges of an image, by the asset's id.

    Raises:
        NotFoundError: There is no such asset, or it has no edges.
        AoiError: It has no polygons.
    """
    wanted = asset.strip()
    if not wanted:
        raise AoiError(
            "No asset is named.",
            hint="Give the id of a table or an image, such as projects/my-project/assets/fields.",
            field="asset",
        )
    try:
        geometry = assets.outline(workspace.connection, wanted)
    except NotFoundError as error:
        raise NotFoundError(error.message, hint=error.hint, field="asset") from None
    feature = {"type": "Feature", "geometry": geometry, "properties": {}}
    name = f"{wanted.rpartition('/')[2]}.geojson"
    return from_upload(name, json.dumps(feature).encode())


def extent_of(workspace: Workspace, asset: str) -> Aoi:
    """The whole of an own raster as an area."""
    return assets.extent(workspace.connection, asset)


def _grid(workspace: Workspace, plan: ImageryPlan, aoi: Aoi) -> Grid:
    return service.training_grid(workspace.connection, plan, aoi)
