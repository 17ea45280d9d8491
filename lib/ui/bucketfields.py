"""Controls of what goes through a bucket to an asset: its name, the bucket, what is replaced."""

from dataclasses import dataclass

import streamlit as st

from lib.ui.guard import slot
from lib.ui.state import key_for
from lib.workflow import by_bucket, tasks
from lib.workflow.project import Workspace


@dataclass(frozen=True)
class Chosen:
    """What was chosen, as it was typed.

    Attributes:
        name: Last part of the asset's id.
        bucket: Name of the bucket.
        overwrite: Whether an asset of that name is replaced.
    """

    name: str
    bucket: str
    overwrite: bool


def choose(ws: Workspace, section: str) -> Chosen:
    """Draw the controls; `section` tells them from those of other sections."""
    usual = tasks.usual_name(ws)
    name = st.text_input(
        "Name", value=usual, key=key_for(ws, f"{section}-name"), help="Of the asset."
    )
    slot("name")
    bucket = st.text_input(
        "Bucket",
        value=by_bucket.usual_bucket(ws),
        key=key_for(ws, f"{section}-bucket"),
        help="Of Cloud Storage, where this account may write.",
    )
    slot("bucket")
    key = key_for(ws, f"{section}-overwrite")
    return Chosen(name, bucket, st.toggle("Replace an asset of that name", key=key))
