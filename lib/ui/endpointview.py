"""Endpoints of Vertex AI: what they run on, what they cost, and the button that takes them down."""

import streamlit as st

from lib.core.plan import DeploymentPlan, EndpointPlan
from lib.ui import parts, places, progress
from lib.ui.guard import guard, plain, slot
from lib.ui.state import key_for
from lib.workflow import endpoints
from lib.workflow.endpoints import EndpointView
from lib.workflow.project import Workspace

_ICON = ":material/payments:"


def settings(ws: Workspace, plan: DeploymentPlan) -> EndpointPlan:
    """Offer where and on what an endpoint runs, where that is the route; the rest under "More"."""
    chosen = plan.endpoint
    if plan.route != "vertex":
        return chosen
    bucket = _text(ws, "bucket", "Bucket", chosen.bucket, "Of Cloud Storage, in the same region.")
    region = _text(ws, "region", "Region", chosen.region, "us-central1 is nearest to Earth Engine.")
    machine = _text(
        ws, "machine_type", "Machine type", chosen.machine_type, "n1-standard-2 is a small one."
    )
    with st.expander("More"):
        replicas = st.number_input(
            "Machines", 1, 20, chosen.replicas, key=key_for(ws, "endpoint-replicas"),
            help="Each costs by the hour.",
        )  # fmt: skip
        image = _text(
            ws, "image", "Container image", chosen.image,
            "Left empty: TensorFlow Serving in your own Artifact Registry.",
            placeholder=endpoints.usual_image(ws),
        )  # fmt: skip
    st.caption(f"[Google's prices]({endpoints.PRICES}) for machines of Vertex AI, by region.")
    with parts.section(ws, "endpoint-guide", "What it needs, step by step") as is_open:
        if is_open:
            st.markdown(_smaller(endpoints.guide()))
    return EndpointPlan(bucket, region, machine, replicas, image)


def banner(ws: Workspace, here: str) -> None:
    """Say on every page but its own that something runs which costs."""
    if here == "deploy":
        return
    for view in endpoints.views(ws):
        with st.container(key=f"costs-{view.name}"):
            st.warning(plain(view.words), icon=_ICON)
            places.link("deploy", label="Look after it on Deploy")


def running(ws: Workspace) -> None:
    """Show what runs or is left, each with the button that takes it down."""
    job = endpoints.job(ws)
    making = endpoints.is_making(ws)

    @st.fragment(run_every=progress.POLL_S if making else None)
    def part() -> None:
        with guard():
            for view in endpoints.views(ws):
                _one(ws, view, busy=progress.is_live(job))

    part()
    progress.watch(lambda: endpoints.job(ws), None, name="teardown")
    words = endpoints.taken_down(ws)
    if words:
        st.success(plain(words), icon=":material/check_circle:")


def _one(ws: Workspace, view: EndpointView, *, busy: bool) -> None:
    with st.container(key=f"runs-{view.name}", border=True):
        st.markdown(f"**{_ICON} {_title(view)}** · {plain(view.name)}")
        st.markdown(plain(view.words))
        if view.elsewhere:
            st.caption("Another project of this account has made it.")
        if view.obstacle:
            st.caption(plain(view.obstacle))
        if st.button(
            "Take it down",
            key=f"take-down-{view.name}",
            icon=":material/power_settings_new:",
            disabled=busy or bool(view.obstacle),
            help="Undeploys the network and deletes endpoint, model and files.",
        ):
            with guard():
                endpoints.take_down(ws, view.name)
                st.rerun()


def _title(view: EndpointView) -> str:
    if view.runs:
        return "An endpoint is running"
    return "An endpoint is being made" if view.busy else "An endpoint was begun and not finished"


def _text(
    ws: Workspace, field: str, label: str, value: str, words: str, *, placeholder: str = ""
) -> str:
    """Draw a text field, with a place for what is wrong with it."""
    key = key_for(ws, f"endpoint-{field}")
    text = st.text_input(label, value=value, key=key, help=words, placeholder=placeholder)
    slot(field)
    return text


def _smaller(text: str) -> str:
    """Headings of a document as those of a panel."""
    lines = (f"###{line}" if line.startswith("#") else line for line in text.splitlines())
    return "\n".join(lines)
