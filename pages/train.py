"""Train: teach a network, watch it learn, and see how far to trust it."""

import streamlit as st

from lib.core.formats import clock_words, number
from lib.ui import (
    charts,
    figures,
    footer,
    frame,
    guide,
    modelpickers,
    pickers,
    progress,
    state,
    trainview,
)
from lib.ui.guard import guard, require
from lib.workflow import train
from lib.workflow.project import Workspace, is_simulated
from lib.workflow.train import TrainView


def show_result(ws: Workspace, view: TrainView) -> None:
    """Show scores for both splits and the forest, the confusion matrix, and each class."""
    network = view.network
    frame.section("How far to trust it", simulated=view.simulated)
    figures.reference_note(view.reference_map)
    progress.until(
        lambda: not progress.is_live(train.other_job(ws)),
        body=lambda: figures.scoreboard(
            trainview.cards(view, progress.words(train.other_job(ws))),
            reference_map=view.reference_map,
        ),
    )
    charts.show(
        charts.confusion(network.scores.matrix, view.legend.names, simulated=view.simulated),
        alt_text="Confusion matrix: rows are reference classes, columns are mapped classes.",
    )
    st.markdown("**Each class**")
    figures.class_table(network.scores, reference_map=view.reference_map)
    frame.notes(network.split_notes)


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
            body=lambda: trainview.curves(
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
