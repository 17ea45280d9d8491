"""The life of a worker process: wait for a job on standard input, do it, wait for the next.

The protocol is one JSON object a line, `{"job": "/folder/of/the/job", "secret": {...}}`. Secrets
come this way only: never as an argument, in the environment or in a file. A worker ends when it
was idle for five minutes, or when its input is closed and nothing is left to do; a job that runs
while the input closes (its server went away) is done to its end.
"""

import contextlib
import json
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lib.core.errors import AppError, JobError
from lib.jobs.context import Cancelled, JobContext
from lib.jobs.store import read_spec

IDLE_S = 300.0
"""Seconds that a worker waits for its next job."""

_AT_ONCE_S = 0.1
"""Seconds in which an order arrives that was given as the worker started: it goes first."""

_NICE = 5
"""Work in the background yields to the pages that people look at."""

_READ_BYTES = 65_536

_KEY_LENGTH = 32
"""Tokens and lines of keys are at least this long; project ids, at most 30, stay readable."""

Handler = Callable[[JobContext], None]


def run_worker(
    handlers: Mapping[str, Handler],
    argv: list[str],
    *,
    warm_up: Callable[[], None] | None = None,
    idle_s: float = IDLE_S,
) -> int:
    """Serve jobs until there are none; the body of a worker's `main`.

    Args:
        handlers: What to call for each kind of job. A handler that returns has finished; one that
            raises `AppError` has failed with its sentences.
        argv: Arguments after the program's name. With one, the folder of a job, that job alone is
            done, without a secret; with none, jobs come on standard input.
        warm_up: Slow preparation, such as imports, done once while no job is waiting.
        idle_s: Seconds to wait for the next job.

    Returns:
        The exit code of the process.
    """
    if hasattr(os, "nice"):
        os.nice(_NICE)
    if argv:
        run_job(Path(argv[0]), {}, handlers)
        return 0
    for line in _orders(_lines_of_stdin(), idle_s, warm_up):
        order = json.loads(line)
        run_job(Path(order["job"]), order.get("secret") or {}, handlers)
    return 0


def run_job(directory: Path, secret: Mapping[str, Any], handlers: Mapping[str, Handler]) -> None:
    """Do one job in its folder and write how it ended; what it prints goes to its `log.txt`."""
    job = read_spec(directory)
    with _output_to(directory / "log.txt"), JobContext(directory, job.spec, secret) as context:
        try:
            _handler_of(job.kind, handlers)(context)
            context.finish()
        except Cancelled:
            context.finish()
        except AppError as error:
            _log_failure(secret)
            context.fail(_without_secret(error, secret))
        except Exception as error:
            # Whatever it is, the owner of the job must see it.
            _log_failure(secret)
            context.fail(_without_secret(_unexpected(error), secret))


def _handler_of(kind: str, handlers: Mapping[str, Handler]) -> Handler:
    if kind not in handlers:
        raise JobError(f"This worker has no handler for “{kind}”; it knows {sorted(handlers)}.")
    return handlers[kind]


def _unexpected(error: Exception) -> JobError:
    if isinstance(error, MemoryError):
        return JobError("The memory of this machine is used up.", hint="Ask for less at once.")
    return JobError(
        f"The job stopped with an error that was not foreseen: {type(error).__name__}: {error}",
        hint="Its log has the details; resume to try again.",
    )


def _log_failure(secret: Mapping[str, Any]) -> None:
    sys.stderr.write(redact(traceback.format_exc(), secret))


def _without_secret(error: AppError, secret: Mapping[str, Any]) -> AppError:
    return JobError(redact(error.message, secret), hint=error.hint, field=error.field)


def redact(text: str, secret: object) -> str:
    """Blank out every text of a secret, or line of one, that is long enough to be a key."""
    for value in _texts_of(secret):
        text = text.replace(value, "•••")
    return text


def _texts_of(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from (text for text in (value, *value.splitlines()) if len(text) >= _KEY_LENGTH)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts_of(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts_of(item)


def _lines_of_stdin() -> "queue.Queue[bytes | None]":
    """Read standard input in a thread; None at its end."""
    lines: queue.Queue[bytes | None] = queue.Queue()
    threading.Thread(target=_read_into, args=(lines,), name="orders", daemon=True).start()
    return lines


def _read_into(lines: "queue.Queue[bytes | None]") -> None:
    # os.read, not sys.stdin: a thread that waits inside a buffered reader keeps the reader's lock,
    # and the interpreter aborts over it when the process ends.
    rest = b""
    while chunk := os.read(0, _READ_BYTES):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            if line.strip():
                lines.put(line)
    lines.put(None)


def _orders(
    lines: "queue.Queue[bytes | None]", idle_s: float, warm_up: Callable[[], None] | None
) -> Iterator[bytes]:
    """Give orders until there was none for a while, or the input has ended."""
    while True:
        try:
            line = lines.get(timeout=_AT_ONCE_S if warm_up else idle_s)
        except queue.Empty:
            if warm_up is None:
                return
            warm_up()
            warm_up = None
            continue
        if line is None:
            return
        yield line


@contextlib.contextmanager
def _output_to(path: Path) -> Iterator[None]:
    """Send both outputs, those of C libraries too, to the end of a file for a while."""
    kept = {fd: os.dup(fd) for fd in (1, 2)}
    log = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    _point_outputs({1: log, 2: log})
    os.close(log)
    try:
        yield
    finally:
        _point_outputs(kept)
        for fd in kept.values():
            os.close(fd)


def _point_outputs(targets: Mapping[int, int]) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    for fd, target in targets.items():
        os.dup2(target, fd)
