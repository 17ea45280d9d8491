"""Colours for what Streamlit's theme does not reach, and the style sheet of the frame."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

STATIC = Path(__file__).parent / "static"
TEXT_FONT = "Instrument Sans"
FIGURE_FONT = "IBM Plex Sans"


@dataclass(frozen=True)
class Palette:
    """The colours of one theme, as in `.streamlit/config.toml`."""

    background: str
    panel: str
    text: str
    quiet: str
    line: str
    accent: str
    second: str


LIGHT = Palette(
    background="#FBFAF7",
    panel="#F1EDE4",
    text="#22281F",
    quiet="#5B6557",
    line="#DAD5C8",
    accent="#2F6B4F",
    second="#8A5A12",
)
DARK = Palette(
    background="#161B17",
    panel="#1F2621",
    text="#E9EDE6",
    quiet="#A9B4A6",
    line="#374039",
    accent="#7FC29B",
    second="#E0A84A",
)


def palette() -> Palette:
    """Return the colours of the theme that the visitor sees."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def apply() -> None:
    """Add the frame's style sheet to the page."""
    st.html(STATIC / "frame.css")
