"""Charts: classes in their own colours, curves told apart by dash and colour, direct labels."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from lib.core.formats import area_words, percent_words
from lib.ui.look import FIGURE_FONT, TEXT_FONT, Palette, palette

Layers = alt.LayerChart | alt.FacetChart
SIMULATED = "Simulated"
ROW_PX = 26
CELL_PX = 34
LABEL_PX = 62


def show(chart: Layers, *, alt_text: str) -> None:
    """Draw a chart at the width of its place, in the page's type and colours."""
    st.altair_chart(_dressed(chart, palette()), theme=None, alt=alt_text)


def class_counts(rows: Sequence[Mapping[str, Any]], *, simulated: bool) -> Layers:
    """Build bars of the samples obtained in each class, with a tick at what was asked.

    Args:
        rows: Mappings with `name`, `color`, `asked` and `obtained`.
        simulated: Whether the samples come from the simulated planet.
    """
    colors = palette()
    data = pd.DataFrame(rows)
    order = list(data["name"])
    base = alt.Chart(data).encode(y=alt.Y("name:N", sort=order, title=None))
    bars = base.mark_bar(height={"band": 0.68}, stroke=colors.quiet, strokeWidth=0.6).encode(
        x=alt.X("obtained:Q", title="Samples", axis=alt.Axis(tickCount=6)),
        color=alt.Color("color:N", scale=None),
        tooltip=[
            alt.Tooltip("name:N", title="Class"),
            alt.Tooltip("obtained:Q", title="Obtained", format=","),
            alt.Tooltip("asked:Q", title="Asked", format=","),
        ],
    )
    asked = base.mark_tick(color=colors.text, thickness=2, size=ROW_PX * 0.8).encode(x="asked:Q")
    labels = base.mark_text(
        align="left", dx=6, font=FIGURE_FONT, fontSize=11, color=colors.text
    ).encode(x=alt.X("most:Q"), text=alt.Text("obtained:Q", format=","))
    data["most"] = data[["obtained", "asked"]].max(axis=1)
    return alt.layer(bars, asked, labels).properties(
        height=alt.Step(ROW_PX),
        title=title_of("Samples by class; the line is what was asked", simulated),
    )


def curve(
    history: Sequence[Mapping[str, Any]], column: str, title: str, *, simulated: bool
) -> Layers:
    """Build a learning curve over epochs, training dashed and validation solid.

    Args:
        history: Mappings with `epoch`, and `column` with and without the prefix "val_".
        column: "loss" or "accuracy".
        title: Its name on the axis.
        simulated: Whether the samples come from the simulated planet.
    """
    data = pd.DataFrame(history)
    colors = palette()
    names = {column: "training", f"val_{column}": "validation"}
    long = data.melt("epoch", list(names), "part", "value").replace({"part": names}).dropna()
    tones = alt.Scale(domain=["training", "validation"], range=[colors.second, colors.accent])
    dashes = alt.Scale(domain=["training", "validation"], range=[[5, 4], [1, 0]])
    last = long.groupby("part", as_index=False).tail(1).sort_values("value", ascending=False)
    epochs = max(int(data["epoch"].max()), 5)
    x = alt.X(
        "epoch:Q",
        title="Epoch",
        scale=alt.Scale(domain=[1, epochs * 1.22], nice=False),
        axis=alt.Axis(values=_whole_ticks(epochs), format="d", grid=False),
    )
    y = alt.Y("value:Q", title=title, scale=alt.Scale(zero=False, nice=True, padding=20))
    color = alt.Color("part:N", scale=tones, legend=None)
    lines = (
        alt.Chart(long)
        .mark_line(strokeWidth=2)
        .encode(
            x=x,
            y=y,
            color=color,
            strokeDash=alt.StrokeDash("part:N", scale=dashes, legend=None),
            tooltip=["epoch:Q", "part:N", alt.Tooltip("value:Q", format=".3f", title=title)],
        )
    )
    labels = [
        alt.Chart(row)
        .mark_text(align="left", dx=6, dy=nudge, fontSize=12)
        .encode(x=x, y=y, color=color, text="part:N")
        for row, nudge in ((last.head(1), -6), (last.tail(1), 6))
    ]
    return alt.layer(lines, *labels).properties(
        height=240, title=title_of(f"{title} by epoch", simulated)
    )


def _whole_ticks(epochs: int) -> list[int]:
    step = max(1, round(epochs / 5))
    return [1, *range(step, epochs + 1, step)] if step > 1 else list(range(1, epochs + 1))


def _class_axis(count: int) -> alt.Axis:
    """Names of classes below their columns: word by word, and upright where columns are narrow."""
    narrow = f"width < {count * LABEL_PX}"
    return alt.Axis(
        labelAngle=alt.expr(f"{narrow} ? -90 : 0"),
        labelAlign=alt.expr(f"{narrow} ? 'right' : 'center'"),
        labelBaseline=alt.expr(f"{narrow} ? 'middle' : 'top'"),
        labelExpr=f"{narrow} ? datum.label : split(replace(datum.label, ' / ', '/ '), ' ')",
        labelLimit=150,
    )


def confusion(
    matrix: Sequence[Sequence[int]],
    names: Sequence[str],
    *,
    simulated: bool,
    part: str = "test set",
) -> Layers:
    """Build the confusion matrix as a heat map: rows are reference, columns are the map."""
    colors = palette()
    cells = [
        {"reference": names[i], "mapped": names[j], "count": int(n), "share": n / max(sum(row), 1)}
        for i, row in enumerate(matrix)
        for j, n in enumerate(row)
    ]
    base = alt.Chart(pd.DataFrame(cells)).encode(
        x=alt.X(
            "mapped:N",
            sort=list(names),
            title="Class on the map",
            axis=_class_axis(len(names)),
        ),
        y=alt.Y("reference:N", sort=list(names), title="Reference class"),
        tooltip=[
            alt.Tooltip("reference:N", title="Reference"),
            alt.Tooltip("mapped:N", title="On the map"),
            alt.Tooltip("count:Q", title="Samples", format=","),
            alt.Tooltip("share:Q", title="Share of the reference class", format=".0%"),
        ],
    )
    heat = alt.Scale(domain=[0, 1], range=[colors.background, colors.accent])
    tiles = base.mark_rect(stroke=colors.line).encode(
        color=alt.Color("share:Q", scale=heat, legend=None)
    )
    dark_cell = colors.background
    numbers = base.mark_text(font=FIGURE_FONT, fontSize=11).encode(
        text=alt.Text("count:Q", format=","),
        color=alt.condition("datum.share > 0.55", alt.value(dark_cell), alt.value(colors.text)),
    )
    return alt.layer(tiles, numbers).properties(
        height=alt.Step(CELL_PX), title=title_of(f"Confusion matrix of the {part}", simulated)
    )


def areas(rows: Sequence[Mapping[str, Any]], *, simulated: bool) -> Layers:
    """Build bars of mapped area, largest first, with hectares and share beside each.

    Args:
        rows: Mappings with `name`, `color`, `area_ha` and `share` (0 to 1).
        simulated: Whether the map shows the simulated planet.
    """
    colors = palette()
    data = pd.DataFrame(rows).sort_values("area_ha", ascending=False)
    data["label"] = [
        f"{area_words(area)} · {percent_words(share)}"
        for area, share in zip(data["area_ha"], data["share"], strict=True)
    ]
    most = float(data["area_ha"].max() or 1.0)
    base = alt.Chart(data).encode(
        y=alt.Y("name:N", sort=list(data["name"]), title=None),
        x=alt.X(
            "area_ha:Q",
            title="Mapped area (ha)",
            axis=alt.Axis(tickCount=5),
            scale=alt.Scale(domain=[0, most * 1.5], nice=False),
        ),
    )
    bars = base.mark_bar(height={"band": 0.68}, stroke=colors.quiet, strokeWidth=0.6).encode(
        color=alt.Color("color:N", scale=None),
        tooltip=[
            alt.Tooltip("name:N", title="Class"),
            alt.Tooltip("area_ha:Q", title="Hectares", format=",.1f"),
            alt.Tooltip("share:Q", title="Share", format=".1%"),
        ],
    )
    labels = base.mark_text(
        align="left", dx=6, font=FIGURE_FONT, fontSize=11, color=colors.text
    ).encode(text="label:N")
    return alt.layer(bars, labels).properties(
        height=alt.Step(ROW_PX), title=title_of("Mapped area by class", simulated)
    )


def title_of(words: str, simulated: bool) -> alt.TitleParams:
    """Give a chart's title, stamped where its data come from the simulated planet."""
    return alt.TitleParams(words, subtitle=SIMULATED if simulated else "")


def _dressed(chart: Any, colors: Palette) -> Any:
    """Give a chart the page's fonts, colours and quiet axes."""
    return (
        chart.properties(background="transparent")
        .configure(font=TEXT_FONT)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=colors.text,
            titleColor=colors.quiet,
            gridColor=colors.line,
            domainColor=colors.line,
            tickColor=colors.line,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            labelLimit=170,
        )
        .configure_title(
            color=colors.text,
            fontSize=14,
            fontWeight=600,
            anchor="start",
            subtitleColor=colors.second,
            subtitleFontSize=11,
            offset=10,
        )
    )
