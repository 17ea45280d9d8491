"""Weights kept in tables of Earth Engine, where an expression would outgrow its request.

A table has a row for some numbers, a column each; the expression reads its rows back as arrays.
Rows are sent in requests of their own and become an asset by a task, so that the network itself
only names them. LEAF-Toolbox (toolsNets.py) keeps weights as properties of a table on the
service. The names of assets follow from what they hold; one that is there is used again.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import ee
import numpy as np

from lib.core.errors import AppError, DeploymentError, NotFoundError
from lib.core.expression import Expression
from lib.deploy.native.constants import Numbers, constants_of, with_constants
from lib.deploy.tasks import task_of
from lib.earthengine.access import Connection, get, with_connection

PREFIX = "loam-weights"
"""How the names of the assets begin."""

COLUMNS = 200
"""Numbers in a row; a table may have a thousand columns."""

LONGEST_S = 3600.0
"""Seconds after which waiting for one table ends."""

_ROW = "row"
_SHARE_OF_REQUEST = 0.8
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.1, 10.0


@dataclass(frozen=True)
class Kept:
    """An expression whose weights lie elsewhere.

    Attributes:
        expression: Reads them.
        assets: Ids of the tables that hold them.
    """

    expression: Expression
    assets: tuple[str, ...]


def go_on() -> None:
    """Never stop."""


@with_connection
def keep_weights(
    connection: Connection, expression: Expression, *, check: Callable[[], None] = go_on
) -> Kept:
    """Move the large constants of an expression into tables of the connection's project.

    Args:
        connection: Service that stores them.
        expression: An image; constants are its `ee.Array`s of numbers.
        check: Asked between requests and while a table is made; it leaves by raising.

    Raises:
        DeploymentError: The project takes no tables; the message has the service's reason.
    """
    found = constants_of(expression)
    rows, spans = _in_rows(found)
    parts = list(_parts(rows, int(connection.can.request_bytes * _SHARE_OF_REQUEST)))
    try:
        assets = [_stored(connection, rows[part], part.start, check) for part in parts]
    except AppError as error:
        if isinstance(error, DeploymentError):
            raise
        raise _unstored(str(error)) from error
    readings = {}
    for name, (start, count) in spans.items():
        tables = [
            asset
            for asset, part in zip(assets, parts, strict=True)
            if part.start < start + _rows_for(count) and start < part.stop
        ]
        readings[name] = reading(tables, start, found[name])
    return Kept(with_constants(expression, readings), tuple(assets))


def reading(tables: Sequence[Any], start: int, numbers: Numbers) -> ee.Array:
    """Read numbers back from tables as an array.

    Args:
        tables: Ids of tables, or feature collections.
        start: The row where they begin.
        numbers: What is to come; only its shape counts.
    """
    rows = ee.FeatureCollection(tables[0])
    for table in tables[1:]:
        rows = rows.merge(ee.FeatureCollection(table))
    end = start + _rows_for(numbers.size) - 1
    columns = column_names()
    chosen = rows.filter(ee.Filter.rangeContains(_ROW, start, end)).sort(_ROW)
    listed = chosen.reduceColumns(ee.Reducer.toList(len(columns)), columns).get("list")
    flat = ee.Array(listed).reshape([-1]).slice(0, 0, numbers.size)
    array: ee.Array = flat.reshape(list(numbers.shape))
    return array


def table_of(rows: Numbers, start: int) -> ee.FeatureCollection:
    """Rows of numbers as features; a point stands where a geometry must.

    Args:
        rows: Shape (rows, `COLUMNS`).
        start: Number of the first.
    """
    numbered = [[start + place, *_short(row)] for place, row in enumerate(rows.tolist())]
    names, place = [_ROW, *column_names()], ee.Geometry.Point([0, 0])

    def feature(row: Any) -> ee.Feature:
        made: ee.Feature = ee.Feature(place, ee.Dictionary.fromLists(names, ee.List(row)))
        return made

    table: ee.FeatureCollection = ee.FeatureCollection(ee.List(numbered).map(feature))
    return table


def column_names() -> list[str]:
    """Names of the columns of numbers."""
    return [f"w{place}" for place in range(COLUMNS)]


def in_rows(numbers: Numbers) -> Numbers:
    """Numbers one after the other in rows, zeros behind the last."""
    flat = np.zeros(_rows_for(numbers.size) * COLUMNS)
    flat[: numbers.size] = numbers.ravel()
    return flat.reshape(-1, COLUMNS)


def _in_rows(found: dict[str, Numbers]) -> tuple[Numbers, dict[str, tuple[int, int]]]:
    """All constants in rows, each beginning a row; and where each begins, and its numbers."""
    spans, start = {}, 0
    for name, numbers in found.items():
        spans[name] = (start, numbers.size)
        start += _rows_for(numbers.size)
    return np.concatenate([in_rows(numbers) for numbers in found.values()]), spans


def _rows_for(count: int) -> int:
    return -(-count // COLUMNS)


def _parts(rows: Numbers, limit: int) -> Iterator[slice]:
    """Rows that fit into a request together, the same for the same rows."""
    start, size = 0, 0
    for place, row in enumerate(rows.tolist()):
        added = len(json.dumps(_short(row))) + 10
        if size + added > limit and place > start:
            yield slice(start, place)
            start, size = place, 0
        size += added
    yield slice(start, len(rows))


def _short(row: list[float]) -> list[float | int]:
    """Whole numbers without their point, as zeros are many."""
    return [int(number) if number == int(number) else number for number in row]


@with_connection
def _stored(connection: Connection, rows: Numbers, start: int, check: Callable[[], None]) -> str:
    """The table of some rows, made where it is not there."""
    check()
    digest = hashlib.sha256(f"{start} {COLUMNS}".encode() + rows.tobytes()).hexdigest()[:24]
    asset = f"projects/{connection.project}/assets/{PREFIX}-{digest}"
    if not _is_there(asset):
        task = ee.batch.Export.table.toAsset(
            collection=table_of(rows, start), description=f"{PREFIX}-{digest}", assetId=asset
        )
        task.start()
        _await(connection, str(task.id), check)
    return asset


def _is_there(asset: str) -> bool:
    try:
        get(asset)
    except NotFoundError:
        return False
    return True


def _await(connection: Connection, task_id: str, check: Callable[[], None]) -> None:
    deadline, wait = time.monotonic() + LONGEST_S, _FIRST_WAIT_S
    while not (task := task_of(connection, task_id)).is_done:
        check()
        if time.monotonic() > deadline:
            raise _unstored("the task takes too long")
        time.sleep(wait)
        wait = min(1.5 * wait, _LONGEST_WAIT_S)
    if task.state != "SUCCEEDED":
        raise _unstored(task.error or task.words)


def _unstored(reason: str) -> DeploymentError:
    return DeploymentError(
        "The network outgrows a request, and its weights cannot be stored as a table of the "
        f"project: {reason.rstrip('.')}.",
        hint="Let the account write assets into the project (role Earth Engine Resource Writer), "
        "choose the route “Map as a file”, or train a smaller network.",
        field="route",
    )
