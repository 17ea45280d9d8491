"""Files that visitors bring: they become assets that no other visitor is shown.

An upload lies in a folder named after a digest of its project's id, under a name that ends in a
digest of its content: equal files are imported once, different ones never replace each other. What
`python -m lib import` brought in has no such folder and is there for everybody.
"""

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lib.core.errors import NotFoundError, PlanError, ProjectError
from lib.core.plan import FileRef
from lib.core.vectors.reading import read_vectors, to_geojson
from lib.earthengine import assets
from lib.earthengine.assets import Asset, AssetFacts, TableFacts
from lib.earthengine.connection import Connection
from lib.workflow import tablefiles
from lib.workflow.workspace import Workspace

_FOLDER = "uploads"
Import = Callable[[Connection, Path, str], str]


def own_images(workspace: Workspace) -> tuple[AssetFacts, ...]:
    """Rasters that this project may use; empty where the connection takes no files."""
    connection = workspace.connection
    return tuple(assets.asset_facts(connection, found) for found in _seen(workspace, "IMAGE"))


def own_tables(workspace: Workspace) -> tuple[TableFacts, ...]:
    """Vector files that this project may use, with their columns."""
    connection = workspace.connection
    return tuple(assets.table_facts(connection, found) for found in _seen(workspace, "TABLE"))


def missing(workspace: Workspace) -> tuple[FileRef, ...]:
    """Files that the project was made with and that are no assets here yet."""
    tables = [file for file in workspace.project.files if tablefiles.is_table(file)]
    files = [file for file in workspace.project.files if file not in tables]
    folders = {file.asset.rpartition("/")[0] for file in files}
    there = {asset.id for folder in folders for asset in _in_folder(workspace, folder)}
    lost = [file for file in tables if not tablefiles.place_of(workspace.folder, file).is_file()]
    return (*lost, *(f for f in files if f"{_place(workspace)}{f.asset}" not in there))


def import_vectors(
    connection: Connection, path: Path, name: str, *, overwrite: bool = False
) -> str:
    """Make a vector file of any kind an asset of Local Earth, after reading it with care.

    Args:
        connection: One that takes files.
        path: GeoJSON, KML, KMZ, zipped shapefile, GeoPackage, or CSV with places.
        name: Last part of the asset's id.
        overwrite: Whether an asset of that name may be replaced.

    Returns:
        The asset's id.

    Raises:
        VectorError: It cannot be read or placed on the Earth.
    """
    vectors = read_vectors(path.name, path.read_bytes())
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / f"{path.stem}.geojson"
        plain.write_bytes(to_geojson(vectors))
        return assets.import_features(connection, plain, name, overwrite=overwrite)


def bring(workspace: Workspace, filename: str, data: bytes) -> str:
    """Take a file that the project was made with, and let the project use it.

    Returns:
        The asset's id.

    Raises:
        ProjectError: It is none of those that are missing.
        AppError: As `take` does.
    """
    digest = hashlib.sha256(data).hexdigest()
    wanted = [file for file in missing(workspace) if file.sha256 == digest]
    if not wanted:
        names = ", ".join(Path(file.path).name for file in missing(workspace))
        raise ProjectError(
            f"{filename} is none of the files that this project was made with.",
            hint=f"Choose the very files: {names}. Another one can be imported beside them.",
            field="files",
        )
    if tablefiles.is_table(wanted[0]):
        tablefiles.put(workspace.folder, wanted[0], data)
        return wanted[0].asset
    raster = Path(wanted[0].path).suffix.lower() in (".tif", ".tiff")
    put = assets.import_raster if raster else import_vectors
    asset = take(workspace, filename, data, put)
    _use_instead(workspace, wanted[0], asset)
    return asset


def _use_instead(workspace: Workspace, file: FileRef, asset: str) -> None:
    """Let the project's imagery and labels name an asset instead of a file's former one."""
    project, former = workspace.project, f"/assets/{file.asset}"
    imagery, labels = project.imagery, project.labels
    if imagery.collection.endswith(former):
        imagery = replace(imagery, collection=asset)
    if labels.source.endswith(former):
        labels = replace(labels, source=asset)
    noted = tuple(
        replace(known, note=file.note) if known.sha256 == file.sha256 else known
        for known in project.files
        if known != file
    )
    workspace.project = replace(project, imagery=imagery, labels=labels, files=noted)
    workspace.save()


def take(workspace: Workspace, filename: str, data: bytes, put: Import) -> str:
    """Make an uploaded file an asset, and note in the project which file it was.

    Args:
        workspace: Whose upload it is.
        filename: As the visitor calls it.
        data: Its content.
        put: Imports a file under a name, such as `assets.import_raster`.

    Returns:
        The asset's id.

    Raises:
        RasterError: As `put` does, and as the next one.
        VectorError: It cannot be read, or cannot be placed on the Earth.
        PlanError: The connection takes no files.
    """
    _require_file_import(workspace)
    digest = hashlib.sha256(data).hexdigest()
    name = f"{folder_of(workspace)}/{_plain(filename)}_{digest[:8]}"
    asset = f"{_place(workspace)}{name}"
    if asset not in (known.id for known in _in_folder(workspace, folder_of(workspace))):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / Path(filename).name
            path.write_bytes(data)
            asset = put(workspace.connection, path, name)
    _note(workspace, FileRef(Path(filename).name, digest, name))
    return asset


def folder_of(workspace: Workspace) -> str:
    """The folder of a project's own assets on Local Earth, which no other visitor is shown."""
    # A project file names the folder, and must not give away the id that opens the project.
    return f"{_FOLDER}/{hashlib.sha256(workspace.id.encode()).hexdigest()[:16]}"


def _note(workspace: Workspace, file: FileRef) -> None:
    others = tuple(known for known in workspace.project.files if known.asset != file.asset)
    workspace.project = replace(workspace.project, files=(*others, file))
    workspace.save()


def _seen(workspace: Workspace, kind: str) -> list[str]:
    """Ids of assets of a kind that are this project's, or everybody's."""
    noted = [file for file in workspace.project.files if not tablefiles.is_table(file)]
    files = [file.asset for file in noted]
    own = {folder_of(workspace), *(name.rpartition("/")[0] for name in files)}
    mine = [asset for folder in sorted(own) if folder for asset in _in_folder(workspace, folder)]
    names = {f"{_place(workspace)}{name}" for name in files}
    folder = f"{_place(workspace)}{folder_of(workspace)}/"
    mine = [asset for asset in mine if asset.id.startswith(folder) or asset.id in names]
    everybodys = assets.list_assets(workspace.connection)
    return [asset.id for asset in (*everybodys, *mine) if asset.type == kind]


def _in_folder(workspace: Workspace, folder: str) -> tuple[Asset, ...]:
    try:
        return assets.list_assets(workspace.connection, folder)
    except NotFoundError:
        return ()


def _place(workspace: Workspace) -> str:
    """What ids of own assets on the connection begin with."""
    return f"projects/{workspace.connection.project}/assets/"


def _plain(filename: str) -> str:
    """A file's name without its ending, in the signs that an asset's name may have."""
    stem = Path(filename).stem
    name = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in stem)
    return name.strip("_")[:60] or "upload"


def _require_file_import(workspace: Workspace) -> None:
    """Refuse where the connection takes no files."""
    if not workspace.connection.can.file_import:
        raise PlanError(
            f"{workspace.connection.label} takes no files from here.",
            hint="Upload it in Earth Engine's asset manager and give its id, or use Local Earth.",
            field="upload",
        )
