"""Elevation, slope and aspect as predictors."""

from collections.abc import Sequence

import ee
import numpy as np

from lib.catalog.collections import find
from lib.core.aoi import Aoi
from lib.core.errors import PlanError
from lib.earthengine.assets import refuse_unserved
from lib.earthengine.graphs import region_of

_BAND = "elevation"


def terrain_image(source: str, measures: Sequence[str], aoi: Aoi) -> ee.Image:
    """Measures of the terrain, as bands of their names.

    The elevation model is interpolated linearly to the pixels that are asked for, so that slopes of
    pixels finer than its own have no steps. Slope is in degrees; aspect, the direction downhill
    clockwise from north, is given by its sine and cosine, both 0 where the ground is flat.

    Args:
        source: Earth Engine id of an elevation model, an image or a collection of tiles.
        measures: Of `imagery_plan.TERRAIN`.
        aoi: Which area.

    Raises:
        PlanError: The source is known and has no elevation.
    """
    refuse_unserved(source)
    known = find(source)
    if known and not known.band_for(_BAND):
        raise PlanError(
            f"{source} has no elevation.",
            hint="Choose an elevation model, such as USGS/SRTMGL1_003.",
            field="terrain_source",
        )
    height = _elevation(source, aoi)
    slope = ee.Terrain.slope(height)
    aspect = ee.Terrain.aspect(height).multiply(np.pi / 180)
    inclined = slope.gt(0)
    found = {
        "elevation": height,
        "slope": slope,
        "aspect_sin": aspect.sin().multiply(inclined),
        "aspect_cos": aspect.cos().multiply(inclined),
    }
    bands = [found[measure].rename(measure) for measure in measures]
    image: ee.Image = ee.Image.cat(bands)
    return image


def _elevation(source: str, aoi: Aoi) -> ee.Image:
    known = find(source)
    band = known.band_for(_BAND) if known else None
    if known is None or known.type == "Image":
        image = ee.Image(source).select(band.name if band else 0)
        height: ee.Image = image.resample("bilinear").rename(_BAND)
        return height
    tiles = ee.ImageCollection(source).filterBounds(region_of(aoi)).select(band.name if band else 0)
    smooth = tiles.map(lambda tile: tile.resample("bilinear")).mosaic()
    placed: ee.Image = smooth.setDefaultProjection(tiles.first().projection()).rename(_BAND)
    return placed
