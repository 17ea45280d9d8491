"""Formats written in another process, which may die of one of them without harm to the others."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lib.core.errors import DeploymentError

_MODULE = "lib.deploy.bundle.writing"
_ROOT = Path(__file__).parents[3]
_ASKED_EVERY_S = 0.2
LONGEST_S = 900.0
"""Conversions that take longer are given up."""


def write_formats(
    artifact_dir: Path,
    folder: Path,
    names: Sequence[str],
    *,
    on_written: Callable[[str], None],
    check: Callable[[], None],
    longest_s: float = LONGEST_S,
) -> dict[str, str]:
    """Write formats of a network into a folder.

    Args:
        artifact_dir: Run folder of the network.
        folder: Where they go.
        names: Of the formats.
        on_written: Called with the name of each format that is done, well or not.
        check: Asked a few times a second; it leaves by raising.
        longest_s: Seconds after which the rest is given up.

    Returns:
        Why a format was not written, in a sentence, by its name; nothing of the others.
    """
    problems: dict[str, str] = {}
    deadline = time.monotonic() + longest_s
    left = list(names)
    while left:
        done, end = _one_process(artifact_dir, folder, left, on_written, check, deadline)
        problems |= {name: why for name, why in done.items() if why}
        left = [name for name in left if name not in done]
        if left:
            # The process ended within this one; a new process goes on behind it.
            problems[left[0]] = end
            on_written(left.pop(0))
    return problems


def _one_process(
    artifact_dir: Path,
    folder: Path,
    names: Sequence[str],
    on_written: Callable[[str], None],
    check: Callable[[], None],
    deadline: float,
) -> tuple[dict[str, str], str]:
    """What it told of each format that it came to the end of, and how it ended."""
    log, told = folder / ".writing.log", folder / ".written.jsonl"
    done: dict[str, str] = {}
    command = [sys.executable, "-m", _MODULE, str(artifact_dir.resolve()), str(folder.resolve())]
    with (
        told.open("wb") as output,
        log.open("wb") as errors,
        subprocess.Popen([*command, *names], cwd=_ROOT, stdout=output, stderr=errors) as process,
    ):
        try:
            while process.poll() is None and time.monotonic() < deadline:
                check()
                _take(told, done, on_written)
                _wait(process)
        finally:
            process.kill()
            process.wait()
    _take(told, done, on_written)
    end = _end_words(process.returncode, log, late=time.monotonic() >= deadline)
    told.unlink()
    log.unlink()
    return done, end


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(_ASKED_EVERY_S)
    except subprocess.TimeoutExpired:
        return


def _take(told: Path, done: dict[str, str], on_written: Callable[[str], None]) -> None:
    """Read the lines that are whole and begin as ours do; libraries print too."""
    for line in told.read_bytes().split(b"\n")[:-1]:
        if not line.startswith(b'{"written"'):
            continue
        said = json.loads(line)
        if said["written"] not in done:
            done[said["written"]] = said["problem"]
            on_written(said["written"])


def _end_words(code: int, log: Path, *, late: bool) -> str:
    if late:
        return "Writing it took too long and was given up."
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    last = f" Its last words: {lines[-1][:200]}" if lines else ""
    return f"The process that wrote it ended with {how}.{last}"


def require_written(problems: dict[str, str], names: Sequence[str]) -> None:
    """Refuse a bundle of which nothing came about.

    Raises:
        DeploymentError: It has the first reason.
    """
    if names and all(name in problems for name in names):
        raise DeploymentError(
            f"The network could not be written in any format: {problems[names[0]]}",
            hint="Train it again, or choose other formats.",
        )
