"""The classes as a table to edit: names, numbers, colours; published ones; what values become."""

import hashlib
import urllib.parse
from typing import Any

import pandas as pd
import streamlit as st

from lib.core.errors import AppError
from lib.core.legend import Legend
from lib.core.legend_edit import LegendEdit
from lib.core.legend_files import legend_from_csv, legend_to_csv
from lib.ui import sampledata, state
from lib.ui.classlist import safe_color
from lib.ui.guard import guard, plain, slot
from lib.ui.parts import section_key
from lib.ui.state import key_for
from lib.workflow import legends
from lib.workflow.project import Workspace

LEFT_OUT = "Left out"
_SWATCH = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24">'
    '<rect width="24" height="24" rx="5" fill="{}"/></svg>'
)


def show(ws: Workspace) -> None:
    """Offer the classes and everything that can be done with them."""
    try:
        source = sampledata.source_legend(ws)
    except AppError:
        return  # told beside the source's controls
    classes = ws.project.legend or source
    label = f"Classes · {len(classes)}"
    with st.expander(label, key=section_key(ws, "classes"), icon=":material/category:"):
        with guard():
            _table(ws, source, classes)
            slot("classes")
        _operations(ws, source, classes)
        if ws.project.labels.kind != "drawn":
            _values(ws, source, classes)


def _changed(notes: tuple[str, ...] = ()) -> None:
    state.renew()
    state.remember("legend-notes", notes)
    st.rerun()


def _table(ws: Workspace, source: Legend, classes: Legend) -> None:
    frame = pd.DataFrame(
        {
            " ": [swatch(color) for color in classes.colors],
            "Name": classes.names,
            "Value": classes.values,
            "Colour": classes.colors,
        }
    )
    key = key_for(ws, f"classes-{_mark(classes)}")
    st.data_editor(
        frame,
        key=key,
        hide_index=True,
        num_rows="dynamic",
        disabled=[" "],
        column_config={
            " ": st.column_config.ImageColumn(width=30),
            "Name": st.column_config.TextColumn(required=True, max_chars=60, width=112),
            "Value": st.column_config.NumberColumn(step=1, format="%d", width=60),
            "Colour": st.column_config.TextColumn(width=76, help="#rrggbb, such as #0072b2"),
        },
        alt="The classes with their names, values and colours.",
    )
    changes = st.session_state.get(key) or {}
    if any(changes.get(part) for part in ("edited_rows", "deleted_rows")) or _named(changes):
        legends.edit_legend(ws, source, lambda edit: _applied(edit, classes, changes))
        _changed()


def _named(changes: dict[str, Any]) -> list[dict[str, Any]]:
    """Return added rows that have a name already."""
    return [row for row in changes.get("added_rows", []) if str(row.get("Name") or "").strip()]


def _applied(edit: LegendEdit, classes: Legend, changes: dict[str, Any]) -> LegendEdit:
    """Do to a legend what was done to its table."""
    for row, cells in changes.get("edited_rows", {}).items():
        value = classes.values[int(row)]
        if "Name" in cells:
            edit = edit.rename(value, str(cells["Name"] or ""))
        if "Colour" in cells:
            edit = edit.recolour(value, str(cells["Colour"] or "").strip())
        if cells.get("Value") is not None:
            edit = edit.revalue(value, int(cells["Value"]))
    for row in changes.get("deleted_rows", []):
        edit = edit.drop(classes.values[int(row)])
    for cells in _named(changes):
        number = cells.get("Value")
        edit = legends.add_class(
            edit,
            str(cells["Name"]),
            value=None if number is None else int(number),
            colour=str(cells.get("Colour") or "").strip(),
        )
    return edit


def _operations(ws: Workspace, source: Legend, classes: Legend) -> None:
    notes: tuple[str, ...] = state.remembered("legend-notes", tuple)
    for note in notes:
        st.warning(plain(note), icon=":material/info:")
    with st.container(horizontal=True, gap="small"):
        with st.popover("Merge or drop", icon=":material/merge:", key=key_for(ws, "merge")):
            _merge(ws, source, classes)
        with st.popover("Other legend", icon=":material/library_books:", key=key_for(ws, "take")):
            _take(ws, source)
        st.download_button(
            "CSV",
            data=lambda: legend_to_csv(classes),
            file_name="legend.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key="legend-csv",
            help="Value, name and colour of each class.",
        )


def _merge(ws: Workspace, source: Legend, classes: Legend) -> None:
    names = dict(zip(classes.values, classes.names, strict=True))
    chosen = st.multiselect(
        "Classes", list(names), format_func=names.__getitem__, key=key_for(ws, "merged")
    )
    name = ""
    if len(chosen) > 1:
        name = st.text_input("Name of the new class", names[chosen[0]], key=key_for(ws, "merger"))
    if len(chosen) == 1:
        _recolour(ws, source, classes, chosen[0])
    with st.container(horizontal=True), guard():
        if st.button("Merge", key="merge-classes", disabled=len(chosen) < 2):
            legends.edit_legend(ws, source, lambda edit: edit.merge(chosen, name=name.strip()))
            _changed()
        if st.button("Drop", key="drop-classes", disabled=not chosen):
            legends.edit_legend(ws, source, lambda edit: _without(edit, chosen))
            _changed()


def _recolour(ws: Workspace, source: Legend, classes: Legend, value: int) -> None:
    now = classes.colors[classes.index_of(value)]
    colour = st.color_picker("Colour", now, key=key_for(ws, f"colour-{value}"))
    if colour.lower() != now:
        legends.edit_legend(ws, source, lambda edit: edit.recolour(value, colour))
        st.rerun()


def _without(edit: LegendEdit, values: list[int]) -> LegendEdit:
    for value in values:
        edit = edit.drop(value)
    return edit


def _take(ws: Workspace, source: Legend) -> None:
    names = legends.presets()
    chosen = st.selectbox(
        "Published legend",
        list(names),
        format_func=names.__getitem__,
        key=key_for(ws, "preset"),
    )
    with guard():
        if st.button("Take it", key="take-preset"):
            _changed(legends.take_legend(ws, source, legends.published(chosen)))
        upload = st.file_uploader(
            "Legend as CSV", type=["csv", "tsv", "txt"], key=key_for(ws, "legend-file")
        )
        slot("classes")
        if upload and st.button("Read it", key="take-file"):
            read = legend_from_csv(upload.name, upload.getvalue())
            _changed(legends.take_legend(ws, source, read))
    own = ws.project.legend is None or ws.project.labels.kind == "drawn"
    if not own and st.button("Take those of the labels", key="own-legend"):
        legends.use_source_legend(ws)
        _changed()


def _values(ws: Workspace, source: Legend, classes: Legend) -> None:
    """Offer which class each value of the label source stands for."""
    known = legends.values_of_source(ws, source)
    lost = sum(each.becomes is None for each in known)
    words = f"What the labels mean · {lost} left out" if lost else "What the labels mean"
    if not st.toggle(words, key=section_key(ws, "values"), help="Which class each value becomes."):
        return
    names = dict(zip(classes.values, classes.names, strict=True))
    frame = pd.DataFrame(
        {
            "Value": [each.value for each in known],
            "In the labels": [each.name for each in known],
            "Class": [LEFT_OUT if each.becomes is None else names[each.becomes] for each in known],
        }
    )
    key = key_for(ws, f"values-{_mark(classes)}-{hash(tuple(known))}")
    st.data_editor(
        frame,
        key=key,
        hide_index=True,
        disabled=["Value", "In the labels"],
        column_config={
            "Value": st.column_config.NumberColumn(format="%d", width=56),
            "In the labels": st.column_config.TextColumn(width=125),
            "Class": st.column_config.SelectboxColumn(
                options=[*classes.names, LEFT_OUT], required=True
            ),
        },
    )
    edited = (st.session_state.get(key) or {}).get("edited_rows", {})
    changes = {int(row): cells["Class"] for row, cells in edited.items() if "Class" in cells}
    for row, name in changes.items():
        to = None if name == LEFT_OUT else classes.values[classes.names.index(name)]
        legends.let_stand_for(ws, source, known[row].value, to)
    if changes:
        st.rerun()


def swatch(color: str) -> str:
    """Return a colour as a small picture for a table."""
    return "data:image/svg+xml," + urllib.parse.quote(_SWATCH.format(safe_color(color)))


def _mark(classes: Legend) -> str:
    return hashlib.sha256(repr(classes).encode()).hexdigest()[:10]
