"""Which pixels a network sees: sources, dates, predictors and the form of a sample."""

from dataclasses import dataclass

from lib.core.errors import DateError, PlanError
from lib.core.plan_checks import one_of, parse_day, within

FORMS = ("pixel", "series", "patch")
COMPOSITES = ("median", "mean", "percentile", "medoid", "greenest", "latest")
TERRAIN = ("elevation", "slope", "aspect_sin", "aspect_cos")


@dataclass(frozen=True)
class SourcePlan:
    """One more data set whose predictors stand beside the main collection's.

    Attributes:
        collection: Earth Engine id of an image collection or an image.
        bands: Band names as the collection spells them, in predictor order.
        indices: Names of spectral indices of the catalogue.
        mask_clouds: Whether the catalogue's mask of the collection is applied.
        composite: How scenes become one image, one of `COMPOSITES`.
        percentile: Which one the composite "percentile" takes, 0 to 100.
    """

    collection: str
    bands: tuple[str, ...] = ()
    indices: tuple[str, ...] = ()
    mask_clouds: bool = True
    composite: str = "median"
    percentile: float = 25.0

    def __post_init__(self) -> None:
        one_of("composite", self.composite, COMPOSITES, field_name="composite")
        within("percentile", self.percentile, 0.0, 100.0)
        if not self.bands:
            raise PlanError(
                f"No bands of {self.collection} are chosen.",
                hint="Choose at least one, or take the data set out.",
                field="sources",
            )


@dataclass(frozen=True)
class FormulaPlan:
    """A predictor of one's own.

    Attributes:
        name: Name of the predictor.
        formula: In the grammar of `Image.expression`, over the names of other predictors and
            of the main collection's bands.
    """

    name: str
    formula: str


@dataclass(frozen=True)
class ImageryPlan:
    """Which pixels a network sees.

    Attributes:
        collection: Earth Engine id of an image collection, or of an image (own rasters).
        start: First day, ISO form, inclusive; empty for a single image.
        end: Day after the last, ISO form, exclusive; empty for a single image.
        mask_clouds: Whether the catalogue's cloud mask of the collection is applied.
        composite: How scenes become one image, one of `COMPOSITES`.
        bands: Band names as the collection spells them, in predictor order.
        indices: Names of spectral indices of the catalogue, appended after the bands.
        scale_m: Pixel size of the training grid in metres.
        percentile: Which one the composite "percentile" takes, 0 to 100.
        sources: More data sets, composited over the same dates; their predictors follow.
        terrain: Which of `TERRAIN` follow as predictors.
        terrain_source: Earth Engine id of the elevation model.
        formulas: Predictors of one's own.
        texture: Names of predictors whose texture (`lib.earthengine.texture`) follows.
        texture_radius: Half the width of the texture's window in pixels.
        harmonics: Pairs of sine and cosine a year fitted to each band and index of the main
            collection, in place of its composite; 0 for none. For the form "pixel" only.
        form: "pixel" (a vector), "series" (dates by predictors) or "patch" (rows, columns,
            predictors).
        window_days: Days in a window of a series; each is composited by itself.
        fill_gaps: Whether windows without a clear observation are interpolated in time.
        patch_size: Side of a patch in pixels, odd.
        dense: Whether every pixel of a patch has a label instead of the centre alone.
    """

    collection: str = "COPERNICUS/S2_SR_HARMONIZED"
    start: str = "2021-06-01"
    end: str = "2021-09-01"
    mask_clouds: bool = True
    composite: str = "median"
    bands: tuple[str, ...] = ("B2", "B3", "B4", "B8", "B11", "B12")
    indices: tuple[str, ...] = ("NDVI", "NDWI")
    scale_m: float = 10.0
    percentile: float = 25.0
    sources: tuple[SourcePlan, ...] = ()
    terrain: tuple[str, ...] = ()
    terrain_source: str = "USGS/SRTMGL1_003"
    formulas: tuple[FormulaPlan, ...] = ()
    texture: tuple[str, ...] = ()
    texture_radius: int = 1
    harmonics: int = 0
    form: str = "pixel"
    window_days: int = 30
    fill_gaps: bool = True
    patch_size: int = 9
    dense: bool = False

    def __post_init__(self) -> None:
        one_of("composite", self.composite, COMPOSITES, field_name="composite")
        one_of("form", self.form, FORMS, field_name="form")
        within("percentile", self.percentile, 0.0, 100.0)
        within("harmonics", self.harmonics, 0, 4)
        within("texture_radius", self.texture_radius, 1, 10)
        within("window_days", self.window_days, 1, 366)
        within("patch_size", self.patch_size, 1, 257)
        for name in self.terrain:
            one_of("terrain measure", name, TERRAIN, field_name="terrain")
        self._check_form()
        if not self.bands:
            raise PlanError("No bands are chosen.", hint="Choose at least one band.", field="bands")
        if not 0 < self.scale_m <= 10_000:
            raise PlanError(
                f"A pixel size of {self.scale_m:g} m cannot be used.",
                hint="Give one between 0.1 and 10,000 m.",
                field="scale_m",
            )
        if self.start or self.end:
            start, end = parse_day(self.start), parse_day(self.end)
            if end <= start:
                raise DateError(
                    f"The dates run backwards: from {self.start} to {self.end}.",
                    hint="Choose a last day after the first.",
                    field="dates",
                )

    def _check_form(self) -> None:
        if self.form == "patch" and self.patch_size % 2 == 0:
            raise PlanError(
                f"A patch of {self.patch_size} pixels has no centre.",
                hint="Choose an odd size, such as 9.",
                field="patch_size",
            )
        if self.harmonics and self.form != "pixel":
            raise PlanError(
                "Harmonic terms describe a whole series by a few numbers, for samples that are "
                f"single pixels; this plan's form is “{self.form}”.",
                hint="Choose the form “pixel”, or no harmonic terms.",
                field="harmonics",
            )
        if self.form == "series" and not self.start:
            raise PlanError(
                "A series needs a collection of scenes and dates.",
                hint="Choose a collection, or the form “pixel”.",
                field="form",
            )
