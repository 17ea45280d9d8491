"""What drawing samples will cost, counted on places like those that will be drawn."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lib.core.aoi import Aoi
from lib.core.grid import Grid
from lib.core.imagery_plan import ImageryPlan
from lib.core.inside import points_inside
from lib.core.plan import LabelPlan
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.harvest import tiles
from lib.earthengine.imagery import training_grid
from lib.earthengine.patches import bunched, most_pixels
from lib.earthengine.rows import bunches, rows_at_once
from lib.earthengine.stack import predictor_names, stack_names

_MOST_PLACES = 2_000
_SEED = 0
# A row as JSON: type, id and place, then name and number of each band; measured on both servers.
_ROW_BYTES = 140
_NUMBER_BYTES = 24
_PIXELS_A_SAMPLE = 400  # of the rectangles that are computed around samples that lie apart
_START_S = 1.0
_LATENCY_S = 0.3
# 80 km2 at 10 m, 18 scenes, 8 predictors, 2,400 samples: 40 s on two cores.
_SECONDS_A_VALUE = 40 / (800_000 * 18 * 8)


@dataclass(frozen=True)
class DrawCost:
    """What a draw takes.

    Attributes:
        requests: Requests that are sent.
        bytes: What they bring.
        pixels: Pixels whose labels or predictors are read.
        seconds: Measured on two cores of Local Earth; a service behind the network waits some
            0.3 s for each request instead, with all its slots at once.
    """

    requests: int
    bytes: int
    pixels: int
    seconds: float


@with_connection
def draw_cost(
    connection: Connection,
    imagery: ImageryPlan,
    labels: LabelPlan,
    *,
    aoi: Aoi,
    samples: int,
    scenes: int,
) -> DrawCost:
    """Count the requests of a draw as it would send them for places at random in the area.

    Places of shapes lie closer together than that, and masked pixels are drawn anew, so the draw
    itself may need some fewer or more.

    Args:
        connection: Service that will be asked.
        imagery: Predictors and form.
        labels: Where labels come from.
        aoi: Area.
        samples: Samples asked for, in all.
        scenes: Scenes that are composited; 1 for a single image.
    """
    grid = training_grid(connection, imagery, aoi)
    asked, read = _label_cost(grid, aoi, labels)
    row, col = _places(grid, aoi, min(samples, _MOST_PLACES))
    share = samples / max(len(row), 1)
    bands = stack_names(imagery)
    if imagery.form == "patch":
        side, most_bytes = imagery.patch_size, connection.can.pixels_bytes
        most = most_pixels(most_bytes, bands=len(bands), side=side)
        windows = bunched(row, col, side=side, most_pixels=most)
        pixels = round(share * sum(window.pixels for window in windows))
        size = pixels * (4 * len(bands) + 1)
        count, touched = math.ceil(share * len(windows)), pixels
    else:
        most = rows_at_once(samples, len(bands), connection.can.parallel_requests)
        scaled = max(1, math.ceil(most / share))
        count, pixels = len(bunches(row, col, most=scaled)), samples
        size = samples * (_ROW_BYTES + sum(len(name) + _NUMBER_BYTES for name in bands))
        touched = min(grid.size, samples * _PIXELS_A_SAMPLE)
    requests = asked + count
    values = touched * max(scenes, 1) * len(predictor_names(imagery))
    computing = _START_S + values * _SECONDS_A_VALUE
    waiting = math.ceil(requests / connection.can.parallel_requests) * _LATENCY_S
    seconds = computing if connection.kind == "local" else max(waiting, computing / 10)
    return DrawCost(requests, 2 * read + size, read + pixels, seconds)


def _label_cost(grid: Grid, aoi: Aoi, labels: LabelPlan) -> tuple[int, int]:
    """Requests for labels, and the pixels of a map that they read."""
    if labels.kind == "map":
        windows = tiles(grid, aoi)
        sides = [(rows.stop - rows.start, cols.stop - cols.start) for rows, cols in windows]
        return len(windows), sum(height * width for height, width in sides)
    return (2, 0) if labels.kind == "features" else (0, 0)


def _places(grid: Grid, aoi: Aoi, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pixels of a grid at random, as rows and columns, as many as lie in the area."""
    ids = np.random.default_rng(_SEED).permutation(grid.size)[: 4 * count]
    row, col = np.divmod(ids, grid.shape[1])
    lon, lat = grid.lonlat(row, col)
    inside = np.flatnonzero(points_inside(aoi.shape, lon, lat))[:count]
    return row[inside], col[inside]
