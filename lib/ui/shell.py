"""The frame that Streamlit runs around every page: navigation, style and the top bar."""

import streamlit as st

from lib.ui import endpointview, frame, look, places, state
from lib.ui.guard import guard, notice

st.set_page_config(page_title="Loam", page_icon=look.STATIC / "favicon.svg", layout="wide")
look.apply()
here = st.navigation([places.page(place.name) for place in places.PLACES], position="hidden")

state.arrive(here.url_path)

with guard():
    frame.top_bar(state.workspace(), here.url_path or "home")
    notice()
    with guard():
        endpointview.banner(state.workspace(), here.url_path)

with guard():
    here.run()
