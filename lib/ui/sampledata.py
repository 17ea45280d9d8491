"""What the samples page keeps in memory, so that a rerun asks and computes nothing again."""

from collections.abc import Callable
from typing import TypeVar

from lib.core.errors import AppError
from lib.core.legend import Legend
from lib.core.samples import SampleSet
from lib.ui import arealayers, state
from lib.workflow import labels, samples, splits
from lib.workflow.project import Workspace
from lib.workflow.views import SamplesView

Value = TypeVar("Value")


def source_legend(ws: Workspace) -> Legend:
    """Return the classes that the label source brings, asked for again when it is another.

    Raises:
        AppError: It brings none.
    """
    plan, project = ws.project.labels, ws.project
    own = project.legend if plan.kind == "drawn" else None
    key = (ws.id, ws.connection.id, plan.kind, plan.source, plan.band, plan.class_property, own)
    return state.latest("source-legend", key, lambda: labels.source_legend(ws))


def legend(ws: Workspace) -> Legend:
    """Return the project's classes, or those of its label source.

    Raises:
        AppError: There are none.
    """
    return ws.project.legend or source_legend(ws)


def single_shapes(ws: Workspace) -> tuple[str, ...]:
    """Return the classes with one polygon or point only; empty where there are no classes."""
    plan, classes = ws.project.labels, legend_or_none(ws)
    if classes is None:
        return ()
    key = (ws.id, ws.connection.id, plan, classes)
    return state.latest("single-shapes", key, lambda: splits.single_shapes(ws, classes))


def legend_or_none(ws: Workspace) -> Legend | None:
    """Return the classes; None where there are none yet, which is told beside its control."""
    try:
        return legend(ws)
    except AppError:
        return None


def drawn(ws: Workspace) -> SampleSet | None:
    """Return the samples that are there, after edits; None where there are none.

    Raises:
        SampleError: They cannot be read, or the edits do not fit them.
    """
    found = ws.find(samples.KIND)
    if found is None:
        return None
    key = (str(found.folder), found.finished, ws.project.edits)
    return state.latest("sample-set", key, lambda: samples.drawn(ws, found))


def view(ws: Workspace) -> SamplesView | None:
    """Return the samples in figures; None where there are none."""
    kept = drawn(ws)
    if kept is None:
        return None
    return of_samples(ws, "samples-view", lambda: samples.read(ws, kept))


def of_samples(ws: Workspace, name: str, make: Callable[[], Value]) -> Value:
    """Return what was made of the samples as they are, made again when they or the plans change."""
    found, project = ws.find(samples.KIND), ws.project
    key = (
        (str(found.folder), found.finished, found.changed) if found else None,
        project.edits,
        project.split,
        project.balance,
    )
    return state.latest(name, key, make)


def estimate_words(ws: Workspace) -> str:
    """Return what drawing will do and cost, or what is missing first, as a sentence."""
    try:
        classes = legend(ws)
        seen = None if ws.project.labels.kind == "table" else arealayers.preview(ws)
        scenes, project = seen.scene_count if seen else 1, ws.project
        key = (ws.id, ws.connection.id, project.aoi, project.imagery, project.labels, classes)
        return state.latest(
            "draw-words",
            (*key, project.sampling, scenes),
            lambda: samples.estimate(ws, classes, scenes=scenes).sentence,
        )
    except AppError as error:
        return str(error)
