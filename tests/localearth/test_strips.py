import numpy as np
import pytest

from lib.localearth import strips
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import (
    BandSpec,
    CrowdedError,
    Image,
    Plane,
    Reading,
    Source,
    image_from,
)
from lib.localearth.raster.projection import PixelType

GRID = Grid("EPSG:32633", (10.0, 0.0, 0.0, 0.0, -10.0, 0.0), 3, 20)


class Rows(Source):
    """Gives each pixel the number of its row, and keeps the heights that were asked for."""

    def __init__(self, most: int) -> None:
        self.heights: list[int] = []
        self._most = most

    def read(self, grid: Grid, indices: tuple[int, ...], reading: Reading) -> list[Plane]:
        self.heights.append(grid.height)
        if grid.height > self._most:
            raise CrowdedError
        first = -grid.transform[5] / 10
        rows = np.arange(first, first + grid.height)
        return [Plane(np.repeat(rows[:, None], grid.width, axis=1)) for _ in indices]


def image_of(source: Source) -> Image:
    return image_from(source, [BandSpec("rows", PixelType("double"))])


def test_planes_when_memory_is_crowded_are_read_in_halves_and_joined() -> None:
    source = Rows(most=10)

    (plane,) = strips.planes(image_of(source), GRID)

    assert source.heights == [20, 10, 10]
    assert np.array_equal(plane.data, np.repeat(np.arange(20.0)[:, None], 3, axis=1))


def test_reading_that_computes_planes_again_and_again_says_so() -> None:
    first, second = image_of(Rows(most=20)), image_of(Rows(most=20))
    plane = 20 * 3 * 8
    reading = Reading(memo_bytes=plane, patience_bytes=2 * plane)

    for image in (first, second, first, second):
        image.planes(GRID, reading)
    with pytest.raises(CrowdedError):
        first.planes(GRID, reading)


def test_reading_forgets_what_was_not_asked_for_the_longest() -> None:
    sources = [Rows(most=20) for _ in range(3)]
    often, *others = (image_of(source) for source in sources)
    reading = Reading(memo_bytes=2 * 20 * 3 * 8)

    for other in others:
        often.planes(GRID, reading)
        other.planes(GRID, reading)
    often.planes(GRID, reading)

    assert sources[0].heights == [20]
