"""Functions that open assets: the planet's, and rasters and tables of one's own."""

from lib.localearth.context import Context
from lib.localearth.errors import EarthError
from lib.localearth.raster.image import Image
from lib.localearth.registry import implements
from lib.localearth.values import Collection


@implements("Image.load")
def load_image(context: Context, id: str, version: int | None) -> Image:  # noqa: A002
    """Open an image asset; versions are not kept, so any number opens the present one."""
    asset = context.load(id, kind="Image")
    if isinstance(asset, Image):
        return asset
    raise EarthError(f"Asset '{id}' is not an Image.")


@implements("ImageCollection.load")
def load_collection(context: Context, id: str, version: int | None) -> Collection:  # noqa: A002
    """Open a collection of images."""
    asset = context.load(id, kind="ImageCollection")
    if isinstance(asset, Collection) and asset.of_images:
        return asset
    raise EarthError(f"Asset '{id}' is not an ImageCollection.")


@implements("Collection.loadTable")
def load_table(
    context: Context,
    table_id: str,
    geometry_column: str | None,
    version: int | None,
) -> Collection:
    """Open a table of features; its only geometry column is the default one."""
    asset = context.load(table_id, kind="Collection")
    if geometry_column:
        raise EarthError(f"Table '{table_id}' has no geometry column '{geometry_column}'.")
    if isinstance(asset, Collection) and not asset.of_images:
        return asset
    raise EarthError(f"Asset '{table_id}' is not a FeatureCollection.")
