"""Charts of looks before running: clear observations, a spectrum, a course in time."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from lib.ui.charts import SIMULATED, Layers
from lib.ui.look import FIGURE_FONT, palette
from lib.workflow.imagery_views import MonthCount, Observation

HEIGHT_PX = 230
_LONG_DAYS = 300
_FEW_MONTHS = 12


def clear_months(months: Sequence[MonthCount], *, simulated: bool) -> Layers:
    """Build bars of the clear observations of each month, with a line at its scenes."""
    colors = palette()
    data = pd.DataFrame(
        {
            "month": [month.month for month in months],
            "clear": [month.clear for month in months],
            "scenes": [month.scenes for month in months],
        }
    )
    base = alt.Chart(data).encode(
        x=alt.X("month:O", title="Month", axis=alt.Axis(labelAngle=0, labelOverlap="greedy")),
        tooltip=[
            alt.Tooltip("month:O", title="Month"),
            alt.Tooltip("clear:Q", title="Clear observations", format=".1f"),
            alt.Tooltip("scenes:Q", title="Scenes"),
        ],
    )
    y = alt.Y("clear:Q", title="Observations of a pixel", axis=alt.Axis(tickMinStep=1))
    width = 48 if len(months) <= _FEW_MONTHS else 16
    bars = base.mark_bar(color=colors.accent, size=width).encode(y=y)
    ticks = base.mark_tick(color=colors.second, thickness=2, size=width * 1.3).encode(y="scenes:Q")
    labels = base.mark_text(dy=-7, font=FIGURE_FONT, fontSize=11, color=colors.text).encode(
        y=alt.Y("most:Q"), text=alt.Text("clear:Q", format=".1f")
    )
    data["most"] = data[["clear", "scenes"]].max(axis=1)
    return alt.layer(bars, ticks, labels).properties(
        height=HEIGHT_PX,
        title=_title("Clear observations (line: all scenes)", simulated),
    )


def spectrum(bands: Sequence[tuple[str, str, float]], *, simulated: bool) -> Layers:
    """Build the reflectance of a pixel, band by band.

    Args:
        bands: Name, title and reflectance of each.
        simulated: Whether it comes from the simulated planet.
    """
    colors = palette()
    data = pd.DataFrame(bands, columns=["band", "title", "value"])
    base = alt.Chart(data).encode(
        x=alt.X("band:N", sort=None, title="Band", axis=alt.Axis(labelAngle=0)),
        y=alt.Y("value:Q", title="Reflectance", scale=alt.Scale(zero=True, nice=True)),
        tooltip=[
            alt.Tooltip("band:N", title="Band"),
            alt.Tooltip("title:N", title="What"),
            alt.Tooltip("value:Q", title="Reflectance", format=".3f"),
        ],
    )
    line = base.mark_line(color=colors.accent, strokeWidth=2)
    dots = base.mark_point(color=colors.accent, filled=True, size=60, opacity=1)
    labels = base.mark_text(dy=-12, font=FIGURE_FONT, fontSize=11, color=colors.text).encode(
        text=alt.Text("value:Q", format=".2f")
    )
    return alt.layer(line, dots, labels).properties(
        height=HEIGHT_PX, title=_title("Spectrum of the composite", simulated)
    )


def course(series: Sequence[Observation], name: str, title: str, *, simulated: bool) -> Layers:
    """Build a band or an index of a pixel over time: clear scenes filled, others hollow.

    Args:
        series: Scene by scene.
        name: Which of its values.
        title: Name of the axis, with its unit.
        simulated: Whether it comes from the simulated planet.
    """
    colors = palette()
    seen = [one for one in series if one.values.get(name) is not None]
    data = pd.DataFrame(
        {
            "day": pd.to_datetime([one.day for one in seen]),
            "value": [one.values[name] for one in seen],
            "state": ["clear" if one.clear else "masked" for one in seen],
        }
    )
    days = (data["day"].max() - data["day"].min()).days if len(data) else 0
    form = "%-d %b" if days < _LONG_DAYS else "%b %Y"
    axis = alt.Axis(format=form, labelOverlap=True, labelSeparation=12, tickCount=5, grid=False)
    x = alt.X("day:T", title="Day", axis=axis)
    y = alt.Y("value:Q", title=title, scale=alt.Scale(zero=False, nice=True, padding=14))
    tones = alt.Scale(domain=["clear", "masked"], range=[colors.accent, colors.quiet])
    fills = alt.Scale(domain=["clear", "masked"], range=[colors.accent, colors.background])
    clear = alt.Chart(data[data["state"] == "clear"]).encode(x=x, y=y)
    line = clear.mark_line(color=colors.accent, strokeWidth=1.5, opacity=0.7)
    dots = (
        alt.Chart(data)
        .mark_point(size=60, strokeWidth=1.5, opacity=1)
        .encode(
            x=x,
            y=y,
            stroke=alt.Stroke("state:N", scale=tones, legend=None),
            fill=alt.Fill("state:N", scale=fills, legend=None),
            tooltip=[
                alt.Tooltip("day:T", title="Day", format="%Y-%m-%d"),
                alt.Tooltip("value:Q", title=title, format=".3f"),
                alt.Tooltip("state:N", title="Mask"),
            ],
        )
    )
    return alt.layer(line, dots).properties(
        height=HEIGHT_PX,
        title=_title("Course in time (hollow: masked out)", simulated),
    )


def _title(words: str, simulated: bool) -> alt.TitleParams:
    return alt.TitleParams(words, subtitle=SIMULATED if simulated else "")
