"""Step 1 for a connection: scenes, predictors, the training grid and a picture to look at."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

import ee
import numpy as np

from lib.catalog.collections import Collection, Visual, find
from lib.catalog.indices import available
from lib.core.aoi import Aoi
from lib.core.errors import DateError, LabelError, NotFoundError
from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.core.imagery_plan import ImageryPlan, SourcePlan
from lib.core.plan import LabelPlan
from lib.earthengine import composite
from lib.earthengine.access import Connection, is_own, with_connection
from lib.earthengine.answers import value_of
from lib.earthengine.assets import asset_facts
from lib.earthengine.graphs import asset_ids, to_expression
from lib.earthengine.pixels import fetch
from lib.earthengine.predictors import predictor_image
from lib.earthengine.scenes import Span, is_image, main_source, scenes_of, span_of
from lib.earthengine.series import series_image
from lib.earthengine.stack import predictor_names as predictor_names

_DEFAULT_BANDS = ("blue", "green", "red", "nir", "swir1", "swir2")
_DEFAULT_INDICES = ("NDVI", "NDWI")
_PICTURE_PERCENTILES = (2, 98)
_PICTURE_PIXELS = 256


@dataclass(frozen=True)
class Scene:
    """A scene of a collection.

    Attributes:
        id: Its system:index.
        date: Day of acquisition, ISO form; empty for a single image.
        cloud_percent: Share of clouds as its producer states it, or None.
    """

    id: str
    date: str
    cloud_percent: float | None


@dataclass(frozen=True)
class Picture:
    """An image with how it is drawn."""

    expression: Expression
    visual: Visual


@with_connection
def band_names_of(connection: Connection, collection: str) -> tuple[str, ...]:
    """Return the band names of an image or of a collection's first image."""
    known = find(collection)
    if known is not None:
        return known.band_names
    return asset_facts(connection, collection).bands


@with_connection
def default_plan(connection: Connection, collection: str) -> ImageryPlan:
    """Settings to start from: the usual bands, a summer or a year, the finest pixel size."""
    known = find(collection)
    if known is not None:
        return _plan_for(known)
    facts = asset_facts(connection, collection)
    start, end = ("", "") if facts.is_image else (ImageryPlan.start, ImageryPlan.end)
    return ImageryPlan(
        collection=collection,
        start=start,
        end=end,
        mask_clouds=False,
        bands=facts.bands,
        indices=(),
        scale_m=facts.resolution_m,
    )


@with_connection
def find_scenes(connection: Connection, plan: ImageryPlan, aoi: Aoi) -> tuple[Scene, ...]:
    """List the scenes that a composite is made of, in the order of the collection.

    Raises:
        DateError: There is none.
    """
    scenes = scenes_of_source(connection, main_source(plan), span_of(plan), aoi)
    if not scenes:
        raise DateError(
            f"No scene of {plan.collection} covers this area from {plan.start} to {plan.end}.",
            hint=_available_words(find(plan.collection)),
            field="dates",
        )
    return scenes


@with_connection
def scenes_of_source(
    connection: Connection,  # noqa: ARG001 - used by the decorator
    source: SourcePlan,
    span: Span,
    aoi: Aoi,
) -> tuple[Scene, ...]:
    """List the scenes of any source within dates; empty where there is none."""
    if is_image(source, span):
        return (Scene(source.collection, "", None),)
    scenes, known = scenes_of(source, span, aoi), find(source.collection)
    wanted = {"id": "system:index", "time": "system:time_start"}
    if known and known.cloud_property:
        wanted["cloud"] = known.cloud_property
    lists = {key: scenes.aggregate_array(name) for key, name in wanted.items()}
    listed = value_of(ee.Dictionary(lists))
    clouds = listed.get("cloud", [])
    if len(clouds) != len(listed["id"]):
        clouds = [None] * len(listed["id"])
    rows = zip(listed["id"], listed["time"], clouds, strict=True)
    return tuple(Scene(_plain(name), _day(time), cloud) for name, time, cloud in rows)


@with_connection
def predictors(
    connection: Connection,  # noqa: ARG001 - used by the decorator
    plan: ImageryPlan,
    aoi: Aoi,
) -> Expression:
    """Write the image that a network reads: the float bands of `stack_names`, in physical units.

    Own rasters keep their raw values. A pixel is masked where any predictor is; of a series, where
    no window has all of them.
    """
    image = series_image if plan.form == "series" else predictor_image
    return to_expression(image(plan, aoi))


@with_connection
def training_grid(connection: Connection, plan: ImageryPlan, aoi: Aoi) -> Grid:
    """The grid that samples and maps lie on: an own raster's own, else UTM at the plan's scale.

    Raises:
        AoiError: The area lies outside of the own raster.
    """
    if is_own(plan.collection) and composite.is_single_image(plan):
        facts = asset_facts(connection, plan.collection)
        return Grid.within(facts.transform, facts.crs, aoi, shape=facts.shape)
    return Grid.over(aoi, scale_m=plan.scale_m)


@with_connection
def picture(connection: Connection, plan: ImageryPlan, aoi: Aoi) -> Picture:
    """The composite in colours, stretched as the catalogue says or, for own rasters, by values."""
    known = find(plan.collection)
    if known and known.vis:
        visual = _physical(known.vis, known)
        image = composite.physical_image(plan, aoi, visual.bands)
        return Picture(to_expression(image.toFloat()), visual)
    return _stretched(connection, plan, aoi)


@with_connection
def is_simulated(connection: Connection, expression: Expression) -> bool:
    """Tell whether a graph reads any image of the simulated planet."""
    return connection.can.planet and any(not is_own(asset) for asset in asset_ids(expression))


def plan_is_simulated(connection: Connection, plan: ImageryPlan) -> bool:
    """Tell whether a plan's imagery comes from the simulated planet."""
    return connection.can.planet and not is_own(plan.collection)


@with_connection
def refuse_mixing(connection: Connection, plan: ImageryPlan, labels: LabelPlan) -> None:
    """Refuse to teach the simulated planet with a person's labels, or the other way round.

    What is drawn on the map is drawn on what the imagery shows, and a finished table brings its
    own predictors: see `refuse_table`.

    Raises:
        LabelError: Imagery and labels are not of the same world.
    """
    if not connection.can.planet or labels.kind not in ("map", "features") or not labels.source:
        return
    if is_own(plan.collection) != is_own(labels.source):
        raise LabelError(
            "Imagery and labels do not belong together: one is the simulated planet, the other is "
            "yours, and the planet is not the Earth.",
            hint="Choose labels of the planet for its imagery, and your own for your own raster.",
            field="labels",
        )


def refuse_table(connection: Connection, plan: ImageryPlan, *, simulated: bool) -> None:
    """Refuse to map imagery with a network that learnt from a table of another world.

    Args:
        connection: Who has the imagery.
        plan: The imagery.
        simulated: Whether the table's samples come from the simulated planet.

    Raises:
        LabelError: One is of the simulated planet and the other is not.
    """
    if plan_is_simulated(connection, plan) == simulated:
        return
    table, imagery = ("the simulated planet", "yours") if simulated else ("the Earth", "simulated")
    raise LabelError(
        f"The table's samples are of {table} and the imagery is {imagery}: a network of one means "
        "nothing on the other, so it is trained and scored but not put on the map.",
        hint="Map it on imagery of your own raster or of Earth Engine."
        if not simulated
        else "Map it on the simulated planet.",
        field="labels",
    )


def _plan_for(known: Collection) -> ImageryPlan:
    common = [known.band_for(name) for name in _DEFAULT_BANDS]
    bands = tuple(band.name for band in common if band and band.unit == "reflectance")
    start, end = _default_dates(known)
    usable = {index.name for index in available(known)}
    return ImageryPlan(
        collection=known.id,
        start=start,
        end=end,
        mask_clouds=known.can_mask,
        # The mean of vectors of several years would not be one; the last year's is.
        composite="latest" if known.cadence == "year" else ImageryPlan.composite,
        bands=bands or tuple(band.name for band in known.data_bands),
        indices=tuple(name for name in _DEFAULT_INDICES if name in usable),
        scale_m=known.resolution_m,
    )


def _default_dates(known: Collection) -> tuple[str, str]:
    """The plan's own summer, or that of the last whole year; a year where nothing is cloudy."""
    if known.type == "Image":
        return "", ""
    start, end = ImageryPlan.start, ImageryPlan.end
    if known.end and known.end < end:
        year = int(known.end[:4]) - 1
        start, end = f"{year}{start[4:]}", f"{year}{end[4:]}"
    if not known.can_mask:
        return f"{start[:4]}-01-01", f"{int(start[:4]) + 1}-01-01"
    return start, end


def _available_words(known: Collection | None) -> str:
    if known is None:
        return "Choose other dates or another area."
    until = f"to {known.end}" if known.end else "until now"
    return f"The collection runs from {known.start} {until}: choose other dates or another area."


def _plain(index: str) -> str:
    """A scene's own index, without the numbers that merging puts in front."""
    return re.sub(r"^(?:[12]_)+", "", index)


def _day(milliseconds: float) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, tz=UTC).date().isoformat()


def _physical(visual: Visual, known: Collection) -> Visual:
    """The same drawing for physical values."""
    band = known.band(visual.bands[0])
    if visual.scaled or band is None:
        return visual
    low, high = (value * band.scale + band.offset for value in (visual.min, visual.max))
    return Visual(visual.bands, low, high, visual.palette, scaled=True, gamma=visual.gamma)


def _stretched(connection: Connection, plan: ImageryPlan, aoi: Aoi) -> Picture:
    """Stretch each band to 0..1 between percentiles of a coarse look at the area."""
    names = _rgb_of(plan.bands)
    image = composite.physical_image(plan, aoi, names).toFloat()
    grid = training_grid(connection, plan, aoi)
    values, valid = fetch(connection, to_expression(image), _coarse(grid), names)
    if not valid.any():
        raise NotFoundError(
            f"{plan.collection} has no valid pixels in this area.",
            hint="Move the area of interest onto the imagery.",
            field="aoi",
        )
    low, high = np.percentile(values[valid], _PICTURE_PERCENTILES, axis=0)
    span = np.where(high > low, high - low, 1.0)
    stretched = image.subtract(ee.Image.constant(low.tolist()))
    stretched = stretched.divide(ee.Image.constant(span.tolist()))
    return Picture(to_expression(stretched), Visual(names, 0.0, 1.0, scaled=True))


def _rgb_of(bands: tuple[str, ...]) -> tuple[str, ...]:
    """Red, green and blue where names tell, else the first three bands backwards, else one."""
    lower = {name.lower(): name for name in bands}
    if {"red", "green", "blue"} <= lower.keys():
        return lower["red"], lower["green"], lower["blue"]
    return tuple(reversed(bands[:3])) if len(bands) >= 3 else bands[:1]


def _coarse(grid: Grid) -> Grid:
    """The same rectangle with pixels so large that its longer side has at most 256."""
    height, width = grid.shape
    factor = max(1, -(-max(height, width) // _PICTURE_PIXELS))
    t = grid.transform
    transform = (t[0] * factor, t[1] * factor, t[2], t[3] * factor, t[4] * factor, t[5])
    return Grid(grid.crs, transform, (-(-height // factor), -(-width // factor)))
