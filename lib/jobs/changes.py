"""The changes of a job's state that the server makes; those of a running job are its worker's."""

import os
import time
from dataclasses import replace
from pathlib import Path

from lib.jobs.process import kill, own_start
from lib.jobs.status import CANCELLED, FAILED, NEEDS_SIGN_IN, QUEUED, STARTING, JobStatus
from lib.jobs.store import claim, clear_marks, read_status, write_status


def enqueue(directory: Path, status: JobStatus) -> None:
    """Mark a job as waiting in this server's queue, with no trace of an earlier end."""
    clear_marks(directory)
    queued = replace(
        status,
        state=QUEUED,
        eta_s=None,
        error_message="",
        error_hint="",
        error_field="",
        updated=time.time(),
        pid=os.getpid(),
        process_started=own_start(),
    )
    write_status(directory, queued)


def start(directory: Path, *, pid: int, process_started: float | None) -> bool:
    """Mark a queued job as given to a worker; False when it no longer waits."""
    status = read_status(directory)
    if status.state != QUEUED or not claim(directory):
        return False
    starting = replace(
        status, state=STARTING, updated=time.time(), pid=pid, process_started=process_started
    )
    write_status(directory, starting)
    return True


def cancel(directory: Path) -> None:
    """Ask a job's worker to stop, or end the job when it has none."""
    status = read_status(directory)
    if status.has_worker:
        (directory / "CANCEL").touch()
    elif status.state in (QUEUED, NEEDS_SIGN_IN):
        write_status(directory, replace(status, state=CANCELLED, updated=time.time()))


def wait_for_sign_in(directory: Path, status: JobStatus) -> None:
    """Mark a job as waiting for its owner's secret."""
    write_status(
        directory,
        replace(
            status,
            state=NEEDS_SIGN_IN,
            error_message="",
            error_hint="",
            error_field="",
            updated=time.time(),
        ),
    )


def bury(directory: Path, epitaph: str = "The worker of this job is gone.") -> None:
    """Write how a job ended whose worker died, unless the worker still wrote it itself."""
    status = read_status(directory)
    if not status.has_worker:
        return
    ended = replace(status, updated=time.time(), eta_s=None)
    if (directory / "CANCEL").exists():
        write_status(directory, replace(ended, state=CANCELLED))
        return
    hint = "Start it again: it goes on from where it last saved its work."
    write_status(directory, replace(ended, state=FAILED, error_message=epitaph, error_hint=hint))


def end_if_deaf(directory: Path, *, grace_s: float) -> None:
    """Kill the worker of a job that was asked to stop and has not done so in time."""
    cancellation = directory / "CANCEL"
    if cancellation.exists() and time.time() - cancellation.stat().st_mtime > grace_s:
        status = read_status(directory)
        if status.has_worker:
            kill(status.pid, status.process_started)
