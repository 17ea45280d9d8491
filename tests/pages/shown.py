"""Pages inside the shell, opened as a browser does that has their address."""

from pathlib import Path
from urllib.parse import urlparse

import pytest
from streamlit.runtime.media_file_manager import MediaFileManager
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
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


def download(app: AppTest, label: str) -> tuple[str, bytes]:
    """Press the one download button with a label as a browser does; return its file.

    A test has no server, so the page is run once more with a store of files that is kept: the
    button's file is then made in it, by the function that the page gave the button.

    Returns:
        Name of the file and its content.
    """
    storage = MemoryMediaFileStorage("/media")
    files = MediaFileManager(storage)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("streamlit.testing.v1.app_test.MediaFileManager", lambda _: files)
        app.run()
    assert not app.exception
    (pressed,) = [item.proto for item in app.get("download_button") if item.label == label]
    address = files.execute_deferred(pressed.deferred_file_id)
    made = storage.get_file(Path(urlparse(address).path).name)
    assert made.filename is not None
    return made.filename, made.content
