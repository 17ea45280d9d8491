"""Step 2: labelled samples, drawn in a worker and parted by the chosen split."""

from typing import Any

import numpy as np

from lib.catalog.collections import Collection, label_collections
from lib.core.balance import class_weights
from lib.core.errors import SampleError
from lib.core.formats import duration_words, number
from lib.core.legend import Legend
from lib.core.samples import SampleSet
from lib.core.split import Split, make_split
from lib.earthengine import assets, imagery, labels
from lib.workflow import uploads
from lib.workflow.store import Found
from lib.workflow.views import ClassCount, Estimate, SamplesView
from lib.workflow.workspace import StepJobs, Workspace

KIND = "samples"
_JOBS = StepJobs(KIND)
start, job, cancel = (
    _JOBS.start,
    _JOBS.job,
    _JOBS.cancel,
)
POINTS_SHOWN = 2_000
SAMPLES_A_SECOND = 800
ROWS_A_PAGE = 1_000


def label_maps(workspace: Workspace) -> tuple[Collection, ...]:
    """Reference maps to choose from on this connection."""
    return tuple(item for item in label_collections() if workspace.connection.can.serves(item.id))


def import_features(workspace: Workspace, filename: str, data: bytes) -> str:
    """Make an uploaded vector file an asset of Local Earth.

    Returns:
        The asset's id.

    Raises:
        VectorError: It cannot be read, or has no coordinate system.
        PlanError: The connection takes no files.
    """
    return uploads.take(workspace, filename, data, assets.import_features)


def legend(workspace: Workspace) -> Legend:
    """The project's classes, or those that its label source brings.

    Raises:
        LabelError: The source does not have the class column, or fewer than two classes.
    """
    if workspace.project.legend is not None:
        return workspace.project.legend
    return labels.default_legend(workspace.connection, workspace.project.labels)


def estimate(workspace: Workspace) -> Estimate:
    """What drawing the samples will do and cost."""
    project = workspace.project
    if project.labels.kind == "features":
        sentence = "Read every labelled pixel under the features: some 5 s."
        return Estimate(sentence, 2, 5.0)
    classes = len(legend(workspace))
    count = project.sampling.per_class * classes
    requests = classes + count // ROWS_A_PAGE
    seconds = 3 + count / SAMPLES_A_SECOND
    sentence = (
        f"Draw up to {number(count)} samples of {classes} classes: "
        f"about {requests} requests, {duration_words(seconds)}."
    )
    return Estimate(sentence, requests, seconds)


def read(workspace: Workspace) -> SamplesView | None:
    """The samples that were drawn; None where there are none yet."""
    found = workspace.find(KIND)
    if found is None:
        return None
    samples = SampleSet.load(found.folder / "samples.npz")
    try:
        split, error = make_split(samples, workspace.project.split), ""
    except SampleError as problem:
        split, error = None, str(problem)
    return SamplesView(
        count=len(samples),
        per_class=_class_counts(samples, split, found.summary),
        split_kind=workspace.project.split.kind,
        split_notes=split.notes if split else (),
        split_error=error,
        points=_points(samples),
        legend=samples.legend,
        has_polygons=found.summary["has_polygons"],
        simulated=found.summary["simulated"],
        seconds=found.summary["seconds"],
        stale=found.stale,
        changed=found.changed_words,
    )


def _class_counts(
    samples: SampleSet, split: Split | None, summary: dict[str, Any]
) -> tuple[ClassCount, ...]:
    """Counts for every class that was asked for; those that were left out have no samples."""
    size = len(samples.legend)
    counted = split.class_counts(samples) if split else np.zeros((3, size), int)
    weights = class_weights(samples.class_index, size, names=samples.legend.names)
    places = {value: place for place, value in enumerate(samples.legend.values)}
    rows = []
    for index, item in enumerate(Legend.from_json(summary["asked_legend"])):
        place = places.get(item.value)
        parts = (0, 0, 0) if place is None else tuple(int(part[place]) for part in counted)
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
            )
        )
    return tuple(rows)


def _points(samples: SampleSet) -> tuple[tuple[float, float, int], ...]:
    step = max(1, len(samples) // POINTS_SHOWN)
    picked = slice(None, None, step)
    rows = zip(samples.lon[picked], samples.lat[picked], samples.class_index[picked], strict=True)
    return tuple((float(lon), float(lat), int(index)) for lon, lat, index in rows)


def set_of(found: Found) -> SampleSet:
    """The sample set of a result on disk."""
    return SampleSet.load(found.folder / "samples.npz")


def is_simulated(workspace: Workspace) -> bool:
    """Whether samples would come from the simulated planet."""
    return imagery.plan_is_simulated(workspace.connection, workspace.project.imagery)
