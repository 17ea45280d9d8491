"""Assets by id: the simulated planet's, and rasters and tables of one's own.

An own asset is a folder `<home>/earth/assets/NAME` with `asset.json` and its data; its id is
`projects/local/assets/NAME`, and that of `@PROJECT/NAME` is `projects/PROJECT/assets/NAME`. Folders
appear by one rename, so a reader sees all of it or nothing. Folders and image collections are
assets too: what they hold lies below them.
"""

import json
import re
import secrets
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.localearth.access import plain_id
from lib.localearth.errors import EarthError
from lib.localearth.store import write_atomically

if TYPE_CHECKING:
    from lib.localearth.context import OpenedAsset

PREFIX = "projects/local/assets/"
_OWN = "local"
_ANY_PROJECT = re.compile(r"projects/([A-Za-z0-9][A-Za-z0-9_.:-]{0,99})/assets/(.+)")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,200}(?:/[A-Za-z0-9_-]{1,200}){0,9}")
CONTAINERS = ("FOLDER", "IMAGE_COLLECTION")


def asset_name(asset_id: str) -> str | None:
    """Name of an own asset within the store, or None where the id is not of that form."""
    found = _ANY_PROJECT.fullmatch(plain_id(asset_id))
    if not found or not _NAME.fullmatch(found[2]):
        return None
    return found[2] if found[1] == _OWN else f"@{found[1]}/{found[2]}"


def asset_id_of(name: str) -> str:
    """The id of an own asset, of its name within the store."""
    if not name.startswith("@"):
        return PREFIX + name
    project, _, rest = name[1:].partition("/")
    return f"projects/{project}/assets/{rest}"


def checked_name(name: str) -> str:
    """Return a new asset's name, with or without the prefix of its id.

    Raises:
        EarthError: It has signs that an asset's name cannot have.
    """
    plain = name.removeprefix(PREFIX)
    if not _NAME.fullmatch(plain):
        raise EarthError(
            f"'{name}' cannot name an asset: use letters, digits, '-', '_' and '/' for folders."
        )
    return plain


class Assets:
    """Opens assets by id and lists one's own.

    Args:
        home: Folder of all state.
    """

    def __init__(self, home: Path) -> None:
        """Remember where; nothing is read yet."""
        self.folder = home / "earth" / "assets"
        self._opened: dict[str, tuple[str, OpenedAsset]] = {}
        self._lock = threading.Lock()

    def open(self, asset_id: str) -> "OpenedAsset | None":
        """Open an asset, or give None where there is none."""
        name = asset_name(asset_id)
        if name is not None:
            return self._open_own(name)
        return open_planet_asset(plain_id(asset_id))

    def describe(self, name: str) -> dict[str, Any] | None:
        """What `asset.json` says of an own asset, or None."""
        path = self.folder / name / "asset.json"
        if not path.is_file():
            return None
        described: dict[str, Any] = json.loads(path.read_bytes())
        return described

    def names(self) -> list[str]:
        """Names of all own assets, sorted."""
        paths = self.folder.rglob("asset.json") if self.folder.is_dir() else ()
        names = (path.parent.relative_to(self.folder).as_posix() for path in paths)
        return sorted(name for name in names if not name.startswith("."))

    def children(self, name: str) -> list[str]:
        """Names directly below a folder, sorted; "" and "@PROJECT" are the roots of projects."""
        folder = self.folder / name
        parts = folder.iterdir() if folder.is_dir() else ()
        found = [part.relative_to(self.folder).as_posix() for part in parts if part.is_dir()]
        return sorted(n for n in found if not n.startswith((".", "@")) or n.startswith(f"{name}/"))

    def add(self, name: str, draft: Path) -> None:
        """Move a finished folder into the store, in place of an asset of the same name."""
        target = self.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        self.remove(name)
        draft.replace(target)
        self.changed()

    def remove(self, name: str) -> bool:
        """Remove an own asset; tells whether there was one."""
        if self.describe(name) is None:
            return False
        bin_folder = self.folder / f".removed-{secrets.token_hex(8)}"
        (self.folder / name).replace(bin_folder)
        shutil.rmtree(bin_folder, ignore_errors=True)
        self.changed()
        return True

    def draft(self) -> Path:
        """A new empty folder beside the assets, for an import to write into."""
        draft = self.folder / f".draft-{secrets.token_hex(8)}"
        draft.mkdir(parents=True)
        return draft

    def changed(self) -> None:
        """Tell other processes that own assets are no longer what they were."""
        write_atomically(self.folder / ".version", secrets.token_hex(8).encode())

    def version(self) -> str:
        """Changes whenever an own asset is added, replaced or removed."""
        path = self.folder / ".version"
        return path.read_text() if path.is_file() else ""

    def _open_own(self, name: str) -> "OpenedAsset | None":
        described = self.describe(name)
        if described is None:
            return None
        if described["type"] == "FOLDER":
            return None
        of_many = described["type"] in CONTAINERS  # it changes with what is in it
        version = self.version() if of_many else str(described.get("version"))
        with self._lock:
            known = self._opened.get(name)
            if known is None or known[0] != version:
                known = version, self._read(name, described)
                self._opened[name] = known
            return known[1]

    def _read(self, name: str, described: dict[str, Any]) -> "OpenedAsset":
        from lib.localearth.context import OpenedAsset  # slow import
        from lib.localearth.raster.asset_source import open_raster
        from lib.localearth.table import open_table

        if described["type"] == "IMAGE_COLLECTION":
            return self._read_collection(name, described)
        opener: Callable[..., Any] = open_raster if described["type"] == "IMAGE" else open_table
        value = opener(self.folder / name, asset_id_of(name), described)
        return OpenedAsset(value, simulated=bool(described.get("simulated")))

    def _read_collection(self, name: str, described: dict[str, Any]) -> "OpenedAsset":
        from lib.localearth.context import OpenedAsset  # slow import
        from lib.localearth.values import Collection

        opened = [self._read(n, d) for n in self.children(name) if (d := self.describe(n))]
        images = [image.value for image in opened if not isinstance(image.value, Collection)]
        collection = Collection.of(
            images,
            of_images=True,
            properties=described.get("properties"),
            asset_id=asset_id_of(name),
        )
        return OpenedAsset(collection, simulated=any(image.simulated for image in opened))


def open_planet_asset(asset_id: str) -> "OpenedAsset | None":
    """Open an asset of the simulated planet, or give None."""
    from lib.localearth import planet  # slow import
    from lib.localearth.context import OpenedAsset

    value = planet.open_asset(asset_id)
    return None if value is None else OpenedAsset(value, simulated=True)


def is_planet_asset(asset_id: str) -> bool:
    """Whether an id is one of the planet's, or of an image within its collections."""
    from lib.localearth import planet  # slow import

    known = planet.asset_ids()
    return any(asset_id == own or asset_id.startswith(f"{own}/") for own in known)
