"""The server: Streamlit's pages and Local Earth's pictures on one port.

Run it with `streamlit run app.py`.
"""

import streamlit as st
from starlette.routing import Mount

from lib.localearth.server import pictures_app

app = st.App("lib/ui/shell.py", routes=[Mount("/earth", app=pictures_app())])
