"""Labels drawn on the map: the class comes first, then points and polygons of it."""

import json
from collections import Counter

import pandas as pd
import streamlit as st

from lib.core.formats import count_words
from lib.core.legend import Legend
from lib.ui import maps, sampledata
from lib.ui.guard import plain, slot
from lib.ui.legendeditor import swatch
from lib.ui.state import key_for
from lib.workflow import labels
from lib.workflow.project import Workspace

_CLASS = "label-class"


def controls(ws: Workspace) -> None:
    """Offer the class of what is drawn next, and the list of what is there."""
    classes = sampledata.legend(ws)
    names = dict(zip(classes.values, classes.names, strict=True))
    drawn = ws.project.labels.drawn
    counts = Counter(label.value for label in drawn)
    st.selectbox(
        "Class to draw",
        list(names),
        format_func=names.__getitem__,
        key=key_for(ws, _CLASS),
        help="Choose it first. Then draw points, rectangles or polygons with the tools on the map.",
    )
    slot("drawn")
    if not drawn:
        st.caption("Nothing is drawn yet. Two classes or more are needed.")
        return
    if len(counts) < 2:
        st.caption("Draw labels of another class too: a network needs two.")
    told = ", ".join(f"{names.get(value, '–')} {count}" for value, count in counts.items())
    st.caption(plain(f"Drawn: {told}."))
    _listed(ws, classes)


def _listed(ws: Workspace, classes: Legend) -> None:
    drawn = ws.project.labels.drawn
    known = {item.value: item for item in classes}
    shapes = [json.loads(label.geometry) for label in drawn]
    frame = pd.DataFrame(
        {
            " ": [swatch(known[d.value].color if d.value in known else "") for d in drawn],
            "Class": [known[d.value].name if d.value in known else "–" for d in drawn],
            "Shape": ["Point" if shape["type"] == "Point" else "Polygon" for shape in shapes],
        }
    )
    key = key_for(ws, f"drawn-{len(drawn)}")
    picked = st.dataframe(
        frame,
        key=key,
        hide_index=True,
        height=min(38 + 35 * len(drawn), 210),
        on_select="rerun",
        selection_mode="multi-row",
        column_config={" ": st.column_config.ImageColumn(width=36)},
        alt="The labels that were drawn.",
    )
    rows = picked["selection"]["rows"]
    with st.container(horizontal=True, gap="small"):
        words = f"Delete {count_words(len(rows), 'label')}" if rows else "Delete"
        if st.button(words, key="delete-drawn", icon=":material/delete:", disabled=not rows):
            labels.delete_drawn(ws, rows)
            st.rerun()
        if st.button("Delete the last", key="delete-last", icon=":material/undo:"):
            labels.delete_drawn(ws, [len(drawn) - 1])
            st.rerun()


def show_map(ws: Workspace, content: maps.MapContent) -> None:
    """Show the map on which labels are drawn, in the colour of the class that was chosen."""
    classes = sampledata.legend(ws)
    value = st.session_state.get(key_for(ws, _CLASS), classes.values[0])
    if value not in classes.values:
        value = classes.values[0]
    index = classes.index_of(value)

    def take(geometry: dict[str, object]) -> None:
        labels.draw_label(ws, value, geometry)

    maps.label_on(content, key="samples-draw", ink=classes.colors[index], on_drawn=take)
    st.caption(plain(f"What you draw is “{classes.names[index]}”."))


def shapes(ws: Workspace) -> tuple[tuple[dict[str, object], int], ...]:
    """Return what was drawn, each with its class index; of a class that is gone -1."""
    classes = sampledata.legend_or_none(ws)
    if classes is None or ws.project.labels.kind != "drawn":
        return ()
    place = {value: index for index, value in enumerate(classes.values)}
    drawn = ws.project.labels.drawn
    return tuple((json.loads(label.geometry), place.get(label.value, -1)) for label in drawn)
