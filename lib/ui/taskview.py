"""Exports of the class map by Earth Engine's tasks: begun here, and watched while they run.

A map that was made as a file is uploaded instead; the task that ingests it stands in the list.
"""

import streamlit as st

from lib.ui import mapassetview, parts, state
from lib.ui.guard import guard, plain, slot
from lib.ui.progress import POLL_S
from lib.ui.state import key_for
from lib.workflow import tasks
from lib.workflow.project import Workspace
from lib.workflow.tasks import Task

_ELSEWHERE_S = 5.0
"""Seconds between two questions to a service that is not this machine's own."""
_ICONS = {
    "SUCCEEDED": ":material/check_circle:",
    "FAILED": ":material/error:",
    "CANCELLED": ":material/stop_circle:",
}


def show(ws: Workspace) -> None:
    """Offer an export, and list those of this project."""
    with parts.section(ws, "tasks", "Export the map with Earth Engine") as is_open:
        if is_open:
            with guard():
                _content(ws)


def _content(ws: Workspace) -> None:
    if tasks.is_file(ws):
        mapassetview.show(ws)
    else:
        _export(ws)
    _watch(ws)


def _export(ws: Workspace) -> None:
    st.markdown(
        ":gray[A task computes the class map where the imagery is and writes it down, whatever "
        "its size.]"
    )
    lacking = tasks.missing(ws)
    if lacking:
        st.info(plain(lacking), icon=":material/info:")
    else:
        _begin(ws)


def _begin(ws: Workspace) -> None:
    known = {place.name: place for place in tasks.places(ws)}
    place = st.segmented_control(
        "Where to",
        list(known),
        default=next(iter(known)),
        required=True,
        format_func=lambda name: known[name].title,
        key=key_for(ws, "task-place"),
    )
    slot("task-place")
    st.caption(plain(" ".join((known[place].words, *tasks.refused_places(ws)))))
    usual = tasks.usual_name(ws)
    given = {"name": st.text_input("Name", value=usual, key=key_for(ws, "task-name"))}
    slot("task-name")
    slot("name")
    if place == "drive":
        given["folder"] = st.text_input("Folder", value="Loam", key=key_for(ws, "task-folder"))
    if place == "bucket":
        given["bucket"] = st.text_input("Bucket", key=key_for(ws, "task-bucket"))
        slot("bucket")
    overwrite = place == "asset" and st.toggle(
        "Replace an asset of that name", key=key_for(ws, "task-overwrite")
    )
    st.caption(plain(tasks.words_on(ws)))
    if st.button("Start the export", icon=":material/cloud_upload:"):
        with guard(), st.spinner("Handing it to the queue"):
            tasks.start(ws, place, overwrite=overwrite, **given)
            st.rerun()


def _watch(ws: Workspace) -> None:
    """List the tasks, drawn again by itself while one of them goes on."""
    first = [tasks.listed(ws)]
    waits = any(not task.is_done for task in first[0])
    every_s = POLL_S if ws.connection.kind == "local" else _ELSEWHERE_S

    @st.fragment(run_every=every_s if waits else None)
    def part() -> None:
        with guard():
            found = first.pop() if first else tasks.listed(ws)
            if waits and all(task.is_done for task in found):
                st.rerun()
            for task in found:
                _task(ws, task)

    part()


def _task(ws: Workspace, task: Task) -> None:
    with st.container(key=f"task-{task.id}", horizontal=True, vertical_alignment="center"):
        label = plain(f"{task.description}: {task.words}")
        if task.is_done:
            st.markdown(f"{_ICONS.get(task.state, ':material/info:')} {label}")
            return
        st.progress(min(max(task.progress, 0.0), 1.0), text=label)
        stopping = task.state == "CANCELLING" or state.remembered(f"stopping-{task.id}", bool)
        st.button(
            "Stopping" if stopping else "Cancel",
            key=f"cancel-{task.id}",
            icon=":material/stop_circle:",
            disabled=stopping,
            on_click=_stop,
            args=(ws, task.id),
        )


def _stop(ws: Workspace, task_id: str) -> None:
    with guard():
        tasks.cancel(ws, task_id)
        state.remember(f"stopping-{task_id}", True)
