"""Zip archives from strangers: looked through before anything is unpacked."""

import io
import zipfile
from pathlib import PurePosixPath

from lib.core.errors import VectorError
from lib.core.formats import bytes_words

MAX_UNPACKED = 500 * 2**20
MAX_ENTRIES = 5_000
# Deflate reaches 1,032; real shapefiles with blank columns reach some 100.
MAX_RATIO = 300
_SMALL_BYTES = 20 * 2**20
_REPACK = "Pack only the files of the layer into a new zip archive."


def unpack(name: str, data: bytes, *, suffixes: tuple[str, ...]) -> dict[str, bytes]:
    """Unpack the files of some kinds from an archive.

    Args:
        name: Of the archive, for messages.
        data: Its content.
        suffixes: Endings that are wanted, such as (".shp", ".dbf"); the rest stays packed.

    Returns:
        Contents by path inside the archive.

    Raises:
        VectorError: It is damaged or encrypted, leads outside, or would grow too large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check(name, entries, packed_bytes=len(data))
            wanted = [entry for entry in entries if _is_wanted(entry.filename, suffixes)]
            return {entry.filename: archive.read(entry) for entry in wanted}
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, OSError, EOFError):
        raise _error(f"The zip archive “{name}” is damaged.", _REPACK) from None


def _check(name: str, entries: list[zipfile.ZipInfo], *, packed_bytes: int) -> None:
    if len(entries) > MAX_ENTRIES:
        raise _error(f"“{name}” holds {len(entries):,} files.", _REPACK)
    for entry in entries:
        _check_path(name, entry.filename)
        if entry.flag_bits & 1:
            raise _error(f"“{name}” is encrypted.", "Pack it without a password.")
    unpacked = sum(entry.file_size for entry in entries)
    ratio = unpacked / max(packed_bytes, 1)
    if unpacked > MAX_UNPACKED or (unpacked > _SMALL_BYTES and ratio > MAX_RATIO):
        raise _error(
            f"“{name}” has {bytes_words(packed_bytes)} and would unpack to "
            f"{bytes_words(unpacked)}, which Loam does not do.",
            f"Archives may unpack to {bytes_words(MAX_UNPACKED)} and to {MAX_RATIO} times their "
            "size.",
        )


def _check_path(name: str, filename: str) -> None:
    path = PurePosixPath(filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in filename:
        raise _error(f"“{name}” holds “{filename[:80]}”, a path that leads outside.", _REPACK)


def _is_wanted(filename: str, suffixes: tuple[str, ...]) -> bool:
    path = PurePosixPath(filename)
    # macOS adds a shadow of every file, which is no part of the data.
    shadow = path.name.startswith("._") or "__MACOSX" in path.parts
    return not shadow and path.name.lower().endswith(suffixes)


def _error(message: str, hint: str) -> VectorError:
    return VectorError(message, hint=hint, field="upload")
