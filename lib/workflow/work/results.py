"""Fetch the class map, measure its areas and write it as a GeoTIFF."""

import numpy as np

from lib.core.area import area_by_class
from lib.core.expression import Expression
from lib.deploy.geotiff import write_class_map
from lib.earthengine import imagery, pixels
from lib.workflow.work.order import Order, Progress
from lib.workflow.work.samples import require_aoi


def run(order: Order, progress: Progress) -> None:
    """Classify the whole area in blocks; keep `classes.tif` and the area of each class."""
    project, connection, aoi = order.project, order.connection, require_aoi(order)
    deployment = order.before("deploy")
    legend = order.samples().legend
    expression = Expression.from_json((deployment / "classes.json").read_text())
    grid = imagery.training_grid(connection, project.imagery, aoi)
    with order.making() as making:

        def on_progress(share: float, words: str) -> None:
            progress.stop_if_cancelled()
            progress.report("Classifying", words, 0.95 * share)

        values, valid = pixels.fetch(
            connection, expression, grid, ["class"], on_progress=on_progress
        )
        inside = valid & grid.inside(aoi)
        index = np.where(inside, values[..., 0], -1).astype(np.int16)
        simulated = imagery.is_simulated(connection, expression)
        write_class_map(
            making.folder / "classes.tif",
            index,
            grid,
            legend,
            tags=_tags(order, simulated=simulated),
        )
        areas = area_by_class(index, grid, len(legend))
        making.summary = {
            "legend": legend.to_json(),
            "area_ha": [float(area) for area in areas],
            "pixels": int(inside.sum()),
            "masked_pixels": int((grid.inside(aoi) & ~valid).sum()),
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
        tags["SIMULATED"] = "yes: computed by Loam's simulated planet, not observed on the Earth"
    return tags
