"""What a file holds by its first bytes, whatever its name says."""

from lib.core.errors import VectorError

_MAGIC = (
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"PAR1", "a Parquet file"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"II*\0", "a TIFF picture"),
    (b"MM\0*", "a TIFF picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"%PDF", "a PDF document"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\0\0\x27\x0a", "a bare shapefile part"),
)
_TEXT_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def words_for(data: bytes) -> str:
    """Name what bytes are, such as "a zip archive", "JSON", "XML", "text" or "binary data"."""
    for magic, words in _MAGIC:
        if data.startswith(magic):
            return words
    if not data:
        return "nothing"
    marked = data.startswith(_TEXT_MARKS)
    head = data[:4096].removeprefix(_TEXT_MARKS[0])
    if marked:
        head = head.replace(b"\0", b"").removeprefix(b"\xff\xfe").removeprefix(b"\xfe\xff")
    if b"\0" in head:
        return "binary data"
    first = head.lstrip()[:1]
    return {b"{": "JSON", b"[": "JSON", b"<": "XML"}.get(first, "text")


def require(name: str, data: bytes, *, kind: str, wanted: tuple[str, ...]) -> None:
    """Refuse a file whose content is not what its name says.

    Args:
        name: Of the file.
        data: Its content.
        kind: What its name says it is, such as "a GeoPackage".
        wanted: What `words_for` says of such files.

    Raises:
        VectorError: It holds something else.
    """
    found = words_for(data)
    if found not in wanted:
        raise VectorError(
            f"“{name}” is named as {kind} and holds {found}.",
            hint="Upload the file under its own ending, or export it again.",
            field="upload",
        )
