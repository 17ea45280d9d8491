"""The server's side of jobs: submit, watch, cancel and resume them.

One supervisor serves a whole server process. Jobs wait in a queue until a processor and enough
memory are free; a thread starts them, notices workers that died, and ends those that do not heed
a cancellation. All that must outlive the server is in the job folders; secrets are in memory only.
"""

import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lib.core.errors import JobError
from lib.jobs import changes
from lib.jobs.process import available_bytes, is_alive
from lib.jobs.status import CANCELLED, FAILED, NEEDS_SIGN_IN, QUEUED, JobStatus
from lib.jobs.store import JobSpec, JobStore, check_id, read_history, read_spec, read_status
from lib.jobs.worker_pool import WorkerPool

WORKER_BYTES = 900_000_000
"""Memory of a worker that trains: 750 MB measured (TensorFlow alone 690 MB), and some room."""

CANCEL_GRACE_S = 60.0
"""Seconds that a worker has to heed a cancellation before it is ended."""

_TICK_S = 0.25

_log = logging.getLogger(__name__)


class Supervisor:
    """Submits jobs, hands them to workers, and knows how each of them is.

    Args:
        home: The application's data folder, outside of its code; jobs live in `home/jobs`.
        command: Program and arguments of a worker, such as
            `[sys.executable, "-m", "lib.workflow.worker"]`.
        cwd: Folder in which workers start; None for the current one.
        most_at_once: Jobs that run at the same time; None for one a processor.
        worker_bytes: Memory that a worker is expected to take.
        available: Gives the memory that is free.
        cancel_grace_s: Seconds that a worker has to heed a cancellation.
    """

    def __init__(
        self,
        home: Path,
        command: list[str],
        *,
        cwd: Path | None = None,
        most_at_once: int | None = None,
        worker_bytes: int = WORKER_BYTES,
        available: Callable[[], int] = available_bytes,
        cancel_grace_s: float = CANCEL_GRACE_S,
    ) -> None:
        self._store = JobStore(home)
        self._pool = WorkerPool(
            command,
            cwd=cwd,
            worker_bytes=worker_bytes,
            available=available,
        )
        self._most_at_once = most_at_once or os.cpu_count() or 1
        self._cancel_grace_s = cancel_grace_s
        self._lock = threading.RLock()
        self._queue: list[str] = []
        self._secrets: dict[str, Mapping[str, Any]] = {}
        self._foreign: set[str] = set()
        self._wake = threading.Event()
        self._closed = False
        self._find_again()
        self._thread = threading.Thread(target=self._watch, name="jobs", daemon=True)
        self._thread.start()

    def submit(
        self,
        kind: str,
        spec: Mapping[str, Any],
        *,
        project_id: str,
        secret: Mapping[str, Any] | None = None,
        needs_secret: bool = False,
    ) -> str:
        """Queue a new job, and start it at once if there is room.

        Args:
            kind: Name of its handler.
            spec: Its settings: plain JSON data, nothing secret.
            project_id: 32 hexadecimal digits.
            secret: What its handler needs to reach its owner's connection; kept in memory only.
            needs_secret: Whether the job waits with "needs sign-in" when it is resumed and the
                secret is gone.

        Returns:
            The id of the job: 32 unguessable hexadecimal digits.
        """
        job_id = uuid.uuid4().hex
        now = time.time()
        job = JobSpec(
            kind=kind,
            project_id=project_id,
            needs_secret=needs_secret,
            created=now,
            spec=dict(spec),
        )
        directory = self._store.create(job_id, job)
        status = JobStatus(id=job_id, kind=kind, state=QUEUED, created=now)
        with self._lock:
            self._enqueue(directory, status, secret)
            self._store.point_latest(project_id, kind, job_id)
            self._serve_queue()
        self._wake.set()
        return job_id

    def status(self, job_id: str) -> JobStatus:
        """Give the state of a job as it is now; a job whose worker is gone has failed.

        Raises:
            JobError: There is no such job, or the id is malformed.
        """
        directory = self._store.directory(job_id)
        status = read_status(directory)
        if status.has_worker and is_alive(status.pid, status.process_started):
            return status
        with self._lock:
            if status.has_worker:
                self._remove_dead(job_id)
                changes.bury(directory)
            elif status.state == QUEUED and job_id not in self._queue:
                self._adopt(read_status(directory))
            return replace(read_status(directory), queue_place=self._place(job_id))

    def history(self, job_id: str) -> list[dict[str, Any]]:
        """Give all rows that a job has appended to its history."""
        return read_history(self._store.directory(job_id))

    def directory(self, job_id: str) -> Path:
        """Give the folder of a job, where its results are."""
        return self._store.directory(job_id)

    def latest(self, project_id: str, kind: str) -> str | None:
        """Give the id of the last job of a kind in a project; None when there was none."""
        return self._store.latest(project_id, kind)

    def cancel(self, job_id: str) -> None:
        """Ask a job to stop; one that has not begun ends at once, one that ended stays as it is."""
        directory = self._store.directory(job_id)
        with self._lock:
            self._forget(job_id)
            changes.cancel(directory)

    def resume(self, job_id: str, secret: Mapping[str, Any] | None = None) -> JobStatus:
        """Queue a job again that failed, was cancelled or waits for a sign-in.

        Its handler finds the folder as it was and goes on from what it saved there. Without the
        secret that it needs, the job waits with "needs sign-in".

        Raises:
            JobError: The job is unknown, still at work, or already finished.
        """
        directory = self._store.directory(job_id)
        with self._lock:
            status = self.status(job_id)
            if status.state not in (FAILED, CANCELLED, NEEDS_SIGN_IN):
                raise JobError(
                    f"This job is {status.state}; it cannot be resumed.",
                    hint="Only a job that failed or was cancelled can.",
                )
            if secret is None and read_spec(directory).needs_secret:
                changes.wait_for_sign_in(directory, status)
            else:
                self._enqueue(directory, status, secret)
                self._serve_queue()
        self._wake.set()
        return self.status(job_id)

    def warm(self, project_id: str) -> None:
        """Start a worker for a project before its first job, if there is room for one."""
        with self._lock:
            self._pool.warm(check_id(project_id))
        self._wake.set()

    def close(self, *, at_once: bool = False) -> None:
        """Let go of all workers: idle ones end at once, others when their job is done.

        Args:
            at_once: Whether those that have a job end at once too; it can be resumed.
        """
        with self._lock:
            self._closed = True
            self._rest_workers()
            self._pool.close(at_once=at_once)
        self._wake.set()
        self._thread.join()

    def _enqueue(
        self, directory: Path, status: JobStatus, secret: Mapping[str, Any] | None
    ) -> None:
        changes.enqueue(directory, status)
        self._secrets[status.id] = dict(secret or {})
        self._queue.append(status.id)

    def _place(self, job_id: str) -> int | None:
        return self._queue.index(job_id) + 1 if job_id in self._queue else None

    def _forget(self, job_id: str) -> Mapping[str, Any]:
        """Take a job out of the queue; returns its secret."""
        if job_id in self._queue:
            self._queue.remove(job_id)
        return self._secrets.pop(job_id, {})

    def _watch(self) -> None:
        while not self._closed:
            with self._lock:
                try:
                    self._end_deaf_workers()
                    self._serve_queue()
                except (OSError, JobError):
                    _log.exception("Jobs cannot be looked after just now.")
                quiet = not (self._queue or self._foreign or self._pool.workers)
            self._wake.wait(None if quiet else _TICK_S)
            self._wake.clear()

    def _end_deaf_workers(self) -> None:
        """Drop jobs of a former server that have ended; kill workers that do not heed a CANCEL."""
        self._foreign = {job_id for job_id in self._foreign if self.status(job_id).has_worker}
        own = (worker.job_id for worker in self._pool.workers if worker.job_id)
        for job_id in (*own, *self._foreign):
            changes.end_if_deaf(self._store.directory(job_id), grace_s=self._cancel_grace_s)

    def _remove_dead(self, dying: str = "") -> None:
        for worker in self._pool.remove_dead(dying):
            if worker.job_id:
                changes.bury(self._store.directory(worker.job_id), worker.epitaph())
            worker.forget()

    def _rest_workers(self) -> None:
        """Free the workers whose job has ended."""
        for worker in self._pool.workers:
            if worker.job_id and not read_status(self._store.directory(worker.job_id)).has_worker:
                worker.rest()

    def _serve_queue(self) -> None:
        """Start jobs from the head of the queue while there is room."""
        self._remove_dead()
        self._rest_workers()
        while self._queue and not self._closed:
            job_id = self._queue[0]
            if not self._store.holds(job_id):
                self._forget(job_id)
                continue
            directory = self._store.directory(job_id)
            if self._pool.busy + len(self._foreign) >= self._most_at_once:
                return
            worker = self._pool.worker_for(read_spec(directory).project_id)
            if worker is None:
                return
            secret = self._forget(job_id)
            if changes.start(directory, pid=worker.pid, process_started=worker.process_started):
                worker.give(job_id, directory, secret)

    def _find_again(self) -> None:
        """Take up what a former server left: watch its running jobs, queue those that waited."""
        found = (read_status(self._store.directory(job_id)) for job_id in self._store.ids())
        for status in sorted(found, key=lambda status: status.created):
            if status.has_worker:
                self._foreign.add(status.id)
            elif status.state == QUEUED:
                self._adopt(status, own=True)

    def _adopt(self, status: JobStatus, *, own: bool = False) -> None:
        """Queue a job whose server is gone; without its secret it waits for its owner.

        Args:
            status: The job's state.
            own: Whether a server in this very process counts as gone.
        """
        elsewhere = is_alive(status.pid, status.process_started)
        if status.state != QUEUED or (elsewhere and not (own and status.pid == os.getpid())):
            return
        directory = self._store.directory(status.id)
        if read_spec(directory).needs_secret:
            changes.wait_for_sign_in(directory, status)
        else:
            self._enqueue(directory, status, None)
