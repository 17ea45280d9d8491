"""Step 1: the area and the imagery. It needs no job: the service is asked directly."""

from lib.catalog.collections import Collection, find, imagery_collections
from lib.catalog.indices import Index, available
from lib.core.aoi import Aoi
from lib.core.errors import AoiError
from lib.core.formats import number
from lib.core.grid import Grid
from lib.core.imagery_plan import ImageryPlan
from lib.core.layer import MapLayer
from lib.earthengine import assets, tiles
from lib.earthengine import imagery as service
from lib.workflow import uploads
from lib.workflow.views import AoiReport, Estimate, ImageryView
from lib.workflow.workspace import Workspace

LIMIT_PIXELS = 4_000_000
"""Pixels of an area that the walk still maps in minutes: the class map is held in memory."""


def collections(workspace: Workspace) -> tuple[Collection, ...]:
    """Collections to choose from on this connection."""
    return tuple(item for item in imagery_collections() if workspace.connection.can.serves(item.id))


def indices(plan: ImageryPlan) -> tuple[Index, ...]:
    """Spectral indices that the chosen collection has the bands for."""
    collection = find(plan.collection)
    return available(collection) if collection else ()


def band_choices(workspace: Workspace, collection_id: str) -> tuple[str, ...]:
    """Bands of a collection or an own raster, in its order."""
    collection = find(collection_id)
    if collection is not None:
        return tuple(band.name for band in collection.bands)
    return service.band_names_of(workspace.connection, collection_id)


def plan_for(workspace: Workspace, collection_id: str) -> ImageryPlan:
    """Good settings for a collection or an own raster, to start from."""
    return service.default_plan(workspace.connection, collection_id)


def check_aoi(workspace: Workspace, aoi: Aoi) -> AoiReport:
    """An area in hectares and pixels, beside the limit."""
    grid = _grid(workspace, aoi)
    return AoiReport(aoi.area_ha, grid.size, LIMIT_PIXELS, aoi.notes)


def choose_aoi(workspace: Workspace, aoi: Aoi) -> AoiReport:
    """Make an area the project's.

    Raises:
        AoiError: It is larger than the limit; the project keeps the area it had.
    """
    report = check_aoi(workspace, aoi)
    if report.too_large:
        raise AoiError(
            f"The area has {number(report.pixels)} pixels of "
            f"{workspace.project.imagery.scale_m:g} m; up to {number(LIMIT_PIXELS)} are "
            "mapped at once.",
            hint="Draw a smaller one, or choose larger pixels.",
            field="aoi",
        )
    workspace.change(aoi=aoi)
    return report


def _grid(workspace: Workspace, aoi: Aoi) -> Grid:
    return service.training_grid(workspace.connection, workspace.project.imagery, aoi)


def extent_of(workspace: Workspace, asset: str) -> Aoi:
    """The whole of an own raster as an area."""
    return assets.extent(workspace.connection, asset)


def look(workspace: Workspace) -> ImageryView | None:
    """Find scenes and make the preview layers; None while no area is chosen.

    Raises:
        DateError: There are no scenes in these dates.
    """
    aoi, plan = workspace.project.aoi, workspace.project.imagery
    if aoi is None:
        return None
    scenes = service.find_scenes(workspace.connection, plan, aoi)
    picture = service.picture(workspace.connection, plan, aoi)
    layer = tiles.make_map(
        workspace.connection, picture.expression, picture.visual, name="Imagery", bounds=aoi.bounds
    )
    days = sorted(scene.date for scene in scenes)
    return ImageryView(
        scene_count=len(scenes),
        first_day=days[0] if days else "",
        last_day=days[-1] if days else "",
        layers=(layer,),
        simulated=layer.simulated,
        centre=aoi.centre,
        bounds=aoi.bounds,
        is_image=not plan.start,
    )


def base_layers(workspace: Workspace) -> tuple[MapLayer, ...]:
    """The base map of the connection."""
    return tiles.base_layers(workspace.connection)


def import_raster(workspace: Workspace, filename: str, data: bytes) -> str:
    """Make an uploaded GeoTIFF an asset of Local Earth.

    Returns:
        The asset's id.

    Raises:
        RasterError: It cannot be read, or cannot be placed on the Earth.
        PlanError: The connection takes no files.
    """
    return uploads.take(workspace, filename, data, assets.import_raster)


def estimate(workspace: Workspace) -> Estimate:
    """What looking at the imagery does."""
    what = "the raster" if not workspace.project.imagery.start else "the composite of all scenes"
    return Estimate(f"Show {what}: 2 requests and the map's tiles.", 2, 2.0)
