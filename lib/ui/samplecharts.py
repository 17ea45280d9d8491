"""Charts of samples: spectra by class, balance before and after, distances to the training set."""

from collections.abc import Sequence
from dataclasses import asdict

import altair as alt
import pandas as pd

from lib.core.distance import DistanceBin
from lib.ui.charts import ROW_PX, SIMULATED, Layers
from lib.ui.look import FIGURE_FONT, palette
from lib.workflow.sample_views import SignatureRow
from lib.workflow.views import ClassCount


def signatures(rows: Sequence[SignatureRow], *, over: str, simulated: bool) -> Layers:
    """Build a line a class with a band from the 5 % to the 95 % quantile.

    Args:
        rows: Figures of the classes that are shown.
        over: "predictor" or "step", what the horizontal axis is.
        simulated: Whether the samples come from the simulated planet.
    """
    data = pd.DataFrame([asdict(row) for row in rows])
    order = list(dict.fromkeys(data[over]))
    title = "Predictor" if over == "predictor" else "First day of the window"
    angle = -40 if len(order) > 8 or over == "step" else 0
    x = alt.X(f"{over}:N", sort=order, title=title, axis=alt.Axis(labelAngle=angle))
    shades = alt.Scale(
        domain=list(dict.fromkeys(data["name"])), range=list(dict.fromkeys(data["color"]))
    )
    legend = alt.Legend(
        title=None,
        orient="bottom",
        columns=2,
        symbolType="stroke",
        symbolOpacity=1,
        symbolStrokeWidth=3,
        labelLimit=150,
    )
    color = alt.Color("name:N", scale=shades, legend=legend)
    base = alt.Chart(data).encode(x=x, color=color)
    band = base.mark_area(opacity=0.18).encode(
        y=alt.Y("low:Q", title="Value", scale=alt.Scale(zero=False)), y2="high:Q"
    )
    line = base.mark_line(strokeWidth=2.2, point=alt.OverlayMarkDef(size=28)).encode(
        y=alt.Y("mean:Q", scale=alt.Scale(zero=False)),
        tooltip=[
            alt.Tooltip("name:N", title="Class"),
            alt.Tooltip(f"{over}:N", title=title),
            alt.Tooltip("mean:Q", title="Mean", format=".3~f"),
            alt.Tooltip("low:Q", title="5 % quantile", format=".3~f"),
            alt.Tooltip("high:Q", title="95 % quantile", format=".3~f"),
        ],
    )
    subtitle = "Line: mean; band: from the 5 % to the 95 % quantile"
    return alt.layer(band, line).properties(
        height=320,
        title=alt.TitleParams(
            "Spectral signatures", subtitle=f"{SIMULATED} · {subtitle}" if simulated else subtitle
        ),
    )


def balance(rows: Sequence[ClassCount], *, simulated: bool) -> Layers:
    """Build bars of the training samples of each class after resampling, with a tick at before."""
    colors = palette()
    data = pd.DataFrame([asdict(row) for row in rows])
    data["most"] = data[["training", "balanced"]].max(axis=1)
    base = alt.Chart(data).encode(y=alt.Y("name:N", sort=list(data["name"]), title=None))
    bars = base.mark_bar(height={"band": 0.68}, stroke=colors.quiet, strokeWidth=0.6).encode(
        x=alt.X("balanced:Q", title="Training samples", axis=alt.Axis(tickCount=6)),
        color=alt.Color("color:N", scale=None),
        tooltip=[
            alt.Tooltip("name:N", title="Class"),
            alt.Tooltip("training:Q", title="Before", format=","),
            alt.Tooltip("balanced:Q", title="After", format=","),
        ],
    )
    before = base.mark_tick(color=colors.text, thickness=2, size=ROW_PX * 0.8).encode(
        x="training:Q"
    )
    figures = base.mark_text(
        align="left", dx=6, font=FIGURE_FONT, fontSize=11, color=colors.text
    ).encode(x=alt.X("most:Q"), text=alt.Text("balanced:Q", format=","))
    return alt.layer(bars, before, figures).properties(
        height=alt.Step(ROW_PX),
        title=alt.TitleParams(
            "Training samples after balancing; the line is before",
            subtitle=SIMULATED if simulated else "",
        ),
    )


def distances(bins: Sequence[DistanceBin], *, simulated: bool) -> Layers:
    """Build a histogram of the distance from each test sample to the nearest training sample."""
    colors = palette()
    shown = _without_empty_ends(bins)
    data = pd.DataFrame(
        {"range": [range_words(each) for each in shown], "count": [each.count for each in shown]}
    )
    base = alt.Chart(data).encode(
        x=alt.X(
            "range:N",
            sort=list(data["range"]),
            title="Distance to the nearest training sample",
            axis=alt.Axis(labelAngle=-30 if len(data) > 5 else 0),
        ),
        y=alt.Y("count:Q", title="Test samples", axis=alt.Axis(tickCount=5)),
    )
    bars = base.mark_bar(color=colors.accent).encode(
        tooltip=[
            alt.Tooltip("range:N", title="Distance"),
            alt.Tooltip("count:Q", title="Test samples", format=","),
        ]
    )
    figures = base.mark_text(dy=-7, font=FIGURE_FONT, fontSize=11, color=colors.text).encode(
        text=alt.Text("count:Q", format=",")
    )
    return alt.layer(bars, figures).properties(
        height=260,
        title=alt.TitleParams(
            "How far the test set lies from the training set",
            subtitle=SIMULATED if simulated else "",
        ),
    )


def range_words(each: DistanceBin) -> str:
    """Write the bounds of a bin, such as "100 to 300 m" or "1 to 3 km"."""
    if each.high_m == float("inf"):
        return f"over {each.low_m / 1000:g} km"
    if each.low_m >= 1000:
        return f"{each.low_m / 1000:g} to {each.high_m / 1000:g} km"
    if each.high_m > 999:
        return f"{each.low_m:g} m to {each.high_m / 1000:g} km"
    return f"{each.low_m:g} to {each.high_m:g} m"


def _without_empty_ends(bins: Sequence[DistanceBin]) -> Sequence[DistanceBin]:
    filled = [k for k, each in enumerate(bins) if each.count]
    return bins[filled[0] : filled[-1] + 1] if filled else bins[:1]
