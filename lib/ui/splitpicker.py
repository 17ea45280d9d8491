"""Controls for the split, and for the balance of classes in training."""

from dataclasses import replace

import streamlit as st

from lib.core.plan import BalancePlan, SamplingPlan, SplitPlan
from lib.ui import sampledata
from lib.ui.guard import plain, slot
from lib.ui.state import key_for
from lib.workflow import samples
from lib.workflow.project import Workspace

SPLITS = {
    "blocks": "Spatial blocks",
    "random": "At random",
    "polygon": "By polygon",
    "column": "As a column says",
    "simple": "At random, unstratified",
}
RESAMPLINGS = {
    "none": "As drawn",
    "under": "Fewer of common ones",
    "over": "Rare ones repeated",
    "smote": "Rare ones filled up (SMOTE)",
}
WEIGHTINGS = {
    "balanced": "Balanced",
    "square root": "Square root",
    "effective number": "Effective number",
}
_SPLIT_HELP = (
    "Neighbouring pixels resemble each other. A split at random tests on neighbours of what was "
    "learnt and flatters; blocks and polygons keep them apart (Roberts et al. 2017, "
    "doi:10.1111/ecog.02881)."
)


def split(ws: Workspace) -> SplitPlan:
    """Offer how samples are parted into training, validation and test set."""
    plan, single = ws.project.split, sampledata.single_shapes(ws)
    kinds = samples.split_kinds(ws)
    kind = st.selectbox(
        "Split",
        kinds,
        index=kinds.index(plan.kind) if plan.kind in kinds else 0,
        format_func=SPLITS.__getitem__,
        # What is proposed changes with the first and second polygon of a class.
        key=key_for(ws, f"split-{'-'.join(kinds)}{'-single' if single else ''}"),
        help=_SPLIT_HELP,
    )
    slot("split")
    if single:
        listed = ", ".join(f"“{name}”" for name in single)
        st.caption(
            plain(
                f"Only one polygon or point of {listed}, which cannot be in training and test at "
                "once: a split by polygon needs a second one."
            )
        )
    return replace(plan, kind=kind)


def split_more(ws: Workspace, plan: SplitPlan) -> SplitPlan:
    """Offer the shares of the parts, the size of a block and the seed."""
    if plan.kind == "column":
        st.caption(
            "The column of the labels says which samples train, validate and test. Where it has no "
            "validation set, one is taken from each class of the training set."
        )
        seed = st.number_input(
            "Seed of the split", min_value=0, value=plan.seed, key=key_for(ws, "split-seed")
        )
        return replace(plan, seed=seed)
    validation = st.slider(
        "Validation (%)", 5, 40, round(plan.validation * 100), key=key_for(ws, "validation")
    )
    test = st.slider("Test (%)", 5, 50, round(plan.test * 100), key=key_for(ws, "test"))
    block = plan.block_size_m
    if plan.kind == "blocks":
        block = st.number_input(
            "Side of a block (m)", 10.0, 100_000.0, block, step=100.0, key=key_for(ws, "block")
        )
    seed = st.number_input(
        "Seed of the split", min_value=0, value=plan.seed, key=key_for(ws, "split-seed")
    )
    return SplitPlan(plan.kind, validation / 100, test / 100, block, seed)


def balance(ws: Workspace, drawn: SamplingPlan) -> tuple[SamplingPlan, BalancePlan]:
    """Offer what helps rare classes in training; nothing of it touches validation or test."""
    plan, form = ws.project.balance, ws.project.imagery.form
    offered = samples.augmentations(form)
    kinds = [kind for kind in RESAMPLINGS if kind != "smote" or form == "pixel"]
    resample = st.selectbox(
        "Training samples",
        kinds,
        index=kinds.index(plan.resample) if plan.resample in kinds else 0,
        format_func=RESAMPLINGS.__getitem__,
        key=key_for(ws, f"resample-{form}"),
        help="After the split, of the training set only. SMOTE puts new samples between "
        "neighbours of a rare class (Chawla et al. 2002, doi:10.1613/jair.953).",
    )
    slot("resample")
    weights = st.toggle(
        "Weigh rare classes more",
        value=drawn.class_weights,
        key=key_for(ws, "weights"),
        help="Training counts each sample by how rare its class is.",
    )
    weighting = plan.weighting
    if weights:
        weighting = st.segmented_control(
            "Weights",
            list(WEIGHTINGS),
            default=plan.weighting,
            required=True,
            format_func=WEIGHTINGS.__getitem__,
            key=key_for(ws, "weighting"),
            help="Balanced is the inverse of the frequency. Its square root lets rare classes "
            "count without drowning the common ones. Effective number grows more slowly for large "
            "classes (Cui et al. 2019, doi:10.1109/CVPR.2019.00949).",
        )
    augment = st.pills(
        "Change samples a little, anew in each epoch",
        offered,
        selection_mode="multi",
        default=[name for name in plan.augment if name in offered],
        format_func=str.capitalize,
        key=key_for(ws, f"augment-{form}"),
        help="The network then learns what stays the same. Training samples only.",
    )
    slot("augment")
    chosen = tuple(name for name in offered if name in augment)
    changed = BalancePlan(resample, weighting, chosen, plan.seed)
    return replace(drawn, class_weights=weights), changed
