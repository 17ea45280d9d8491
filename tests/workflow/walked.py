"""The finished walk that comes with Loam, cut to a small area so that its map is made at once."""

import shutil

from lib.core.aoi import Aoi
from lib.workflow import store
from lib.workflow.project import Workspace, open_prepared

KINDS = ("samples", "train", "deploy")
SIDE_DEGREES = 0.006


def small_walk() -> Workspace:
    """A copy whose samples, network and expression are those of the whole walk."""
    workspace = open_prepared()
    found = {kind: workspace.find(kind) for kind in KINDS}
    lon, lat = workspace.project.aoi.centre
    workspace.change(aoi=Aoi.from_bounds(lon, lat, lon + SIDE_DEGREES, lat + SIDE_DEGREES))
    for kind, former in found.items():
        made_of = store.dependencies(workspace.project, workspace.realm, kind)
        folder = store.result_folder(workspace.folder, kind, store.key_of(made_of))
        shutil.move(former.folder, folder)
        store.finish(folder, made_of, former.summary)
    return workspace
