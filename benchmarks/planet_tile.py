"""The planet's tile: ten bands of one Sentinel-2 scene, cold and over known ground."""

import time
from collections.abc import Callable

from benchmarks.report import Row, bounded, median
from lib.localearth import planet
from lib.localearth.raster.grid import Grid
from lib.localearth.raster.image import Image, Reading
from lib.localearth.values import Collection, Narrowing

TITLE = "The planet's tile"
WORDS = (
    "256 x 256 pixels of ten Sentinel-2 bands at the scene's own scale, on one core: over ground "
    "that was never asked for, and over ground that is known, from another scene."
)
BANDS = ("B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12")
RUNS = 9
SIDE = 256
DAY_MS = 86_400_000.0
SUMMER_MS = 1_718_409_600_000.0  # 2024-06-15


def measure() -> list[Row]:
    """Read tiles side by side in one scene, each cold, then again on other dates."""
    scenes = _scenes()
    first, second = scenes[0], scenes[1]
    grids = [_grid(first, column) for column in range(RUNS + 1)]
    cold = [_seconds(lambda grid=grid: _read(first, grid)) for grid in grids][1:]
    warm = [_seconds(lambda grid=grid: _read(second, grid)) for grid in grids][1:]
    ratio = _seconds(lambda: _read(first, _mercator(6))) / median(
        [_seconds(lambda n=n: _read(first, _mercator(14, n))) for n in range(3)]
    )
    return [
        bounded("cold", median(cold) * 1e3, 250.0, "ms"),
        bounded("over known ground", median(warm) * 1e3, 60.0, "ms"),
        Row("zoom 6 against zoom 14, both cold", f"{ratio:.2f} times", "1 times", ratio <= 1),
    ]


def _scenes() -> list[Image]:
    from shapely.geometry import Point  # shapes of the request

    from lib.localearth.geometry import Geometry

    collection = planet.open_asset("COPERNICUS/S2_SR_HARMONIZED")
    if not isinstance(collection, Collection) or collection.narrow is None:
        raise TypeError("Sentinel-2 is no catalogue that can be narrowed.")
    place = Narrowing(SUMMER_MS, SUMMER_MS + 30 * DAY_MS, Geometry(Point(9.0, 47.9)))
    scenes = [item for item in collection.narrow(place).elements if isinstance(item, Image)]
    same = [item for item in scenes if item.bands[0].projection == scenes[0].bands[0].projection]
    return [_ten_bands(item) for item in same]


def _ten_bands(image: Image) -> Image:
    return image.with_bands([band for band in image.bands if band.name in BANDS])


def _grid(image: Image, column: int) -> Grid:
    projection = image.bands[0].projection
    whole = Grid(projection.crs, projection.transform, SIDE, SIDE)
    return whole.window(2000 + column * SIDE, 4000, SIDE, SIDE)


def _mercator(zoom: int, shift: int = 0) -> Grid:
    half = 20037508.342789244
    size = 2 * half / 2**zoom / SIDE
    column, row = int((9.0 + 180) / 360 * 2**zoom) + shift, {6: 22, 14: 5702}[zoom]
    origin = (-half + column * SIDE * size, half - row * SIDE * size)
    return Grid("EPSG:3857", (size, 0.0, origin[0], 0.0, -size, origin[1]), SIDE, SIDE)


def _read(image: Image, grid: Grid) -> None:
    image.planes(grid, Reading())


def _seconds(work: Callable[[], None]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
