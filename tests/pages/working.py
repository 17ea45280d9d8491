"""Jobs that a page starts and that real workers do."""

import time
from collections.abc import Iterator

import pytest

from lib.jobs.status import JobStatus
from lib.workflow.project import Workspace
from lib.workflow.workspace import supervisor

LIMIT_S = 240


@pytest.fixture
def workers() -> Iterator[None]:
    """Let go of the workers of this test's home at its end."""
    yield
    supervisor().close()


def ended(workspace: Workspace, kind: str) -> JobStatus:
    """Wait until the newest job of a kind has ended."""
    until = time.monotonic() + LIMIT_S
    while (status := workspace.job(kind)) is None or status.live:
        assert time.monotonic() < until, status
        time.sleep(0.05)
    return status
