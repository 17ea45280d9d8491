"""The course of the year as a few numbers: waves fitted to every clear observation of a pixel."""

import math

import ee

from lib.catalog.collections import find
from lib.core.aoi import Aoi
from lib.core.errors import PlanError
from lib.core.imagery_plan import SourcePlan
from lib.earthengine.graphs import valid_everywhere
from lib.earthengine.scenes import Span, clear_scenes, is_image
from lib.earthengine.spectral import needed_bands, scaled, with_indices

# Years of 365.25 days since 1970-01-01, so that a wave keeps its phase from year to year.
_YEAR_MS = 365.25 * 86_400_000


def harmonic_image(source: SourcePlan, span: Span, aoi: Aoi, *, pairs: int) -> ee.Image:
    """Coefficients of y = mean + sum of cos_k cos(2 pi k t) + sin_k sin(2 pi k t), t in years.

    Ordinary least squares over the clear observations within the dates, pixel by pixel; masked
    where there are fewer observations than coefficients. Radar is fitted in decibels. The model is
    that of Zhu and Woodcock 2014, Remote Sensing of Environment 144:152,
    https://doi.org/10.1016/j.rse.2014.01.011, without the trend.

    Returns:
        Per band and index mean, cos1, sin1, cos2, …, one after another.

    Raises:
        PlanError: The source is a single image.
    """
    if is_image(source, span):
        raise PlanError(
            f"{source.collection} is one image and has no course of the year.",
            hint="Choose a collection of scenes, or no harmonic terms.",
            field="harmonics",
        )
    bands, names = needed_bands(source), [*source.bands, *source.indices]
    terms = ["mean", *(f"{wave}{k}" for k in range(1, pairs + 1) for wave in ("cos", "sin"))]
    known = find(source.collection)

    def row(image: ee.Image) -> ee.Image:
        physical = with_indices(scaled(image.select(bands), bands, known), source)
        values = physical.updateMask(valid_everywhere(physical)).toDouble()
        return _waves(image, pairs).rename(terms).addBands(values)

    rows = clear_scenes(source, span, aoi, bands).map(row)
    fitted = rows.reduce(ee.Reducer.linearRegression(len(terms), len(names)))
    flat = fitted.select("coefficients").arrayFlatten([terms, names])
    enough = rows.select(names[0]).count().gte(len(terms))
    image: ee.Image = flat.select([f"{term}_{name}" for name in names for term in terms])
    return image.updateMask(enough)


def _waves(image: ee.Image, pairs: int) -> ee.Image:
    """The terms of the model at an image's time, as constant bands."""
    years = ee.Number(image.get("system:time_start")).divide(_YEAR_MS)
    angles = [years.multiply(2 * math.pi * k) for k in range(1, pairs + 1)]
    waves = [wave for angle in angles for wave in (angle.cos(), angle.sin())]
    constant: ee.Image = ee.Image.constant([ee.Number(1), *waves]).toDouble()
    return constant
