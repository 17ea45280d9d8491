"""Labelled samples: where labels and predictors meet, class by class."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import ee
import numpy as np
from numpy.typing import NDArray

from lib.core.aoi import Aoi
from lib.core.balance import allocate
from lib.core.errors import SampleError
from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.core.imagery_plan import ImageryPlan
from lib.core.legend import Legend
from lib.core.plan import LabelPlan, SamplingPlan
from lib.core.samples import SampleSet
from lib.earthengine.access import Connection, map_requests, with_connection
from lib.earthengine.answers import rows_of, value_of
from lib.earthengine.graphs import projection_of, region_of, to_image
from lib.earthengine.imagery import predictor_names, training_grid
from lib.earthengine.labels import (
    FEATURE_ID,
    features_in,
    label_image,
    labelled_features,
)
from lib.earthengine.rows import CLASS_INDEX, GROUP, PixelRows, chosen

# Smaller tiles cost little and keep composites of many scenes within memory
# (https://developers.google.com/earth-engine/guides/debugging).
_TILE_SCALE = 4
_MOST_PIXELS = 1_000_000_000

OnProgress = Callable[[float, str], None]


@dataclass(frozen=True)
class DrawReport:
    """What became of a draw, by class in the order of the legend.

    Attributes:
        asked: Samples asked for.
        obtained: Samples drawn.
        reasons: Why there are fewer, or empty.
    """

    asked: tuple[int, ...]
    obtained: tuple[int, ...]
    reasons: tuple[str, ...]


@with_connection
def draw(
    connection: Connection,
    predictors: Expression,
    labels: LabelPlan,
    *,
    plan: SamplingPlan,
    imagery: ImageryPlan,
    legend: Legend,
    aoi: Aoi,
    on_progress: OnProgress | None = None,
) -> tuple[SampleSet, DrawReport]:
    """Draw samples.

    Args:
        connection: Service to ask.
        predictors: Image that `imagery.predictors` wrote.
        labels: A reference map, or features with classes.
        plan: How many, and how they are spread over the classes.
        imagery: What the predictors were made of.
        legend: Classes.
        aoi: Area.
        on_progress: Called with the share done and a few words.

    Raises:
        SampleError: There are none, or of one class only.
        LabelError: No labels meet the area.
    """
    grid = training_grid(connection, imagery, aoi)
    tell = on_progress or _nobody
    source = _Source(connection, predictors, labels, imagery, legend, aoi, grid)
    if labels.kind == "map":
        rows, asked = source.from_map(plan, tell)
    else:
        rows, asked = source.from_features(plan, tell)
    if not len(rows.class_index):
        raise SampleError(
            "No labelled pixel has valid imagery in this area.",
            hint="Choose an area where the labels and the imagery meet, or a longer period.",
            field="samples",
        )
    samples = rows.to_samples(predictor_names(imagery), legend)
    return samples, _report(asked, samples, legend)


@dataclass(frozen=True)
class _Source:
    """What a draw reads from."""

    connection: Connection
    predictors: Expression
    labels: LabelPlan
    imagery: ImageryPlan
    legend: Legend
    aoi: Aoi
    grid: Grid

    def from_map(self, plan: SamplingPlan, tell: OnProgress) -> tuple[PixelRows, list[int]]:
        """Draw from each class of a reference map, several classes in one request."""
        labels = to_image(
            label_image(
                self.connection,
                self.labels,
                legend=self.legend,
                imagery=self.imagery,
                aoi=self.aoi,
            )
        )
        asked = self._asked(labels, plan)
        stack = to_image(self.predictors).addBands(labels)

        def draw_classes(classes: list[int]) -> list[dict[str, Any]]:
            return rows_of(
                stack.stratifiedSample(
                    numPoints=0,
                    classBand=CLASS_INDEX,
                    region=region_of(self.aoi),
                    projection=projection_of(self.grid),
                    seed=plan.seed,
                    classValues=classes,
                    classPoints=[asked[index] for index in classes],
                    dropNulls=True,
                    tileScale=_TILE_SCALE,
                    geometries=True,
                )
            )

        requests = list(_packed(asked, self.connection.can.table_page))
        pages = self._ask(draw_classes, requests, tell)
        return self._rows(pages), asked

    def from_features(self, plan: SamplingPlan, tell: OnProgress) -> tuple[PixelRows, list[int]]:
        """Take all pixels whose centre lies in a polygon, then draw from each class."""
        features = labelled_features(self.connection, self.labels, legend=self.legend, aoi=self.aoi)
        image = to_image(self.predictors)
        collection = features_in(self.labels, self.aoi)

        def sample_features(ids: list[str]) -> list[dict[str, Any]]:
            return rows_of(
                image.sampleRegions(
                    collection=collection.filter(ee.Filter.inList(FEATURE_ID, ids)),
                    properties=[FEATURE_ID],
                    projection=projection_of(self.grid),
                    tileScale=_TILE_SCALE,
                    geometries=True,
                )
            )

        ids = [feature.id for feature in features]
        size = math.ceil(len(ids) / self.connection.can.parallel_requests)
        chunks = [ids[start : start + size] for start in range(0, len(ids), size)]
        pages = self._ask(sample_features, chunks, tell)
        number = {feature.id: place for place, feature in enumerate(features)}
        classes = {feature.id: feature.class_index for feature in features}
        for row in (row for page in pages for row in page):
            values = row["properties"]
            values[GROUP] = number[values[FEATURE_ID]]
            values[CLASS_INDEX] = classes[values[FEATURE_ID]]
        found = self._rows(pages)
        asked = self._shared_out(np.bincount(found.class_index, minlength=len(self.legend)), plan)
        return found.take(chosen(found.class_index, asked, seed=plan.seed)), asked

    def _ask(
        self, function: Callable[[Any], Any], requests: Sequence[Any], tell: OnProgress
    ) -> list[Any]:
        def on_done(done: int, count: int) -> None:
            tell(done / count, f"Request {done} of {count}")

        return map_requests(self.connection, function, requests, on_done=on_done)

    def _rows(self, pages: list[list[dict[str, Any]]]) -> PixelRows:
        return PixelRows.read(
            (row for page in pages for row in page), predictor_names(self.imagery), self.grid
        )

    def _asked(self, labels: ee.Image, plan: SamplingPlan) -> list[int]:
        """Samples to ask of each class; proportional ones need the pixels of each class."""
        if plan.allocation == "equal":
            return [plan.per_class] * len(self.legend)
        counted = value_of(
            labels.reduceRegion(
                reducer=ee.Reducer.frequencyHistogram(),
                geometry=region_of(self.aoi),
                crs=self.grid.crs,
                crsTransform=list(self.grid.transform),
                maxPixels=_MOST_PIXELS,
                tileScale=_TILE_SCALE,
            )
        )[CLASS_INDEX]
        shares = np.zeros(len(self.legend))
        for code, count in (counted or {}).items():
            shares[round(float(code))] = count
        return self._shared_out(shares, plan)

    def _shared_out(self, available: NDArray[Any], plan: SamplingPlan) -> list[int]:
        if plan.allocation == "equal":
            return [plan.per_class] * len(self.legend)
        if not available.any():
            return [0] * len(self.legend)
        total = plan.per_class * len(self.legend)
        return [int(count) for count in allocate(total, available, plan.allocation)]


def _nobody(share: float, words: str) -> None:
    """Tell nobody."""


def _packed(asked: Sequence[int], page: int) -> Iterator[list[int]]:
    """Put classes together into requests whose rows fit in one page, where they can."""
    classes: list[int] = []
    rows = 0
    for index, count in enumerate(asked):
        if classes and rows + count > page:
            yield classes
            classes, rows = [], 0
        if count:
            classes.append(index)
            rows += count
    if classes:
        yield classes


def _report(asked: Sequence[int], samples: SampleSet, legend: Legend) -> DrawReport:
    obtained = [int(count) for count in samples.counts]
    reasons = [
        _reason(name, want, got)
        for name, want, got in zip(legend.names, asked, obtained, strict=True)
    ]
    return DrawReport(tuple(asked), tuple(obtained), tuple(reasons))


def _reason(name: str, asked: int, obtained: int) -> str:
    if obtained >= asked:
        return ""
    if not obtained:
        return f"“{name}” has no valid pixel in the area."
    return f"All {obtained:,} valid pixels of “{name}” in the area were taken."
