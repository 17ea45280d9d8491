"""The folders that stand for Google Drive and Cloud Storage: `<home>/earth/outside/{drive,gcs}`.

With --require-token every project has folders of its own, below `outside/@PROJECT`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lib.localearth.access import Access
from lib.localearth.errors import EarthError, NotFound

_LONGEST = 200  # bytes of a part of a path, with room for numbers and suffixes
_BUCKET = re.compile(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]")
_ODD = re.compile(r"[\x00-\x1f\x7f\\]")


@dataclass(frozen=True)
class Outside:
    """Where the files of a project lie that are outside of Earth Engine.

    Attributes:
        root: Holds "drive" and "gcs".
    """

    root: Path

    @classmethod
    def of(cls, home: Path, access: Access, project: str) -> "Outside":
        """The folders of the one who asks."""
        root = home / "earth" / "outside"
        return cls(root if access.projects is None else root / f"@{project}")

    def target(self, options: Mapping[str, Any]) -> "Target":
        """Where the files of an export shall go.

        Args:
            options: With "driveDestination" or "cloudStorageDestination".

        Raises:
            EarthError: Neither is there, or a name is impossible.
        """
        drive, storage = options.get("driveDestination"), options.get("cloudStorageDestination")
        if isinstance(storage, Mapping):
            parts = _parts(str(storage.get("filenamePrefix") or "export"))
            folder = self.root / "gcs" / _bucket(str(storage.get("bucket") or ""))
            return Target(folder.joinpath(*parts[:-1]), parts[-1])
        if isinstance(drive, Mapping):
            folder = self.root / "drive"
            if drive.get("folder"):
                folder /= _part(str(drive["folder"]))
            return Target(folder, _part(str(drive.get("filenamePrefix") or "export")))
        raise EarthError("An export needs a driveDestination or a cloudStorageDestination.")

    def file(self, uri: Any) -> Path:
        """The file of an address such as "gs://bucket/folder/scene.tif".

        Raises:
            EarthError: It is no such address.
            NotFound: There is no such file.
        """
        found = re.fullmatch(r"gs://([^/]+)/(.+)", str(uri))
        if not found:
            raise EarthError(f"Invalid GCS URI: '{str(uri)[:200]}'.")
        path = self.root.joinpath("gcs", _bucket(found[1]), *_parts(found[2]))
        if not path.is_file():
            raise NotFound(f"File '{uri}' was not found; Local Earth looks for it at {path}.")
        return path


@dataclass(frozen=True)
class Target:
    """A folder, and how the names of the files in it begin."""

    folder: Path
    prefix: str

    def path(self, suffix: str) -> Path:
        """A file of the target, such as of suffix ".tif"."""
        return self.folder / f"{self.prefix}{suffix}"


def _bucket(name: str) -> str:
    if not _BUCKET.fullmatch(name) or ".." in name:
        raise EarthError(f"Invalid bucket name: '{name[:200]}'.")
    return name


def _parts(path: str) -> list[str]:
    return [_part(part) for part in path.split("/")]


def _part(name: str) -> str:
    if not name.strip(". ") or "/" in name or _ODD.search(name):
        raise EarthError(f"'{name[:200]}' cannot name a file or folder.")
    if len(name.encode()) > _LONGEST:
        raise EarthError(f"The name '{name[:50]}…' is too long for a file.")
    return name
