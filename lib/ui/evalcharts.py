"""Charts of an evaluation: probabilities, predictors, runs, folds and trials."""

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from lib.core.calibration import Calibration
from lib.core.importance import Importance
from lib.ui.charts import ROW_PX, Layers, title_of
from lib.ui.look import palette

HEIGHT_PX = 260
LABEL_GAP = 0.09
"""Least distance of two labels, of the range of values."""


def reliability(before: Calibration, after: Calibration | None, *, simulated: bool) -> Layers:
    """Build a reliability diagram: as the network gives it, and with its temperature."""
    colors = palette()
    shown = {"as it is": before} | ({"with its temperature": after} if after else {})
    rows = [
        {
            "which": which,
            "confidence": row.confidence,
            "accuracy": row.accuracy,
            "low": row.interval95[0],
            "high": row.interval95[1],
            "count": row.count,
        }
        for which, found in shown.items()
        for row in found.bins
    ]
    domain = ["as it is", "with its temperature"]
    unit = alt.Scale(domain=[0, 1], nice=False)
    few = alt.Axis(tickCount=6)
    base = alt.Chart(pd.DataFrame(rows)).encode(
        x=alt.X(
            "confidence:Q", title="Confidence (mean probability of the class)", scale=unit, axis=few
        ),
        color=alt.Color(
            "which:N",
            scale=alt.Scale(domain=domain, range=[colors.accent, colors.second]),
            legend=_below(),
        ),
    )
    dash = alt.StrokeDash(
        "which:N", scale=alt.Scale(domain=domain, range=[[1, 0], [5, 4]]), legend=None
    )
    y = alt.Y("accuracy:Q", title="Share that is right", scale=unit, axis=few)
    tips = [
        alt.Tooltip("which:N", title="Probabilities"),
        alt.Tooltip("confidence:Q", title="Confidence", format=".2f"),
        alt.Tooltip("accuracy:Q", title="Right", format=".2f"),
        alt.Tooltip("count:Q", title="Samples", format=","),
    ]
    diagonal = (
        alt.Chart(pd.DataFrame({"x": [0.0, 1.0], "y": [0.0, 1.0]}))
        .mark_line(color=colors.quiet, strokeWidth=1)
        .encode(x=alt.X("x:Q", scale=unit), y=alt.Y("y:Q", scale=unit))
    )
    bars = base.mark_rule(opacity=0.45).encode(y=alt.Y("low:Q", scale=unit), y2="high:Q")
    lines = base.mark_line(strokeWidth=2).encode(y=y, strokeDash=dash)
    points = base.mark_circle(size=48, opacity=1).encode(y=y, tooltip=tips)
    return alt.layer(diagonal, bars, lines, points).properties(
        height=HEIGHT_PX, title=title_of("Do its probabilities mean what they say?", simulated)
    )


def importance(rows: Sequence[Importance], *, simulated: bool) -> Layers:
    """Build bars of what each predictor is worth, largest first, with their spread."""
    colors = palette()
    data = pd.DataFrame(
        [
            {
                "name": row.name,
                "mean": row.mean,
                "low": row.mean - row.standard_deviation,
                "high": row.mean + row.standard_deviation,
            }
            for row in sorted(rows, key=lambda row: -row.mean)
        ]
    )
    base = alt.Chart(data).encode(y=alt.Y("name:N", sort=list(data["name"]), title=None))
    x = alt.X("mean:Q", title="Fall of macro F1 when shuffled", axis=alt.Axis(tickCount=6))
    bars = base.mark_bar(height={"band": 0.62}, color=colors.accent).encode(
        x=x,
        tooltip=[
            alt.Tooltip("name:N", title="Predictor"),
            alt.Tooltip("mean:Q", title="Fall of macro F1", format=".3f"),
        ],
    )
    spread = base.mark_rule(color=colors.text).encode(x="low:Q", x2="high:Q")
    return alt.layer(bars, spread).properties(
        height=alt.Step(ROW_PX), title=title_of("What the network relies on", simulated)
    )


def run_curves(
    runs: Sequence[tuple[str, bool, Sequence[Mapping[str, Any]]]], *, simulated: bool
) -> Layers:
    """Build the validation accuracy of runs by epoch, each labelled at its end.

    Args:
        runs: Name, whether it is the project's, and history of each.
        simulated: Whether the samples come from the simulated planet.
    """
    colors = palette()
    data = pd.DataFrame(
        [
            {
                "run": name,
                "mine": current,
                "epoch": row["epoch"],
                "value": row["val_accuracy"],
            }
            for name, current, history in runs
            for row in history
        ]
    )
    most = int(data["epoch"].max())
    tone = alt.condition("datum.mine", alt.value(colors.accent), alt.value(colors.quiet))
    x = alt.X(
        "epoch:Q",
        title="Epoch",
        scale=alt.Scale(domain=[1, max(most, 2) * 1.15], nice=False),
        axis=alt.Axis(tickCount=6, format="d", tickMinStep=1, grid=False),
    )
    y = alt.Y("value:Q", title="Validation accuracy", scale=alt.Scale(zero=False, padding=12))
    lines = (
        alt.Chart(data)
        .mark_line(strokeWidth=2)
        .encode(
            x=x,
            y=y,
            detail="run:N",
            color=tone,
            tooltip=["run:N", "epoch:Q", alt.Tooltip("value:Q", format=".3f", title="Accuracy")],
        )
    )
    last = data.groupby("run", as_index=False).tail(1).sort_values("value")
    gap = LABEL_GAP * float(data["value"].max() - data["value"].min())
    labels = (
        alt.Chart(last.assign(value=apart(list(last["value"]), gap)))
        .mark_text(align="left", dx=6, fontSize=11)
        .encode(x=x, y=y, text="run:N", color=tone)
    )
    return alt.layer(lines, labels).properties(
        height=220, title=title_of("Validation accuracy of all runs", simulated)
    )


def apart(values: Sequence[float], gap: float) -> list[float]:
    """Move rising values up where they lie closer than a gap, so that labels can be read."""
    moved: list[float] = []
    for value in values:
        moved.append(max(value, moved[-1] + gap) if moved else value)
    return moved


def _below() -> alt.Legend:
    return alt.Legend(title=None, orient="bottom", labelColor=palette().text, symbolOpacity=1)


def trials(rows: Sequence[Mapping[str, Any]], *, simulated: bool) -> Layers:
    """Build the validation loss of trials, and the least so far as a line."""
    colors = palette()
    data = pd.DataFrame(
        [
            {"trial": row["number"] + 1, "loss": row["score"], "state": row["state"]}
            for row in rows
            if row["score"] is not None
        ]
    )
    data["least"] = data["loss"].where(data["state"] == "finished").cummin().ffill()
    x = alt.X(
        "trial:Q",
        title="Trial",
        axis=alt.Axis(format="d", tickMinStep=1, grid=False),
        scale=alt.Scale(domain=[0.5, int(data["trial"].max()) + 0.5], nice=False),
    )
    y = alt.Y("loss:Q", title="Least validation loss", scale=alt.Scale(zero=False, padding=12))
    points = (
        alt.Chart(data)
        .mark_point(size=52, filled=True, opacity=1)
        .encode(
            x=x,
            y=y,
            color=alt.condition(
                "datum.state == 'finished'", alt.value(colors.accent), alt.value(colors.quiet)
            ),
            tooltip=["trial:Q", "state:N", alt.Tooltip("loss:Q", format=".4f", title="Loss")],
        )
    )
    line = alt.Chart(data).mark_line(interpolate="step-after", color=colors.second).encode(x=x)
    return alt.layer(line.encode(y=alt.Y("least:Q")), points).properties(
        height=220,
        title=title_of("Trials; the line is the least so far, grey were stopped early", simulated),
    )


def folds(rows: Sequence[Mapping[str, Any]], *, simulated: bool) -> Layers:
    """Build the overall accuracy of network and forest in each fold."""
    colors = palette()
    data = pd.DataFrame(
        [
            {"fold": f"Fold {row['fold'] + 1}", "who": who, "value": row[name]}
            for row in rows
            for who, name in (
                ("network", "overall_accuracy"),
                ("forest", "forest_overall_accuracy"),
            )
        ]
    )
    names = ["network", "forest"]
    points = (
        alt.Chart(data)
        .mark_point(size=70, filled=True, opacity=1)
        .encode(
            y=alt.Y("fold:N", title=None, sort=None),
            x=alt.X(
                "value:Q",
                title="Overall accuracy",
                scale=alt.Scale(zero=False, padding=16),
                axis=alt.Axis(tickCount=6),
            ),
            color=alt.Color(
                "who:N",
                scale=alt.Scale(domain=names, range=[colors.accent, colors.second]),
                legend=_below(),
            ),
            shape=alt.Shape(
                "who:N", scale=alt.Scale(domain=names, range=["circle", "square"]), legend=None
            ),
            tooltip=["fold:N", "who:N", alt.Tooltip("value:Q", format=".3f", title="Accuracy")],
        )
    )
    return alt.layer(points).properties(
        height=alt.Step(ROW_PX), title=title_of("Each fold tested once", simulated)
    )
