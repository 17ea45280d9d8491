"""A closer look at a network: its matrix, each class, its probabilities, its predictors."""

import streamlit as st

from lib.core.accuracy import Scores
from lib.core.formats import number, percent_words, share_words
from lib.ui import charts, evalcharts, figures, frame
from lib.ui.guard import plain
from lib.workflow.project import Workspace
from lib.workflow.train import TrainView

PARTS = ("Matrix", "Classes", "Probabilities", "Predictors")
_SOURCE = "Foody 2020, doi:10.1016/j.rse.2019.111630"
_CALIBRATION = "Guo et al. 2017, arXiv:1706.04599"


def closer(ws: Workspace, view: TrainView) -> None:
    """Show one part of the evaluation at a time."""
    part = st.segmented_control(
        "A closer look", PARTS, default=PARTS[0], key=f"closer-{ws.id[:8]}", required=True
    )
    scores = view.network.scores if view.opened else view.validation
    tested = "test set" if view.opened else "validation set"
    if part == "Probabilities":
        _reliability(view)
    elif part == "Predictors":
        _importance(view)
    elif scores is not None and part == "Classes":
        figures.class_table(scores, reference_map=view.reference_map)
        st.caption(f"Of the {tested}, with 95 % intervals. {interval_kind(scores)}")
        _beyond_chance(scores)
    elif scores is not None:
        charts.show(
            charts.confusion(
                scores.matrix, view.legend.names, simulated=view.simulated, part=tested
            ),
            alt_text="Confusion matrix: rows are reference classes, columns are mapped classes.",
        )


def interval_kind(scores: Scores) -> str:
    """Say where the intervals come from."""
    if scores.interval_kind == "block bootstrap":
        return (
            f"They come from a bootstrap of whole groups, of which there are {scores.group_count}."
        )
    return "They are Wilson's, for samples that are independent of each other."


def _beyond_chance(scores: Scores) -> None:
    with st.expander("Kappa and the two parts of disagreement"):
        kappa, quantity, allocation = frame.facts("kappa", [1, 1, 1])
        kappa.metric("Kappa", share_words(scores.kappa))
        quantity.metric(
            "Quantity disagreement",
            share_words(scores.quantity_disagreement),
            help="Because classes are mapped too often or too seldom (Pontius and Millones 2011).",
        )
        allocation.metric(
            "Allocation disagreement",
            share_words(scores.allocation_disagreement),
            help="Because they are mapped in the wrong places.",
        )
        st.caption(
            "Kappa is no accuracy: it depends on how common the classes are, and must not rank "
            f"maps or choose a network ({_SOURCE})."
        )


def _reliability(view: TrainView) -> None:
    found = view.reliability
    if found is None:
        st.caption("This run is from before probabilities were checked. Train it again.")
        return
    charts.show(
        evalcharts.reliability(found.before, found.after, simulated=view.simulated),
        alt_text="Share that is right by confidence; on the diagonal, probabilities are true.",
    )
    words = (
        f"Confidence and accuracy lie {percent_words(found.before.expected_error)} apart on "
        f"average, over {number(found.before.n)} validation samples."
    )
    if found.temperature is not None and found.after is not None:
        sure = "too sure" if found.temperature.value > 1 else "not sure enough"
        words += (
            f" The network is {sure}: divided by a temperature of {found.temperature.value:.2f} "
            f"before the softmax, it would be {percent_words(found.after.expected_error)}. The "
            "class on the map stays the same."
        )
    st.markdown(plain(words))
    st.caption(f"Method: {_CALIBRATION}. The test set is not looked at for this.")
    frame.notes(found.notes)


def _importance(view: TrainView) -> None:
    found = view.importance
    if not view.opened:
        st.caption("This is measured on the test set. Open it for this run first.")
        return
    if found is None:
        st.caption("Predictors are weighed at the end of a training that was not cancelled.")
        return
    charts.show(
        evalcharts.importance(found.predictors, simulated=view.simulated),
        alt_text="Fall of macro F1 when a predictor is shuffled, largest first.",
    )
    st.caption(
        f"Each predictor was shuffled {found.repeats} times among {number(found.n)} of "
        f"{number(found.of)} test samples. It says what this network relies on; predictors that "
        "tell the same share what they are worth (Breiman 2001, doi:10.1023/A:1010933404324)."
    )
