"""Jobs that a page starts and that real workers do."""

import time

from lib.jobs.status import JobStatus
from lib.workflow.project import Workspace

LIMIT_S = 240


def ended(workspace: Workspace, kind: str) -> JobStatus:
    """Wait until the newest job of a kind has ended."""
    until = time.monotonic() + LIMIT_S
    while (status := workspace.job(kind)) is None or status.live:
        assert time.monotonic() < until, status
        time.sleep(0.05)
    return status
