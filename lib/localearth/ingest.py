"""Ingestions: files of the folder that stands for Cloud Storage become assets."""

import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import rasterio

from lib.localearth import orders
from lib.localearth.assets import asset_id_of
from lib.localearth.batch import Job
from lib.localearth.errors import EarthError
from lib.localearth.import_raster import write_raster
from lib.localearth.import_table import write_table
from lib.localearth.management import describe, millis

_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_TIMES = {"startTime": "system:time_start", "endTime": "system:time_end"}


def run_image(job: Job) -> list[str]:
    """Make an image of a GeoTIFF.

    Returns:
        The asset's id.

    Raises:
        EarthError: It cannot be read or placed, or has fewer bands than the manifest names.
    """
    manifest = job.order["imageManifest"]
    path = orders.source_file(manifest["tilesets"][0], job.desk)
    name = job.desk.new_asset(manifest["name"], overwrite=bool(job.order.get("overwrite")))
    with job.new_asset(name) as draft:
        source = _with_missing(job, path, manifest.get("missingData"))
        described, _ = write_raster(source, draft, _policy(manifest))
        described["bands"] = _named(described["bands"], manifest.get("bands") or [])
        told = {**described["properties"], **_properties(manifest)}
        describe(draft, "IMAGE", described | {"properties": told}, name=name)
    return [asset_id_of(name)]


def run_table(job: Job) -> list[str]:
    """Make a table of a vector file.

    Returns:
        The asset's id.

    Raises:
        EarthError: It cannot be read or placed.
    """
    manifest = job.order["tableManifest"]
    path = orders.source_file(manifest, job.desk)
    name = job.desk.new_asset(manifest["name"], overwrite=bool(job.order.get("overwrite")))
    with job.new_asset(name) as draft:
        source = _zipped(job, path) if path.suffix.lower() == ".shp" else path
        described, _ = write_table(source, draft)
        describe(draft, "TABLE", described | {"properties": _properties(manifest)}, name=name)
    return [asset_id_of(name)]


def _policy(manifest: Mapping[str, Any]) -> str:
    chosen = {manifest.get("pyramidingPolicy"), *_of_bands(manifest)} - {None, ""}
    if len(chosen) > 1:
        raise EarthError(
            "Local Earth does not implement pyramiding policies that differ between bands."
        )
    return str(chosen.pop()).lower() if chosen else ""


def _of_bands(manifest: Mapping[str, Any]) -> list[Any]:
    return [band.get("pyramidingPolicy") for band in manifest.get("bands") or []]


def _named(bands: list[dict[str, Any]], wanted: list[Any]) -> list[dict[str, Any]]:
    if not wanted:
        return bands
    if len(wanted) != len(bands):
        raise EarthError(f"The manifest names {len(wanted)} bands, but the file has {len(bands)}.")
    return [{**band, "id": str(new["id"])} for band, new in zip(bands, wanted, strict=True)]


def _properties(manifest: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(manifest.get("properties") or {})
    for field, name in _TIMES.items():
        if manifest.get(field):
            found[name] = millis(manifest[field])
    return found


def _with_missing(job: Job, path: Path, missing: Any) -> Path:
    """The file, or a copy of it in which a value means that nothing is there."""
    values = (missing or {}).get("values") or []
    if not values:
        return path
    if len(values) > 1:
        raise EarthError("Local Earth does not implement several values of missing data.")
    copied = job.scratch(path.suffix)
    shutil.copyfile(path, copied)
    # Of a Cloud-Optimised GeoTIFF the copy need not stay one.
    with rasterio.open(copied, "r+", IGNORE_COG_LAYOUT_BREAK="YES") as dataset:
        dataset.nodata = float(values[0])
    return copied


def _zipped(job: Job, path: Path) -> Path:
    """A shapefile and its parts as the archive that is read elsewhere."""
    archive = job.scratch(".zip")
    with zipfile.ZipFile(archive, "w") as target:
        for part in (path.with_suffix(suffix) for suffix in _SHAPEFILE):
            if part.is_file():
                target.write(part, part.name)
    return archive
