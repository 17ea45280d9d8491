"""What the training page shows of a network: its curves as they grow, and its scores."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from lib.ui import charts, figures, frame
from lib.workflow.views import TrainView


def curves(history: Sequence[Mapping[str, Any]], *, simulated: bool) -> None:
    """Show loss and accuracy by epoch."""
    if len(history) < 2:
        frame.empty("The learning curves appear here with the second epoch.")
        return
    columns = st.columns(2)
    for column, (name, title) in zip(
        columns, (("loss", "Loss"), ("accuracy", "Accuracy")), strict=True
    ):
        with column:
            charts.show(
                charts.curve(history, name, title, simulated=simulated),
                alt_text=f"{title} of training and validation set by epoch.",
            )


def cards(view: TrainView, waiting: str) -> list[figures.Card]:
    """Return the scores of the network, of the one for the other split, and of the forest.

    Args:
        view: The networks.
        waiting: How far the second network's training is; empty where it has not begun.
    """
    words = figures.SPLIT_WORDS
    kind = view.network.split_kind
    other, split = view.other, words["random"] if kind != "random" else "kept apart in space"
    if other is not None:
        split = words[other.split_kind]
    return [
        figures.Card("This network", words[kind], view.network.scores),
        figures.Card(
            "A second network",
            split,
            other.scores if other else None,
            waiting or "It is trained after the first.",
        ),
        figures.Card("Random forest", words[kind], view.forest),
    ]
