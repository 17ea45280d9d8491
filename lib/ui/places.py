"""The six pages: where they are, what they are called, and how one gets from one to another."""

from dataclasses import dataclass
from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import Page

from lib.ui import state


@dataclass(frozen=True)
class Place:
    """A page of the app.

    Attributes:
        name: Name of the script in `pages/` and of the step.
        title: What people read.
        icon: Name of its Material icon.
        words: What one does there, in a few words.
    """

    name: str
    title: str
    icon: str
    words: str

    @property
    def material(self) -> str:
        """Return the icon as Streamlit writes it."""
        return f":material/{self.icon}:"


PLACES: tuple[Place, ...] = (
    Place("home", "Loam", "landscape", "Start, open a project, sign in"),
    Place("imagery", "Imagery", "satellite_alt", "Choose an area, a collection and dates"),
    Place("samples", "Samples", "scatter_plot", "Draw labelled samples and part them"),
    Place("train", "Train", "model_training", "Teach a network and see how far to trust it"),
    Place("deploy", "Deploy", "deployed_code", "Bring the network to where it maps, and check it"),
    Place("results", "Results", "map", "Look at the map, the areas, and take them home"),
)
STEP_PLACES = PLACES[1:]
_BY_NAME = {place.name: place for place in PLACES}


def place(name: str) -> Place:
    """Return the place of a name such as "train"."""
    return _BY_NAME[name]


def neighbours(name: str) -> tuple[Place | None, Place | None]:
    """Return the pages before and after one, None beyond the ends."""
    index = PLACES.index(_BY_NAME[name])
    before = PLACES[index - 1] if index else None
    after = PLACES[index + 1] if index + 1 < len(PLACES) else None
    return before, after


def page(name: str) -> Page:
    """Return Streamlit's page of a name; the address of home is the bare one."""
    here = _BY_NAME[name]
    return st.Page(
        f"../../pages/{name}.py",
        title=here.title if name == "home" else f"{here.title} · Loam",
        icon=here.material,
        url_path=name,
        default=name == "home",
    )


def link(name: str, *, label: str = "", icon: str = "") -> None:
    """Show a link to a page that keeps the project in the address."""
    here = _BY_NAME[name]
    st.page_link(
        page(name),
        label=label or here.title,
        icon=icon or here.material,
        query_params=state.address(),
    )


def go(name: str) -> NoReturn:
    """Leave for another page at once, with the project in the address."""
    st.switch_page(page(name), query_params=state.address())
