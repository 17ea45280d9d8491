"""Tables that a client downloads by an address: what getDownloadURL of a collection makes."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.localearth.answers import Answer
from lib.localearth.errors import EarthError, NotImplementedHere
from lib.localearth.export_table import SUFFIXES, write
from lib.localearth.values import Collection

if TYPE_CHECKING:
    from lib.localearth.engine import Evaluated

_MIME = {"CSV": "text/csv", "JSON": "application/json", "GEO_JSON": "application/geo+json"}


def check(request: Mapping[str, Any]) -> None:
    """Refuse a format that is not written.

    Raises:
        NotImplementedHere: It is another.
    """
    kind = str(request.get("fileFormat") or "CSV")
    if kind not in SUFFIXES:
        raise NotImplementedHere(
            f"Local Earth does not implement tables as '{kind[:50]}'; it writes "
            f"{', '.join(SUFFIXES)}."
        )


def answer(found: "Evaluated", record: Mapping[str, Any]) -> Answer:
    """The file of a table.

    Raises:
        EarthError: The expression gives no collection.
    """
    table = found.value
    if not isinstance(table, Collection):
        raise EarthError("The expression must evaluate to a FeatureCollection.")
    kind = str(record.get("fileFormat") or "CSV")
    selectors = record.get("selectors") or ()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table"
        write(kind, path, table, selectors, lambda _: None, found.simulated)
        return Answer(_MIME.get(kind, "application/octet-stream"), path.read_bytes())
