"""The legend beside a map: names and colours of classes, with a figure where there is one."""

import html
import re
from collections.abc import Sequence

import streamlit as st

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def show(names: Sequence[str], colors: Sequence[str], figures: Sequence[str] = ()) -> None:
    """Show one line a class.

    Args:
        names: Class names, as people wrote them.
        colors: Their colours, "#rrggbb".
        figures: A figure for each, already in words; empty for none.
    """
    st.html(markup(names, colors, figures))


def markup(names: Sequence[str], colors: Sequence[str], figures: Sequence[str] = ()) -> str:
    """Return the legend as HTML in which names mean nothing but themselves."""
    shown = figures or [""] * len(names)
    rows = "".join(
        f'<div><i style="background:{safe_color(color)}"></i>'
        f"<span>{html.escape(name)}</span><b>{html.escape(figure)}</b></div>"
        for name, color, figure in zip(names, colors, shown, strict=True)
    )
    return f'<div class="loam-legend" role="list">{rows}</div>'


def safe_color(color: str) -> str:
    """Return a colour that cannot carry anything else; grey for what is none."""
    return color if _COLOR.fullmatch(color) else "#999999"
