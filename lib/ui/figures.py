"""Scores, tables and meters as pages show them, each figure with its split."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from lib.core.accuracy import Scores
from lib.core.formats import bytes_words, share_words

SPLIT_WORDS = {
    "random": "split at random",
    "blocks": "spatial blocks",
    "polygon": "whole polygons",
}
SOURCE = "Olofsson et al. 2014, doi:10.1016/j.rse.2014.02.015"


def scoreboard(rows: Sequence[tuple[str, str, Scores | None]]) -> None:
    """Show overall accuracy and macro F1 of several models side by side.

    Args:
        rows: Title, how its samples were split in words, and its scores or None on their way.
    """
    columns = st.columns(len(rows))
    for number, (column, (title, words, scores)) in enumerate(zip(columns, rows, strict=True)):
        with column.container(border=True, key=f"score-{number}", height="stretch"):
            st.markdown(f"**{title}**  \n:gray[{words}]")
            if scores is None:
                st.markdown(":gray[On its way. It is trained after the first one.]")
                continue
            st.metric(
                "Overall accuracy",
                share_words(scores.overall_accuracy),
                help=f"Share of test samples whose mapped class is the reference class ({SOURCE}).",
            )
            st.caption(
                f"Macro F1 {share_words(scores.macro_f1)}  \n{interval_words(scores)}",
                help="Macro F1 is the mean over classes of F1, the harmonic mean of user's and "
                "producer's accuracy.",
            )


def interval_words(scores: Scores) -> str:
    """Say how many test samples a score rests on, and its interval where there is one."""
    tested = f"{scores.n:,} test samples"
    if scores.interval95 is None:
        return tested
    low, high = scores.interval95
    return f"{tested} · 95 % interval {low:.2f} to {high:.2f}"


def class_table(scores: Scores) -> None:
    """Show user's and producer's accuracy and F1 of each class."""
    rows = pd.DataFrame(
        {
            "Class": [row.name for row in scores.per_class],
            "User's": [row.users_accuracy for row in scores.per_class],
            "Producer's": [row.producers_accuracy for row in scores.per_class],
            "F1": [row.f1 for row in scores.per_class],
            "Samples": [row.reference_count for row in scores.per_class],
        }
    )
    share = st.column_config.NumberColumn(format="%.2f", width=76)
    users = st.column_config.NumberColumn(
        format="%.2f", width=76, help="Of what is mapped as this class, the share that is it."
    )
    producers = st.column_config.NumberColumn(
        format="%.2f", width=76, help="Of what is this class, the share mapped as it."
    )
    st.dataframe(
        rows,
        hide_index=True,
        column_config={
            "User's": users,
            "Producer's": producers,
            "F1": share,
            "Samples": st.column_config.NumberColumn(format="localized", width=76),
        },
    )


def size_meter(size_bytes: int, limit_bytes: int) -> None:
    """Show a size against its limit."""
    share = min(size_bytes / limit_bytes, 1.0)
    words = f"{bytes_words(size_bytes)} of {bytes_words(limit_bytes)} that a request holds"
    st.progress(share, text=words)


def small(value: float) -> str:
    """Write a small number such as 3.1e-7; zero and ordinary ones plainly."""
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"
