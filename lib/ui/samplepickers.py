"""Controls for samples: where labels come from, how many are drawn, how they are parted."""

import streamlit as st

from lib.core.errors import LabelError
from lib.core.plan import LabelPlan, SamplingPlan, SplitPlan
from lib.ui import state
from lib.ui.guard import guard, slot
from lib.ui.state import key_for
from lib.workflow import samples, uploads
from lib.workflow.project import Workspace

SPLITS = {"blocks": "Spatial blocks", "random": "At random", "polygon": "By polygon"}
ALLOCATIONS = {"equal": "Equal", "proportional": "Proportional"}
CLASS_WORDS = ("class", "cover", "label", "type", "category")
KINDS = {"map": "Reference map", "features": "Own polygons or points"}


def labels(ws: Workspace) -> LabelPlan:
    """Offer the kind of label source, and the source itself."""
    plan = ws.project.labels
    kind = st.segmented_control(
        "Labels from",
        list(KINDS),
        default=plan.kind,
        required=True,
        format_func=KINDS.__getitem__,
        key=key_for(ws, "label-kind"),
        help="A reference map knows every pixel but errs; own polygons are few but yours.",
    )
    chosen = _reference_map(ws, plan) if kind == "map" else _features(ws, plan)
    slot("labels")
    slot("class_property")
    return chosen


def _reference_map(ws: Workspace, plan: LabelPlan) -> LabelPlan:
    known = {source.id: source for source in samples.label_maps(ws)}
    ids = list(known)
    chosen = st.selectbox(
        "Map",
        ids,
        index=ids.index(plan.source) if plan.source in known else 0,
        format_func=lambda name: known[name].title,
        key=key_for(ws, "label-map"),
    )
    st.caption(f"Agreement with a map is not accuracy: it errs too. {known[chosen].citation}")
    return LabelPlan("map", chosen, known[chosen].label_band, "")


def _features(ws: Workspace, plan: LabelPlan) -> LabelPlan:
    if ws.connection.can.file_import:
        _upload(ws)
    key = (ws.id, ws.connection.id, state.visit(), ws.project.files)
    own = state.latest("tables", key, lambda: uploads.own_tables(ws))
    tables = {table.id: table for table in own}
    if not tables:
        st.caption("No polygons or points are here yet. Upload a file that has a class column.")
        return plan
    ids = list(tables)
    chosen = st.selectbox(
        "Features",
        ids,
        index=ids.index(plan.source) if plan.source in tables else 0,
        format_func=lambda name: tables[name].name,
        key=key_for(ws, "label-table"),
    )
    columns = list(tables[chosen].columns)
    if not columns:
        raise LabelError(
            f"“{tables[chosen].name}” has no columns.",
            hint="Upload a file that says the class of each feature in a column.",
            field="labels",
        )
    column = st.selectbox(
        "Class column",
        columns,
        index=columns.index(_likely(columns, plan.class_property)),
        key=key_for(ws, f"label-column-{chosen}"),
    )
    return LabelPlan("features", chosen, "", column)


def _likely(columns: list[str], chosen: str) -> str:
    """Return the column that was chosen, or else the first that sounds like classes."""
    if chosen in columns:
        return chosen
    telling = [name for name in columns if any(word in name.lower() for word in CLASS_WORDS)]
    return (telling or columns)[0]


def _upload(ws: Workspace) -> None:
    upload = st.file_uploader(
        "Vector file",
        type=["geojson", "json", "gpkg", "zip", "fgb", "kml"],
        key=key_for(ws, "vector-file"),
    )
    slot("vector")
    slot("upload")
    if upload and st.button("Import", key="import-features"):
        with guard(), st.spinner("Reading the features"):
            asset = samples.import_features(ws, upload.name, upload.getvalue())
            ws.change(labels=LabelPlan("features", asset, "", ""))
            state.renew()
            st.rerun()


def sampling(ws: Workspace) -> SamplingPlan:
    """Offer how many samples are drawn, and how they are spread over the classes."""
    plan = ws.project.sampling
    per_class = st.number_input(
        "Samples in each class",
        min_value=2,
        max_value=20_000,
        value=plan.per_class,
        step=50,
        key=key_for(ws, "per-class"),
    )
    slot("per_class")
    allocation = st.segmented_control(
        "Spread",
        list(ALLOCATIONS),
        default=plan.allocation,
        required=True,
        format_func=ALLOCATIONS.__getitem__,
        key=key_for(ws, "allocation"),
        help="Equal gives rare classes as many samples as common ones. Proportional follows the "
        "area of each class.",
    )
    slot("allocation")
    return SamplingPlan(per_class, allocation, plan.class_weights, plan.seed)


def weights_and_seed(ws: Workspace, plan: SamplingPlan) -> SamplingPlan:
    """Offer class weights and the seed of the draw."""
    weights = st.toggle(
        "Weigh rare classes more",
        value=plan.class_weights,
        key=key_for(ws, "weights"),
        help="Training counts each sample by the inverse of its class's frequency.",
    )
    seed = st.number_input(
        "Seed",
        min_value=0,
        value=plan.seed,
        key=key_for(ws, "seed"),
        help="Same seed, same samples.",
    )
    return SamplingPlan(plan.per_class, plan.allocation, weights, seed)


def split(ws: Workspace) -> SplitPlan:
    """Offer how samples are parted into training, validation and test set."""
    plan = ws.project.split
    kinds = [kind for kind in SPLITS if kind != "polygon" or ws.project.labels.kind == "features"]
    kind = st.segmented_control(
        "Split",
        kinds,
        default=plan.kind if plan.kind in kinds else "blocks",
        required=True,
        format_func=SPLITS.__getitem__,
        key=key_for(ws, f"split-{len(kinds)}"),
        help="Neighbouring pixels resemble each other. A split at random tests on neighbours of "
        "what was learnt and flatters; blocks and polygons keep them apart (Roberts et al. 2017, "
        "doi:10.1111/ecog.02881).",
    )
    slot("split")
    return SplitPlan(kind, plan.validation, plan.test, plan.block_size_m, plan.seed)


def split_shares(ws: Workspace, plan: SplitPlan) -> SplitPlan:
    """Offer the shares of the parts and the size of a block."""
    validation = st.slider(
        "Validation (%)", 5, 40, round(plan.validation * 100), key=key_for(ws, "validation")
    )
    test = st.slider("Test (%)", 5, 50, round(plan.test * 100), key=key_for(ws, "test"))
    block = plan.block_size_m
    if plan.kind == "blocks":
        block = st.number_input(
            "Side of a block (m)", 10.0, 100_000.0, block, step=100.0, key=key_for(ws, "block")
        )
    return SplitPlan(plan.kind, validation / 100, test / 100, block, plan.seed)
