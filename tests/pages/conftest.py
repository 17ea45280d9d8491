"""Projects for page tests: with samples, without, and signed in to stand-ins for Google."""

from pathlib import Path

import pytest

from lib.workflow.project import Workspace
from tests.pages.drawn import copy_of, make, small_project
from tests.workflow.clouded import account, cloud, earth_url, filed, signed_in

__all__ = ["account", "cloud", "earth_url", "filed", "signed_in"]


@pytest.fixture(scope="session")
def drawn_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project whose samples were drawn and looked through."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LOAM_HOME", str(tmp_path_factory.mktemp("drawn")))
        workspace = small_project()
        make(workspace, "samples")
        make(workspace, "label_quality")
        return workspace.folder


@pytest.fixture
def drawn(drawn_folder: Path) -> Workspace:
    """A copy of that project."""
    return copy_of(drawn_folder)


@pytest.fixture
def empty() -> Workspace:
    """The same project before anything was drawn."""
    return small_project()
