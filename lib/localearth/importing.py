"""Files become assets of Local Earth: GeoTIFFs images, vector files tables.

What cannot be placed on the Earth is refused with the reason. An asset appears whole or not at all.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.localearth.assets import PREFIX, Assets, checked_name
from lib.localearth.errors import EarthError
from lib.localearth.import_raster import write_raster
from lib.localearth.import_table import VECTOR_SUFFIXES, write_table
from lib.localearth.management import describe
from lib.localearth.store import default_home

RASTER_SUFFIXES = (".tif", ".tiff", ".gtiff", ".geotiff")


@dataclass(frozen=True)
class Imported:
    """A file that became an asset.

    Attributes:
        asset_id: Such as "projects/local/assets/scene".
        type: "IMAGE" or "TABLE".
        notes: What had to be decided on the way, in sentences.
    """

    asset_id: str
    type: str
    notes: tuple[str, ...]


def import_file(
    path: Path,
    *,
    name: str,
    home: Path | None = None,
    pyramiding: str = "",
    overwrite: bool = False,
) -> Imported:
    """Make a GeoTIFF or a vector file an asset.

    Args:
        path: A GeoTIFF, GeoPackage, GeoJSON, zipped shapefile, or CSV with lon and lat columns.
        name: Of the asset, such as "scene" or "projects/local/assets/scene".
        home: Folder of all state; None for the default.
        pyramiding: "mean" or "mode"; by default "mode" for class maps with a colour table.
        overwrite: Whether an asset of that name may be replaced.

    Raises:
        EarthError: The file cannot be read or placed, or the name is taken or impossible.
    """
    path = Path(path)
    writer, kind = _writer(path, pyramiding)
    assets = Assets(home or default_home())
    plain = checked_name(name)
    if not overwrite and assets.describe(plain) is not None:
        raise EarthError(f"There is already an asset '{PREFIX}{plain}'; choose another name.")
    draft = assets.draft()
    try:
        described, notes = writer(path, draft)
        describe(draft, kind, described, name=plain)
        assets.add(plain, draft)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Imported(PREFIX + plain, kind, notes)


Writer = Callable[[Path, Path], tuple[dict[str, Any], tuple[str, ...]]]


def _writer(path: Path, pyramiding: str) -> tuple[Writer, str]:
    if not path.is_file():
        raise EarthError(f"There is no file '{path}'.")
    suffix = path.suffix.lower()
    if suffix in RASTER_SUFFIXES:
        return lambda source, draft: write_raster(source, draft, pyramiding), "IMAGE"
    if suffix in VECTOR_SUFFIXES:
        return write_table, "TABLE"
    if suffix == ".vrt":
        raise EarthError(
            f"'{path.name}' is a virtual raster, which only points at other files; "
            "make a GeoTIFF of it (gdal_translate) and import that."
        )
    if suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
        raise EarthError(
            f"'{path.name}' is one of a shapefile's parts; zip .shp, .shx, .dbf and .prj together "
            "and import the .zip."
        )
    if path.name.lower().endswith((".ovr", ".aux.xml", ".tfw")):
        raise EarthError(
            f"'{path.name}' only accompanies a raster; import the raster beside which it lies."
        )
    known = ", ".join((*RASTER_SUFFIXES[:2], *VECTOR_SUFFIXES))
    raise EarthError(f"'{path.name}' is not of a kind that can be imported. Kinds: {known}.")
