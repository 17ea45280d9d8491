"""Files of a bucket as assets of Earth Engine, and finished maps on their way there.

Manifests: https://developers.google.com/earth-engine/guides/image_manifest.
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ee
import rasterio

from lib.core.errors import NotFoundError, PlanError, ServiceError
from lib.deploy.cloud import Cloud
from lib.deploy.geotiff import NODATA
from lib.deploy.native.compile import CLASS_BAND
from lib.deploy.storage import STORAGE_API, Bucket, OnProgress, check_bucket_name
from lib.deploy.tasks import Task, asset_id, task_of
from lib.earthengine.access import Connection, get, with_connection
from lib.earthengine.assets import import_raster

FOLDER = "loam/maps"
"""Where in a bucket maps go."""

_LAST_PART = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True)
class MapAsset:
    """A map that is an asset, or becomes one.

    Attributes:
        asset: Its id.
        uri: The object that it is made of, "gs://bucket/name"; empty where it came as a file.
        task: What makes it, to be followed with `tasks.task_of`; None where it is there already.
    """

    asset: str
    uri: str
    task: Task | None


@with_connection
def map_to_asset(
    connection: Connection,
    path: Path,
    *,
    name: str,
    bucket: str = "",
    storage_api: str = STORAGE_API,
    overwrite: bool = True,
    on_progress: OnProgress | None = None,
) -> MapAsset:
    """Make the classes of a finished map an asset.

    A connection that takes files gets the file. Any other gets it through a bucket: the file goes
    up, and a task of Earth Engine reads it from there; the object stays, since the task reads it
    later than this returns.

    Args:
        connection: Service that keeps the asset.
        path: GeoTIFF of the classes, as `run_raster` writes it.
        name: Last part of the asset's id.
        bucket: Bucket of the connection's project; "gs://" may stand in front.
        storage_api: Base address of Cloud Storage.
        overwrite: Whether an asset of that name is replaced.
        on_progress: Called with the share of bytes that are up, and a few words.

    Raises:
        PlanError: The name cannot be one or is taken, or a bucket is needed and none is given.
        ServiceError: The connection reaches no bucket, the bucket refuses, or Earth Engine does.
    """
    check_asset_name(name)
    check_way(connection)
    if connection.can.file_import:
        return MapAsset(import_raster(connection, path, name, overwrite=True), "", None)
    asset = asset_id(connection, name)
    place = open_way(connection, asset, bucket=bucket, storage_api=storage_api, overwrite=overwrite)
    uri = place.upload_file(path, f"{FOLDER}/{name}.tif", on_progress=on_progress)
    with rasterio.open(path) as file:
        properties = _properties(file.tags())
    task = ingest(
        connection, asset, [uri], bands=[CLASS_BAND], missing=NODATA, properties=properties,
        overwrite=overwrite,
    )  # fmt: skip
    return MapAsset(asset, uri, task)


@with_connection
def ingest(
    connection: Connection,
    asset: str,
    uris: Sequence[str],
    *,
    bands: Sequence[str] = (),
    missing: int | None = None,
    policy: str = "MODE",
    properties: Mapping[str, str] | None = None,
    overwrite: bool = False,
) -> Task:
    """Start a task that makes an image of files in a bucket.

    Args:
        connection: Service that performs it.
        asset: Id of the image.
        uris: A GeoTIFF, or TFRecord files in their order with their mixer file behind them.
        bands: Names of its bands; none where the files name them, as TFRecord files do.
        missing: Value that means that nothing is there.
        policy: How coarser levels are made, such as "MODE" or "MEAN".
        properties: Texts that the asset gets as properties.
        overwrite: Whether an asset of that name is replaced.

    Raises:
        ServiceError: The service refuses it, in a sentence.
    """
    manifest = manifest_of(
        asset, uris, bands=bands, missing=missing, policy=policy, properties=properties
    )
    started = ee.data.startIngestion(uuid.uuid4().hex, manifest, allow_overwrite=overwrite)
    return task_of(connection, str(started["id"]))


def manifest_of(
    asset: str,
    uris: Sequence[str],
    *,
    bands: Sequence[str] = (),
    missing: int | None = None,
    policy: str = "MODE",
    properties: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What `ingest` sends, and `earthengine upload image --manifest` takes; as `ingest`."""
    manifest: dict[str, Any] = {
        "name": asset,
        "tilesets": [{"id": "map", "sources": [{"uris": list(uris)}]}],
        "pyramidingPolicy": policy,
        "properties": dict(properties or {}),
    }
    if bands:
        manifest["bands"] = [
            {"id": band, "tilesetId": "map", "tilesetBandIndex": place}
            for place, band in enumerate(bands)
        ]
    if missing is not None:
        manifest["missingData"] = {"values": [missing]}
    return manifest


@with_connection
def check_way(connection: Connection) -> None:
    """Refuse a connection over which no finished map can become an asset.

    Raises:
        ServiceError: It takes no files and reaches no bucket.
    """
    if not (connection.can.file_import or connection.can.buckets):
        raise ServiceError(
            f"{connection.label} takes no files and reaches no bucket, so the map cannot become "
            "an asset there.",
            hint="Connect to Earth Engine with a service-account key of your project.",
            field="connection",
        )


def check_asset_name(name: str) -> None:
    """Refuse what cannot be the last part of an asset's id.

    Raises:
        PlanError: It has other signs than those, none, or too many.
    """
    if not _LAST_PART.fullmatch(name):
        raise PlanError(
            f"“{name}” cannot name an asset." if name else "The asset has no name.",
            hint="Use up to 100 letters, digits, hyphens and underscores.",
            field="name",
        )


@with_connection
def open_way(
    connection: Connection, asset: str, *, bucket: str, storage_api: str, overwrite: bool
) -> Bucket:
    """The bucket through which an asset comes, asked for before anything goes there.

    Args:
        connection: Service that keeps the asset.
        asset: Its id.
        bucket: Bucket of the connection's project; "gs://" may stand in front.
        storage_api: Base address of Cloud Storage.
        overwrite: Whether an asset of that name is replaced.

    Raises:
        PlanError: The asset's name is taken, or the bucket's cannot be one.
        ServiceError: There is no such bucket, or it refuses.
    """
    if not overwrite:
        _require_free(asset)
    place = Bucket(Cloud.of(connection, storage_api), check_bucket_name(bucket), storage_api)
    place.check()
    return place


def _require_free(asset: str) -> None:
    """Refuse a name that is taken, before anything goes up."""
    try:
        get(asset)
    except NotFoundError:
        return
    raise PlanError(
        f"There is an asset “{asset}” already.",
        hint="Choose another name, or allow that it is replaced.",
        field="name",
    )


def _properties(tags: Mapping[str, str]) -> dict[str, str]:
    """How a map was made, as properties: of texts only, since lists cannot be uploaded."""
    return {key.lower(): text for key, text in tags.items() if key not in ("AREA_OR_POINT",)}
