"""The finished walk that comes with Loam, cut to a small area so that its map is made at once."""

import shutil

from lib.core.aoi import Aoi
from lib.earthengine.connection import Connection
from lib.workflow import store
from lib.workflow.project import Workspace, open_prepared

KINDS = ("samples", "train", "deploy")
SIDE_DEGREES = 0.006


def small_walk(
    connection: Connection | None = None, *, kinds: tuple[str, ...] = KINDS
) -> Workspace:
    """A copy whose samples, network and expression are those of the whole walk.

    Args:
        connection: Whose they become; None for Local Earth's, as they are.
        kinds: Results that are kept.
    """
    workspace = open_prepared()
    found = {kind: workspace.find(kind) for kind in kinds}
    shutil.rmtree(workspace.folder / "results" / "results")
    if connection is not None:
        workspace.use(connection)
    lon, lat = workspace.project.aoi.centre
    workspace.change(aoi=Aoi.from_bounds(lon, lat, lon + SIDE_DEGREES, lat + SIDE_DEGREES))
    for kind, former in found.items():
        made_of = store.dependencies(workspace.project, workspace.realm, kind)
        folder = store.result_folder(workspace.folder, kind, store.key_of(made_of))
        shutil.move(former.folder, folder)
        store.finish(folder, made_of, former.summary)
    for kind in set(KINDS) - set(kinds):
        shutil.rmtree(workspace.folder / "results" / kind)
    return workspace
