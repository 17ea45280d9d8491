"""Processes that evaluate, so that the process which serves stays quick.

They are started from a module that imports no web framework, lowered in priority, with one thread
for linear algebra and a limit of memory; one that has grown too large, died or run out of time is
replaced. Tasks and answers travel through their pipes.
"""

import contextlib
import json
import os
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from lib.localearth import errors
from lib.localearth.answers import Answer, Task
from lib.localearth.errors import EarthError, Unavailable

DEADLINE_S = 300.0  # developers.google.com/earth-engine/guides/processing_environments
BATCH_DEADLINE_S = 10 * 24 * 3600.0  # guides/usage: a task lives at most 10 days
RESIDENT_BYTES = 900 * 2**20  # a process that holds more after a task is replaced
MOST_RESIDENT_BYTES = 2**30  # a process that holds more during a request ends itself
OVER_MEMORY = 77  # its exit code
ADDRESS_BYTES = 6 * 2**30  # more than this cannot be allocated at all
_LENGTH = struct.Struct(">Q")
_ROOT = Path(__file__).resolve().parents[2]
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
# Planes of a few megabytes come and go by the hundred: glibc keeps their pages for the next ones
# instead of giving them back to the kernel, which took a quarter of the time.
_ALLOCATION = {"MALLOC_MMAP_THRESHOLD_": str(8 * 2**20), "MALLOC_TRIM_THRESHOLD_": str(96 * 2**20)}


class Pool:
    """As many processes as cores; they start when they are first needed.

    Args:
        home: Folder of all state.
        size: How many processes; None for as many as cores.
        deadline_s: Seconds that a task may take.
    """

    def __init__(
        self, home: Path, *, size: int | None = None, deadline_s: float = DEADLINE_S
    ) -> None:
        """Start nothing yet."""
        self._home = home
        self._size = size or os.cpu_count() or 2
        self._deadline_s = deadline_s
        self._idle: list[_Process] = []
        self._busy = 0
        self._closed = False
        self._changed = threading.Condition()
        self._batch: Pool | None = None

    def perform(self, task: Task, body: bytes = b"") -> Answer:
        """Have a task evaluated; one that kills its process is tried once more.

        Raises:
            EarthError: Told to the client.
        """
        message = json.dumps(task).encode()
        with self._process() as process, contextlib.suppress(_DiedError):
            return process.ask(message, body, self._deadline_s)
        # Who ended one idle process may have ended all of them.
        self._end_idle()
        with self._process() as process:
            try:
                return process.ask(message, body, self._deadline_s)
            except _DiedError:
                raise EarthError("User memory limit exceeded.") from None

    def warm(self) -> None:
        """Start one process now, so that the first request need not wait for it."""
        with self._process():
            pass

    def batch(self) -> "Pool":
        """A process apart, whose tasks may take days: for exports and ingestions."""
        with self._changed:
            if self._batch is None:
                self._batch = Pool(self._home, size=1, deadline_s=BATCH_DEADLINE_S)
            return self._batch

    def close(self) -> None:
        """End the idle processes; busy ones end with their task."""
        with self._changed:
            self._closed = True
        if self._batch is not None:
            self._batch.close()
        self._end_idle()

    def _end_idle(self) -> None:
        with self._changed:
            idle, self._idle = self._idle, []
        for process in idle:
            process.end()

    @contextlib.contextmanager
    def _process(self) -> "Iterator[_Process]":
        process = self._take()
        try:
            yield process
        finally:
            self._give_back(process)

    def _take(self) -> "_Process":
        until = time.monotonic() + self._deadline_s
        with self._changed:
            while self._busy >= self._size:
                if not self._changed.wait(until - time.monotonic()):
                    raise Unavailable("The service is busy; try again.")
            self._busy += 1
            if self._idle:
                return self._idle.pop()
        try:
            return _Process(self._home)
        except BaseException:
            self._release()
            raise

    def _give_back(self, process: "_Process") -> None:
        keep = process.fit and not self._closed
        if keep:
            with self._changed:
                self._idle.append(process)
        else:
            process.end()
        self._release()

    def _release(self) -> None:
        with self._changed:
            self._busy -= 1
            self._changed.notify()


class _DiedError(Exception):
    """The process ended in the middle of a task."""


class _Process:
    """One process and its pipes."""

    def __init__(self, home: Path) -> None:
        places = [str(_ROOT), os.environ.get("PYTHONPATH", "")]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, places))}
        environment |= dict.fromkeys(_ONE_THREAD, "1") | _ALLOCATION
        command = [sys.executable, "-m", "lib.localearth.pool_worker", str(home)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )
        self.fit = True

    def ask(self, message: bytes, body: bytes, deadline_s: float) -> Answer:
        """Send a task and wait for its answer."""
        overdue = threading.Event()
        timer = threading.Timer(deadline_s, self._stop, [overdue])
        timer.daemon = True
        timer.start()
        try:
            return self._exchange(message, body)
        except (OSError, EOFError):
            self.fit = False
            if overdue.is_set():
                raise EarthError("Computation timed out.") from None
            if self._process.wait() == OVER_MEMORY:
                raise EarthError("User memory limit exceeded.") from None
            raise _DiedError from None
        finally:
            timer.cancel()

    def _exchange(self, message: bytes, body: bytes) -> Answer:
        sending, receiving = self._process.stdin, self._process.stdout
        if sending is None or receiving is None:
            raise EOFError
        write_frame(sending, message)
        write_frame(sending, body)
        header = json.loads(read_frame(receiving))
        answer = read_frame(receiving)
        self.fit = header["resident"] < RESIDENT_BYTES
        if "error" in header:
            raise error_from(header["error"])
        return Answer(header["content_type"], answer)

    def _stop(self, overdue: threading.Event) -> None:
        overdue.set()
        self._process.kill()

    def end(self) -> None:
        """End the process and wait until it is gone."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._process.kill()
        self._process.wait()


def write_frame(pipe: IO[bytes], data: bytes) -> None:
    """Write bytes with their length in front."""
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def read_frame(pipe: IO[bytes]) -> bytes:
    """Read what `write_frame` wrote.

    Raises:
        EOFError: The other side is gone.
    """
    length = pipe.read(_LENGTH.size)
    if len(length) < _LENGTH.size:
        raise EOFError
    (size,) = _LENGTH.unpack(length)
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data


def error_from(told: Mapping[str, Any]) -> EarthError:
    """The error that a process told of."""
    kind = getattr(errors, str(told["kind"]), EarthError)
    error: EarthError = kind(told["message"])
    return error
