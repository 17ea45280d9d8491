"""Controls for the network, and for the way in which it reaches the map."""

from collections.abc import Sequence
from typing import Protocol

import streamlit as st

from lib.core.errors import PlanError
from lib.core.model_plan import ModelPlan
from lib.core.plan import DeploymentPlan
from lib.ui.guard import slot
from lib.ui.state import key_for
from lib.workflow.project import Workspace


class Route(Protocol):
    """What a route tells of itself."""

    name: str
    title: str
    words: str


def network(ws: Workspace) -> ModelPlan:
    """Offer the width of the layers and the length of training; the rest under "More"."""
    plan = ws.project.model
    text = st.text_input(
        "Hidden layers",
        value=", ".join(str(width) for width in plan.hidden_units),
        key=key_for(ws, "layers"),
        help="Units of each layer, separated by commas.",
    )
    slot("hidden_units")
    epochs = st.slider("Epochs at most", 5, 300, plan.epochs, step=5, key=key_for(ws, "epochs"))
    slot("epochs")
    with st.expander("More"):
        rate = st.number_input(
            "Learning rate", 1e-6, 1.0, plan.learning_rate, format="%.4f", key=key_for(ws, "rate")
        )
        slot("learning_rate")
        dropout = st.slider(
            "Dropout", 0.0, 0.9, plan.dropout, step=0.05, key=key_for(ws, "dropout")
        )
        batch = st.number_input("Batch size", 0, 65_536, plan.batch_size, key=key_for(ws, "batch"))
        patience = st.number_input(
            "Patience (epochs)",
            1,
            2_000,
            plan.patience,
            key=key_for(ws, "patience"),
            help="Training stops after so many epochs without a better validation loss.",
        )
        trees = st.number_input(
            "Trees of the forest beside it", 1, 1_000, plan.forest_trees, key=key_for(ws, "trees")
        )
        seed = st.number_input("Seed", min_value=0, value=plan.seed, key=key_for(ws, "model-seed"))
    return ModelPlan(
        family=plan.family,
        hidden_units=_widths(text),
        dropout=dropout,
        learning_rate=rate,
        batch_size=batch,
        epochs=epochs,
        patience=patience,
        forest_trees=trees,
        seed=seed,
    )


def route(ws: Workspace, routes: Sequence[Route]) -> DeploymentPlan:
    """Offer the ways in which a network can reach the map."""
    known = {route.name: route for route in routes}
    names = list(known)
    current = ws.project.deployment.route
    name = st.radio(
        "Route",
        names,
        index=names.index(current) if current in names else 0,
        format_func=lambda name: known[name].title,
        captions=[known[name].words for name in names],
        key=key_for(ws, "route"),
    )
    slot("route")
    return DeploymentPlan(name)


def _widths(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.replace(" ", "").split(",") if part)
    except ValueError:
        raise PlanError(
            f"“{text}” is no list of layer widths.",
            hint="Write whole numbers with commas, such as 64, 64.",
            field="hidden_units",
        ) from None
