"""How good drawn samples are: spectra, separability, doubtful ones, and what is done with them."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from lib.core import quality as figures
from lib.core.edits import Edits
from lib.core.errors import SampleError
from lib.core.formats import count_words
from lib.core.samples import SampleSet
from lib.core.separability import separability
from lib.core.tables.writing import steps_of
from lib.workflow import samples as step
from lib.workflow.sample_views import Doubt, Doubts, Pairs, SignatureRow
from lib.workflow.workspace import StepJobs, Workspace

KIND = "label_quality"
_JOBS = StepJobs(KIND)
start, job, cancel = _JOBS.start, _JOBS.job, _JOBS.cancel
MOST = 50_000
"""Samples that statistics on a page look at."""
LISTED = 200
"""Doubtful samples that are listed."""


def some_of(samples: SampleSet, most: int = MOST) -> SampleSet:
    """At most so many of the samples, spread evenly."""
    if len(samples) <= most:
        return samples
    return samples.take(np.linspace(0, len(samples) - 1, most).astype(np.int64))


def signatures(samples: SampleSet) -> tuple[SignatureRow, ...]:
    """The middle and the spread of each class in every predictor, for series on every step."""
    found = figures.signatures(some_of(samples))
    low, high = found.quantiles[0], found.quantiles[-1]
    rows = []
    for index, item in enumerate(samples.legend):
        if not found.counts[index]:
            continue
        for step_name, predictor, at in _cells(samples):
            values = [float(table[index][at]) for table in (found.mean, low, high)]
            if np.isfinite(values).all():
                rows.append(SignatureRow(item.name, item.color, predictor, step_name, *values))
    return tuple(rows)


def _cells(samples: SampleSet) -> list[tuple[str, str, tuple[int, ...]]]:
    """Step, predictor and place of every figure of a class."""
    names = list(enumerate(samples.names))
    if samples.form != "series":
        return [("", name, (k,)) for k, name in names]
    steps = enumerate(steps_of(samples))
    return [(step_name, name, (t, k)) for t, step_name in steps for k, name in names]


def pairs(samples: SampleSet) -> Pairs:
    """Jeffries-Matusita distances of all pairs of classes, the least separable first."""
    found = separability(some_of(samples))
    return Pairs(found.pairs, samples.legend.names, found.notes)


def outliers(samples: SampleSet) -> Doubts:
    """Samples far from the middle of their class, the farthest first."""
    looked_at = some_of(samples)
    found = figures.outliers(looked_at)
    rows = [_doubt(looked_at, int(k), float(found.distance[k])) for k in found.indices[:LISTED]]
    return Doubts(tuple(rows), len(found.indices), found.notes)


def suspicious(workspace: Workspace, samples: SampleSet) -> Doubts | None:
    """Labels that a forest does not believe, as the last look found them; None before the first.

    Those that were dropped or relabelled since are left out.
    """
    found = workspace.find(KIND)
    if found is None or set(found.changed) - {_EDITS}:
        return None
    place = {int(sample): k for k, sample in enumerate(samples.ids)}
    rows = [
        _doubt(samples, place[row["id"]], row["confidence"], row["suggested"])
        for row in found.summary["rows"]
        if row["id"] in place and _value(samples, place[row["id"]]) == row["value"]
    ]
    notes = tuple(found.summary["notes"])
    return Doubts(tuple(rows[:LISTED]), len(rows), notes, stale=found.stale)


_EDITS = "the samples that were dropped or relabelled"


def _value(samples: SampleSet, place: int) -> int:
    return samples.legend.values[int(samples.class_index[place])]


def _doubt(samples: SampleSet, place: int, figure: float, suggested: int | None = None) -> Doubt:
    return Doubt(
        id=int(samples.ids[place]),
        lon=float(samples.lon[place]),
        lat=float(samples.lat[place]),
        name=samples.legend.names[int(samples.class_index[place])],
        figure=figure,
        suggested=suggested,
    )


def drop(workspace: Workspace, ids: Iterable[int]) -> None:
    """Drop samples.

    Raises:
        SampleError: Fewer than two classes would remain.
    """
    _keep(workspace, workspace.project.edits.drop(ids))


def relabel(workspace: Workspace, ids: Iterable[int], value: int) -> None:
    """Give samples another class.

    Raises:
        SampleError: They cannot have it, or fewer than two classes would remain.
    """
    _keep(workspace, workspace.project.edits.relabel(ids, value))


def undo(workspace: Workspace) -> None:
    """Take the last step back."""
    workspace.change(edits=workspace.project.edits.undo())


def undo_all(workspace: Workspace) -> None:
    """Take every step back."""
    workspace.change(edits=Edits())


def _keep(workspace: Workspace, edits: Edits) -> None:
    found = workspace.find(step.KIND)
    if found is None:
        raise SampleError("There are no samples.", hint="Draw some first.", field="samples")
    edits.apply(step.set_of(found))
    workspace.change(edits=edits)


def edits_words(workspace: Workspace) -> str:
    """What was changed by hand, such as "3 samples dropped, 1 relabelled"; empty for nothing."""
    edits: Edits = workspace.project.edits
    counts: dict[str, Any] = {"dropped": edits.dropped, "relabelled": edits.relabelled}
    told = [f"{len(ids):,} {what}" for what, ids in counts.items() if ids]
    if not told:
        return ""
    first = count_words(len(edits.dropped or edits.relabelled), "sample")
    return ", ".join([f"{first} {told[0].split()[1]}", *told[1:]])
