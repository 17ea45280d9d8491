"""A person's own images and tables: what they hold, and how files become assets."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import ee

from lib.core.aoi import Aoi
from lib.core.crs import metres_per_unit
from lib.core.errors import InputError, NotFoundError, RasterError, VectorError
from lib.core.grid import Grid, Transform
from lib.earthengine.access import Connection, current, get, is_own, post, with_connection
from lib.earthengine.answers import value_of
from lib.earthengine.connection import import_into


@dataclass(frozen=True)
class Asset:
    """An entry of the list of own assets: its id, and "IMAGE", "IMAGE_COLLECTION" or "TABLE"."""

    id: str
    type: str


@dataclass(frozen=True)
class AssetFacts:
    """What an image, or the first image of a collection, is like.

    Attributes:
        id: Earth Engine id.
        is_image: Whether it is one image instead of a collection.
        bands: Band names.
        crs: Coordinate system of the first band.
        transform: Its transform, as `Grid` has it.
        shape: Its (height, width), or None where the image has no edges.
    """

    id: str
    is_image: bool
    bands: tuple[str, ...]
    crs: str
    transform: Transform
    shape: tuple[int, int] | None

    @property
    def name(self) -> str:
        """The last part of the id."""
        return self.id.rsplit("/", 1)[-1]

    @property
    def resolution_m(self) -> float:
        """Pixel width in metres; a degree counts as one at the equator, as in Earth Engine."""
        return abs(self.transform[0]) * metres_per_unit(self.crs)


@dataclass(frozen=True)
class TableFacts:
    """A table of features: its id and its columns."""

    id: str
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """The last part of the id."""
        return self.id.rsplit("/", 1)[-1]


@with_connection
def list_assets(connection: Connection, folder: str = "") -> tuple[Asset, ...]:
    """List what lies directly in a folder of the connection's project, sorted by id.

    Args:
        connection: Service to ask.
        folder: Name of the folder, such as "walks/spring"; empty for the project's root.

    Raises:
        NotFoundError: There is no such folder.
    """
    place = f"assets/{folder}" if folder else "assets"
    resource = f"projects/{connection.project}/{place}:listAssets"
    page = get(resource)
    entries = page.get("assets", [])
    while page.get("nextPageToken"):
        page = get(f"{resource}?pageToken={quote(page['nextPageToken'])}")
        entries += page.get("assets", [])
    found = (Asset(entry["name"], entry["type"]) for entry in entries)
    return tuple(sorted(found, key=lambda asset: asset.id))


@with_connection
def make_folder(connection: Connection, folder: str) -> None:
    """Make a folder of the connection's project with those above it, unless it is there.

    Args:
        connection: Service to ask.
        folder: Such as "walks/spring".

    Raises:
        ServiceError: The service refuses it.
    """
    parts = folder.split("/")
    for depth in range(len(parts)):
        name = "/".join(parts[: depth + 1])
        try:
            list_assets(connection, name)
        except NotFoundError:
            post(f"assets?assetId={quote(name, safe='')}", {"type": "FOLDER"})


@with_connection
def list_images(connection: Connection) -> tuple[AssetFacts, ...]:
    """Describe the images among the own assets."""
    found = (asset for asset in list_assets(connection) if asset.type == "IMAGE")
    return tuple(asset_facts(connection, asset.id) for asset in found)


@with_connection
def list_tables(connection: Connection) -> tuple[TableFacts, ...]:
    """Describe the tables among the own assets."""
    found = (asset for asset in list_assets(connection) if asset.type == "TABLE")
    return tuple(table_facts(connection, asset.id) for asset in found)


def refuse_unserved(asset: str) -> None:
    """Refuse an id of the public catalogue that the caller's connection does not have.

    Call it inside of a function `with_connection`.

    Raises:
        NotFoundError: It names what the connection has.
    """
    can = current().can
    if can.data_sets is None or is_own(asset) or can.serves(asset):
        return
    if can.serves(asset.rpartition("/")[0]):
        return
    raise NotFoundError(
        f"{current().label} has no data set “{asset}”.",
        hint=f"It has {', '.join(sorted(can.data_sets))}. Sign in to Earth Engine for others.",
        field="collection",
    )


@with_connection
def require_served(
    connection: Connection,  # noqa: ARG001 - used by the decorator
    asset: str,
) -> None:
    """Refuse an id that a connection does not have; see `refuse_unserved`."""
    refuse_unserved(asset)


@with_connection
def asset_facts(
    connection: Connection,  # noqa: ARG001 - used by the decorator
    asset: str,
) -> AssetFacts:
    """Describe an image, or a collection by its first image.

    Raises:
        NotFoundError: There is no such asset, or it has no bands.
    """
    refuse_unserved(asset)
    is_image = get(_resource_of(asset))["type"] == "IMAGE"
    image = ee.Image(asset) if is_image else ee.ImageCollection(asset).first()
    bands = (value_of(image) or {}).get("bands", [])
    if not bands:
        raise NotFoundError(f"“{asset}” has no bands.", field="collection")
    first = bands[0]
    width, height = first.get("dimensions", (0, 0))
    t = [float(number) for number in first["crs_transform"]]
    return AssetFacts(
        id=asset,
        is_image=is_image,
        bands=tuple(band["id"] for band in bands),
        crs=first.get("crs") or first["crs_wkt"],
        transform=(t[0], t[1], t[2], t[3], t[4], t[5]),
        shape=(height, width) if width else None,
    )


@with_connection
def table_facts(
    connection: Connection,  # noqa: ARG001 - used by the decorator
    asset: str,
) -> TableFacts:
    """Describe a table by its columns.

    Raises:
        NotFoundError: There is no such asset.
    """
    table = value_of(ee.FeatureCollection(asset).limit(1))
    columns = table.get("columns") or _properties_of(table)
    return TableFacts(asset, tuple(name for name in columns if not name.startswith("system:")))


@with_connection
def extent(connection: Connection, asset: str) -> Aoi:
    """The whole of an image as an area: its outline in longitude and latitude.

    Raises:
        NotFoundError: The image has no edges.
    """
    facts = asset_facts(connection, asset)
    if facts.shape is None:
        raise NotFoundError(f"“{asset}” has no edges, so no extent.", field="aoi")
    grid = Grid(facts.crs, facts.transform, facts.shape)
    height, width = facts.shape
    # Corners of the raster, half a pixel outside of the centres of its corner pixels.
    rows = [-0.5, -0.5, height - 0.5, height - 0.5, -0.5]
    cols = [-0.5, width - 0.5, width - 0.5, -0.5, -0.5]
    lon, lat = grid.lonlat(rows, cols)
    ring = [[float(x), float(y)] for x, y in zip(lon, lat, strict=True)]
    return Aoi({"type": "Polygon", "coordinates": [ring]})


@with_connection
def outline(connection: Connection, asset: str) -> dict[str, Any]:
    """What an asset covers: all geometries of a table as one, or the edges of an image.

    Returns:
        A GeoJSON geometry in longitude and latitude.

    Raises:
        NotFoundError: There is no such asset, or it has no edges.
    """
    refuse_unserved(asset)
    if get(_resource_of(asset))["type"] == "TABLE":
        together: dict[str, Any] = value_of(ee.FeatureCollection(asset).geometry())
        return together
    return extent(connection, asset).geometry


@with_connection
def import_raster(connection: Connection, path: Path, name: str, *, overwrite: bool = False) -> str:
    """Make a raster file an asset of Local Earth and return its id.

    Args:
        connection: One that takes files.
        path: GeoTIFF.
        name: Last part of the asset's id.
        overwrite: Whether an asset of that name may be replaced.

    Raises:
        RasterError: It cannot be read or placed on the Earth, or the name is taken.
        ServiceError: The connection takes no files.
    """
    try:
        return import_into(connection, path, name=name, overwrite=overwrite)
    except InputError as error:
        raise RasterError(error.message, hint=error.hint, field=error.field) from None


@with_connection
def import_features(
    connection: Connection, path: Path, name: str, *, overwrite: bool = False
) -> str:
    """Make a vector file an asset of Local Earth and return its id.

    Args:
        connection: One that takes files.
        path: GeoPackage, GeoJSON, zipped shapefile, or CSV with places.
        name: Last part of the asset's id.
        overwrite: Whether an asset of that name may be replaced.

    Raises:
        VectorError: It cannot be read or placed on the Earth, or the name is taken.
        ServiceError: The connection takes no files.
    """
    try:
        return import_into(connection, path, name=name, overwrite=overwrite)
    except InputError as error:
        raise VectorError(error.message, hint=error.hint, field=error.field) from None


def _resource_of(asset: str) -> str:
    """The REST name of an asset; ids of the public catalogue have a short form."""
    return asset if asset.startswith("projects/") else f"projects/earthengine-public/assets/{asset}"


def _properties_of(table: dict[str, Any]) -> list[str]:
    return [name for feature in table.get("features", []) for name in feature["properties"]]
