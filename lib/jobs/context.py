"""What a handler sees of its job, inside the worker process."""

import os
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from lib.core.errors import AppError
from lib.jobs.process import own_start
from lib.jobs.status import CANCELLED, FAILED, FINISHED, RUNNING
from lib.jobs.store import append_history, read_status, write_status

BEAT_S = 1.0
"""Seconds between two signs of life."""

_LEAST_BETWEEN_WRITES_S = 0.2


class Cancelled(Exception):
    """Raised by `JobContext.stop_if_cancelled` to leave a handler from anywhere within it."""


class JobContext:
    """A job as its handler sees it: its folder, its settings, its owner's secret.

    Entering the context marks the job as running and starts the heartbeat; leaving it stops the
    heartbeat. All methods may be called from any thread.

    Args:
        directory: The job's folder; results go here.
        spec: The settings it was submitted with.
        secret: What its owner's connection needs, from memory only; empty when nothing.
    """

    def __init__(self, directory: Path, spec: Mapping[str, Any], secret: Mapping[str, Any]) -> None:
        self.directory = directory
        self.spec = spec
        self.secret = secret
        self._status = read_status(directory)
        self._lock = threading.Lock()
        self._written = 0.0
        self._seen_cancel = False
        self._stop = threading.Event()
        self._heart = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        now = time.time()
        self._change(
            state=RUNNING,
            started=self._status.started or now,
            pid=os.getpid(),
            process_started=own_start(),
        )
        self._heart.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stop.set()
        self._heart.join()

    @property
    def id(self) -> str:
        """The job's id."""
        return self._status.id

    @property
    def ended(self) -> bool:
        """Whether `finish`, `cancel` or `fail` was called."""
        return not self._status.live

    def report(
        self,
        stage: str,
        message: str = "",
        fraction: float = 0.0,
        eta_s: float | None = None,
    ) -> None:
        """Tell how far the job is; cheap enough to be called for every block of work.

        Args:
            stage: Short name of what is being done.
            message: One sentence on it.
            fraction: Share of the whole job that is done, 0 to 1.
            eta_s: Seconds that are left; None when unknown.
        """
        fraction = min(1.0, max(0.0, fraction))
        with self._lock:
            new_stage = stage != self._status.stage
            self._status = replace(
                self._status, stage=stage, message=message, fraction=fraction, eta_s=eta_s
            )
            if new_stage or time.monotonic() - self._written > _LEAST_BETWEEN_WRITES_S:
                self._write()

    def append_history(self, row: Mapping[str, Any]) -> None:
        """Add a row of plain data to the job's history."""
        append_history(self.directory, row)

    def clear_history(self) -> None:
        """Forget all rows, before a resumed handler tells them again."""
        (self.directory / "history.jsonl").unlink(missing_ok=True)

    def cancelled(self) -> bool:
        """Tell whether somebody asked to stop; a handler that saw it ends as "cancelled"."""
        if not self._seen_cancel:
            self._seen_cancel = (self.directory / "CANCEL").exists()
        return self._seen_cancel

    def stop_if_cancelled(self) -> None:
        """Leave the handler when somebody asked to stop.

        Raises:
            Cancelled: Somebody did; the worker catches it.
        """
        if self.cancelled():
            raise Cancelled

    def finish(self, message: str = "") -> None:
        """End the job: "cancelled" if the handler saw a cancellation, else "finished"."""
        state = CANCELLED if self._seen_cancel else FINISHED
        fraction = self._status.fraction if self._seen_cancel else 1.0
        self._end(
            state=state,
            message=message or self._status.message,
            fraction=fraction,
        )

    def fail(self, error: AppError) -> None:
        """End the job as failed, with the sentences of the error."""
        self._end(
            state=FAILED,
            error_message=error.message,
            error_hint=error.hint,
            error_field=error.field,
        )

    def _end(self, **changes: Any) -> None:
        if not self.ended:
            self._change(eta_s=None, **changes)

    def _change(self, **changes: Any) -> None:
        with self._lock:
            self._status = replace(self._status, **changes)
            self._write()

    def _write(self) -> None:
        self._status = replace(self._status, updated=time.time())
        self._written = time.monotonic()
        write_status(self.directory, self._status)

    def _beat(self) -> None:
        while not self._stop.wait(BEAT_S):
            with self._lock:
                if not self.ended:
                    self._write()
