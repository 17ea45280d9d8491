"""The parts of a shapefile in a zip archive, and the index that is sometimes missing."""

import struct
from pathlib import Path, PurePosixPath

from lib.core.errors import VectorError
from lib.core.vectors.archives import unpack

_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_HEADER_BYTES = 100


def shapefiles_in(name: str, data: bytes) -> dict[str, dict[str, bytes]]:
    """Find the shapefiles of an archive.

    Args:
        name: Of the archive.
        data: Its content.

    Returns:
        For each layer, by its name, its parts by ending.

    Raises:
        VectorError: The archive cannot be trusted or read, or holds none.
    """
    layers: dict[str, dict[str, bytes]] = {}
    for path, content in unpack(name, data, suffixes=_PARTS).items():
        inside = PurePosixPath(path)
        key = str(inside.with_suffix("")).lower()
        layers.setdefault(key, {})[inside.suffix.lower()] = content
    found = {key: parts for key, parts in layers.items() if ".shp" in parts}
    if not found:
        raise VectorError(
            f"“{name}” holds no shapefile.",
            hint="Zip the .shp, .shx, .dbf and .prj of a layer together.",
            field="upload",
        )
    return _by_short_name(found)


def unpack_shapefile(
    name: str, layer: str, parts: dict[str, bytes], folder: Path
) -> tuple[Path, tuple[str, ...]]:
    """Write the parts of a shapefile beside each other, with a new index where it is missing.

    Args:
        name: Of the archive, for messages.
        layer: Name of the shapefile without its ending.
        parts: As `shapefiles_in` gives them.
        folder: Empty folder to write to.

    Returns:
        Path of the .shp, and notes in sentences.

    Raises:
        VectorError: It has no .prj, or its .shp is damaged.
    """
    if not parts.get(".prj", b"").strip():
        raise VectorError(
            f"The shapefile “{layer}” in “{name}” has no .prj, so nobody can tell its coordinate "
            "system.",
            hint=f"Add {layer}.prj to the archive, or export the layer again.",
            field="upload",
        )
    notes = []
    if ".shx" not in parts:
        parts = parts | {".shx": _index_of(layer, parts[".shp"])}
        notes.append(f"“{layer}” has no .shx; its index was made anew from the .shp.")
    if ".dbf" not in parts:
        notes.append(f"“{layer}” has no .dbf, so its features have no columns.")
    for suffix, content in parts.items():
        (folder / f"layer{suffix}").write_bytes(content)
    return folder / "layer.shp", tuple(notes)


def _by_short_name(layers: dict[str, dict[str, bytes]]) -> dict[str, dict[str, bytes]]:
    """Layers by the last part of their path where that is enough to tell them apart."""
    short = [key.rpartition("/")[2] for key in layers]
    names = short if len(set(short)) == len(short) else list(layers)
    return dict(zip(names, layers.values(), strict=True))


def _index_of(layer: str, shp: bytes) -> bytes:
    """Write the .shx of a .shp (ESRI Shapefile Technical Description, 1998, page 23)."""
    entries: list[bytes] = []
    place = _HEADER_BYTES
    while place + 8 <= len(shp):
        (words,) = struct.unpack(">i", shp[place + 4 : place + 8])
        if words < 2 or place + 8 + 2 * words > len(shp):
            raise VectorError(
                f"The shapefile “{layer}” is damaged after {len(entries):,} features.",
                hint="Export the layer again.",
                field="upload",
            )
        entries.append(struct.pack(">ii", place // 2, words))
        place += 8 + 2 * words
    length = (_HEADER_BYTES + 8 * len(entries)) // 2
    header = shp[:24] + struct.pack(">i", length) + shp[28:_HEADER_BYTES]
    return header + b"".join(entries)
