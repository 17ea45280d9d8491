"""What the training page shows of a network: its curves as they grow, and its scores."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from lib.core.formats import bytes_words, clock_words, count_words, number, share_words
from lib.ui import charts, evalview, figures, frame, progress, state
from lib.ui.guard import plain
from lib.workflow import train
from lib.workflow.project import Workspace
from lib.workflow.train import TrainView

_LITTLE = 0.01
_ENDINGS = {
    "early": "stopped early",
    "cancelled": "cancelled",
    "diverged": "stopped, because its loss was no number any more,",
}


def read(ws: Workspace) -> TrainView | None:
    """Return the trained network, read again when a job has changed it."""
    other = train.other_job(ws)
    beside = (getattr(other, "id", ""), getattr(other, "state", ""))
    return state.latest("train-view", (*_key(ws), *beside), lambda: train.read(ws))


def _key(ws: Workspace) -> tuple[object, ...]:
    return (*state.result_key(ws, train.job(ws)), state.remembered("test-openings", int))


def curves(history: Sequence[Mapping[str, Any]], *, simulated: bool) -> None:
    """Show loss and accuracy by epoch, and how training goes."""
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
    st.caption(plain(pace(history)))


def pace(history: Sequence[Mapping[str, Any]]) -> str:
    """Say what the last epoch tells of how training goes."""
    last, best = history[-1], min(history, key=lambda row: row["val_loss"])
    parts = [
        f"Best epoch {best['epoch']}, validation loss {best['val_loss']:.3f}",
        f"learning rate {last['learning_rate']:.2g}",
    ]
    if last.get("samples_per_s"):
        parts.append(f"{number(last['samples_per_s'])} samples a second")
    if last.get("memory_bytes"):
        parts.append(f"{bytes_words(int(last['memory_bytes']))} of memory")
    return " · ".join(parts)


def done_words(view: TrainView | None) -> str:
    """Say how training ended."""
    if view is None:
        return ""
    network = view.network
    how = _ENDINGS.get(network.stopped, "finished")
    return (
        f"Training {how} after {count_words(network.epochs, 'epoch')} and "
        f"{clock_words(network.seconds)}; the weights of epoch {network.best_epoch} are kept."
    )


def offer_to_go_on(ws: Workspace, view: TrainView | None) -> None:
    """Offer to go on with a training that was cancelled and whose best epoch is kept."""
    if view is None or view.stale or not train.can_resume(ws):
        return
    with st.container(horizontal=True, vertical_alignment="center", key="go-on"):
        st.markdown(":gray[It was cancelled, and can go on from its last epoch.]")
        if st.button("Resume training", icon=":material/resume:"):
            train.start(ws)
            st.rerun()


def result(ws: Workspace, view: TrainView) -> None:
    """Show scores for both splits and the forest, and what they are made of."""
    network = view.network
    frame.section("How far to trust it", simulated=view.simulated)
    figures.reference_note(view.reference_map)
    if view.opened:
        progress.until(
            lambda: not progress.is_live(train.other_job(ws)),
            body=lambda: figures.scoreboard(
                cards(view, progress.words(train.other_job(ws))), reference_map=view.reference_map
            ),
        )
        _words_on_test(view)
    else:
        _closed(ws, view)
    evalview.closer(ws, view)
    frame.notes((*network.notes, *network.split_notes))
    if view.log_folder:
        st.caption(
            f"TensorBoard: `tensorboard --logdir $LOAM_HOME/{view.log_folder}` shows its logs."
        )


def _words_on_test(view: TrainView) -> None:
    words = gap_words(view)
    if words:
        st.markdown(plain(words))
    if view.opened_runs > 1:
        st.caption(
            f"The test set was opened for {view.opened_runs} runs. The more often it helps to "
            "choose, the better these figures look, and the less they say of unseen land."
        )


def _closed(ws: Workspace, view: TrainView) -> None:
    """Show what the validation set says, and offer to open the test set."""
    kind = figures.split_words(view.network.split_kind)
    left, right = st.columns(2)
    with left:
        card = figures.Card("This network", kind, view.validation, part="validation")
        figures.scoreboard([card], reference_map=view.reference_map)
    with right.container(border=True, key="score-closed", height="stretch"):
        st.markdown("**The test set is closed**")
        st.markdown(
            f":gray[It was opened for {count_words(view.opened_runs, 'other run')} on these "
            "samples. Compare runs by their validation scores, and open it for the one that you "
            "choose.]"
        )
        if st.button("Open the test set for this run", icon=":material/lock_open:"):
            train.open_test(ws)
            state.remember("test-openings", state.remembered("test-openings", int) + 1)
            st.rerun()


def cards(view: TrainView, waiting: str) -> list[figures.Card]:
    """Return the scores of the network, of the one for the other split, and of the forest.

    Args:
        view: The networks.
        waiting: How far the second network's training is; empty where it has not begun.
    """
    kind = view.network.split_kind
    other = view.other
    split = "split at random" if kind not in ("random", "simple") else "kept apart in space"
    if other is not None:
        split = figures.split_words(other.split_kind)
    return [
        figures.Card("This network", figures.split_words(kind), view.network.scores),
        figures.Card(
            "A second network",
            split,
            other.scores if other else None,
            waiting or "It is trained after the first.",
        ),
        figures.Card(
            "Random forest",
            figures.split_words(kind),
            view.forest,
            "It is left out of a training that was cancelled. Train to the end for its figures.",
        ),
    ]


def gap_words(view: TrainView) -> str:
    """Explain the gap between the score under a random split and under one kept apart."""
    if view.other is None:
        return ""
    first, second = (item.scores.overall_accuracy for item in (view.network, view.other))
    if first is None or second is None:
        return ""
    swapped = view.network.split_kind not in ("random", "simple")
    at_random, apart = (second, first) if swapped else (first, second)
    gap = at_random - apart
    told = f"Split at random {share_words(at_random)}, kept apart in space {share_words(apart)}: "
    if gap >= _LITTLE:
        return told + (
            f"the {gap:.2f} between them are what samples near those of the training set give "
            "away. On land without samples expect the lower figure."
        )
    if gap > -_LITTLE:
        return told + "neighbourhood gives nothing away here; both figures hold."
    return told + (
        "it does not do worse on land kept apart. Few blocks or polygons make either figure "
        "uncertain; look at the intervals."
    )
