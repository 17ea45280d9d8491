"""Planes of an image for one answer: in strips where what they are made of is too much at once."""

from lib.localearth.functions.image_collection import joined_rows
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import MEMO_BYTES, CrowdedError, Image, Plane, Reading

LEAST_ROWS = 8


def planes(image: Image, grid: Grid) -> list[Plane]:
    """All planes of an image.

    A graph in which late steps read early ones again, such as an unrolled recurrent network, is
    computed over and over where memory cannot hold a step; half as many rows at once cure that.
    """
    done: list[list[Plane]] = []
    top, rows = 0, grid.height
    while top < grid.height:
        strip = grid.window(0, top, grid.width, min(rows, grid.height - top))
        patient = Reading(patience_bytes=MEMO_BYTES / 4) if rows > LEAST_ROWS else Reading()
        try:
            done.append(image.planes(strip, patient))
        except CrowdedError:
            rows = max(rows // 2, LEAST_ROWS)
            continue
        top += strip.height
    if len(done) == 1:
        return done[0]
    return [joined_rows(list(parts)) for parts in zip(*done, strict=True)]
