"""Pages inside the shell, opened as a browser does that has their address."""

from pathlib import Path

from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from lib.workflow.project import Workspace

SHELL = Path(__file__).parents[2] / "lib" / "ui" / "shell.py"
STEPS = ("imagery", "samples", "train", "deploy", "results")
TIMEOUT_S = 60


def visit(page: str, project: str = "", *, workspace: Workspace | None = None) -> AppTest:
    """Open a page, with a project in its address or none, or in a session that has signed in."""
    app = AppTest.from_file(str(SHELL), default_timeout=TIMEOUT_S)
    if workspace is not None:
        project = workspace.id
        app.session_state["loam_workspace"] = workspace
    if project:
        app.query_params["project"] = project
    app.run()
    if page != "home":
        app.switch_page(f"../../pages/{page}.py").run()
    return app


def button(app: AppTest, label: str) -> Button:
    """Return the one button with a label."""
    found = [item for item in app.button if item.label == label]
    assert len(found) == 1, [item.label for item in app.button]
    return found[0]


def words(app: AppTest) -> str:
    """Return all running text of a page."""
    return "\n".join(item.value for item in app.markdown)
