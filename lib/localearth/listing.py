"""The part of the REST API that tells of assets: get, list, delete."""

from collections.abc import Mapping
from typing import Any

from lib.localearth.assets import PREFIX, Assets, asset_name, is_planet_asset, plain_id
from lib.localearth.errors import EarthError, NotFound


class Listing:
    """Describes assets in the form of the REST API.

    Args:
        assets: The store of own assets.
    """

    def __init__(self, assets: Assets) -> None:
        """Keep the store."""
        self._assets = assets

    def get(self, asset_id: str) -> dict[str, Any]:
        """Describe one asset.

        Raises:
            NotFound: There is none.
        """
        name = asset_name(asset_id)
        if name is None and is_planet_asset(plain_id(asset_id)):
            return self._planet_resource(plain_id(asset_id))
        described = self._assets.describe(name) if name else None
        if described is None:
            raise _not_found(asset_id)
        return _resource(str(name), described)

    def _planet_resource(self, asset_id: str) -> dict[str, Any]:
        opened = self._assets.open(asset_id)
        if opened is None:
            raise _not_found(asset_id)
        kind = "IMAGE_COLLECTION" if hasattr(opened.value, "elements") else "IMAGE"
        name = f"projects/earthengine-public/assets/{asset_id}"
        return {"type": kind, "name": name, "id": asset_id}

    def children(self, parent: str, query: Mapping[str, str]) -> dict[str, Any]:
        """List own assets below a folder, in pages."""
        folder = (asset_name(parent) or "").rstrip("/")
        names = [n for n in self._assets.names() if not folder or n.startswith(f"{folder}/")]
        start = int(query.get("pageToken") or 0)
        size = int(query.get("pageSize") or 1000)
        page = names[start : start + size]
        answer: dict[str, Any] = {
            "assets": [_resource(name, self._assets.describe(name) or {}) for name in page]
        }
        if start + size < len(names):
            answer["nextPageToken"] = str(start + size)
        return answer

    def delete(self, asset_id: str) -> None:
        """Remove an own asset.

        Raises:
            NotFound: There is none.
            EarthError: It is not one's own.
        """
        name = asset_name(asset_id)
        if name is None:
            raise EarthError(f"'{asset_id}' is not an asset of your own.")
        if not self._assets.remove(name):
            raise _not_found(asset_id)


def _not_found(asset_id: str) -> NotFound:
    return NotFound(f"Asset '{asset_id}' does not exist or doesn't allow this operation.")


def _resource(name: str, described: Mapping[str, Any]) -> dict[str, Any]:
    asset_id = PREFIX + name
    return {"name": asset_id, "id": asset_id} | {
        key: described[key]
        for key in ("type", "bands", "geometry", "properties", "columns", "sizeBytes", "updateTime")
        if key in described
    }
