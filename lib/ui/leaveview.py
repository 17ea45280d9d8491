"""Samples to take home: a file in the format that one works with, and the code that reads it."""

import streamlit as st

from lib.core.samples import SampleSet
from lib.ui.state import key_for
from lib.workflow import leave
from lib.workflow.project import Workspace


def show(ws: Workspace, samples: SampleSet, *, simulated: bool) -> None:
    """Offer the samples in every format that can hold them; files are written when asked for."""
    formats = {kind.name: kind for kind in leave.formats(samples.form)}
    chosen = st.segmented_control(
        "Format",
        list(formats),
        default=next(iter(formats)),
        required=True,
        format_func=lambda name: formats[name].label,
        key=key_for(ws, f"leave-{samples.form}"),
    )
    name = leave.stem(ws, simulated=simulated)
    with st.container(horizontal=True, gap="small"):
        st.download_button(
            "Download the samples",
            data=lambda: leave.content(samples, chosen, simulated=simulated),
            file_name=f"{name}{formats[chosen].suffix}",
            mime="application/octet-stream",
            icon=":material/download:",
            on_click="ignore",
            key="download-samples",
        )
        if chosen == "tfrecord":
            st.download_button(
                "Download its features",
                data=lambda: leave.features(samples, simulated=simulated),
                file_name=f"{name}.features.json",
                mime="application/json",
                icon=":material/download:",
                on_click="ignore",
                key="download-features",
                help="Types and shapes of all features, and the legend.",
            )
    st.caption(
        ("Each row says that it is of the simulated planet. " if simulated else "")
        + "Edits by hand are in it. The code below reads the file"
        + (" and makes a tf.data.Dataset of it." if chosen == "tfrecord" else ".")
    )
    st.code(leave.code(samples, chosen, name), language="python")
