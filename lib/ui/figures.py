"""Scores, tables and meters as pages show them, each figure with its split."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from lib.core.accuracy import Scores
from lib.core.formats import bytes_words, share_words
from lib.ui.guard import plain

SPLIT_WORDS = {
    "random": "split at random",
    "blocks": "spatial blocks",
    "polygon": "whole polygons",
}
SOURCE = "Olofsson et al. 2014, doi:10.1016/j.rse.2014.02.015"


@dataclass(frozen=True)
class Card:
    """What one model is worth.

    Attributes:
        title: Its name.
        split: How its samples were split, in words.
        scores: Its scores; None where there are none yet.
        instead: What is said where there are no scores.
    """

    title: str
    split: str
    scores: Scores | None
    instead: str = ""


def measure_word(reference_map: str) -> str:
    """Return "accuracy", or "agreement" where the reference is itself a map."""
    return "agreement" if reference_map else "accuracy"


def reference_note(reference_map: str) -> None:
    """Say what figures mean that were measured against another map."""
    if reference_map:
        st.caption(
            plain(
                f"The labels come from {reference_map}, which errs too. These figures are "
                "agreement with that map on samples that were kept apart, not accuracy."
            )
        )


def scoreboard(cards: Sequence[Card], *, reference_map: str = "") -> None:
    """Show overall accuracy, or agreement with a map, and macro F1 of several models."""
    columns = st.columns(len(cards))
    for number, (column, card) in enumerate(zip(columns, cards, strict=True)):
        with column.container(border=True, key=f"score-{number}", height="stretch"):
            st.markdown(f"**{card.title}**  \n:gray[{card.split}]")
            if card.scores is None:
                st.markdown(f":gray[{plain(card.instead)}]")
            else:
                _scores(card.scores, measure_word(reference_map))


def _scores(scores: Scores, measure: str) -> None:
    st.metric(
        f"Overall {measure}",
        share_words(scores.overall_accuracy),
        help=f"Share of test samples whose mapped class is the reference class ({SOURCE}).",
    )
    st.caption(
        f"Macro F1 {share_words(scores.macro_f1)}  \n{interval_words(scores)}",
        help="Macro F1 is the mean over classes of F1, the harmonic mean of user's and "
        f"producer's {measure}.",
    )


def interval_words(scores: Scores) -> str:
    """Say how many test samples a score rests on, and its interval where there is one."""
    tested = f"{scores.n:,} test samples"
    if scores.interval95 is None:
        return tested
    low, high = scores.interval95
    return f"{tested} · 95 % interval {low:.2f} to {high:.2f}"


def class_table(scores: Scores, *, reference_map: str = "") -> None:
    """Show user's and producer's accuracy, or agreement with a map, and F1 of each class."""
    measure = measure_word(reference_map)
    users, producers = f"User's {measure}", f"Producer's {measure}"
    rows = pd.DataFrame(
        {
            "Class": [row.name for row in scores.per_class],
            users: [row.users_accuracy for row in scores.per_class],
            producers: [row.producers_accuracy for row in scores.per_class],
            "F1": [row.f1 for row in scores.per_class],
            "Test samples": [row.reference_count for row in scores.per_class],
        }
    )
    helps = {
        users: "Of what is mapped as this class, the share that is it.",
        producers: "Of what is this class, the share mapped as it.",
        "F1": f"The harmonic mean of user's and producer's {measure}.",
    }
    shares = {
        name: st.column_config.NumberColumn(format="%.2f", help=words)
        for name, words in helps.items()
    }
    counts = st.column_config.NumberColumn(format="localized")
    st.dataframe(rows, hide_index=True, column_config={**shares, "Test samples": counts})


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
