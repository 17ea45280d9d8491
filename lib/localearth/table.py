"""An own table: features with geometries in longitude and latitude, from `table.json`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import shapely

from lib.localearth.geometry import Geometry
from lib.localearth.values import Collection, Feature


def open_table(folder: Path, asset_id: str, described: Mapping[str, Any]) -> Collection:
    """The collection of an own table; its rows are read when they are first needed."""

    def rows() -> list[Feature]:
        return read_features(folder / "table.json")

    properties = dict(described.get("properties", {}))
    return Collection(rows, of_images=False, properties=properties, asset_id=asset_id)


def read_features(path: Path) -> list[Feature]:
    """All features of a table, in the order of the file they came from."""
    stored = json.loads(path.read_bytes())
    shapes = shapely.from_wkb([bytes.fromhex(text) if text else None for text in stored["wkb"]])
    names = list(stored["columns"])
    rows = zip(*(stored["columns"][name] for name in names), strict=True) if names else None
    features = []
    for number, shape in enumerate(shapes):
        values = dict(zip(names, next(rows), strict=True)) if rows else {}
        known = {name: value for name, value in values.items() if value is not None}
        known["system:index"] = f"{number:020d}"
        features.append(Feature(_geometry(shape), known))
    return features


def _geometry(shape: Any) -> Geometry | None:
    return None if shape is None or shape.is_empty else Geometry(shape, geodesic=False)
