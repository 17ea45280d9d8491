"""A worker process as its server sees it: started, given jobs through its input, let go."""

import contextlib
import json
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lib.jobs.process import started_at, used_bytes

_LAST_THREADS_S = 5.0


class WorkerProcess:
    """One running worker, which serves one project only.

    Args:
        command: Program and arguments that call `lib.jobs.worker_loop.run_worker`.
        project_id: The project whose jobs it does.
        cwd: Folder to start in, from which Python finds the program; None for the current one.
    """

    def __init__(self, command: list[str], *, project_id: str, cwd: Path | None) -> None:
        self.project_id = project_id
        self.job_id: str | None = None
        self._idle_since = time.monotonic()
        # What it prints outside of a job; deleted with this object.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115  open as long as the worker
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=self._output,
            stderr=self._output,
            cwd=cwd,
            start_new_session=True,
        )
        self.pid = self._process.pid
        self.process_started = started_at(self.pid)

    @property
    def idle_s(self) -> float:
        """Seconds since its start or the end of its last job."""
        return time.monotonic() - self._idle_since

    def exit_code(self) -> int | None:
        """Give its exit code, negative for a signal; None while it runs."""
        return self._process.poll()

    def await_exit_code(self) -> None:
        """Wait for the exit code of a process that is ending: its last threads may take a while."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_LAST_THREADS_S)

    def give(self, job_id: str, directory: Path, secret: Mapping[str, Any]) -> None:
        """Hand it a job; one that died in the meantime is noticed by its exit code."""
        self.job_id = job_id
        line = json.dumps({"job": str(directory), "secret": dict(secret)})
        try:
            self._input.write(line.encode() + b"\n")
            self._input.flush()
        except BrokenPipeError:
            self._process.wait()

    def rest(self) -> None:
        """Note that its job has ended."""
        self.job_id = None
        self._idle_since = time.monotonic()

    def let_go(self) -> None:
        """Close its input: it ends at once when idle, else after its job."""
        try:
            self._input.close()
        except BrokenPipeError:
            self._process.wait()

    def kill(self) -> None:
        """End it at once."""
        self._process.kill()
        self._process.wait()

    def missing_bytes(self, expected: int) -> int:
        """Give how much of the memory that it will need it has not taken yet."""
        return max(0, expected - used_bytes(self.pid))

    def epitaph(self) -> str:
        """Say in a sentence how it ended, with the last line that it printed outside of a job."""
        code = self._process.wait()
        if code == -signal.SIGKILL:
            return "The worker was killed (signal 9), most likely because memory ran out."
        how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return f"The worker {how}. {self._last_words()}".strip()

    def _last_words(self) -> str:
        self._output.seek(0)
        text = self._output.read().decode("utf-8", errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return lines[-1][:300] if lines else ""

    def forget(self) -> None:
        """Tidy up after its end."""
        self.let_go()
        self._output.close()

    @property
    def _input(self) -> Any:
        return self._process.stdin
