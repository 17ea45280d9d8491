"""The part of the REST API that tells of assets: one by its id, and what a folder holds."""

from collections.abc import Mapping
from typing import Any

from lib.localearth import aip_filter, public_listing
from lib.localearth.access import plain_id
from lib.localearth.aip_filter import Entry
from lib.localearth.assets import (
    CONTAINERS,
    Assets,
    asset_id_of,
    asset_name,
    is_planet_asset,
)
from lib.localearth.errors import EarthError, NotFound
from lib.localearth.values import Collection

PAGE = 1000
MAX_PAGE = 10_000
_QUOTA = {"maxSizeBytes": str(250 * 2**30), "maxAssets": "10000"}  # guides/usage
_SHOWN = (
    "type", "bands", "geometry", "properties", "columns", "sizeBytes", "updateTime", "title",
    "description", "startTime", "endTime",
)  # fmt: skip
Resource = dict[str, Any]


class Listing:
    """Describes assets in the form of the REST API.

    Args:
        assets: The store of own assets.
    """

    def __init__(self, assets: Assets) -> None:
        """Keep the store."""
        self._assets = assets

    def get(self, asset_id: str) -> Resource:
        """Describe one asset.

        Raises:
            NotFound: There is none.
        """
        root = root_of(asset_id)
        if root is not None:
            return {"type": "FOLDER", "name": asset_id, "id": asset_id, "quota": self._quota(root)}
        name = asset_name(asset_id)
        if name is None and is_planet_asset(plain_id(asset_id)):
            return self._planet_resource(plain_id(asset_id))
        described = self.described(name) if name else None
        if described is None:
            raise not_found(asset_id)
        return resource(str(name), described)

    def described(self, name: str) -> Mapping[str, Any] | None:
        """What is known of an own asset; a folder on disk that holds assets is a folder too."""
        found = self._assets.describe(name)
        if found is None and self._assets.children(name):
            return {"type": "FOLDER"}
        return found

    def children(self, parent: str, query: Mapping[str, str]) -> dict[str, Any]:
        """List what is directly below a folder or collection, in pages.

        Args:
            parent: "projects/P", "projects/P/assets", or the id of a folder or collection.
            query: "filter", "view", "pageSize" and "pageToken".

        Raises:
            NotFound: There is no such folder.
            EarthError: The filter or page cannot be read.
        """
        if asset_name(parent) is None and is_planet_asset(plain_id(parent)):
            return self._planet_members(plain_id(parent), query)
        passes = aip_filter.parse(query.get("filter", ""))
        found = [
            (name, described)
            for name in self._assets.children(self._folder(parent))
            if (described := self.described(name)) and passes(_entry(name, described))
        ]
        page, token = cut_page(found, query.get("pageSize"), query.get("pageToken"))
        shown = ("type", "updateTime") if query.get("view") == "BASIC" else _SHOWN
        answer: dict[str, Any] = {"assets": [resource(n, d, shown) for n, d in page]}
        return answer | ({"nextPageToken": token} if token else {})

    def _folder(self, parent: str) -> str:
        root = root_of(parent)
        if root is not None:
            return root
        name = asset_name(parent)
        described = self.described(name) if name else None
        if described is None:
            raise not_found(parent)
        if described["type"] not in CONTAINERS:
            raise EarthError(f"Asset '{parent}' is not a folder or collection.")
        return str(name)

    def _planet_resource(self, asset_id: str) -> Resource:
        opened = self._assets.open(asset_id)
        if opened is None:
            raise not_found(asset_id)
        return public_listing.describe(asset_id, opened.value)

    def _planet_members(self, asset_id: str, query: Mapping[str, str]) -> dict[str, Any]:
        opened = self._assets.open(asset_id)
        if opened is None:
            raise not_found(asset_id)
        if not isinstance(opened.value, Collection):
            raise EarthError(f"Asset '{asset_id}' is not a folder or collection.")
        found = public_listing.members(opened.value, query.get("filter", ""))
        page, token = cut_page(found, query.get("pageSize"), query.get("pageToken"))
        return {"assets": page} | ({"nextPageToken": token} if token else {})

    def _quota(self, root: str) -> dict[str, str]:
        names = [n for n in self._assets.names() if n.startswith(root or "") and _at(n, root)]
        sizes = ((self._assets.describe(name) or {}).get("sizeBytes", 0) for name in names)
        used = {"assetCount": str(len(names)), "sizeBytes": str(sum(map(int, sizes)))}
        return used | _QUOTA


def _at(name: str, root: str) -> bool:
    return name.startswith("@") == bool(root)


def root_of(asset_id: str) -> str | None:
    """The store's name of a project's root where an id is one: "" for "local", else "@PROJECT"."""
    parts = plain_id(asset_id).rstrip("/").split("/")
    if parts[0] != "projects" or parts[2:] not in ([], ["assets"]) or len(parts) < 2:
        return None
    inside = asset_name(f"projects/{parts[1]}/assets/x")
    return None if inside is None else inside[:-1].rstrip("/")


def cut_page(items: list[Any], size: Any, token: Any) -> tuple[list[Any], str]:
    """A page of a list, and the token of the next one or "".

    Raises:
        EarthError: The size or the token is none.
    """
    wanted, start = str(size or PAGE), str(token or 0)
    if not wanted.isdecimal() or len(wanted) > 9 or int(wanted) < 1:
        raise EarthError(f"Invalid page size: {wanted[:20]}.")
    if not start.isdecimal() or len(start) > 12:
        raise EarthError("Invalid page token.")
    end = int(start) + min(int(wanted), MAX_PAGE)
    return items[int(start) : end], str(end) if end < len(items) else ""


def not_found(asset_id: str) -> NotFound:
    """The answer about an asset that is not there."""
    return NotFound(
        f"Asset '{plain_id(asset_id)[:500]}' does not exist or doesn't allow this operation."
    )


def resource(name: str, described: Mapping[str, Any], shown: tuple[str, ...] = _SHOWN) -> Resource:
    """An own asset as the REST API describes it."""
    asset_id = asset_id_of(name)
    known = {key: described[key] for key in shown if key in described}
    return {"name": asset_id, "id": asset_id} | known


def _entry(name: str, described: Mapping[str, Any]) -> Entry:
    import shapely  # slow import

    properties = described.get("properties", {})
    start = properties.get("system:time_start")
    fields = {
        "name": asset_id_of(name), "id": asset_id_of(name), "type": described["type"],
        "startTime": start, "endTime": properties.get("system:time_end", start),
        **{f"properties.{key}": value for key, value in properties.items()},
    }  # fmt: skip
    geometry = described.get("geometry")
    return Entry(fields, shapely.geometry.shape(geometry) if geometry else None)
