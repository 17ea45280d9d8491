"""Entry of a process of the pool: reads tasks from stdin and writes answers to stdout."""

import contextlib
import json
import logging
import os
import resource
import secrets
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import psutil

from lib.localearth.answers import Answer
from lib.localearth.engine import Engine
from lib.localearth.errors import EarthError
from lib.localearth.pool import (
    ADDRESS_BYTES,
    MOST_RESIDENT_BYTES,
    OVER_MEMORY,
    read_frame,
    write_frame,
)

_NICENESS = 10
_LOOK_S = 0.02  # between two looks at the memory of a process that is busy
_log = logging.getLogger(__name__)


def main(home: Path) -> None:
    """Answer tasks until stdin ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    _limit()
    engine = Engine(home)
    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        guard = _Guard()
        while True:
            task = json.loads(read_frame(sys.stdin.buffer))
            body = read_frame(sys.stdin.buffer)
            with guard.during(task):
                answer = _perform(engine, task, body)
            _reply(answers, answer)


class _Guard:
    """Ends the process where a request takes more memory than its estimate foresaw."""

    def __init__(self) -> None:
        self._busy = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    @contextlib.contextmanager
    def during(self, task: Mapping[str, Any]) -> Iterator[None]:
        """Watch while a request is answered; exports and ingestions may take what there is."""
        if task["do"] != "operation":
            self._busy.set()
        try:
            yield
        finally:
            self._busy.clear()

    def _watch(self) -> None:
        process = psutil.Process()
        while True:
            self._busy.wait()
            if process.memory_info().rss > MOST_RESIDENT_BYTES:
                os._exit(OVER_MEMORY)
            time.sleep(_LOOK_S)


def _limit() -> None:
    os.nice(_NICENESS)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    with contextlib.suppress(ValueError, OSError):  # a lower limit may already be set
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_BYTES, hard))


def _perform(engine: Engine, task: dict[str, Any], body: bytes) -> Answer | EarthError:
    try:
        return engine.perform(task, body)
    except EarthError as error:
        return error
    except MemoryError:
        return EarthError("User memory limit exceeded.")
    except Exception:
        number = secrets.token_hex(4)
        _log.exception("Internal error %s during %s", number, task.get("do"))
        return EarthError(f"An internal error has occurred (request: {number}).")


def _reply(pipe: IO[bytes], answer: Answer | EarthError) -> None:
    header: dict[str, Any] = {"resident": psutil.Process().memory_info().rss}
    if isinstance(answer, Answer):
        header["content_type"] = answer.content_type
        body = answer.body
    else:
        header["error"] = {"kind": type(answer).__name__, "message": answer.message}
        body = b""
    write_frame(pipe, json.dumps(header).encode())
    write_frame(pipe, body)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
