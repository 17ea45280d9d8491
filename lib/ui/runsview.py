"""Runs side by side: what they differ in, what the validation set says, and which one to use."""

import pandas as pd
import streamlit as st

from lib.core.formats import clock_words
from lib.ui import charts, evalcharts, state
from lib.ui.guard import plain
from lib.ui.state import key_for
from lib.workflow import runs, train
from lib.workflow.project import Workspace, is_simulated
from lib.workflow.train_views import Run, RunsView


def compare(ws: Workspace) -> None:
    """Show all runs on the project's samples and split, and offer to use one of them."""
    openings = state.remembered("test-openings", int)
    key = (*state.result_key(ws, train.job(ws)), openings)
    view: RunsView = state.latest("runs", key, lambda: runs.compared(ws))
    if not view.runs:
        st.caption("Every run is kept, and stands here beside the others on the same samples.")
    else:
        _table(view.runs)
        if len(view.runs) > 1:
            charts.show(
                evalcharts.run_curves(
                    [(run.name, run.current, run.history) for run in view.runs],
                    simulated=is_simulated(ws),
                ),
                alt_text="Validation accuracy of each run by epoch.",
            )
        st.caption(
            "Runs are compared by the validation set alone. The test set is opened for the run "
            "that is chosen."
        )
        _choose(ws, view.runs)
    if view.elsewhere:
        more = "1 more run belongs" if view.elsewhere == 1 else f"{view.elsewhere} more belong"
        st.caption(f"{more} to other samples or another split, and cannot be compared with these.")


def _table(found: tuple[Run, ...]) -> None:
    rows = pd.DataFrame(
        {
            "Run": [_name(run) for run in found],
            "Family": [run.family for run in found],
            "Macro F1": [run.macro_f1 for run in found],
            "Accuracy": [run.accuracy for run in found],
            "Loss": [run.loss for run in found],
            "Best epoch": [f"{run.best_epoch} of {run.epochs}" for run in found],
            "Time": [clock_words(run.seconds) for run in found],
            "Test set": ["opened" if run.opened else "closed" for run in found],
            "Differs in": [run.settings for run in found],
        }
    )
    figures = {
        name: st.column_config.NumberColumn(format="%.3f", help=f"{name} on the validation set.")
        for name in ("Macro F1", "Accuracy", "Loss")
    }
    # A table of its own for each number of runs, so that columns fit what is in them.
    st.dataframe(rows, hide_index=True, column_config=figures, key=f"runs-{len(found)}")


def _name(run: Run) -> str:
    marks = [word for word, is_so in (("best", run.best), ("in use", run.current)) if is_so]
    return " · ".join((run.name, *marks))


def _choose(ws: Workspace, found: tuple[Run, ...]) -> None:
    others = {run.id: run for run in found if not run.current}
    if not others:
        return
    first = next((run.id for run in found if run.best and run.id in others), next(iter(others)))
    with st.container(horizontal=True, vertical_alignment="bottom", key="choose-run"):
        chosen = st.selectbox(
            "Go back to",
            list(others),
            index=list(others).index(first),
            format_func=lambda run_id: plain(_name(others[run_id])),
            key=key_for(ws, f"chosen-run-{len(found)}"),
        )
        if st.button("Use this run", icon=":material/settings_backup_restore:"):
            runs.use(ws, chosen)
            state.renew()
            st.rerun()
