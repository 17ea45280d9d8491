"""Controls for the draw: how many samples, how they are spread over classes and space."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from lib.core.errors import PlanError
from lib.core.formats import number, percent_words
from lib.core.legend import Legend
from lib.core.plan import SamplingPlan
from lib.ui import state
from lib.ui.guard import guard, slot
from lib.ui.state import key_for
from lib.workflow import samples
from lib.workflow.project import Workspace

ALLOCATIONS = {
    "equal": "Equal",
    "proportional": "By area",
    "square root": "By root of area",
    "neyman": "Optimal (Neyman)",
    "by hand": "By hand",
}
_ALLOCATION_HELP = (
    "Equal gives rare classes as many samples as common ones. By area follows how much of the "
    "land each class covers; by root of area lies between the two. Optimal also weighs how much a "
    "class is expected to err (Neyman 1934, doi:10.2307/2342192)."
)
OLOFSSON = "Olofsson et al. 2014, doi:10.1016/j.rse.2014.02.015"


def number_and_spread(ws: Workspace, classes: Legend | None) -> SamplingPlan:
    """Offer how many samples are drawn, and how they are spread over the classes."""
    plan = ws.project.sampling
    by_hand = plan.allocation == "by hand"
    per_class = plan.per_class
    if not by_hand:
        per_class = st.number_input(
            "Samples in each class",
            min_value=2,
            max_value=20_000,
            value=plan.per_class,
            step=50,
            key=key_for(ws, "per-class"),
        )
    slot("per_class")
    allocation = st.selectbox(
        "Spread",
        list(ALLOCATIONS),
        index=list(ALLOCATIONS).index(plan.allocation),
        format_func=ALLOCATIONS.__getitem__,
        key=key_for(ws, "allocation"),
        help=_ALLOCATION_HELP,
    )
    slot("allocation")
    counts = plan.counts
    if allocation == "by hand" and classes is not None:
        counts = _by_hand(ws, plan, classes)
    slot("counts")
    if classes is not None and not by_hand:
        _calculator(ws, classes)
    return replace(plan, per_class=per_class, allocation=allocation, counts=counts)


def _by_hand(ws: Workspace, plan: SamplingPlan, classes: Legend) -> tuple[int, ...]:
    """Offer a count for each class, which begin with those of the plan."""
    fits = len(plan.counts) == len(classes)
    counts = plan.counts if fits else (plan.per_class,) * len(classes)
    frame = pd.DataFrame({"Class": classes.names, "Samples": counts})
    key = key_for(ws, f"by-hand-{len(classes)}-{hash((classes.names, counts))}")
    edited = st.data_editor(
        frame,
        key=key,
        hide_index=True,
        disabled=["Class"],
        column_config={
            "Samples": st.column_config.NumberColumn(min_value=0, max_value=20_000, step=1)
        },
        alt="Samples to draw of each class.",
    )
    if edited["Samples"].isna().any():
        raise PlanError("A class has no number of samples.", hint="Give 0 or more.", field="counts")
    return tuple(int(count) for count in edited["Samples"])


def _calculator(ws: Workspace, classes: Legend) -> None:
    with st.popover("How many are enough?", icon=":material/calculate:", key=key_for(ws, "enough")):
        aim = st.select_slider(
            "Standard error of the accuracy (%)",
            samples.RATES,
            value=2.0,
            key=key_for(ws, "enough-error"),
        )
        expected = st.slider(
            "Accuracy expected (%)", 50, 99, 85, key=key_for(ws, "enough-accuracy")
        )
        size = samples.enough_for(
            ws, len(classes), standard_error=aim / 100, accuracy=expected / 100
        )
        share = ws.project.split.test
        st.markdown(
            f"**{number(size.test)}** test samples tell it so closely. With "
            f"{percent_words(share)} of the samples in the test set, and 50 of each class there, "
            f"that is **{number(size.per_class)}** in each of {len(classes)} classes."
        )
        st.caption(f"{OLOFSSON}, equation 13.")
        with guard():
            if st.button("Use this number", key="use-number"):
                ws.change(sampling=replace(ws.project.sampling, per_class=size.per_class))
                state.renew()
                st.rerun()


def more(ws: Workspace, plan: SamplingPlan) -> SamplingPlan:
    """Offer a floor, a least distance, pure pixels and the seed of the draw."""
    floor = plan.floor
    if plan.allocation not in ("equal", "by hand"):
        floor = st.number_input(
            "At least of each class",
            min_value=0,
            max_value=20_000,
            value=plan.floor,
            step=10,
            key=key_for(ws, "floor"),
            help="Rare classes get so many, whatever they cover.",
        )
        slot("floor")
    distance = st.number_input(
        "Least distance (m)",
        min_value=0.0,
        max_value=100_000.0,
        value=plan.min_distance_m,
        step=50.0,
        key=key_for(ws, "distance"),
        help="Samples that lie closer tell nearly the same. 0 for any distance.",
    )
    slot("min_distance_m")
    pure = st.toggle(
        "Pure pixels only",
        value=plan.pure,
        key=key_for(ws, "pure"),
        help="All eight neighbours are of the same class: no mixed pixels at edges.",
    )
    slot("pure")
    seed = st.number_input(
        "Seed",
        min_value=0,
        value=plan.seed,
        key=key_for(ws, "seed"),
        help="Same seed, same samples.",
    )
    return replace(plan, floor=floor, min_distance_m=distance, pure=pure, seed=seed)
