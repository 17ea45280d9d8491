"""A finished map that was made as a file, on its way to an asset of Earth Engine."""

from dataclasses import asdict

import streamlit as st

from lib.ui import bucketfields, progress
from lib.ui.guard import guard, plain
from lib.workflow import map_asset
from lib.workflow.project import Workspace


def show(ws: Workspace) -> None:
    """Offer the upload, or say why there is none; an upload that runs is shown with its way out."""
    st.markdown(
        ":gray[The map was made as a file. Through a bucket, it becomes an asset, to use in other "
        "computations.]"
    )
    asset, lacking = map_asset.asset_of(ws), map_asset.missing(ws)
    if asset:
        words = f"{ws.connection.label} keeps the finished map as an asset already: {asset}"
        st.success(plain(words), icon=":material/check_circle:")
        return
    if lacking:
        st.info(plain(lacking), icon=":material/info:")
    else:
        _controls(ws)
    progress.watch(lambda: map_asset.job(ws), lambda: map_asset.cancel(ws), name="map-asset")


def _controls(ws: Workspace) -> None:
    chosen = bucketfields.choose(ws, "map-asset")
    st.caption(plain(map_asset.words_on(ws)))
    if st.button(
        "Upload the map as an asset",
        icon=":material/cloud_upload:",
        disabled=progress.is_live(map_asset.job(ws)),
    ):
        with guard():
            map_asset.start(ws, **asdict(chosen))
            st.rerun()
