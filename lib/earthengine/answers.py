"""Values and rows that the service computes, as plain data.

All are called inside of a function `with_connection`.
"""

import json
from collections.abc import Mapping
from typing import Any

import ee

from lib.earthengine.access import current, post
from lib.earthengine.graphs import to_expression


def value_of(thing: ee.ComputedObject) -> Any:
    """Compute a value: number, text, list or dictionary."""
    body = {"expression": to_expression(thing).graph}
    return json.loads(post("value:compute", body))["result"]


def rows_of(table: ee.FeatureCollection) -> list[dict[str, Any]]:
    """Compute a table, page by page, and return its features in GeoJSON form."""
    return rows_of_graph(to_expression(table).graph)


def rows_of_graph(graph: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The same for a table that is encoded already."""
    body: dict[str, Any] = {"expression": graph, "pageSize": current().can.table_page}
    rows: list[dict[str, Any]] = []
    while True:
        page = json.loads(post("table:computeFeatures", body))
        rows += page.get("features", [])
        if not page.get("nextPageToken"):
            return rows
        body["pageToken"] = page["nextPageToken"]
