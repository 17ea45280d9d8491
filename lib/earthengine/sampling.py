"""Labelled samples: where labels and predictors meet, class by class.

Labels are read first, pixel by pixel; a hash of seed and place puts the candidates of each class
in order; predictors are then computed for those that come first, and for the next ones in place
of pixels that turn out to be masked. So a draw depends on nothing but the plan.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lib.core.aoi import Aoi
from lib.core.candidates import Candidates, Harvest, choose
from lib.core.crs import lonlat_to
from lib.core.design import allocation
from lib.core.errors import LabelError, SampleError
from lib.core.expression import Expression
from lib.core.grid import Grid
from lib.core.imagery_plan import ImageryPlan
from lib.core.legend import Legend
from lib.core.plan import LabelPlan, SamplingPlan
from lib.core.samples import SampleSet
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.fetching import Watch
from lib.earthengine.harvest import Field, from_map, from_shapes, refuse_nothing
from lib.earthengine.imagery import training_grid
from lib.earthengine.labels import label_image
from lib.earthengine.patches import PatchReader, PatchStore
from lib.earthengine.rows import PointReader
from lib.earthengine.shapes import LabelledShape, burnt, labelled_shapes
from lib.earthengine.stack import predictor_names, stack_names, step_days, unstack

_LABELS_SHARE = 0.2  # of the progress
_MOST_ROUNDS = 12
_MOST_SPARES = 8  # multiples of the samples that are missing
_BY_SHARE = ("proportional", "square root", "neyman")


@dataclass(frozen=True)
class DrawReport:
    """What became of a draw, by class in the order of the legend.

    Attributes:
        asked: Samples asked for.
        obtained: Samples drawn.
        reasons: Why there are fewer, or empty.
        unmatched: Values of the class column that are no class of the legend, with the number of
            features in the area that have them.
    """

    asked: tuple[int, ...]
    obtained: tuple[int, ...]
    reasons: tuple[str, ...]
    unmatched: tuple[tuple[str, int], ...] = ()


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
    watch: Watch = Watch(),  # noqa: B008 - frozen
    large: Path | None = None,
) -> tuple[SampleSet, DrawReport]:
    """Draw samples.

    Args:
        connection: Service to ask.
        predictors: Image that `imagery.predictors` wrote.
        labels: A reference map, features with classes, or what was drawn on the map.
        plan: How many, and how they are spread over classes and space.
        imagery: What the predictors were made of, and the form of a sample.
        legend: Classes.
        aoi: Area; the centres of all samples lie in it.
        watch: Who follows; what it keeps lets the same draw go on where it was stopped.
        large: File ".npy" for predictors of more than 128 MB, which are then mapped from it.

    Raises:
        SampleError: There are none, or of one class only.
        LabelError: No labels meet the area.
    """
    grid = training_grid(connection, imagery, aoi)
    source = _Source(connection, labels, plan, imagery, legend, aoi, grid)
    harvest = source.harvest(watch.within(0, _LABELS_SHARE))
    refuse_nothing(harvest)
    asked = _asked(harvest, plan)
    reader = source.reader(predictors, asked, harvest, large)
    taking = _Taking(source, harvest.candidates(), asked, reader)
    chosen = taking.settle(watch.within(_LABELS_SHARE, 1))
    if not len(chosen):
        raise SampleError(
            "No labelled pixel has valid imagery in this area.",
            hint="Choose an area where the labels and the imagery meet, or a longer period.",
            field="samples",
        )
    samples = reader.samples(taking.candidates, chosen, source)
    counts = np.bincount(samples.class_index, minlength=len(legend))
    reasons = [_reason(taking, harvest, index, int(count)) for index, count in enumerate(counts)]
    return samples, DrawReport(
        tuple(asked), tuple(map(int, counts)), tuple(reasons), source.unmatched
    )


class _Reader(Protocol):
    """Reads candidates and makes samples of them.

    Attributes:
        roomy: Whether it may read and hold more than will be chosen.
    """

    roomy: bool

    def read(self, candidates: Candidates, new: NDArray[np.int64], held: NDArray[np.int64],
             watch: Watch) -> NDArray[np.bool_]:  # fmt: skip
        """Read some candidates; those held have been read and are still wanted."""

    def samples(
        self, candidates: Candidates, chosen: NDArray[np.int64], source: "_Source"
    ) -> SampleSet:
        """Make samples of candidates that were read."""


@dataclass
class _Source:
    """What a draw reads from."""

    connection: Connection
    labels: LabelPlan
    plan: SamplingPlan
    imagery: ImageryPlan
    legend: Legend
    aoi: Aoi
    grid: Grid
    shapes: tuple[LabelledShape, ...] = ()
    unmatched: tuple[tuple[str, int], ...] = ()

    def harvest(self, watch: Watch) -> Harvest:
        """All pixels that may become samples."""
        where = Field(len(self.legend), self.grid, self.aoi, self.plan)
        if self.labels.kind == "map":
            return from_map(self.connection, self.label_map(), where, watch)
        if self.labels.kind == "table":
            raise LabelError(
                "A table brings its own predictors; nothing is drawn from it.",
                hint="Read the table, or choose other labels.",
                field="labels",
            )
        watch.on_progress(0.0, "Labels: reading the features", None)
        found = labelled_shapes(self.connection, self.labels, legend=self.legend, aoi=self.aoi)
        self.shapes, self.unmatched = found.shapes, found.unmatched
        return from_shapes(self.shapes, where, watch)

    def label_map(self) -> Expression:
        """The reference map as class indices."""
        return label_image(
            self.connection, self.labels, legend=self.legend, imagery=self.imagery, aoi=self.aoi
        )

    def reader(
        self, predictors: Expression, asked: Sequence[int], harvest: Harvest, large: Path | None
    ) -> _Reader:
        """The reader for the plan's form."""
        names = stack_names(self.imagery)
        if self.imagery.form != "patch":
            return _Points(PointReader(self.connection, predictors, names, self.grid))
        dense = self.imagery.dense and self.labels.kind == "map"
        reader = PatchReader(
            self.connection,
            predictors,
            names,
            self.grid,
            side=self.imagery.patch_size,
            labels=self.label_map() if dense else None,
        )
        capacity = int(np.minimum(asked, harvest.offered).sum())
        return _Patches(reader, PatchStore(capacity, self.imagery, len(names), large))

    def columns(self, candidates: Candidates, chosen: NDArray[np.int64]) -> dict[str, object]:
        """What every form of samples has beside predictors."""
        kept = candidates.take(chosen)
        lon, lat = self.grid.lonlat(*np.divmod(kept.ids, self.grid.shape[1]))
        given = self.labels.kind == "features" and bool(self.labels.part_property)
        return {
            "names": predictor_names(self.imagery),
            "legend": self.legend,
            "class_index": kept.class_index,
            "lon": lon,
            "lat": lat,
            "group": kept.group,
            "ids": kept.ids,
            "given": kept.given if given else None,
            "steps": step_days(self.imagery),
        }


@dataclass
class _Taking:
    """Candidates on their way to become samples."""

    source: _Source
    candidates: Candidates
    asked: Sequence[int]
    reader: _Reader
    masked: NDArray[np.bool_] = field(init=False)

    def __post_init__(self) -> None:
        self.masked = np.zeros(len(self.candidates), bool)

    def settle(self, watch: Watch) -> NDArray[np.int64]:
        """Choose and read until all that are chosen are valid; indices of the candidates."""
        read = np.zeros(len(self.candidates), bool)
        places = self._places()
        share = 0.0
        for turn in range(_MOST_ROUNDS):
            chosen = self._choose(~self.masked, places)
            new = chosen[~read[chosen]]
            if not len(new):
                return chosen
            if self.reader.roomy:
                new, held = np.union1d(new, self._spares(new, read)), np.flatnonzero(read)
            else:
                held = chosen[read[chosen]]
            end = share + (1 - share) * (0.9 if turn == 0 else 0.5)
            valid = self.reader.read(self.candidates, new, held, watch.within(share, end))
            share = end
            read[:] = False
            read[held], read[new] = True, True
            self.masked[new[~valid]] = True
        kept = np.zeros(len(self.candidates), bool)
        kept[chosen] = True
        return np.flatnonzero(kept & ~self.masked)

    def _spares(self, new: NDArray[np.int64], read: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Candidates to read beside new ones, by how many of their class were masked so far."""
        classes = self.candidates.class_index
        counts = [
            np.bincount(classes[of], minlength=len(self.asked))
            for of in (new, self.masked, read & ~self.masked)
        ]
        wanted, masked, valid = counts
        ratio = np.minimum(masked / np.maximum(valid, 1), _MOST_SPARES)
        most = np.where(wanted > 0, self.asked + np.ceil(wanted * ratio).astype(np.int64), 0)
        more = choose(self.candidates, most, usable=~self.masked)
        return np.asarray(more[~read[more]])

    def _choose(
        self, usable: NDArray[np.bool_], places: NDArray[np.float64] | None
    ) -> NDArray[np.int64]:
        distance = self.source.plan.min_distance_m
        return choose(
            self.candidates, self.asked, usable=usable, places=places, distance_m=distance
        )

    def _places(self) -> NDArray[np.float64] | None:
        """Metres in the area's UTM zone, where a distance is to be kept."""
        if not self.source.plan.min_distance_m:
            return None
        grid = self.source.grid
        lon, lat = grid.lonlat(*np.divmod(self.candidates.ids, grid.shape[1]))
        return np.column_stack(lonlat_to(self.source.aoi.utm_crs).transform(lon, lat))


class _Points:
    """Samples that are single pixels or series of them."""

    roomy = True

    def __init__(self, reader: PointReader) -> None:
        self._reader = reader
        self._index = np.empty(0, np.int64)
        self._values = np.empty((0, 0), np.float32)

    def read(
        self,
        candidates: Candidates,
        new: NDArray[np.int64],
        held: NDArray[np.int64],
        watch: Watch,
    ) -> NDArray[np.bool_]:
        """Read some candidates beside those held."""
        values = self._reader.read(candidates.ids[new], watch)
        kept = np.isin(self._index, held)
        old = self._values[kept] if len(self._index) else np.empty((0, values.shape[1]), np.float32)
        self._index = np.concatenate([self._index[kept], new])
        self._values = np.concatenate([old, values])
        return np.asarray(~np.isnan(values[:, 0]))

    def samples(
        self, candidates: Candidates, chosen: NDArray[np.int64], source: _Source
    ) -> SampleSet:
        """Samples in the order of the grid's pixels."""
        chosen = chosen[np.argsort(candidates.ids[chosen])]
        order = np.argsort(self._index)
        rows = order[np.searchsorted(self._index, chosen, sorter=order)]
        predictors, valid = unstack(source.imagery, self._values[rows])
        return SampleSet(
            predictors=predictors,
            valid=valid,
            **source.columns(candidates, chosen),  # type: ignore[arg-type]
        )


class _Patches:
    """Samples that are patches; each has a slot, which is free again when it is not wanted."""

    roomy = False

    def __init__(self, reader: PatchReader, store: PatchStore) -> None:
        self._reader = reader
        self._store = store
        self._owner = np.full(len(store.valid), -1, np.int64)

    def read(
        self,
        candidates: Candidates,
        new: NDArray[np.int64],
        held: NDArray[np.int64],
        watch: Watch,
    ) -> NDArray[np.bool_]:
        """Read some candidates beside those held."""
        self._owner[~np.isin(self._owner, held)] = -1
        slots = np.flatnonzero(self._owner < 0)[: len(new)]
        self._owner[slots] = new
        return self._reader.read(candidates.ids[new], self._store, slots, watch)

    def samples(
        self, candidates: Candidates, chosen: NDArray[np.int64], source: _Source
    ) -> SampleSet:
        """Samples in the order of their slots."""
        slots = np.flatnonzero(np.isin(self._owner, chosen))
        owners = self._owner[slots][self._store.finished(slots)]
        if self._store.dense is not None and source.shapes:
            self._burn(candidates.ids[owners], source)
        return SampleSet(
            predictors=self._store.predictors,
            valid=self._store.valid,
            dense=self._store.dense,
            **source.columns(candidates, owners),  # type: ignore[arg-type]
        )

    def _burn(self, ids: NDArray[np.int64], source: _Source) -> None:
        """Dense labels from shapes."""
        half = source.imagery.patch_size // 2
        dense = self._store.dense
        for slot, (row, col) in enumerate(zip(*np.divmod(ids, source.grid.shape[1]), strict=True)):
            window = tuple(slice(int(at) - half, int(at) + half + 1) for at in (row, col))
            if dense is not None:
                dense[slot] = burnt(source.shapes, source.grid.window((window[0], window[1])))


def _asked(harvest: Harvest, plan: SamplingPlan) -> list[int]:
    """Samples to ask of each class, also of one without pixels where the plan says how many."""
    mapped = harvest.labelled.astype(np.float64)
    shares = mapped if plan.allocation in _BY_SHARE else np.full(len(mapped), np.nan)
    return [int(count) for count in allocation(plan, shares)]


def _reason(taking: _Taking, harvest: Harvest, index: int, obtained: int) -> str:
    """Why there are fewer samples of a class than were asked for; empty where there are not."""
    if obtained >= taking.asked[index]:
        return ""
    name, plan = taking.source.legend.names[index], taking.source.plan
    labelled, offered = int(harvest.labelled[index]), int(harvest.offered[index])
    if not labelled:
        return f"“{name}” has no pixel in the area."
    masked = int(taking.masked[taking.candidates.class_index == index].sum())
    causes = []
    if offered < labelled:
        causes.append(f"{offered:,} are pure")
    if masked:
        causes.append(f"{masked:,} have no valid imagery")
    if plan.min_distance_m and obtained < offered - masked:
        causes.append(f"the others are closer than {plan.min_distance_m:g} m to a sample")
    if not causes:
        return f"All {labelled:,} pixels of “{name}” in the area were taken."
    return f"Of {labelled:,} pixels of “{name}” in the area, {'; '.join(causes)}."
