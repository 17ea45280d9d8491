"""A finished map as an asset, so that pages draw it as tiles like any other image."""

from lib.deploy.raster.run import RasterResult
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.assets import import_raster


@with_connection
def as_asset(connection: Connection, result: RasterResult, *, name: str) -> str:
    """Make the classes of a map an asset of Local Earth; an older one of the name is replaced.

    Args:
        connection: One that takes files (`connection.can.file_import`); for Earth Engine the file
            goes through a bucket instead.
        result: The map.
        name: Last part of the asset's id.

    Returns:
        The asset's id.

    Raises:
        ServiceError: The connection takes no files.
        RasterError: The file cannot be read any more.
    """
    return import_raster(connection, result.path, name, overwrite=True)
