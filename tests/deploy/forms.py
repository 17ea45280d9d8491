"""Small networks of series and patches over images that Local Earth computes."""

from pathlib import Path
from typing import Any

import ee
import numpy as np

from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.deploy.native.compile import compile_network, probability_bands
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.graphs import to_expression
from lib.earthengine.pixels import fetch
from lib.earthengine.stack import series_names
from tests.deploy.conftest import GRID, LEGEND, NAMES

STEPS = 7
Array = np.ndarray[Any, Any]


@with_connection
def series_image(connection: Connection, steps: int = STEPS) -> Expression:
    """Waves of the coordinates, each date later; some dates unseen, some pixels masked."""
    place = ee.Image.pixelLonLat()
    east, north = place.select("longitude").multiply(2000), place.select("latitude").multiply(3000)
    waves = [
        east.multiply(0.5 + place_of).add(north).add(0.7 * date).sin()
        for date in range(steps)
        for place_of in range(len(NAMES))
    ]
    seen = [east.add(2.5 * date).sin().gt(-0.5) for date in range(steps)]
    values, flags = series_names(NAMES, steps)
    stack = ee.Image.cat([*waves, *seen]).rename([*values, *flags]).toFloat()
    return to_expression(stack.updateMask(north.sin().lt(0.9)))


def compiled_shares(
    earth: Connection, folder: Path, predictors: Expression
) -> tuple[Array, np.ndarray[Any, np.dtype[np.bool_]]]:
    """Probabilities of the expression on the grid, and where they are valid."""
    written = compile_network(earth, folder, predictors, LEGEND, output="probabilities", grid=GRID)
    return fetch(earth, written.expression, GRID, probability_bands(LEGEND), dtype=np.float64)


def keras_of_series(
    earth: Connection, network: Any, predictors: Expression, grid: Grid = GRID
) -> Array:
    """Probabilities of Keras for the valid pixels of the grid."""
    steps = network.inputs[0].shape[1]
    values, flags = series_names(NAMES, steps)
    read, valid = fetch(earth, predictors, grid, [*values, *flags])
    seen = read[valid]
    series = seen[:, : len(values)].reshape(-1, steps, len(NAMES))
    inputs = [series, seen[:, len(values) :, None]][: len(network.inputs)]
    return np.asarray(network(inputs if len(inputs) > 1 else series, training=False))


def patches_around(earth: Connection, predictors: Expression, half: int) -> tuple[Array, Array]:
    """Patches around each pixel of the grid, 0 where masked, and where they are valid."""
    height, width = GRID.shape
    around = GRID.window((slice(-half, height + half), slice(-half, width + half)))
    read, valid = fetch(earth, predictors, around, NAMES)
    windows = (2 * half + 1, 2 * half + 1)
    values = np.where(valid[..., None], read, 0)
    cut = np.lib.stride_tricks.sliding_window_view(values, windows, (0, 1))
    flags = np.lib.stride_tricks.sliding_window_view(valid, windows, (0, 1))
    patches = np.moveaxis(cut, 2, 4).reshape(-1, *windows, len(NAMES))
    return patches, flags.reshape(-1, *windows, 1).astype(np.float32)


def keras_of_patches(
    earth: Connection, network: Any, predictors: Expression, half: int
) -> tuple[Array, Array]:
    """Probabilities of Keras for the centres of all patches, and which centres are valid."""
    patches, valid = patches_around(earth, predictors, half)
    inputs = [patches, valid][: len(network.inputs)]
    shares = np.asarray(network(inputs if len(inputs) > 1 else patches, training=False))
    if shares.ndim == 4:
        shares = shares[:, shares.shape[1] // 2, shares.shape[2] // 2]
    return shares, valid[:, half, half, 0] > 0
