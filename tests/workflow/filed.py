"""Maps that were made as a file: a deployment without an image, and results with a GeoTIFF."""

import shutil
from collections.abc import Sequence

import numpy as np

from lib.core.legend import Legend
from lib.core.plan import DeploymentPlan, EndpointPlan
from lib.deploy.geotiff import write_class_map
from lib.earthengine import imagery
from lib.workflow import store
from lib.workflow.project import Workspace
from lib.workflow.results import MAP_FILE


def as_file(workspace: Workspace, *, bucket: str = "") -> None:
    """Let the deployment be by the route "raster", which has no image in Earth Engine.

    Args:
        workspace: With a network that is deployed as an expression.
        bucket: Of the project's endpoint, which it has none of.
    """
    former = workspace.find("deploy")
    (former.folder / "classes.json").unlink()
    workspace.change(deployment=DeploymentPlan("raster", EndpointPlan(bucket=bucket)))
    made_of = store.dependencies(workspace.project, workspace.realm, "deploy")
    folder = store.result_folder(workspace.folder, "deploy", store.key_of(made_of))
    shutil.move(former.folder, folder)
    store.finish(folder, made_of, {**former.summary, "route": "raster"})


def with_map(
    workspace: Workspace, *, asset: str = "", failed: Sequence[tuple[int, int, str]] = ()
) -> np.ndarray:
    """Keep stripes of all classes as the finished map.

    Args:
        workspace: With samples.
        asset: The map as an asset.
        failed: Row, column and reason of blocks that it lacks.

    Returns:
        Positions of the classes, -1 for none.
    """
    connection, project = workspace.connection, workspace.project
    grid = imagery.training_grid(connection, project.imagery, project.aoi)
    legend = Legend.from_json(workspace.find("samples").summary["legend"])
    index = (np.arange(grid.size).reshape(grid.shape) % len(legend)).astype(np.int16)
    index[:3, :5] = -1
    made_of = store.dependencies(project, workspace.realm, "results")
    folder = store.result_folder(workspace.folder, "results", store.key_of(made_of))
    folder.mkdir(parents=True)
    write_class_map(folder / MAP_FILE, index, grid, legend, tags={"SOFTWARE": "Loam"})
    summary = {
        "legend": legend.to_json(),
        "area_ha": [float((index == place).sum()) / 100 for place in range(len(legend))],
        "pixels": int((index >= 0).sum()),
        "masked_pixels": 15,
        "failed_blocks": [list(block) for block in failed],
        "asset": asset,
        "simulated": True,
    }
    store.finish(folder, made_of, summary)
    return index
