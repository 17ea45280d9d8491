"""Supervisors over a home of the test's own, and waiting with a deadline."""

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lib.jobs.status import JobStatus
from lib.jobs.supervisor import Supervisor

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "tests.jobs.sample_worker"]
PROJECT = "a" * 32
OTHER_PROJECT = "b" * 32


def until(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Ask again and again until the answer is true; fail after a while."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)
    return answer


class Servers:
    """Makes supervisors on one home, like servers that are started one after another."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.all: list[Supervisor] = []

    def start(self, **options: Any) -> Supervisor:
        options.setdefault("available", lambda: 10**12)
        options.setdefault("most_at_once", 8)
        self.all.append(Supervisor(self.home, COMMAND, cwd=ROOT, **options))
        return self.all[-1]

    def end(self) -> None:
        for server in self.all:
            server.close()
            for worker in server._pool.workers:
                worker.kill()
            server._remove_dead()


def ended(server: Supervisor, job_id: str) -> JobStatus:
    """Wait for the end of a job."""
    until(lambda: not server.status(job_id).live)
    return server.status(job_id)


def reached(server: Supervisor, job_id: str, stage: str) -> JobStatus:
    """Wait until a job has come to a stage."""
    until(lambda: server.status(job_id).stage == stage)
    return server.status(job_id)
