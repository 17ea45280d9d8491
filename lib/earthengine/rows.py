"""Predictors of single pixels, as rows: many points in one request, near ones together."""

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

import ee
import numpy as np
from numpy.typing import NDArray

from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.earthengine.access import Connection
from lib.earthengine.answers import rows_of_graph
from lib.earthengine.fetching import Errand, Watch, fetch_all, key_of
from lib.earthengine.graphs import projection_of, to_expression, to_image

TILE = 256
"""Side in pixels of what the service computes at once; requests end where such a tile does."""

_MOST_ROWS, _LEAST_ROWS = 1000, 100
_MOST_VALUES = 50_000
_FEW_ROWS = 25  # of several tiles are not worth a request each
# Smaller tiles cost little and keep composites of many scenes within memory
# (https://developers.google.com/earth-engine/guides/debugging).
_TILE_SCALE = 4
_PLACES = [[0.125, 0.125], [0.25, 0.25]]  # stand for the places of a request in the graph


class PointReader:
    """Reads an image at pixels of a grid.

    Args:
        connection: Service to ask.
        image: What is read.
        names: Bands, in order.
        grid: Where the pixels lie.
    """

    def __init__(
        self, connection: Connection, image: Expression, names: Sequence[str], grid: Grid
    ) -> None:
        self._connection = connection
        self._names = list(names)
        self._grid = grid
        self._graph = _graph(image, self._names, grid)
        self._key = key_of(self._graph)

    def read(self, ids: NDArray[np.int64], watch: Watch) -> NDArray[np.float32]:
        """Read pixels.

        Args:
            ids: Of the pixels, as row * width + column.
            watch: Who follows.

        Returns:
            Shape (pixels, bands), NaN throughout where any band is masked.
        """
        values = np.full((len(ids), len(self._names)), np.nan, np.float32)

        def take(piece: NDArray[np.int64], content: bytes) -> None:
            values[piece] = np.load(io.BytesIO(content), allow_pickle=False)

        errand = Errand(
            name="Samples",
            ask=lambda piece: self._ask(ids[piece]),
            take=take,
            halves=lambda piece: np.array_split(piece, 2) if len(piece) > 1 else (),
            key=lambda piece: key_of(self._key, ids[piece].tobytes()),
        )
        row, col = np.divmod(ids, self._grid.shape[1])
        most = rows_at_once(len(ids), len(self._names), self._connection.can.parallel_requests)
        fetch_all(self._connection, errand, bunches(row, col, most=most), watch)
        values[~np.isfinite(values).all(axis=1)] = np.nan
        return values

    def _ask(self, ids: NDArray[np.int64]) -> bytes:
        width = self._grid.shape[1]
        places = np.column_stack(self._grid.lonlat(*np.divmod(ids, width))).tolist()
        features = rows_of_graph(_with_places(self._graph, places))
        points = np.array([row["geometry"]["coordinates"] for row in features]).reshape(-1, 2)
        row, col = self._grid.rowcol(points[:, 0], points[:, 1])
        place = {number: index for index, number in enumerate(ids.tolist())}
        found = np.full((len(ids), len(self._names)), np.nan, np.float32)
        for number, feature in zip((row * width + col).tolist(), features, strict=True):
            if number in place:
                values = feature["properties"]
                found[place[number]] = [values[name] for name in self._names]
        buffer = io.BytesIO()
        np.save(buffer, found)
        return buffer.getvalue()


def rows_at_once(rows: int, bands: int, slots: int) -> int:
    """Most rows in a request, so that all slots have work and answers stay small."""
    share = math.ceil(rows / slots)
    return max(1, min(max(share, _LEAST_ROWS), _MOST_ROWS, _MOST_VALUES // bands))


def bunches(
    row: NDArray[np.int64], col: NDArray[np.int64], *, most: int
) -> list[NDArray[np.int64]]:
    """Part pixels into requests: tile by tile, and within a tile that has more than so many.

    No tile is computed for many requests then, as far as that can be.

    Returns:
        Indices of the pixels of each request.
    """
    done, waiting = [], [np.arange(len(row))]
    while waiting:
        piece = waiting.pop()
        tiles = row[piece] // TILE, col[piece] // TILE
        one_tile = all(len(piece) and np.ptp(lines) == 0 for lines in tiles)
        if len(piece) <= (most if one_tile else min(most, _FEW_ROWS)):
            done += [piece] if len(piece) else []
        elif one_tile:
            waiting += halved(row, col, piece)
        else:
            waiting += _between_tiles(*tiles, piece)
    return done


def _between_tiles(
    tile_row: NDArray[np.int64], tile_col: NDArray[np.int64], piece: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cut across the longer side, at the edge of a tile that is near the median."""
    lines = tile_col if np.ptp(tile_col) > np.ptp(tile_row) else tile_row
    edge = max(int(np.median(lines)), int(lines.min()) + 1)
    return piece[lines < edge], piece[lines >= edge]


def halved(
    row: NDArray[np.int64], col: NDArray[np.int64], piece: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cut a rectangle of pixels across its longer side, so that both parts have as many."""
    rows, cols = row[piece], col[piece]
    order = (rows, cols) if np.ptp(cols) > np.ptp(rows) else (cols, rows)
    sorted_piece = piece[np.lexsort(order)]
    middle = (len(piece) + 1) // 2
    return sorted_piece[:middle], sorted_piece[middle:]


def _graph(image: Expression, names: Sequence[str], grid: Grid) -> Mapping[str, Any]:
    """Rows of an image at the places that `_PLACES` stand for."""
    points = ee.FeatureCollection([ee.Feature(ee.Geometry.MultiPoint(_PLACES))])
    rows = (
        to_image(image)
        .select(list(names))
        .sampleRegions(
            collection=points,
            properties=[],
            projection=projection_of(grid),
            tileScale=_TILE_SCALE,
            geometries=True,
        )
    )
    return to_expression(rows).graph


def _with_places(graph: Mapping[str, Any], places: Sequence[Sequence[float]]) -> dict[str, Any]:
    """The graph with other places, sharing the rest."""
    return dict(_replaced(graph, places))


def _replaced(node: Any, places: Sequence[Sequence[float]]) -> Any:
    if node == {"constantValue": _PLACES}:
        return {"constantValue": places}
    if isinstance(node, Mapping):
        return {key: _replaced(value, places) for key, value in node.items()}
    if isinstance(node, list):
        return [_replaced(value, places) for value in node]
    return node
