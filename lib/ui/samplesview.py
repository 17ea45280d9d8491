"""What one looks at on the samples page: the map, the counts, and what else is told in tabs."""

from collections.abc import Callable
from dataclasses import asdict

import streamlit as st

from lib.core.formats import number
from lib.core.samples import SampleSet
from lib.ui import (
    arealayers,
    charts,
    classlist,
    frame,
    labeldraw,
    leaveview,
    maps,
    qualityview,
    samplecharts,
    sampledata,
)
from lib.ui.guard import guard, plain
from lib.ui.state import key_for
from lib.workflow import samples
from lib.workflow.project import Workspace
from lib.workflow.views import SamplesView


def show_map(ws: Workspace, view: SamplesView | None) -> None:
    """Show the imagery with the samples on it, and the labels that are drawn."""
    content = _content(ws, view)
    if ws.project.labels.kind == "drawn":
        labeldraw.show_map(ws, content)
    else:
        maps.look_at(content, key="samples-map")


def _content(ws: Workspace, view: SamplesView | None) -> maps.MapContent:
    points, focus = (view.points if view else ()), qualityview.focus()
    classes = sampledata.legend_or_none(ws)
    colors = view.legend.colors if view else classes.colors if classes else ()
    if ws.project.labels.kind == "table":
        # A person's own samples do not lie on the simulated planet.
        base = tuple(layer for layer in arealayers.base(ws) if not layer.simulated)
        bounds = _around(points) or arealayers.bounds(ws)
        return maps.MapContent(base, bounds=bounds, points=points, colors=colors, focus=focus)
    shapes = labeldraw.shapes(ws)
    if shapes and classes is not None:
        colors, points = classes.colors, _renumbered(view, classes.values) if view else ()
    return maps.MapContent(
        base=arealayers.base(ws),
        layers=preview.layers if (preview := arealayers.preview(ws)) else (),
        bounds=arealayers.bounds(ws),
        area=arealayers.geometry(ws),
        points=points,
        colors=colors,
        shapes=shapes,
        focus=focus,
    )


def _renumbered(view: SamplesView, values: tuple[int, ...]) -> tuple[tuple[float, float, int], ...]:
    """Return points with the index of their class among other values."""
    place = {value: index for index, value in enumerate(values)}
    index = [place.get(value, -1) for value in view.legend.values]
    return tuple((lon, lat, index[k]) for lon, lat, k in view.points if index[k] >= 0)


def _around(
    points: tuple[tuple[float, float, int], ...],
) -> tuple[float, float, float, float] | None:
    if not points:
        return None
    lons, lats = [point[0] for point in points], [point[1] for point in points]
    return min(lons), min(lats), max(lons), max(lats)


def show_legend(ws: Workspace, view: SamplesView | None) -> None:
    """Show the classes beside the map, with how many samples of each are there."""
    if view is not None:
        rows = view.per_class
        counts = [number(row.obtained) for row in rows]
        classlist.show([row.name for row in rows], [row.color for row in rows], counts)
        return
    classes = sampledata.legend_or_none(ws)
    if classes is not None:
        classlist.show(classes.names, classes.colors)


def show_result(ws: Workspace, view: SamplesView, kept: SampleSet) -> None:
    """Show what came, and in tabs what is computed only once they are opened."""
    if view.stale:
        frame.stale_note(view.changed)
    qualityview.show_edits(ws)
    parts: dict[str, Callable[[], None]] = {
        "Samples": lambda: _counts(view),
        "Balance": lambda: _balance(view),
        "Spectra": lambda: qualityview.show_signatures(ws, view, kept),
        "Pairs": lambda: qualityview.show_pairs(ws, kept),
        "Outliers": lambda: qualityview.show_outliers(ws, view, kept),
        "Wrong labels": lambda: qualityview.show_suspicious(ws, view, kept),
        "Distances": lambda: _distances(ws, view, kept),
        "Take home": lambda: leaveview.show(ws, kept, simulated=view.simulated),
    }
    tabs = st.tabs(list(parts), key=key_for(ws, "sample-tabs"), on_change="rerun")
    for tab, show in zip(tabs, parts.values(), strict=True):
        if tab.open:
            with tab, guard():
                show()


def _counts(view: SamplesView) -> None:
    """Show counts by class, why some are short, and where each part of the split lies."""
    rows = [asdict(row) for row in view.per_class]
    charts.show(
        charts.class_counts(rows, simulated=view.simulated),
        alt_text="Bars of the samples obtained in each class.",
    )
    short = [
        row.reason if f"“{row.name}”" in row.reason else f"{row.name}: {row.reason}"
        for row in view.per_class
        if row.reason
    ]
    if short:
        st.caption("  \n".join(map(plain, short)))
    parts = frame.facts("parts", [1, 1, 1, 1])
    parts[0].metric("Samples", number(view.count))
    for column, part in zip(parts[1:], ("training", "validation", "test"), strict=True):
        column.metric(part.capitalize(), number(sum(row[part] for row in rows)))
    if view.form != "pixel":
        st.caption(_shape_words(view))
    frame.notes((*view.notes, *view.split_notes))
    if view.split_error and not view.stale:
        st.error(plain(view.split_error), icon=":material/error:")


def _shape_words(view: SamplesView) -> str:
    if view.form == "series":
        return f"Each is a series of {view.shape[0]} dates by {view.shape[1]} predictors."
    rows, columns, predictors = view.shape
    return f"Each is a patch of {rows} x {columns} pixels by {predictors} predictors."


def _balance(view: SamplesView) -> None:
    if view.split_error:
        st.caption("The samples are not parted, so nothing can be balanced.")
        return
    charts.show(
        samplecharts.balance(view.per_class, simulated=view.simulated),
        alt_text="Bars of the training samples of each class before and after balancing.",
    )
    st.caption("Training set only, after the split: validation and test samples stay as drawn.")


def _distances(ws: Workspace, view: SamplesView, kept: SampleSet) -> None:
    bins = sampledata.of_samples(ws, "distances", lambda: samples.distances(ws, kept))
    charts.show(
        samplecharts.distances(bins, simulated=view.simulated),
        alt_text="Bars of the distance from test samples to the nearest training sample.",
    )
    st.caption(
        "A test set close to what was learnt tells little of new places. Blocks and polygons keep "
        "the two apart."
    )
