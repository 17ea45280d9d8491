"""What all tests share: a home of their own, the shared data, and no network but loopback."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from pytest_socket import enable_socket, socket_allow_hosts

from tests.keys import new_key_pair

ROOT = Path(__file__).parents[1]

# Test processes run side by side, a core each; so do the jobs that they start.
for _variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
    os.environ.setdefault(_variable, "1")

# How long an example takes says more about the machine than about the code.
settings.register_profile("loam", deadline=None)
settings.load_profile("loam")


@pytest.fixture(autouse=True)
def _only_loopback() -> Iterator[None]:
    """Refuse every connection but to this machine, which proves that Loam works offline."""
    socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)
    yield
    enable_socket()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A LOAM_HOME of this test's own, whose workers start with a job and end with the test."""
    folder = tmp_path / "home"
    monkeypatch.setenv("LOAM_HOME", str(folder))
    monkeypatch.setenv("LOAM_WAITING_WORKERS", "0")
    yield folder
    workspace = sys.modules.get("lib.workflow.workspace")
    if workspace is not None:
        workspace.close_supervisor(at_once=True)


@pytest.fixture(scope="session")
def private_key() -> str:
    """The private half of a key pair, as PEM."""
    return new_key_pair()[0]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real scenes and tables; skips, or fails in CI, where it is absent."""
    folder = Path(os.environ.get("LOAM_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        reason = f"no shared data at {folder}; set LOAM_DATA to the folder that holds scenes/"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return folder
