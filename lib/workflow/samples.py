"""Step 2: labelled samples, drawn in a worker or read from a table, and parted by a split."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lib.core.balance import class_weights
from lib.core.design import RARE_MINIMUM, sample_size
from lib.core.distance import DistanceBin, distance_histogram, test_distance
from lib.core.edits import Edits
from lib.core.errors import AoiError, SampleError
from lib.core.formats import bytes_words, count_words, duration_words, number
from lib.core.legend import Legend
from lib.core.plan import LabelPlan
from lib.core.resampling import resample
from lib.core.samples import SampleSet
from lib.core.split import Split, make_split
from lib.earthengine import imagery
from lib.earthengine.drawcost import draw_cost
from lib.models.augment import FOR_FORM
from lib.workflow import labels, splits, tablefiles, uploads
from lib.workflow.sample_views import SampleSize
from lib.workflow.store import Found
from lib.workflow.views import ClassCount, Estimate, SamplesView
from lib.workflow.workspace import StepJobs, Workspace

KIND = "samples"
_JOBS = StepJobs(KIND)
job, cancel = _JOBS.job, _JOBS.cancel
POINTS_SHOWN = 2_000
RATES = (0.5, 1.0, 1.5, 2.0, 3.0, 5.0)
"""Standard errors of the overall accuracy to aim at, in percent."""
_ROWS_A_SECOND = 200_000


def import_features(workspace: Workspace, filename: str, data: bytes) -> str:
    """Make an uploaded vector file an asset of Local Earth.

    Returns:
        The asset's id.

    Raises:
        VectorError: It cannot be read, or has no coordinate system.
        PlanError: The connection takes no files.
    """
    return uploads.take(workspace, filename, data, uploads.import_vectors)


def start(workspace: Workspace) -> str:
    """Start drawing, or reading the table; returns the job's id.

    What was dropped or relabelled among other samples is forgotten, as they are drawn anew.

    Raises:
        LabelError: Imagery and labels are not of the same world.
    """
    refuse_mixing(workspace)
    found = workspace.find(KIND)
    if workspace.project.edits.steps and (found is None or found.stale):
        workspace.change(edits=Edits())
    return _JOBS.start(workspace)


def refuse_mixing(workspace: Workspace) -> None:
    """Refuse labels of one's own for the simulated planet, and the other way round.

    Raises:
        LabelError: Imagery and labels are not of the same world.
    """
    imagery.refuse_mixing(workspace.connection, workspace.project.imagery, workspace.project.labels)


def legend(workspace: Workspace) -> Legend:
    """The project's classes, or those that its label source brings.

    Raises:
        LabelError: The source does not have the class column, or fewer than two classes.
    """
    return labels.legend(workspace)


def estimate(workspace: Workspace, classes: Legend, *, scenes: int = 1) -> Estimate:
    """What drawing the samples will do and cost.

    Args:
        workspace: Whose project.
        classes: Its legend.
        scenes: Scenes that are composited.

    Raises:
        LabelError: Imagery and labels are not of the same world.
    """
    project = workspace.project
    if project.labels.kind == "table":
        return _reading_estimate(workspace)
    refuse_mixing(workspace)
    if project.aoi is None:
        raise AoiError("No area is chosen yet.", hint="Draw one on the map.", field="aoi")
    count = _most(workspace, classes)
    cost = draw_cost(
        workspace.connection, project.imagery, project.labels,
        aoi=project.aoi, samples=count, scenes=scenes,
    )  # fmt: skip
    what = {"pixel": "samples", "series": "series", "patch": "patches"}[project.imagery.form]
    sentence = (
        f"Draw up to {number(count)} {what} of {len(classes)} classes: about "
        f"{count_words(cost.requests, 'request')}, {bytes_words(cost.bytes)} of "
        f"{number(cost.pixels)} pixels, {duration_words(cost.seconds)}."
    )
    return Estimate(sentence, cost.requests, cost.seconds)


def _reading_estimate(workspace: Workspace) -> Estimate:
    source = workspace.project.labels.source
    rows = len(tablefiles.table_of(workspace.folder, source))
    seconds = 1 + rows / _ROWS_A_SECOND
    words = f"Read {count_words(rows, 'row')} of the table: {duration_words(seconds)}."
    return Estimate(words, 0, seconds)


def _most(workspace: Workspace, classes: Legend) -> int:
    plan = workspace.project.sampling
    if plan.allocation == "by hand":
        return sum(plan.counts)
    each = max(plan.per_class, plan.floor) if plan.allocation == "equal" else plan.per_class
    return each * len(classes)


def enough_for(
    workspace: Workspace, classes: int, *, standard_error: float, accuracy: float
) -> SampleSize:
    """How many samples tell the overall accuracy so closely (Olofsson et al. 2014, equation 13).

    With the same accuracy expected of every class their shares of the map do not matter.

    Args:
        workspace: Whose split says which share of the samples is tested.
        classes: Number of classes.
        standard_error: Wanted of the overall accuracy, as a share.
        accuracy: User's accuracy expected of every class, as a share.

    Raises:
        PlanError: Either is no share, or no error is expected at all.
    """
    tested = sample_size(np.full(classes, 1 / classes), accuracy, standard_error)
    total = math.ceil(tested / workspace.project.split.test)
    least = math.ceil(RARE_MINIMUM / workspace.project.split.test)
    return SampleSize(tested, total, max(math.ceil(total / classes), least))


def drawn(workspace: Workspace, found: Found) -> SampleSet:
    """The samples of a result as they are after a person's edits.

    Raises:
        SampleError: They cannot be read, or the edits do not fit them.
    """
    return workspace.project.edits.apply(set_of(found))


def read(workspace: Workspace, samples: SampleSet | None = None) -> SamplesView | None:
    """The samples that were drawn; None where there are none yet.

    Args:
        workspace: Whose project.
        samples: Those of the result after the edits, where they are in memory already.

    Raises:
        SampleError: They cannot be read, or edits do not fit them.
    """
    found = workspace.find(KIND)
    if found is None:
        return None
    samples = drawn(workspace, found) if samples is None else samples
    split, error = part(workspace, samples)
    edits = workspace.project.edits
    return SamplesView(
        count=len(samples),
        per_class=_class_counts(workspace, samples, split, found.summary),
        split_kind=workspace.project.split.kind,
        split_notes=(*split.notes, *overlap_notes(workspace, samples, split)) if split else (),
        split_error=error,
        points=_points(samples),
        legend=samples.legend,
        has_polygons=found.summary["has_polygons"],
        simulated=found.summary["simulated"],
        seconds=found.summary["seconds"],
        stale=found.stale,
        changed=found.changed_words,
        form=samples.form,
        shape=samples.predictors.shape[1:],
        notes=_notes(found.summary),
        dropped=len(edits.dropped),
        relabelled=len(edits.relabelled),
    )


def overlap_notes(workspace: Workspace, samples: SampleSet, split: Split) -> tuple[str, ...]:
    """Say how many test patches share pixels with a training patch; () for none."""
    project = workspace.project
    if samples.form != "patch" or project.labels.kind == "table":
        return ()
    side_m = project.imagery.patch_size * project.imagery.scale_m
    shared = int((test_distance(samples, split) < side_m).sum())
    if not shared:
        return ()
    words = (
        f"{shared:,} of {len(split.test):,} test patches share pixels with a training patch, so "
        f"their scores flatter. A least distance of {1.5 * side_m:,.0f} m between samples keeps "
        "them apart."
    )
    return (words,)


def part(workspace: Workspace, samples: SampleSet) -> tuple[Split | None, str]:
    """The parts of the samples, or None and the reason why they cannot be parted so."""
    try:
        return make_split(samples, workspace.project.split), ""
    except SampleError as problem:
        return None, str(problem)


def _notes(summary: dict[str, Any]) -> tuple[str, ...]:
    unmatched = summary.get("unmatched", [])
    notes = tuple(summary.get("notes", ()))
    if not unmatched:
        return notes
    listed = ", ".join(f"“{text}” ({count:,})" for text, count in unmatched[:8])
    features = count_words(sum(count for _, count in unmatched), "feature")
    return (*notes, f"{features} of values that the legend does not have: {listed}.")


def _class_counts(
    workspace: Workspace, samples: SampleSet, split: Split | None, summary: dict[str, Any]
) -> tuple[ClassCount, ...]:
    """Counts for every class that was asked for; those that were left out have no samples."""
    size = len(samples.legend)
    counted = split.class_counts(samples) if split else np.zeros((3, size), int)
    weights = _weights(workspace, samples)
    balanced = balanced_counts(workspace, samples, split)
    places = {value: place for place, value in enumerate(samples.legend.values)}
    rows = []
    for index, item in enumerate(Legend.from_json(summary["asked_legend"])):
        place = places.get(item.value)
        parts = (0, 0, 0) if place is None else tuple(int(row[place]) for row in counted)
        rows.append(
            ClassCount(
                name=item.name,
                color=item.color,
                asked=summary["asked"][index],
                obtained=summary["obtained"][index],
                training=parts[0],
                validation=parts[1],
                test=parts[2],
                weight=0.0 if place is None else float(weights[place]),
                reason=summary["reasons"][index],
                balanced=0 if place is None else int(balanced[place]),
            )
        )
    return tuple(rows)


def _weights(workspace: Workspace, samples: SampleSet) -> NDArray[np.float64]:
    project = workspace.project
    try:
        return class_weights(
            samples.class_index, len(samples.legend), how=project.balance.weighting
        )
    except SampleError:  # all samples of a class were dropped by hand
        return np.ones(len(samples.legend))


def balanced_counts(
    workspace: Workspace, samples: SampleSet, split: Split | None
) -> NDArray[np.int64]:
    """Training samples of each class after resampling; shape (classes,), zeros without a split."""
    if split is None:
        return np.zeros(len(samples.legend), np.int64)
    plan = workspace.project.balance
    # SMOTE fills up to the same counts as repetition does.
    how = "over" if plan.resample == "smote" else plan.resample
    try:
        return resample(samples, split.training, replace(plan, resample=how)).after
    except SampleError:
        return np.asarray(split.class_counts(samples)[0])


def distances(workspace: Workspace, samples: SampleSet) -> tuple[DistanceBin, ...]:
    """How far test samples lie from the nearest training sample, counted in bins.

    Raises:
        SampleError: The samples cannot be parted, or have no places.
    """
    split = make_split(samples, workspace.project.split)
    return distance_histogram(test_distance(samples, split))


def _points(samples: SampleSet) -> tuple[tuple[float, float, int], ...]:
    known = np.flatnonzero(np.isfinite(samples.lon) & np.isfinite(samples.lat))
    picked = known[:: max(1, len(known) // POINTS_SHOWN)]
    rows = zip(samples.lon[picked], samples.lat[picked], samples.class_index[picked], strict=True)
    return tuple((float(lon), float(lat), int(index)) for lon, lat, index in rows)


def set_of(found: Found) -> SampleSet:
    """The sample set of a result on disk."""
    return SampleSet.load(found.folder / "samples.npz")


def split_kinds(workspace: Workspace) -> tuple[str, ...]:
    """Kinds of split that the labels allow."""
    return splits.kinds(workspace.project.labels)


def augmentations(form: str) -> tuple[str, ...]:
    """What can be done to training samples of a form, anew in each epoch."""
    return FOR_FORM[form]


def begin_with_table(workspace: Workspace) -> None:
    """Let the walk begin with a finished sample table instead of an area."""
    labels.choose(workspace, LabelPlan("table", "", ""))
