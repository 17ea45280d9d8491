"""How scenes become one image, in the forms that Earth Engine's guides use."""

import math
from collections.abc import Callable, Mapping, Sequence

import ee

from lib.catalog.collections import Collection, find
from lib.core.aoi import Aoi
from lib.core.errors import PlanError
from lib.core.imagery_plan import ImageryPlan, SourcePlan
from lib.earthengine.assets import refuse_unserved
from lib.earthengine.graphs import valid_everywhere
from lib.earthengine.scenes import Span, clear_scenes, is_image, main_source, span_of
from lib.earthengine.spectral import bands_of, index_image, index_of, scaled

# Decibels to the natural logarithm of power: dB = 10 log10(p), so ln(p) = dB * ln(10) / 10.
_NEPER_PER_DECIBEL = math.log(10) / 10
_GREENNESS = "NDVI"
_SCORE = "score"
LEAST_SPREAD = 1e-9
"""What a band is divided by where its observations are all equal."""


def is_single_image(plan: ImageryPlan) -> bool:
    """Tell whether a plan names one image instead of a collection of scenes."""
    known = find(plan.collection)
    return known.type == "Image" if known else not plan.start


def physical_image(plan: ImageryPlan, aoi: Aoi, bands: Sequence[str]) -> ee.Image:
    """Composite of some bands of the main collection in physical units; raw where unknown."""
    return source_image(main_source(plan), span_of(plan), aoi, bands)


def source_image(
    source: SourcePlan, span: Span, aoi: Aoi, bands: Sequence[str], *, padded: bool = False
) -> ee.Image:
    """Composite of some bands of a source with the catalogue's scale and offset.

    Args:
        source: Which scenes, and how they become one image.
        span: Within which dates.
        aoi: Over which area.
        bands: Which bands.
        padded: Whether a wholly masked scene is added, so that dates without any scene give a
            masked image instead of an error.
    """
    known = find(source.collection)
    refuse_unserved(source.collection)
    if is_image(source, span):
        image: ee.Image = ee.Image(source.collection).select(list(bands))
        return scaled(image, bands, known)
    composite = COMPOSITE_OF[source.composite](source)
    read = list(dict.fromkeys((*bands, *composite.needs)))
    scenes = clear_scenes(source, span, aoi, read)
    decibel = [name for name in bands if known and _unit(known, name) == "dB"]
    scenes = scenes.map(lambda image: to_power(image, decibel)) if decibel else scenes
    if padded:
        # Cast: a reduction wants bands of one type in all scenes.
        scenes = scenes.map(lambda image: image.toFloat())
        scenes = scenes.merge(ee.ImageCollection([blank(read)]))
    image = to_decibels(composite.reduce(scenes, read), decibel).select(list(bands))
    return scaled(image, bands, known)


def blank(bands: Sequence[str]) -> ee.Image:
    """A wholly masked scene."""
    empty: ee.Image = ee.Image.constant([0.0] * len(bands)).rename(list(bands)).updateMask(0)
    dated: ee.Image = ee.Image(empty.toFloat().set("system:time_start", 0))
    return dated


def to_power(image: ee.Image, bands: Sequence[str]) -> ee.Image:
    """Bands in decibels as linear power: decibels must not be averaged."""
    power = image.select(list(bands)).multiply(_NEPER_PER_DECIBEL).exp()
    return image.addBands(power, None, True)


def to_decibels(image: ee.Image, bands: Sequence[str]) -> ee.Image:
    """Bands in linear power as decibels."""
    if not bands:
        return image
    return image.addBands(image.select(list(bands)).log10().multiply(10), None, True)


class _Statistic:
    """A statistic of each band by itself."""

    needs: tuple[str, ...] = ()

    def __init__(self, reducer: Callable[[], ee.Reducer], name: str) -> None:
        """Keep what makes the reducer, and the name that it puts behind those of bands."""
        self._reducer = reducer
        self._name = name

    def reduce(self, scenes: ee.ImageCollection, bands: Sequence[str]) -> ee.Image:
        reduced = scenes.reduce(self._reducer())
        image: ee.Image = reduced.select([f"{band}_{self._name}" for band in bands], list(bands))
        return image


class _Latest:
    """The latest whole observation of each pixel."""

    needs: tuple[str, ...] = ()

    def reduce(self, scenes: ee.ImageCollection, bands: Sequence[str]) -> ee.Image:
        whole = scenes.sort("system:time_start").map(_whole)
        image: ee.Image = whole.select(list(bands)).mosaic()
        return image


class _Medoid:
    """The observation nearest to the median of all, by squared distance over the stored bands.

    After Flood 2013, Remote Sensing 5:6481, https://doi.org/10.3390/rs5126481, in the form that
    compares with the median instead of with every other observation (Kennedy et al. 2018, Remote
    Sensing 10:691, https://doi.org/10.3390/rs10050691). Bands of different units are divided by
    their standard deviation over the observations of the pixel first, as a distance over mixed
    units would follow the greatest numbers (Legendre and Legendre 2012, Numerical Ecology, 7.4).
    """

    needs: tuple[str, ...] = ()

    def __init__(self, source: SourcePlan) -> None:
        self._known = find(source.collection)

    def reduce(self, scenes: ee.ImageCollection, bands: Sequence[str]) -> ee.Image:
        whole = scenes.map(_whole)
        median, spread = whole.median(), None
        if not share_a_unit(self._known, bands):
            spread = whole.reduce(ee.Reducer.stdDev()).rename(list(bands)).max(LEAST_SPREAD)

        def score(image: ee.Image) -> ee.Image:
            away = image.subtract(median)
            away = away if spread is None else away.divide(spread)
            distance = away.pow(2).reduce(ee.Reducer.sum())
            return image.addBands(distance.multiply(-1).toDouble().rename(_SCORE))

        image: ee.Image = whole.map(score).qualityMosaic(_SCORE).select(list(bands))
        return image


class _Greenest:
    """The observation of the greatest vegetation index."""

    def __init__(self, source: SourcePlan) -> None:
        self._source = source
        self._known = find(source.collection)
        band = self._known.band_for(_GREENNESS) if self._known else None
        self._band = band.name if band else ""
        self.needs = (self._band,) if band else self._bands_of_index()

    def reduce(self, scenes: ee.ImageCollection, bands: Sequence[str]) -> ee.Image:
        def score(image: ee.Image) -> ee.Image:
            return _whole(image).addBands(self._greenness(image).toDouble().rename(_SCORE))

        image: ee.Image = scenes.map(score).qualityMosaic(_SCORE).select(list(bands))
        return image

    def _bands_of_index(self) -> tuple[str, ...]:
        try:
            return tuple(bands_of(index_of(_GREENNESS), self._source.collection).values())
        except PlanError as error:
            raise PlanError(
                f"The greenest pixel cannot be told in {self._source.collection}: it has no red "
                "and near infrared bands.",
                hint="Choose another composite, such as the median.",
                field="composite",
            ) from error

    def _greenness(self, image: ee.Image) -> ee.Image:
        if self._band:
            band: ee.Image = image.select(self._band)
            return band
        physical = scaled(image.select(list(self.needs)), self.needs, self._known)
        return index_image(physical, index_of(_GREENNESS), self._source.collection)


_Composite = _Statistic | _Latest | _Medoid | _Greenest
COMPOSITE_OF: Mapping[str, Callable[[SourcePlan], _Composite]] = {
    "median": lambda _: _Statistic(ee.Reducer.median, "median"),
    "mean": lambda _: _Statistic(ee.Reducer.mean, "mean"),
    "percentile": lambda source: _Statistic(
        lambda: ee.Reducer.percentile([source.percentile], ["part"]), "part"
    ),
    "medoid": _Medoid,
    "greenest": _Greenest,
    "latest": lambda _: _Latest(),
}


def share_a_unit(known: Collection | None, bands: Sequence[str]) -> bool:
    """Tell whether stored values of bands may be added up: of one unit and scale, or one band."""
    if len(bands) < 2:
        return True
    found = [known.band(name) if known else None for name in bands]
    units = {(band.unit, band.scale) for band in found if band}
    return None not in found and len(units) == 1


def _whole(image: ee.Image) -> ee.Image:
    """An observation only where all of its bands are valid."""
    return image.updateMask(valid_everywhere(image))


def _unit(known: Collection, name: str) -> str:
    band = known.band(name)
    return band.unit if band else ""
