"""Train: teach a network, watch it learn, and see how far to trust it."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from lib.core.formats import clock_words, number
from lib.ui import charts, figures, footer, frame, guide, modelpickers, pickers, progress, state
from lib.ui.guard import guard, plain, require
from lib.workflow import train
from lib.workflow.project import Workspace, is_simulated
from lib.workflow.train import TrainView


def show_curves(history: Sequence[Mapping[str, Any]], *, simulated: bool) -> None:
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


def cards(ws: Workspace, view: TrainView) -> list[figures.Card]:
    """Return the scores of the network, of the one for the other split, and of the forest."""
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
            progress.words(train.other_job(ws)) or "It is trained after the first.",
        ),
        figures.Card("Random forest", words[kind], view.forest),
    ]


def show_result(ws: Workspace, view: TrainView) -> None:
    """Show scores for both splits and the forest, the confusion matrix, and each class."""
    network = view.network
    frame.section("How far to trust it", simulated=view.simulated)
    figures.reference_note(view.reference_map)
    progress.until(
        lambda: not progress.is_live(train.other_job(ws)),
        body=lambda: figures.scoreboard(cards(ws, view), reference_map=view.reference_map),
    )
    charts.show(
        charts.confusion(network.scores.matrix, view.legend.names, simulated=view.simulated),
        alt_text="Confusion matrix: rows are reference classes, columns are mapped classes.",
    )
    st.markdown("**Each class**")
    figures.class_table(network.scores, reference_map=view.reference_map)
    for note in network.split_notes:
        st.info(plain(note), icon=":material/info:")


def done_words(view: TrainView | None) -> str:
    """Say how training ended."""
    if view is None:
        return ""
    network = view.network
    how = {"early": "stopped early", "cancelled": "cancelled"}.get(network.stopped, "finished")
    return (
        f"Training {how} after {network.epochs} epochs and {clock_words(network.seconds)}; "
        f"the weights of epoch {network.best_epoch} are kept."
    )


with guard():
    ws: Workspace = state.workspace()
    guide.banner("train")
    require(ws, "train")
    view = None
    with guard():
        view = train.read(ws)
    job = train.job(ws)
    busy = progress.is_live(job)
    progress.warm(ws)
    left, right = frame.two_thirds()
    with right:
        frame.heading("train")
        with guard():
            pickers.keep(ws, model=modelpickers.network(ws))
        st.metric(
            "Weights", number(train.weight_count(ws)), help="Numbers that the network learns."
        )
    stale = view is not None and view.stale
    fresh = view is not None and not stale
    with left:
        if view is not None and stale and not busy:
            frame.stale_note(view.changed)
        progress.watch(
            lambda: train.job(ws),
            lambda: train.cancel(ws),
            body=lambda: show_curves(
                train.history(ws) or (view.network.history if view else ()),
                simulated=is_simulated(ws),
            ),
            fresh=fresh,
        )
        if view is not None:
            if stale and busy:
                frame.stale_note(view.changed)
            show_result(ws, view)
    footer.step_bar(
        "train",
        label="Train",
        sentence=lambda: train.estimate(ws).sentence,
        start=lambda: train.start(ws),
        fresh=fresh,
        busy=busy,
        done=done_words(view),
    )
    stopped = busy or progress.has_ended_badly(job)
    guide.drive("train", start=lambda: train.start(ws), fresh=fresh, stopped=stopped)
