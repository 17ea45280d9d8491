"""The workers of one server: who is free, and whether memory allows another one."""

from collections.abc import Callable
from pathlib import Path

from lib.jobs.worker_loop import IDLE_S
from lib.jobs.worker_process import WorkerProcess

_MARGIN_S = 10.0
"""A worker this close to the end of its patience gets no job any more."""


class WorkerPool:
    """Worker processes, each for one project. Not locked: its owner is.

    Args:
        command: Program and arguments of a worker.
        cwd: Folder in which workers start.
        worker_bytes: Memory that a worker is expected to take.
        available: Gives the memory that is free.
    """

    def __init__(
        self,
        command: list[str],
        *,
        cwd: Path | None,
        worker_bytes: int,
        available: Callable[[], int],
    ) -> None:
        self.workers: list[WorkerProcess] = []
        self._command = command
        self._cwd = cwd
        self._worker_bytes = worker_bytes
        self._available = available

    @property
    def busy(self) -> int:
        """How many workers have a job."""
        return sum(worker.job_id is not None for worker in self.workers)

    def warm(self, project_id: str) -> None:
        """Start a worker for a project that has none, if memory allows."""
        if all(worker.project_id != project_id for worker in self.workers) and self._fits():
            self._start(project_id)

    def worker_for(self, project_id: str) -> WorkerProcess | None:
        """Find or start a free worker for a project; None when memory does not allow one yet.

        To make room, idle workers of other projects are ended, the longest idle first.
        """
        idle = self._idle()
        for worker in idle:
            if worker.project_id == project_id:
                return worker
        while idle and not self._fits():
            idle.pop(0).kill()
        if self._fits() or not self._living():
            return self._start(project_id)
        return None

    def remove_dead(self, dying: str = "") -> list[WorkerProcess]:
        """Take out and return workers whose process has ended.

        Args:
            dying: A job whose worker the system shows as ended; its exit code may follow late.
        """
        for worker in self.workers:
            if worker.job_id == dying:
                worker.await_exit_code()
        dead = [worker for worker in self.workers if worker.exit_code() is not None]
        self.workers = [worker for worker in self.workers if worker not in dead]
        return dead

    def close(self, *, at_once: bool = False) -> None:
        """End idle workers; the others end when their job is done, or at once too."""
        for worker in self.workers:
            if at_once or worker.job_id is None:
                worker.kill()
            worker.forget()

    def _living(self) -> list[WorkerProcess]:
        return [worker for worker in self.workers if worker.exit_code() is None]

    def _idle(self) -> list[WorkerProcess]:
        """Workers that will take a job, the longest idle first."""
        idle = [(worker.idle_s, worker) for worker in self._living() if worker.job_id is None]
        usable = [pair for pair in idle if pair[0] < IDLE_S - _MARGIN_S]
        return [worker for _, worker in sorted(usable, key=lambda pair: -pair[0])]

    def _fits(self) -> bool:
        promised = sum(worker.missing_bytes(self._worker_bytes) for worker in self._living())
        return self._available() - promised >= self._worker_bytes

    def _start(self, project_id: str) -> WorkerProcess:
        worker = WorkerProcess(self._command, project_id=project_id, cwd=self._cwd)
        self.workers.append(worker)
        return worker
