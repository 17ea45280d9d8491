"""Entry of a process of the pool: reads tasks from stdin and writes answers to stdout."""

import contextlib
import json
import logging
import os
import resource
import secrets
import sys
from pathlib import Path
from typing import IO, Any

import psutil

from lib.localearth.answers import Answer
from lib.localearth.engine import Engine
from lib.localearth.errors import EarthError
from lib.localearth.pool import ADDRESS_BYTES, read_frame, write_frame

_NICENESS = 10
_log = logging.getLogger(__name__)


def main(home: Path) -> None:
    """Answer tasks until stdin ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    _limit()
    engine = Engine(home)
    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        while True:
            task = json.loads(read_frame(sys.stdin.buffer))
            body = read_frame(sys.stdin.buffer)
            _reply(answers, _perform(engine, task, body))


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
