"""Step 1: the area and the imagery. It needs no job: the service is asked directly."""

from dataclasses import replace
from typing import Any

from lib.catalog.collections import Collection, all_collections, find, imagery_collections
from lib.catalog.indices import Index, available
from lib.core.errors import PlanError
from lib.core.imagery_plan import FormulaPlan, ImageryPlan, SourcePlan
from lib.core.layer import MapLayer
from lib.earthengine import assets, tiles
from lib.earthengine import imagery as service
from lib.earthengine.stack import names_of, predictor_names, step_days
from lib.workflow import fitting, uploads
from lib.workflow.area import extent_of, refuse_too_large
from lib.workflow.imagery_views import Fitted
from lib.workflow.views import Estimate, ImageryView
from lib.workflow.workspace import Workspace


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


def choose_collection(workspace: Workspace, collection_id: str) -> tuple[str, ...]:
    """Let the project read another collection, and keep of the plan what that one has too.

    Returns:
        What had to be changed or left out, in sentences.

    Raises:
        NotFoundError: The connection has no such collection.
    """
    plan = workspace.project.imagery
    return _keep(workspace, fitting.with_collection(workspace.connection, plan, collection_id))


def use_raster(workspace: Workspace, asset: str) -> tuple[str, ...]:
    """Let the project read an own raster, over the whole of it; tells what it leaves out."""
    fitted = fitting.with_collection(workspace.connection, workspace.project.imagery, asset)
    workspace.change(imagery=fitted.plan, aoi=extent_of(workspace, asset))
    return fitted.notes


def change_plan(workspace: Workspace, **parts: Any) -> tuple[str, ...]:
    """Change parts of the imagery's plan, and leave out what they make impossible.

    Args:
        workspace: Whose plan it is.
        parts: Fields of `ImageryPlan` by name.

    Returns:
        What had to be left out, in sentences.

    Raises:
        AppError: A part is impossible; the plan stays as it was.
    """
    plan = workspace.project.imagery
    return _keep(workspace, fitting.with_changes(workspace.connection, plan, **parts))


def _keep(workspace: Workspace, fitted: Fitted) -> tuple[str, ...]:
    aoi, scale = workspace.project.aoi, workspace.project.imagery.scale_m
    if aoi is not None and fitted.plan.scale_m < scale:
        refuse_too_large(workspace, fitted.plan, aoi, field="scale_m")
    workspace.change(imagery=fitted.plan)
    return fitted.notes


def source_for(workspace: Workspace, collection_id: str) -> SourcePlan:
    """Good settings for a further data set, to start from.

    Raises:
        NotFoundError: The connection has no such data set.
        PlanError: It is one of the plan's already.
    """
    plan = workspace.project.imagery
    if collection_id in (plan.collection, *(source.collection for source in plan.sources)):
        raise PlanError(
            f"{collection_id} is one of the data sets already.",
            hint="Choose its bands where it stands.",
            field="sources",
        )
    assets.require_served(workspace.connection, collection_id)
    own = plan_for(workspace, collection_id)
    return SourcePlan(
        collection_id, own.bands, (), mask_clouds=own.mask_clouds, composite=own.composite
    )


def more_collections(workspace: Workspace) -> tuple[Collection, ...]:
    """Data sets of this connection that can stand beside the main collection."""
    kinds = ("imagery", "elevation")
    can = workspace.connection.can
    return tuple(c for c in all_collections() if c.kind in kinds and can.serves(c.id))


def elevation_models(workspace: Workspace) -> tuple[Collection, ...]:
    """Elevation models of this connection."""
    return tuple(c for c in more_collections(workspace) if c.kind == "elevation")


def is_served(workspace: Workspace, collection_id: str) -> bool:
    """Tell whether this connection has a data set of the catalogue."""
    return workspace.connection.can.serves(collection_id)


def predictor_list(plan: ImageryPlan) -> tuple[str, ...]:
    """Names of the predictors in order, of one moment where the form is a series."""
    return predictor_names(plan)


def window_starts(plan: ImageryPlan) -> tuple[str, ...]:
    """First day of each window of a series; empty for other forms."""
    return step_days(plan)


def texture_choices(plan: ImageryPlan) -> tuple[str, ...]:
    """Predictors whose texture can be taken."""
    return names_of(replace(plan, texture=(), formulas=())).all


def check_formula(workspace: Workspace, formula: FormulaPlan) -> None:
    """Refuse a formula that could not stand behind those of the plan.

    Raises:
        PlanError: It cannot be read, uses what is not there, or its name is taken.
    """
    plan = workspace.project.imagery
    changed = replace(plan, formulas=(*plan.formulas, formula))
    fitting.check_formulas(workspace.connection, changed)
    predictor_names(changed)


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


def seen_part(plan: ImageryPlan) -> tuple[object, ...]:
    """What of a plan its preview depends on; other changes need no new one."""
    known = find(plan.collection)
    bands = () if known and known.vis else plan.bands
    dates = (plan.start, plan.end, plan.mask_clouds, plan.composite, plan.percentile)
    return (plan.collection, *dates, bands, plan.scale_m)


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
