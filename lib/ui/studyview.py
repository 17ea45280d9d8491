"""Cross-validation and search: begun here, watched while they run, and what came of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from lib.core.formats import clock_words, count_words, share_words
from lib.ui import charts, evalcharts, frame, progress, runsview, state
from lib.ui.guard import guard, plain, slot
from lib.ui.state import key_for
from lib.workflow import study
from lib.workflow.project import Workspace, is_simulated
from lib.workflow.train_views import CrossView, SearchView

PARTS = ("Runs", "Cross-validate", "Search")
_KINDS = {
    "random": "At random, class by class",
    "blocks": "By spatial blocks",
    "polygon": "By polygons or groups",
}
_STATES = {"pruned": "stopped early", "finished": "finished", "failed": "failed"}
_MEASURES = {
    "overall_accuracy": "Overall accuracy",
    "macro_f1": "Macro F1",
    "macro_iou": "Macro IoU",
    "weighted_f1": "Weighted F1",
}


def show(ws: Workspace) -> None:
    """Show runs, cross-validation or search, one at a time."""
    frame.section("Compare and improve")
    part = st.segmented_control(
        "Compare and improve",
        PARTS,
        default=PARTS[0],
        key=f"study-{ws.id[:8]}",
        required=True,
        label_visibility="collapsed",
    )
    with guard():
        {"Cross-validate": _cross, "Search": _search}.get(part or "", runsview.compare)(ws)


def _cross(ws: Workspace) -> None:
    st.markdown(
        ":gray[Every sample is tested once, by a network that has not seen it. The spread over "
        "folds shows how much a score owes to a lucky split.]"
    )
    job = study.cross_job(ws)
    busy = progress.is_live(job)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        k = st.number_input("Folds", 2, study.MOST_FOLDS, 5, key=key_for(ws, "folds"))
        kind = st.selectbox(
            "Dealt",
            study.fold_kinds(ws),
            index=study.fold_kinds(ws).index("blocks"),
            format_func=lambda kind: _KINDS[kind],
            key=key_for(ws, "fold-kind"),
        )
        if st.button("Cross-validate", icon=":material/view_week:", disabled=busy):
            study.start_cross(ws, k=k, kind=kind)
            st.rerun()
    slot("folds")
    st.caption(study.words_on_cross(ws, k))
    progress.watch(
        lambda: study.cross_job(ws),
        lambda: study.cancel_cross(ws),
        body=lambda: _folds(ws, study.fold_rows(ws)) if busy else None,
        name="crossval",
    )
    view = state.latest("cross", state.result_key(ws, job), lambda: study.read_cross(ws))
    if view is not None and not busy:
        _cross_result(ws, view)


def _cross_result(ws: Workspace, view: CrossView) -> None:
    if view.changed:
        frame.stale_note(view.changed)
    st.dataframe(
        pd.DataFrame(
            {
                "Mean over folds": list(_MEASURES.values()),
                "Network": [_spread(view.network.get(name)) for name in _MEASURES],
                "Forest": [_spread(view.forest.get(name)) for name in _MEASURES],
            }
        ),
        hide_index=True,
    )
    pooled, forest = view.pooled_network, view.pooled_forest
    st.caption(
        plain(
            f"{_KINDS[view.kind]}. Over all {pooled.n:,} tested samples at once: network "
            f"{share_words(pooled.overall_accuracy)}, forest "
            f"{share_words(forest.overall_accuracy)} overall. Folds share most of their training "
            "samples, so the spread is no standard error of the mean."
        )
    )
    _folds(ws, view.folds)
    frame.notes(view.notes)


def _spread(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "–"
    deviation = row["standard_deviation"]
    around = "" if deviation is None else f" ± {deviation:.3f}"
    return f"{row['mean']:.3f}{around}  ({row['least']:.2f} to {row['most']:.2f})"


def _folds(ws: Workspace, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        st.caption("The folds appear here one by one.")
        return
    charts.show(
        evalcharts.folds(rows, simulated=is_simulated(ws)),
        alt_text="Overall accuracy of network and forest in each fold.",
    )
    table = pd.DataFrame(
        {
            "Fold": [row["fold"] + 1 for row in rows],
            "Network": [row["overall_accuracy"] for row in rows],
            "Macro F1": [row["macro_f1"] for row in rows],
            "Forest": [row["forest_overall_accuracy"] for row in rows],
            "Forest's macro F1": [row["forest_macro_f1"] for row in rows],
            "Tested": [row["tested"] for row in rows],
            "Best epoch": [row["best_epoch"] for row in rows],
            "Time": [clock_words(row["seconds"]) for row in rows],
        }
    )
    shares = ("Network", "Macro F1", "Forest", "Forest's macro F1")
    config = {name: st.column_config.NumberColumn(format="%.3f") for name in shares}
    st.dataframe(table, hide_index=True, column_config=config)


def _search(ws: Workspace) -> None:
    st.markdown(
        ":gray[Settings around the present ones are tried, and hopeless trials stopped early. The "
        "least validation loss counts; the test set is never looked at.]"
    )
    job = study.search_job(ws)
    busy = progress.is_live(job)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        trials = st.number_input("Trials", 1, study.MOST_TRIALS, 20, key=key_for(ws, "trials"))
        minutes = st.number_input(
            "Minutes at most",
            0.0,
            1_440.0,
            5.0,
            step=1.0,
            format="%g",
            key=key_for(ws, "minutes"),
            help="0 for no bound.",
        )
        if st.button("Search", icon=":material/manage_search:", disabled=busy):
            study.start_search(ws, trials=trials, minutes=minutes or None)
            st.rerun()
    slot("search")
    progress.watch(
        lambda: study.search_job(ws),
        lambda: study.cancel_search(ws),
        body=lambda: _trials(ws, study.trial_rows(ws)) if busy else None,
        name="search",
    )
    view = state.latest("search", state.result_key(ws, job), lambda: study.read_search(ws))
    if view is not None and not busy:
        _search_result(ws, view)


def _search_result(ws: Workspace, view: SearchView) -> None:
    if view.changed:
        frame.stale_note(view.changed)
    tried = count_words(len(view.trials), "trial")
    if view.best is None:
        st.info(f"None of {tried} was finished.", icon=":material/info:")
    elif view.in_use:
        st.markdown(
            f":gray[Of {tried}, number {view.best + 1} was the best; its settings are in use.]"
        )
    else:
        with st.container(horizontal=True, vertical_alignment="center", key="use-best"):
            st.markdown(f"Of {tried}, number {view.best + 1} was the best.")
            if st.button("Use the best settings", icon=":material/check:"):
                study.use_best(ws)
                state.renew()
                st.rerun()
    _trials(ws, view.trials)


def _trials(ws: Workspace, rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        st.caption("The trials appear here one by one.")
        return
    if sum(row["score"] is not None for row in rows) > 1:
        charts.show(
            evalcharts.trials(rows, simulated=is_simulated(ws)),
            alt_text="Least validation loss of each trial, and the least so far.",
        )
    table = pd.DataFrame(
        {
            "Trial": [row["number"] + 1 for row in rows],
            "How it ended": [_STATES.get(row["state"], row["state"]) for row in rows],
            "Validation loss": [row["score"] for row in rows],
            "Accuracy": [row["accuracy"] for row in rows],
            "Settings": [setting_words(row["settings"]) for row in rows],
            "Epochs": [row["epochs"] for row in rows],
            "Time": [clock_words(row["seconds"]) for row in rows],
            "Message": [row["message"] for row in rows],
        }
    )
    if not any(row["message"] for row in rows):
        table = table.drop(columns="Message")
    config = {
        name: st.column_config.NumberColumn(format="%.3f")
        for name in ("Validation loss", "Accuracy")
    }
    st.dataframe(table, hide_index=True, column_config=config)


def setting_words(settings: Mapping[str, Any]) -> str:
    """Write the settings of a trial on one line."""
    return ", ".join(f"{_setting(name)} {_word(value)}" for name, value in settings.items())


def _setting(name: str) -> str:
    """Name a dimension of the search, such as "layers" or "width times"."""
    plain_name = name.removeprefix("hidden_units ").replace("_", " ")
    return f"{plain_name} times" if plain_name.endswith("width") else plain_name


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
