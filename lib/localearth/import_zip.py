"""Zip archives with a shapefile: looked through before GDAL opens them."""

import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from lib.localearth.errors import EarthError

MAX_UNPACKED = 500 * 2**20
MAX_RATIO = 300  # deflate reaches 1,032; shapefiles with blank columns some 100
_SMALL_BYTES = 20 * 2**20
_ENCRYPTED = 1


def shapefile_address(path: Path) -> str:
    """Find the one shapefile of an archive, as GDAL addresses it.

    Raises:
        EarthError: The archive is damaged, encrypted, grows too large, leads outside of itself, or
            does not hold one whole shapefile.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError):
        raise EarthError(f"'{path.name}' is not a zip archive.") from None
    _check(path, entries)
    names = [entry.filename for entry in entries if not _is_shadow(entry.filename)]
    shapefiles = [name for name in names if name.lower().endswith(".shp")]
    if len(shapefiles) != 1:
        raise EarthError(f"'{path.name}' must hold one shapefile; it holds {len(shapefiles)}.")
    _require_parts(path, shapefiles[0], names)
    return f"/vsizip/{path.resolve()}/{shapefiles[0]}"


def _check(path: Path, entries: Sequence[zipfile.ZipInfo]) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    ratio = unpacked / max(path.stat().st_size, 1)
    if unpacked > MAX_UNPACKED or (unpacked > _SMALL_BYTES and ratio > MAX_RATIO):
        raise EarthError(
            f"'{path.name}' is too large when it is unpacked: {unpacked / 2**20:,.0f} MB, "
            f"{ratio:,.0f} times its size."
        )
    for entry in entries:
        inside = PurePosixPath(entry.filename.replace("\\", "/"))
        if inside.is_absolute() or ".." in inside.parts or ":" in entry.filename:
            raise EarthError(
                f"'{path.name}' holds '{entry.filename[:80]}', a path that leads outside."
            )
        if entry.flag_bits & _ENCRYPTED:
            raise EarthError(f"'{path.name}' is encrypted; pack it without a password.")


def _is_shadow(name: str) -> bool:
    """Whether macOS put an entry there beside the real one."""
    inside = PurePosixPath(name)
    return inside.name.startswith("._") or "__MACOSX" in inside.parts


def _require_parts(path: Path, shapefile: str, names: Sequence[str]) -> None:
    there = {name.lower() for name in names}
    for suffix, reason in ((".shx", "the index of its shapes"), (".prj", "its coordinate system")):
        part = str(PurePosixPath(shapefile).with_suffix(suffix))
        if part.lower() not in there:
            raise EarthError(
                f"'{path.name}' lacks '{PurePosixPath(part).name}', {reason}; add it to the "
                "archive and import it again."
            )
