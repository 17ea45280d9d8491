"""Map the whole area, measure its classes and write the map as a GeoTIFF."""

from typing import Any

import numpy as np

from lib.core.area import area_by_class
from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.core.legend import Legend
from lib.deploy.geotiff import SIMULATED, write_class_map
from lib.deploy.raster.run import run_raster
from lib.deploy.raster.showing import as_asset
from lib.earthengine import imagery, pixels
from lib.workflow.results import MAP_FILE
from lib.workflow.work.order import Making, Order, Progress
from lib.workflow.work.samples import require_aoi


def run(order: Order, progress: Progress) -> None:
    """Classify the whole area in blocks; keep the file of the map and the area of each class."""
    deployment = order.before("deploy")
    legend = order.samples().legend
    grid = imagery.training_grid(order.connection, order.project.imagery, require_aoi(order))
    with order.making() as making:
        if (deployment / "classes.json").exists():
            expression = Expression.from_json((deployment / "classes.json").read_text())
            found = _by_expression(order, expression, grid, legend, making, progress)
        else:
            found = _by_blocks(order, grid, legend, making, progress)
        making.summary = {"legend": legend.to_json(), **found}


def _by_expression(
    order: Order,
    expression: Expression,
    grid: Grid,
    legend: Legend,
    making: Making,
    progress: Progress,
) -> dict[str, Any]:
    """Ask the service for the classes."""

    def on_progress(share: float, words: str) -> None:
        progress.stop_if_cancelled()
        progress.report("Classifying", words, 0.95 * share)

    connection, aoi = order.connection, require_aoi(order)
    values, valid = pixels.fetch(connection, expression, grid, ["class"], on_progress=on_progress)
    inside = grid.inside(aoi)
    index = np.where(valid & inside, values[..., 0], -1).astype(np.int16)
    simulated = imagery.is_simulated(connection, expression)
    path = making.folder / MAP_FILE
    write_class_map(path, index, grid, legend, tags=_tags(order, simulated=simulated))
    return {
        "area_ha": [float(area) for area in area_by_class(index, grid, len(legend))],
        "pixels": int((valid & inside).sum()),
        "masked_pixels": int((inside & ~valid).sum()),
        "simulated": simulated,
    }


def _by_blocks(
    order: Order, grid: Grid, legend: Legend, making: Making, progress: Progress
) -> dict[str, Any]:
    """Ask the service for predictors, and classify them here."""

    def on_progress(share: float, words: str, seconds: float | None) -> None:
        progress.stop_if_cancelled()
        progress.report("Classifying", words, 0.95 * share, seconds)

    connection, aoi = order.connection, require_aoi(order)
    predictors = imagery.predictors(connection, order.project.imagery, aoi)
    simulated = imagery.is_simulated(connection, predictors)
    found = run_raster(
        connection,
        predictors,
        order.before("train"),
        grid,
        making.folder / MAP_FILE,
        legend=legend,
        keep=making.folder / "blocks",
        aoi=aoi,
        tags=_tags(order, simulated=simulated),
        on_progress=on_progress,
        should_stop=progress.cancelled,
    )
    asset = ""
    if connection.can.file_import:
        asset = as_asset(connection, found, name=f"maps/{order.folder.name}")
    return {
        "area_ha": list(found.area_ha),
        "pixels": found.pixels,
        "masked_pixels": found.masked_pixels,
        "failed_blocks": [list(block) for block in found.failed_blocks],
        "asset": asset,
        "simulated": simulated,
    }


def _tags(order: Order, *, simulated: bool) -> dict[str, str]:
    imagery_plan, split = order.project.imagery, order.project.split
    tags = {
        "SOFTWARE": "Loam",
        "COLLECTION": imagery_plan.collection,
        "DATES": f"{imagery_plan.start}/{imagery_plan.end}",
        "PREDICTORS": ",".join((*imagery_plan.bands, *imagery_plan.indices)),
        "MODEL": order.project.model.family,
        "SPLIT": f"{split.kind}, seed {split.seed}",
    }
    if simulated:
        tags["SIMULATED"] = SIMULATED
    return tags
