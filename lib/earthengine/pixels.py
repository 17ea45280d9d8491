"""Pixels of any expression as arrays, in blocks and many at once."""

import io
import math
from collections.abc import Callable, Sequence

import ee
import numpy as np
from numpy.typing import DTypeLike, NDArray

from lib.core.expression import Expression
from lib.core.grid import Grid, Window
from lib.earthengine.access import Connection, map_requests, post, with_connection
from lib.earthengine.graphs import to_expression, to_image, valid_everywhere

BLOCK_PIXELS = 256 * 256
"""Pixels in a block: what Earth Engine itself computes at once, so memory errors are rare."""

_VALID = "valid"
_CASTS: dict[np.dtype[np.generic], Callable[[ee.Image], ee.Image]] = {
    np.dtype(np.float32): lambda image: image.toFloat(),
    np.dtype(np.uint8): lambda image: image.toByte(),
    np.dtype(np.int16): lambda image: image.toInt16(),
    np.dtype(np.float64): lambda image: image.toDouble(),
}


@with_connection
def fetch(
    connection: Connection,
    expression: Expression,
    grid: Grid,
    bands: Sequence[str],
    *,
    dtype: DTypeLike = np.float32,
    block_pixels: int = BLOCK_PIXELS,
    on_progress: Callable[[float, str], None] | None = None,
) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    """Compute an image on a grid.

    Args:
        connection: Service to ask.
        expression: An image.
        grid: Where the pixels lie.
        bands: Bands to fetch, in order.
        dtype: float32, float64, uint8 or int16; the service casts, to send no more than needed.
        block_pixels: Most pixels in one request.
        on_progress: Called with the share done and a few words after each block.

    Returns:
        Values `(height, width, bands)`, 0 where masked, and `(height, width)` true where every
        band is valid.
    """
    kind = np.dtype(dtype)
    most = connection.can.pixels_bytes // (kind.itemsize * len(bands) + 1)
    blocks = list(grid.blocks(max_pixels=min(block_pixels, most)))
    masked = with_validity(expression, bands, dtype=kind)
    values = np.zeros((*grid.shape, len(bands)), dtype=kind)
    valid = np.zeros(grid.shape, dtype=bool)

    def fetch_block(block: tuple[Grid, Window]) -> None:
        part, window = block
        values[window], valid[window] = read_block(compute_block(masked, part), bands, dtype=kind)

    def on_done(done: int, count: int) -> None:
        if on_progress:
            on_progress(done / count, f"Block {done} of {count}")

    map_requests(connection, fetch_block, blocks, on_done=on_done)
    return values, valid


def request_count(grid: Grid, *, block_pixels: int = BLOCK_PIXELS) -> int:
    """Number of requests that `fetch` makes for a grid."""
    width = min(grid.shape[1], math.isqrt(block_pixels))
    height = block_pixels // width
    return math.ceil(grid.shape[0] / height) * math.ceil(grid.shape[1] / width)


def with_validity(
    expression: Expression, bands: Sequence[str], *, dtype: DTypeLike = np.float32
) -> Expression:
    """Fill masked pixels with 0 and add a band that tells which were valid: NPY has no mask."""
    image = to_image(expression).select(list(bands))
    valid = valid_everywhere(image).gt(0).unmask(0, False).toByte().rename(_VALID)
    return to_expression(_CASTS[np.dtype(dtype)](image.unmask(0, False)).addBands(valid))


def compute_block(masked: Expression, grid: Grid) -> bytes:
    """Compute what `with_validity` wrote on a grid; inside of a function `with_connection`."""
    body = {"expression": masked.graph, "fileFormat": "NPY", "grid": grid.to_ee()}
    return post("image:computePixels", body)


def read_block(
    content: bytes, bands: Sequence[str], *, dtype: DTypeLike = np.float32
) -> tuple[NDArray[np.generic], NDArray[np.bool_]]:
    """Read what `compute_block` returned, as `fetch` gives it."""
    # The header names every band; NumPy refuses more than 10,000 characters on its own.
    table = np.load(io.BytesIO(content), allow_pickle=False, max_header_size=len(content))
    values = np.empty((*table.shape, len(bands)), dtype=np.dtype(dtype))
    for index, name in enumerate(bands):
        values[..., index] = table[name]
    return values, table[_VALID] != 0
