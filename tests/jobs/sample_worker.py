"""A worker with small handlers, spawned by the tests as `python -m tests.jobs.sample_worker`."""

import os
import signal
import sys
import time
from pathlib import Path

from lib.core.errors import LimitError
from lib.jobs.context import JobContext
from lib.jobs.worker_loop import run_worker


def wait_for(path: Path, context: JobContext | None = None) -> None:
    """Wait until a file is there, or the job is cancelled."""
    deadline = time.monotonic() + 60
    while not path.exists() and time.monotonic() < deadline:
        if context is not None:
            context.stop_if_cancelled()
        time.sleep(0.01)


def note(context: JobContext) -> None:
    """Write what the job was given, apart from the secret's value, and its process."""
    (context.directory / "result.txt").write_text(
        f"{context.spec['text']} {os.getpid()} {len(context.secret.get('token', ''))}"
    )


def count(context: JobContext) -> None:
    """Append rows from where an earlier worker left off; stop at the spec's "die_at" by SIGKILL."""
    done = context.directory / "done.txt"
    first = int(done.read_text()) if done.exists() else 0
    for number in range(first, context.spec["to"]):
        if number == context.spec.get("die_at") and first == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        context.append_history({"number": number})
        done.write_text(str(number + 1))
        context.report("counting", f"{number + 1} of {context.spec['to']}", 0.5, 3.0)


def hold(context: JobContext) -> None:
    """Work until the file "go" appears in the job's folder."""
    context.report("holding", "Waits for a file.", 0.25, 12.0)
    wait_for(context.directory / "go", context)


def keep(context: JobContext) -> None:
    """Work until cancelled, then return in good order."""
    deadline = time.monotonic() + 60
    while not context.cancelled() and time.monotonic() < deadline:
        time.sleep(0.01)
    context.finish("Kept the best so far.")


def deaf(context: JobContext) -> None:
    """Never look whether somebody cancelled."""
    context.report("deaf", "Hears nothing.")
    wait_for(context.directory / "go")


def refuse(context: JobContext) -> None:
    raise LimitError("9 MB are too many.", hint="Ask for fewer.", field="per_class")


def stumble(context: JobContext) -> None:
    sys.stdout.write("something printed\n")
    sys.stdout.flush()
    raise ValueError(f"cannot use {context.secret.get('token', 'nothing')}")


HANDLERS = {
    handler.__name__: handler for handler in (note, count, hold, keep, deaf, refuse, stumble)
}


def warm_up() -> None:
    """Leave a mark that shows this process was warm before its job came."""
    home = Path(os.environ["LOAM_HOME"])
    home.mkdir(parents=True, exist_ok=True)
    (home / "warm.txt").write_text(str(os.getpid()))


if __name__ == "__main__":
    sys.exit(run_worker(HANDLERS, sys.argv[1:], warm_up=warm_up))
