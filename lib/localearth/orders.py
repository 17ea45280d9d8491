"""What exports and ingestions ask for, checked at the door before they wait in the queue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.localearth.access import Access, plain_id
from lib.localearth.assets import Assets, asset_name
from lib.localearth.errors import EarthError, NotImplementedHere
from lib.localearth.export_options import GeoTiffOptions, PatchOptions, unwrapped, whole
from lib.localearth.management import Management
from lib.localearth.outside import Outside, Target
from lib.localearth.raster.pyramid import POLICIES

IMAGE_FORMATS = ("GEO_TIFF", "TF_RECORD_IMAGE")
TABLE_FORMATS = ("CSV", "JSON", "GEO_JSON", "TF_RECORD_TABLE")
MAX_PIXELS = 100_000_000  # of an export that names no limit of its own
RASTERS = (".tif", ".tiff")
TABLES = (".csv", ".geojson", ".json", ".gpkg", ".zip", ".shp")
Order = Mapping[str, Any]


@dataclass(frozen=True)
class Desk:
    """What an order may use.

    Attributes:
        assets: The store of own assets.
        access: What the one who orders may read and write.
        outside: Their folders for Drive and Cloud Storage.
    """

    assets: Assets
    access: Access
    outside: Outside

    def new_asset(self, destination: Any, *, overwrite: bool) -> str:
        """The store's name of the asset that shall be made.

        Raises:
            EarthError: It cannot be made.
        """
        asset_id = plain_id(str(destination or ""))
        self.access.check(asset_id)
        if asset_name(asset_id) is None:
            raise EarthError(f"Invalid asset name '{asset_id[:200]}'.")
        return Management(self.assets).new_name(asset_id, overwrite=overwrite)


@dataclass(frozen=True)
class Destination:
    """Where an export goes: to an asset, or to files.

    Attributes:
        asset: The store's name of the new asset, or "".
        files: Where files go, or None.
        options: The rest of what was said about it.
    """

    asset: str
    files: Target | None
    options: Mapping[str, Any]


def destination(order: Order, desk: Desk) -> Destination:
    """Where an export goes.

    Raises:
        EarthError: Nowhere, or where it cannot.
    """
    to_asset, to_files = order.get("assetExportOptions"), order.get("fileExportOptions")
    if isinstance(to_asset, Mapping):
        place = to_asset.get("earthEngineDestination") or {}
        overwrite = bool(place.get("overwrite"))
        name = desk.new_asset(place.get("name"), overwrite=overwrite)
        return Destination(name, None, to_asset)
    if isinstance(to_files, Mapping):
        return Destination("", desk.outside.target(to_files), to_files)
    raise EarthError("An export needs assetExportOptions or fileExportOptions.")


def check_image_export(order: Order, desk: Desk) -> None:
    """Refuse an export of an image that cannot be.

    Raises:
        EarthError: Told to the client.
    """
    _check_expression(order)
    place = destination(order, desk)
    max_pixels(order)
    if place.files is None:
        policies(place.options)
        return
    kind = _format(place, IMAGE_FORMATS)
    if kind == "GEO_TIFF":
        GeoTiffOptions.of(place.options)
    else:
        PatchOptions.of(place.options)


def check_table_export(order: Order, desk: Desk) -> None:
    """Refuse an export of a table that cannot be.

    Raises:
        EarthError: Told to the client.
    """
    _check_expression(order)
    place = destination(order, desk)
    if place.files is not None:
        _format(place, TABLE_FORMATS)


def check_image_import(order: Order, desk: Desk) -> None:
    """Refuse an ingestion of an image that cannot be.

    Raises:
        EarthError: Told to the client.
    """
    manifest = _manifest(order, "imageManifest")
    desk.new_asset(manifest.get("name"), overwrite=bool(order.get("overwrite")))
    tilesets = _list(manifest, "tilesets")
    if len(tilesets) != 1:
        raise NotImplementedHere("Local Earth does not implement images of several tilesets.")
    _one_file(tilesets[0], desk, RASTERS)
    for policy in [manifest.get("pyramidingPolicy"), *_band_policies(manifest)]:
        _policy(policy)


def check_table_import(order: Order, desk: Desk) -> None:
    """Refuse an ingestion of a table that cannot be.

    Raises:
        EarthError: Told to the client.
    """
    manifest = _manifest(order, "tableManifest")
    desk.new_asset(manifest.get("name"), overwrite=bool(order.get("overwrite")))
    _one_file(manifest, desk, TABLES)


def source_file(part: Mapping[str, Any], desk: Desk) -> Path:
    """The one file that a tileset or table is made of."""
    return desk.outside.file(_list(_list(part, "sources")[0], "uris")[0])


def _one_file(part: Mapping[str, Any], desk: Desk, suffixes: Sequence[str]) -> None:
    sources = _list(part, "sources")
    uris = _list(sources[0], "uris") if sources else []
    if len(sources) != 1 or not uris:
        raise NotImplementedHere("Local Earth does not implement assets of several files.")
    path = desk.outside.file(uris[0])
    if path.suffix.lower() not in suffixes:
        raise NotImplementedHere(
            f"Local Earth does not implement ingestion of '{path.name}'; it takes "
            f"{', '.join(suffixes)}."
        )


def _manifest(order: Order, name: str) -> Mapping[str, Any]:
    manifest = order.get(name)
    if not isinstance(manifest, Mapping):
        raise EarthError(f"Field '{name}' is required.")
    return manifest


def _list(part: Any, name: str) -> list[Any]:
    found = part.get(name) if isinstance(part, Mapping) else None
    return found if isinstance(found, list) else []


def _check_expression(order: Order) -> None:
    if not isinstance(order.get("expression"), Mapping):
        raise EarthError("Field 'expression' is required.")


def _format(place: Destination, known: Sequence[str]) -> str:
    kind = str(place.options.get("fileFormat") or "")
    if kind not in known:
        raise NotImplementedHere(
            f"Local Earth does not implement exports as '{kind[:50]}'; it writes "
            f"{', '.join(known)}."
        )
    return kind


def max_pixels(order: Order) -> int:
    """How many pixels an export may have."""
    return whole(unwrapped(order.get("maxPixels")), "maxPixels", MAX_PIXELS)


def policies(options: Mapping[str, Any]) -> str:
    """How an asset's pyramid is made of its pixels."""
    if options.get("pyramidingPolicyOverrides"):
        chosen = {_policy(p) for p in options["pyramidingPolicyOverrides"].values()}
        if len(chosen) > 1 or (options.get("pyramidingPolicy") and len(chosen) == 1):
            raise NotImplementedHere(
                "Local Earth does not implement pyramiding policies that differ between bands."
            )
        return chosen.pop()
    return _policy(options.get("pyramidingPolicy"))


def _band_policies(manifest: Mapping[str, Any]) -> list[Any]:
    return [band.get("pyramidingPolicy") for band in _list(manifest, "bands")]


def _policy(name: Any) -> str:
    if name in (None, "", "PYRAMIDING_POLICY_UNSPECIFIED"):
        return "mean"
    if str(name).lower() not in POLICIES:
        raise NotImplementedHere(f"Local Earth does not implement pyramiding policy '{name}'.")
    return str(name).lower()
