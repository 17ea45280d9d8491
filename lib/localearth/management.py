"""The part of the REST API that changes assets: create, update, copy, move and delete."""

import datetime
import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lib.localearth.access import plain_id
from lib.localearth.assets import CONTAINERS, Assets, asset_name
from lib.localearth.errors import EarthError
from lib.localearth.listing import Listing, not_found, resource, root_of
from lib.localearth.store import write_atomically

_FIELDS = {
    "properties": "", "title": "title", "description": "description",
    "startTime": "system:time_start", "start_time": "system:time_start",
    "endTime": "system:time_end", "end_time": "system:time_end",
}  # fmt: skip


class Management:
    """Changes own assets.

    Args:
        assets: The store of own assets.
    """

    def __init__(self, assets: Assets) -> None:
        """Keep the store."""
        self._assets = assets
        self._listing = Listing(assets)

    def create(self, asset_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Make an empty folder or image collection.

        Args:
            asset_id: Of the new asset.
            body: With "type" and, if wanted, "properties".

        Raises:
            EarthError: It cannot be made there, or is of another type.
        """
        kind = str(body.get("type") or "")
        if kind not in CONTAINERS:
            raise EarthError(
                f"Cannot create an asset of type '{kind[:50]}': make folders and image "
                "collections this way, and images and tables by exports or ingestion."
            )
        name = self.new_name(asset_id, overwrite=False)
        draft = self._assets.draft()
        try:
            properties = body.get("properties")
            known = dict(properties) if isinstance(properties, Mapping) else {}
            describe(draft, kind, {"properties": known})
            self._assets.add(name, draft)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return self._listing.get(asset_id)

    def update(self, asset_id: str, body: Mapping[str, Any], mask: str) -> dict[str, Any]:
        """Change properties, times or the title of an asset; what is null is removed.

        Args:
            asset_id: Of the asset.
            body: With "asset" and "updateMask", or the fields themselves.
            mask: Comma-separated names such as "properties" or "properties.year".

        Raises:
            NotFound: There is none.
            EarthError: A field cannot be changed.
        """
        name, described = self._own(asset_id)
        asset = body.get("asset", body)
        if not isinstance(asset, Mapping):
            raise EarthError("Field 'asset' must be an object.")
        changed = {**described, "version": time.time_ns() // 1000}
        for path in _paths(mask or body.get("updateMask")) or [k for k in asset if k in _FIELDS]:
            _change(changed, asset, path)
        target = self._assets.folder / name / "asset.json"
        write_atomically(target, json.dumps(changed).encode())
        self._assets.changed()
        return resource(name, changed)

    def copy(self, asset_id: str, target_id: str, *, overwrite: bool) -> dict[str, Any]:
        """Copy an image or table.

        Raises:
            NotFound: There is no such asset.
            EarthError: It is a folder, or there is an asset of the other name.
        """
        name, described = self._own(asset_id)
        if described["type"] in CONTAINERS and self._assets.children(name):
            raise EarthError(f"Asset '{asset_id}' holds others; copy or move them one by one.")
        target = self.new_name(target_id, overwrite=overwrite)
        draft = self._assets.draft()
        try:
            _copy_files(self._assets.folder / name, draft)
            changed = _reindexed(described, target)
            (draft / "asset.json").write_text(json.dumps(changed))
            self._assets.add(target, draft)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
        return resource(target, changed)

    def move(self, asset_id: str, target_id: str) -> dict[str, Any]:
        """Give an asset another id.

        Raises:
            NotFound: There is no such asset.
            EarthError: There is an asset of the other name.
        """
        answer = self.copy(asset_id, target_id, overwrite=False)
        self.delete(asset_id)
        return answer

    def delete(self, asset_id: str) -> None:
        """Remove an own asset.

        Raises:
            NotFound: There is none.
            EarthError: It is not one's own, or holds others.
        """
        name = asset_name(asset_id)
        if name is None:
            raise EarthError(f"'{asset_id[:500]}' is not an asset of your own.")
        if self._assets.children(name):
            raise EarthError(
                f"Asset '{plain_id(asset_id)}' cannot be deleted because it has children."
            )
        if not self._assets.remove(name):
            raise not_found(asset_id)

    def new_name(self, asset_id: str, *, overwrite: bool) -> str:
        """The store's name for a new asset.

        Raises:
            EarthError: The name is impossible or taken, or its folder is not there.
        """
        name = asset_name(asset_id)
        if name is None:
            raise EarthError(
                f"Invalid asset name '{asset_id[:200]}': use projects/PROJECT/assets/NAME of "
                "letters, digits, '-' and '_'."
            )
        asset_id = plain_id(asset_id)
        parent = asset_id.rsplit("/", 1)[0]
        if self._listing.get(parent)["type"] not in CONTAINERS:
            raise EarthError(f"Asset '{parent}' is not a folder or collection.")
        known = self._listing.described(name)
        if known is not None and (not overwrite or known["type"] in CONTAINERS):
            raise EarthError(f"Cannot overwrite asset '{asset_id}'.")
        return name

    def _own(self, asset_id: str) -> tuple[str, dict[str, Any]]:
        name = asset_name(asset_id)
        described = self._assets.describe(name) if name and root_of(asset_id) is None else None
        if name is None or described is None:
            raise not_found(asset_id)
        return name, described


def _copy_files(source: Path, draft: Path) -> None:
    for part in source.iterdir():
        if part.is_file():
            shutil.copyfile(part, draft / part.name)


def _paths(mask: Any) -> list[str]:
    if isinstance(mask, Mapping):
        mask = mask.get("paths")
    parts = mask.split(",") if isinstance(mask, str) else mask or []
    return [str(part).strip() for part in parts if str(part).strip()]


def _change(described: dict[str, Any], asset: Mapping[str, Any], path: str) -> None:
    field, _, key = path.partition(".")
    if field not in _FIELDS:
        raise EarthError(f"Field '{path[:100]}' cannot be updated.")
    given = asset.get(field)
    properties = dict(described.get("properties", {}))
    if field == "properties":
        wanted = given if isinstance(given, Mapping) else {}
        kept = properties if key else {k: v for k, v in properties.items() if k == "system:index"}
        properties = kept | ({key: wanted.get(key)} if key else dict(wanted))
    else:
        property_name = _FIELDS[field]
        is_time = property_name.startswith("system:time")
        properties[property_name] = millis(given) if is_time and given else given
    known = {name: value for name, value in properties.items() if value is not None}
    described["properties"] = known


def millis(moment: Any) -> int:
    """Milliseconds of "2020-01-31T00:00:00Z", or of {"seconds": …}.

    Raises:
        EarthError: It is no time.
    """
    try:
        if isinstance(moment, Mapping):
            return int(moment.get("seconds", 0)) * 1000
        read = datetime.datetime.fromisoformat(str(moment).replace("Z", "+00:00"))
    except (TypeError, ValueError):
        raise EarthError(f"Invalid time: '{str(moment)[:50]}'.") from None
    read = read if read.tzinfo else read.replace(tzinfo=datetime.UTC)
    return round(read.timestamp() * 1000)


def _reindexed(described: Mapping[str, Any], name: str) -> dict[str, Any]:
    properties = dict(described.get("properties", {}))
    if described["type"] == "IMAGE":
        properties["system:index"] = name.rsplit("/", 1)[-1]
    return {**described, "properties": properties, "version": time.time_ns() // 1000}


def describe(draft: Path, kind: str, described: Mapping[str, Any], *, name: str = "") -> None:
    """Write `asset.json` of an asset whose data are already in its folder.

    Args:
        draft: The folder.
        kind: "IMAGE", "TABLE", "FOLDER" or "IMAGE_COLLECTION".
        described: What else is known.
        name: Of the asset within the store; images are indexed by its last part.
    """
    now = datetime.datetime.now(datetime.UTC).isoformat().replace("+00:00", "Z")
    size = sum(part.stat().st_size for part in draft.iterdir())
    index = {"system:index": name.rsplit("/", 1)[-1]} if kind == "IMAGE" else {}
    whole = {
        **described,
        "type": kind,
        "properties": {**index, **described.get("properties", {})},
        "version": time.time_ns() // 1000,
        "updateTime": now,
        "sizeBytes": str(size),
    }
    (draft / "asset.json").write_text(json.dumps(whole))
