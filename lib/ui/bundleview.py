"""The network to take along: formats to choose, each compared with Keras, as one file."""

import pandas as pd
import streamlit as st

from lib.core.formats import bytes_words, number
from lib.ui import figures, frame, parts, progress, state
from lib.ui.guard import guard, plain, slot
from lib.ui.state import key_for
from lib.workflow import bundle
from lib.workflow.bundle import BundleView, FormatRow
from lib.workflow.project import Workspace


def show(ws: Workspace) -> None:
    """Offer the formats, and the file once it is made."""
    with parts.section(ws, "bundle", "Take the network along") as is_open:
        if is_open:
            with guard():
                _content(ws)


def _content(ws: Workspace) -> None:
    st.markdown(
        ":gray[The network in formats that run without Loam and without Earth Engine. Each is "
        "compared with Keras on held-out samples; one that exceeds its bound is left out.]"
    )
    job = bundle.job(ws)
    busy = progress.is_live(job)
    _choose(ws, busy=busy)
    view = state.latest("bundle", state.result_key(ws, job), lambda: bundle.read(ws))
    progress.watch(
        lambda: bundle.job(ws),
        lambda: bundle.cancel(ws),
        fresh=view is not None and not view.changed and not progress.has_ended_badly(job),
        name="bundle",
    )
    if view is not None and not busy:
        _result(view)


def _choose(ws: Workspace, *, busy: bool) -> None:
    known = {item.name: item for item in bundle.formats()}
    names = st.pills(
        "Formats",
        list(known),
        selection_mode="multi",
        default=list(known),
        format_func=lambda name: known[name].title,
        help="\n".join(f"- **{item.title}.** {item.words}" for item in known.values()),
        key=key_for(ws, "bundle-formats"),
    )
    slot("formats")
    st.caption(plain(" ".join((bundle.words_on(names), *bundle.refused_formats()))))
    label = "Make the bundle"
    if st.button(label, icon=":material/package_2:", disabled=busy or not names):
        bundle.start(ws, names)
        st.rerun()


def _result(view: BundleView) -> None:
    if view.changed:
        frame.stale_note(view.changed)
    st.dataframe(_table(view.rows), hide_index=True)
    for row in view.rows:
        if row.problem:
            st.warning(plain(f"{row.title}: {row.problem}"), icon=":material/block:")
    compared = next(row for row in view.rows if row.passed)
    st.caption(
        f"Compared with Keras on {number(compared.samples)} samples, {number(compared.held_out)} "
        f"of them held out. In the file: {len(view.files)} files, among them the model card, the "
        "input contract and an example for each format."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            f"Download the bundle ({bytes_words(view.size_bytes)})",
            data=view.path.read_bytes,
            file_name=view.file_name,
            mime="application/zip",
            icon=":material/download:",
            on_click="ignore",
            key="download-bundle",
        )
        if view.simulated:
            frame.simulated_stamp()


def _table(rows: tuple[FormatRow, ...]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Format": [row.title for row in rows],
            "File": [row.file for row in rows],
            "Greatest difference": [_measured(row, row.max_abs_difference) for row in rows],
            "Equal classes": [
                f"{100 * row.equal_classes:.1f} %" if row.samples else "–" for row in rows
            ],
            "Allowed": [row.allowed for row in rows],
            "Verdict": ["handed over" if row.passed else "refused" for row in rows],
        }
    )


def _measured(row: FormatRow, value: float) -> str:
    return figures.small(float(f"{value:.2g}")) if row.samples else "–"
