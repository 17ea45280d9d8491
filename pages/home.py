"""Home: three ways to begin, a project to open, and the connection."""

from collections.abc import Callable

import streamlit as st

from lib.ui import downloads, look, places, signin, state
from lib.ui.guard import guard, slot
from lib.workflow.project import (
    Workspace,
    demo_project,
    load_project,
    new_workspace,
    open_prepared,
)


def begin(found: Workspace, *, walk: str, page: str) -> None:
    """Go to a page with another workspace."""
    state.adopt(found)
    state.set_walk_mode(walk)
    places.go(page)


def guided() -> None:
    """Begin the guided walk on the simulated planet."""
    begin(new_workspace(project=demo_project()), walk="guided", page="imagery")


def finished() -> None:
    """Show the walk that comes with Loam."""
    begin(open_prepared(), walk="off", page="results")


def blank(ws: Workspace) -> None:
    """Begin with nothing, on the connection of this session."""
    begin(new_workspace(ws.connection), walk="off", page="imagery")


def card(name: str, icon: str, title: str, words: str, label: str, act: Callable[[], None]) -> None:
    """Draw one way to begin."""
    with st.container(key=f"card-{name}", border=True, height="stretch"):
        st.markdown(f"##### :material/{icon}: {title}")
        with st.container(height="stretch"):
            st.markdown(f":gray[{words}]")
        kind = "primary" if name == "guided" else "secondary"
        if st.button(label, key=name, type=kind, width="stretch"):
            with guard(), st.spinner("One moment"):
                act()


def open_file(ws: Workspace) -> None:
    """Draw the control that opens a project file, and the one that saves this project."""
    st.markdown("#### :material/folder_open: Project")
    st.markdown(":gray[One JSON file holds every setting of the five steps.]")
    upload = st.file_uploader("Open a project file", type=["json"], key="project-file")
    slot("project")
    if upload and st.button("Open it", key="open-project"):
        with guard():
            found = load_project(upload.getvalue())
            begin(new_workspace(ws.connection, found), walk="off", page="imagery")
    name = st.text_input("Name of this project", value=ws.project.name, max_chars=120)
    if name.strip() and name != ws.project.name:
        ws.change(name=name.strip())
    downloads.project(ws)


with guard():
    ws = state.workspace()
    with st.container(key="hero"):
        st.title("Teach a network to read the land")
        st.markdown(
            "Choose an area and imagery, gather labelled samples, train a TensorFlow model while "
            "you watch, and run it in Earth Engine as a map, with honest figures for how far to "
            "trust it."
        )
        st.image(look.STATIC / "hero.svg", width="stretch")
    first, second, third = st.columns(3)
    with first:
        card(
            "guided",
            "route",
            "See it once",
            "A guided walk through all five steps on the simulated planet. No account, no network, "
            "a few minutes.",
            "Start the guided walk",
            guided,
        )
    with second:
        card(
            "finished",
            "inventory_2",
            "Look at a finished walk",
            "A prepared project with all its results: samples, scores, the parity check and the "
            "map. Nothing is trained.",
            "Show the finished walk",
            finished,
        )
    with third:
        card(
            "blank",
            "add_location_alt",
            "Begin your own",
            "An empty project: your area, your imagery, your labels, on the simulated planet, on "
            "own rasters, or on Earth Engine.",
            "Start from an empty page",
            lambda: blank(ws),
        )
    left, right = st.columns(2, gap="medium")
    with left.container(key="panel-project"):
        open_file(ws)
    with right.container(key="panel-signin"):
        signin.panel(ws)
