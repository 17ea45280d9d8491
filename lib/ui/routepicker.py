"""The ways in which a network can reach the map: one to choose, and all of them compared."""

from dataclasses import replace

import streamlit as st

from lib.core.plan import DeploymentPlan
from lib.ui import parts
from lib.ui.guard import plain, slot
from lib.ui.state import key_for
from lib.workflow import deploy
from lib.workflow.deploy import Offer
from lib.workflow.project import Workspace


def choose(ws: Workspace) -> DeploymentPlan:
    """Offer the ways that fit the network and the connection; tell why the others do not."""
    fitting = deploy.routes(ws)
    known = {route.name: route for route in fitting}
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
    for words in deploy.refused_routes(ws):
        st.caption(plain(words))
    return replace(ws.project.deployment, route=name)


def compare(ws: Workspace) -> None:
    """Set costs, limits and times of all ways side by side, those beside the routes too."""
    with parts.section(ws, "ways", "What each way costs") as is_open:
        if is_open:
            for offer in deploy.ways(ws):
                _way(offer)


def _way(offer: Offer) -> None:
    way = offer.route
    lines = [f"**{plain(way.title)}**"]
    if not offer.fits:
        reason = offer.reason.removeprefix(f"{way.title}: ")
        lines.append(f":material/block: {plain(reason[0].upper() + reason[1:])}")
    told = (("Costs", way.cost), ("Limits", way.limits), ("Takes", way.time))
    lines += [f":gray[{name}] {plain(words)}" for name, words in told]
    st.markdown("  \n".join(lines))
