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
    "simple": "split at random",
    "column": "as a column says",
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
        part: The part of the samples that was scored.
    """

    title: str
    split: str
    scores: Scores | None
    instead: str = ""
    part: str = "test"


def split_words(kind: str) -> str:
    """Say how samples were split."""
    return SPLIT_WORDS[kind]


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
                _scores(card.scores, measure_word(reference_map), card.part)


def _scores(scores: Scores, measure: str, part: str) -> None:
    st.metric(
        f"Overall {measure}",
        share_words(scores.overall_accuracy),
        help=f"Share of {part} samples whose mapped class is the reference class ({SOURCE}).",
    )
    st.caption(
        f"Macro F1 {share_words(scores.macro_f1)}  \n{interval_words(scores, part)}",
        help="Macro F1 is the mean over classes of F1, the harmonic mean of user's and "
        f"producer's {measure}.",
    )


def interval_words(scores: Scores, part: str = "test") -> str:
    """Say how many samples a score rests on, and its interval where there is one."""
    tested = f"{scores.n:,} {part} samples"
    if scores.interval95 is None:
        return tested
    low, high = scores.interval95
    return f"{tested} · 95 % interval {low:.2f} to {high:.2f}"


def class_table(scores: Scores, *, reference_map: str = "") -> None:
    """Show user's and producer's accuracy, or agreement with a map, F1 and IoU of each class.

    Each with its 95 % interval; below them their means over the classes, plain and weighted.
    """
    measure = measure_word(reference_map)
    columns = {
        f"User's {measure}": ("users_accuracy", "users_interval95"),
        f"Producer's {measure}": ("producers_accuracy", "interval95"),
        "F1": ("f1", "f1_interval95"),
        "IoU": ("iou", "iou_interval95"),
    }
    helps = (
        "Of what is mapped as this class, the share that is it.",
        "Of what is this class, the share mapped as it.",
        f"The harmonic mean of user's and producer's {measure}.",
        "Intersection over union: right, of all that is this class or mapped as it.",
    )
    rows: dict[str, list[object]] = {
        "Class": [*(row.name for row in scores.per_class), "Mean of the classes", "Weighted mean"]
    }
    for title, (value, interval) in columns.items():
        known = [with_interval(getattr(r, value), getattr(r, interval)) for r in scores.per_class]
        rows[title] = [*known, *(share_words(mean) for mean in _means(scores, value))]
    counts = [row.reference_count for row in scores.per_class]
    rows["Samples"] = [*counts, sum(counts), sum(counts)]
    config = {
        title: st.column_config.TextColumn(help=words)
        for title, words in zip(columns, helps, strict=True)
    }
    number_column = st.column_config.NumberColumn(format="localized")
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, column_config={**config, "Samples": number_column}
    )


def with_interval(value: float | None, limits: tuple[float, float] | None) -> str:
    """Write a share with its interval, such as "0.87  (0.80 to 0.92)"."""
    if value is None or limits is None:
        return share_words(value)
    return f"{value:.2f}  ({limits[0]:.2f} to {limits[1]:.2f})"


def _means(scores: Scores, value: str) -> tuple[float | None, float | None]:
    """Mean over the classes, plain and weighted by reference samples."""
    return {
        "users_accuracy": (scores.macro_users_accuracy, scores.weighted_users_accuracy),
        "producers_accuracy": (scores.macro_producers_accuracy, scores.overall_accuracy),
        "f1": (scores.macro_f1, scores.weighted_f1),
        "iou": (scores.macro_iou, scores.weighted_iou),
    }[value]


def size_meter(size_bytes: int, limit_bytes: int) -> None:
    """Show a size against its limit."""
    share = min(size_bytes / limit_bytes, 1.0)
    words = f"{bytes_words(size_bytes)} of {bytes_words(limit_bytes)} that a request holds"
    st.progress(share, text=words)


def small(value: float) -> str:
    """Write a small number such as 3.1e-7; zero and ordinary ones plainly."""
    if value == 0 or 1e-3 <= abs(value) < 1e4:
        return f"{value:.3g}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"
