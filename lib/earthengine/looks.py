"""What there is to see before anything is run: scenes, clear days, spectra, series and costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise

import ee

from lib.catalog.collections import find
from lib.core.aoi import Aoi
from lib.core.grid import Grid
from lib.core.imagery_plan import ImageryPlan
from lib.core.plan_checks import parse_day
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.answers import rows_of, value_of
from lib.earthengine.composite import blank, is_single_image
from lib.earthengine.graphs import region_of, to_image
from lib.earthengine.imagery import predictors, scenes_of_source, training_grid
from lib.earthengine.pixels import BLOCK_PIXELS, request_count
from lib.earthengine.scenes import (
    CLEAR,
    Span,
    flagged_scenes,
    is_image,
    main_source,
    scenes_of,
    span_of,
)
from lib.earthengine.spectral import needed_bands, scaled, with_indices
from lib.earthengine.stack import stack_names

# Pixels across the longer side of the area, of the coarse look at clear observations.
_LOOK_PIXELS = 64
_BYTES_PER_VALUE = 4
# Degrees around a point: about ten metres, for "the scenes at a point".
_NEAR = 1e-4


@dataclass(frozen=True)
class SceneRow:
    """A scene that a plan reads.

    Attributes:
        collection: Earth Engine id of its data set.
        id: Its system:index.
        date: Day of acquisition, ISO form; empty for a single image.
        cloud_percent: Share of clouds as its producer states it, or None.
    """

    collection: str
    id: str
    date: str
    cloud_percent: float | None


@dataclass(frozen=True)
class MonthCount:
    """How often a month was seen.

    Attributes:
        month: ISO form, such as "2024-06".
        scenes: Scenes over the area.
        clear: Clear observations of a pixel, on average over the area.
    """

    month: str
    scenes: int
    clear: float


@dataclass(frozen=True)
class Observation:
    """A point in one scene.

    Attributes:
        day: ISO form.
        values: Bands and indices in physical units; None where masked by the producer.
        clear: Whether the catalogue's rule keeps it.
    """

    day: str
    values: Mapping[str, float | None]
    clear: bool


@dataclass(frozen=True)
class Cost:
    """What it takes to fetch all predictors over an area.

    Attributes:
        requests: Requests for pixels.
        bytes: Uncompressed bytes in all answers together.
        pixels: Pixels of the training grid.
        scenes: Scenes that the service reads.
    """

    requests: int
    bytes: int
    pixels: int
    scenes: int


@with_connection
def scene_table(connection: Connection, plan: ImageryPlan, aoi: Aoi) -> tuple[SceneRow, ...]:
    """List the scenes of the main collection and of every further source, in that order."""
    sources = (main_source(plan), *plan.sources)
    return tuple(
        SceneRow(source.collection, scene.id, scene.date, scene.cloud_percent)
        for source in sources
        for scene in scenes_of_source(connection, source, span_of(plan), aoi)
    )


@with_connection
def clear_by_month(
    connection: Connection,  # noqa: ARG001 - used by the decorator
    plan: ImageryPlan,
    aoi: Aoi,
) -> tuple[MonthCount, ...]:
    """Count scenes and clear observations of the main collection, month by month.

    Clear observations are counted on a coarse grid over the area, in one request. Empty for a
    single image.
    """
    if is_single_image(plan):
        return ()
    spans = _months(plan.start, plan.end)
    source, band = main_source(plan), plan.bands[:1]
    months = [flagged_scenes(source, span, aoi, band).select([CLEAR]) for span in spans]
    counts = [_clear_count(scenes).rename(f"m{k}") for k, scenes in enumerate(months)]
    grid = Grid.over(aoi, scale_m=_coarse_scale(aoi, plan.scale_m))
    means = ee.Image.cat(counts).reduceRegion(
        ee.Reducer.mean(), region_of(aoi), crs=grid.crs, crsTransform=list(grid.transform)
    )
    listed = value_of(ee.Dictionary({"scenes": [m.size() for m in months], "clear": means}))
    return tuple(
        MonthCount(start[:7], int(scenes), float(listed["clear"].get(f"m{k}") or 0))
        for k, ((start, _), scenes) in enumerate(zip(spans, listed["scenes"], strict=True))
    )


@with_connection
def spectrum_at(
    connection: Connection, plan: ImageryPlan, aoi: Aoi, lon: float, lat: float
) -> tuple[tuple[str, float | None], ...]:
    """Read all predictors of the pixel of the training grid under a point.

    Returns:
        Band names as `stack_names` has them with their values; None where the pixel is masked.
    """
    image = to_image(predictors(connection, plan, aoi))
    values = value_of(_at_point(image, lon, lat, training_grid(connection, plan, aoi)))
    return tuple((name, values.get(name)) for name in stack_names(plan))


@with_connection
def series_at(
    connection: Connection,  # noqa: ARG001 - used by the decorator
    plan: ImageryPlan,
    lon: float,
    lat: float,
) -> tuple[Observation, ...]:
    """Read bands and indices of the main collection under a point, scene by scene.

    In order of time, cloudy ones too; scenes that do not reach the point are left out. Empty for a
    single image.
    """
    if is_single_image(plan):
        return ()
    place = Aoi.from_bounds(lon - _NEAR, lat - _NEAR, lon + _NEAR, lat + _NEAR)
    grid = Grid.over(place, scale_m=plan.scale_m)
    source, known = main_source(plan), find(plan.collection)
    bands = needed_bands(source)

    def row(image: ee.Image) -> ee.Feature:
        physical = with_indices(scaled(image.select(bands), bands, known), source)
        values = _at_point(physical.addBands(image.select(CLEAR)), lon, lat, grid)
        timed: ee.Feature = ee.Feature(None, values).set("time", image.get("system:time_start"))
        return timed

    scenes = flagged_scenes(source, span_of(plan), place, bands)
    table = ee.FeatureCollection(scenes.map(row))
    found = [row["properties"] for row in rows_of(table)]
    names = [*plan.bands, *plan.indices]
    seen = [row for row in found if any(row.get(name) is not None for name in names)]
    return tuple(
        Observation(
            datetime.fromtimestamp(row["time"] / 1000, tz=UTC).date().isoformat(),
            {name: row.get(name) for name in names},
            bool(row.get(CLEAR)),
        )
        for row in sorted(seen, key=lambda row: float(row["time"]))
    )


@with_connection
def cost_of(connection: Connection, plan: ImageryPlan, aoi: Aoi) -> Cost:
    """Estimate what it takes to fetch all predictors over an area; asks for the scenes only."""
    grid = training_grid(connection, plan, aoi)
    per_pixel = _BYTES_PER_VALUE * len(stack_names(plan)) + 1
    pixels = grid.shape[0] * grid.shape[1]
    most = min(BLOCK_PIXELS, connection.can.pixels_bytes // per_pixel)
    return Cost(
        request_count(grid, block_pixels=most), pixels * per_pixel, pixels, _scenes(plan, aoi)
    )


def _scenes(plan: ImageryPlan, aoi: Aoi) -> int:
    """Scenes of all sources, and single images, in one request."""
    span = span_of(plan)
    sources = (main_source(plan), *plan.sources)
    many = [source for source in sources if not is_image(source, span)]
    sizes = [scenes_of(source, span, aoi).size() for source in many]
    counted = sum(value_of(ee.List(sizes))) if sizes else 0
    return int(counted) + len(sources) - len(many)


def _at_point(image: ee.Image, lon: float, lat: float, grid: Grid) -> ee.Dictionary:
    values: ee.Dictionary = image.reduceRegion(
        ee.Reducer.first(),
        ee.Geometry.Point([lon, lat]),
        crs=grid.crs,
        crsTransform=list(grid.transform),
    )
    return values


def _clear_count(scenes: ee.ImageCollection) -> ee.Image:
    """Clear observations of each pixel; 0 where there is no scene."""
    flags = scenes.map(lambda image: image.toFloat())
    count: ee.Image = flags.merge(ee.ImageCollection([blank([CLEAR])])).sum().unmask(0, False)
    return count


def _coarse_scale(aoi: Aoi, scale_m: float) -> float:
    """A pixel size at which the area's longer side has about `_LOOK_PIXELS`, and no finer one."""
    fine = Grid.over(aoi, scale_m=scale_m)
    return scale_m * max(1, max(fine.shape) / _LOOK_PIXELS)


def _months(start: str, end: str) -> list[Span]:
    """The months between two days, the first and last cut to them."""
    first, last = parse_day(start), parse_day(end)
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    starts = [date(month // 12, month % 12 + 1, 1) for month in months]
    cuts = [first, *(day for day in starts if first < day < last), last]
    return [(a.isoformat(), b.isoformat()) for a, b in pairwise(cuts)]
