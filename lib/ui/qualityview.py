"""How good samples are: spectra, pairs of classes, and doubtful ones to look at one by one."""

import math
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lib.core.formats import count_words
from lib.core.legend import Legend
from lib.core.samples import SampleSet
from lib.ui import charts, frame, progress, samplecharts, sampledata, state
from lib.ui.guard import guard, plain
from lib.ui.state import key_for
from lib.workflow import quality
from lib.workflow.project import Workspace
from lib.workflow.sample_views import Doubt, Doubts
from lib.workflow.views import SamplesView

FOCUS = "sample-focus"
_FEW = 5
_JM_HELP = (
    "Jeffries-Matusita distance of two classes, each taken for one Gaussian: 0 for the same, 2 for "
    "classes that do not overlap (Richards and Jia 2006, section 10.2)."
)
_OUTLIER_WORDS = (
    "Samples far from the middle of their class, by a robust Mahalanobis distance (Rousseeuw and "
    "Van Driessen 1999, doi:10.1080/00401706.1999.10485670). Mixed pixels, clouds and wrong labels "
    "are often among them."
)
_SUSPICIOUS_WORDS = (
    "Forests that never saw a sample say how likely its label is; the list names those that are "
    "likely wrong (confident learning, Northcutt et al. 2021, doi:10.1613/jair.1.12125). Look "
    "before you drop: rare classes are named most."
)


def show_signatures(ws: Workspace, view: SamplesView, samples: SampleSet) -> None:
    """Show the spectrum of each class with its spread; of series over time."""
    rows = sampledata.of_samples(ws, "signatures", lambda: quality.signatures(samples))
    names = [item.name for item in view.legend if any(row.name == item.name for row in rows)]
    chosen = st.pills(
        "Classes",
        names,
        selection_mode="multi",
        default=names[:_FEW],
        key=key_for(ws, f"signature-classes-{len(names)}"),
    )
    over = "predictor"
    if samples.form == "series":
        over = "step"
        one = st.selectbox("Predictor", samples.names, key=key_for(ws, "signature-predictor"))
        rows = tuple(row for row in rows if row.predictor == one)
    shown = [row for row in rows if row.name in chosen]
    if not shown:
        st.caption("Choose a class.")
        return
    charts.show(
        samplecharts.signatures(shown, over=over, simulated=view.simulated),
        alt_text="The mean of each class in every predictor, with its spread.",
    )


def show_pairs(ws: Workspace, samples: SampleSet) -> None:
    """Show how well pairs of classes can be told apart, the worst first."""
    found = sampledata.of_samples(ws, "pairs", lambda: quality.pairs(samples))
    st.caption(_JM_HELP)
    table = pd.DataFrame(
        {
            "Class": [found.names[pair.first] for pair in found.rows],
            "and": [found.names[pair.second] for pair in found.rows],
            "Distance": [pair.distance for pair in found.rows],
            "Told apart": [pair.words for pair in found.rows],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "Distance": st.column_config.ProgressColumn(min_value=0, max_value=2, format="%.2f")
        },
        alt="Pairs of classes and their Jeffries-Matusita distance, the least separable first.",
    )
    frame.notes(found.notes)


def show_outliers(ws: Workspace, view: SamplesView, samples: SampleSet) -> None:
    """Show samples far from the middle of their class."""
    st.caption(_OUTLIER_WORDS)
    found = sampledata.of_samples(ws, "outliers", lambda: quality.outliers(samples))
    _doubts(ws, found, view.legend, name="outliers", figure="Distance", digits="%.0f")


def show_suspicious(ws: Workspace, view: SamplesView, samples: SampleSet) -> None:
    """Show labels that forests do not believe, once they were looked for."""
    st.caption(_SUSPICIOUS_WORDS)
    job = quality.job(ws)
    progress.watch(lambda: quality.job(ws), lambda: quality.cancel(ws), name="watch-labels")
    found = quality.suspicious(ws, samples)
    busy = progress.is_live(job)
    label = "Look for wrong labels" if found is None else "Look again"
    if (found is None or found.stale) and st.button(
        label, key="look-for-labels", icon=":material/manage_search:", disabled=busy or view.stale
    ):
        quality.start(ws)
        st.rerun()
    if found is not None:
        _doubts(
            ws, found, view.legend, name="suspicious", figure="Label is right", digits="percent"
        )


def _doubts(
    ws: Workspace, found: Doubts, legend: Legend, *, name: str, figure: str, digits: str
) -> None:
    """List doubtful samples; those that are chosen can be looked at, dropped or relabelled."""
    frame.notes(found.notes)
    if not found.rows:
        st.markdown("No sample stands out.")
        return
    names = dict(zip(legend.values, legend.names, strict=True))
    table = pd.DataFrame({"Class": [row.name for row in found.rows]})
    if any(row.suggested is not None for row in found.rows):
        table["Rather"] = [names.get(row.suggested or 0, "") for row in found.rows]
    table[figure] = [row.figure for row in found.rows]
    table["Sample"] = [row.id for row in found.rows]
    listed = "" if found.total == len(found.rows) else f" The first {len(found.rows)} are listed."
    st.markdown(f"{count_words(found.total, 'sample')} stand out.{listed}")
    picked = st.dataframe(
        table,
        key=key_for(ws, f"{name}-{len(ws.project.edits.steps)}-{found.total}"),
        hide_index=True,
        height=260,
        on_select="rerun",
        selection_mode="multi-row",
        column_config={
            figure: st.column_config.NumberColumn(format=digits),
            "Sample": st.column_config.NumberColumn(format="%d"),
        },
        alt="Samples that look wrong, the most doubtful first.",
    )
    rows = [found.rows[k] for k in picked["selection"]["rows"] if k < len(found.rows)]
    _look_at(rows)
    _act(ws, rows, names, name)


def _look_at(rows: Sequence[Doubt]) -> None:
    """Move the map to the last sample that was chosen."""
    place = (rows[-1].lon, rows[-1].lat) if rows else None
    if place is not None and not math.isfinite(place[0] + place[1]):
        place = None
    if place != focus():
        state.remember(FOCUS, place)
        st.rerun()


def focus() -> tuple[float, float] | None:
    """Return the place of the sample that one looks at, or None."""
    return state.remembered(FOCUS, _nowhere)


def _nowhere() -> tuple[float, float] | None:
    return None


def _act(ws: Workspace, rows: Sequence[Doubt], names: dict[int, str], name: str) -> None:
    if not rows:
        st.caption("Choose rows: the map goes there, and they can be dropped or relabelled.")
        return
    ids = [row.id for row in rows]
    likely = next((row.suggested for row in rows if row.suggested in names), None)
    values = list(names)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"), guard():
        if st.button(
            f"Drop {count_words(len(ids), 'sample')}", key=f"drop-{name}", icon=":material/delete:"
        ):
            quality.drop(ws, ids)
            st.rerun()
        to = st.selectbox(
            "New class",
            values,
            index=values.index(likely) if likely is not None else 0,
            format_func=names.__getitem__,
            key=key_for(ws, f"new-class-{name}-{ids[0]}"),
            width=220,
        )
        if st.button("Relabel", key=f"relabel-{name}", icon=":material/edit:"):
            quality.relabel(ws, ids, to)
            st.rerun()


def show_edits(ws: Workspace) -> None:
    """Say what was changed by hand, and offer to take it back."""
    words = quality.edits_words(ws)
    if not words:
        return
    with st.container(key="edits", horizontal=True, vertical_alignment="center", gap="small"):
        st.badge(plain(words), icon=":material/edit_note:", color="orange")
        if st.button("Undo the last", key="undo-edit", icon=":material/undo:", type="tertiary"):
            quality.undo(ws)
            st.rerun()
        if len(ws.project.edits.steps) > 1 and st.button(
            "Undo all", key="undo-edits", type="tertiary"
        ):
            quality.undo_all(ws)
            st.rerun()
