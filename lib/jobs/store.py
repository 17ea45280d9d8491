"""Job folders on disk: `spec.json`, `status.json`, `history.jsonl`, `CANCEL`, `log.txt`, results.

Every name that comes from outside is checked before it touches the disk. What is replaced is
replaced atomically, so that a reader in another process sees the old or the new file, never half
of one.
"""

import json
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lib.core.errors import JobError
from lib.jobs.status import JobStatus

_ID = re.compile(r"[0-9a-f]{32}")
_KIND = re.compile(r"[a-z][a-z0-9_-]{0,40}")


@dataclass(frozen=True, kw_only=True)
class JobSpec:
    """What was asked for when a job was submitted; never changed afterwards.

    Attributes:
        kind: Name of the handler that does it.
        project_id: 32 hexadecimal digits of the project it belongs to.
        needs_secret: Whether it cannot run without the secret of its owner's connection.
        created: When it was submitted, in seconds since 1970.
        spec: The handler's own settings, as plain JSON data without secrets.
    """

    kind: str
    project_id: str
    needs_secret: bool
    created: float
    spec: dict[str, Any]


def check_id(text: str) -> str:
    """Return an id of a job or project if it is one: 32 lower-case hexadecimal digits.

    Raises:
        JobError: It is anything else.
    """
    if not _ID.fullmatch(text):
        raise JobError(
            f"“{text[:60]}” is no job or project id.",
            hint="An id has 32 hexadecimal digits; open the full address again.",
        )
    return text


def replace_text(path: Path, text: str) -> None:
    """Write a text file so that readers see the old or the new content, never a part."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def read_status(directory: Path) -> JobStatus:
    """Read the status of the job in a folder."""
    return JobStatus.from_json((directory / "status.json").read_text(encoding="utf-8"))


def write_status(directory: Path, status: JobStatus) -> None:
    """Replace the status of the job in a folder."""
    replace_text(directory / "status.json", status.to_json())


def read_spec(directory: Path) -> JobSpec:
    """Read what was asked of the job in a folder."""
    return JobSpec(**json.loads((directory / "spec.json").read_text(encoding="utf-8")))


class JobStore:
    """The folder of all jobs.

    Args:
        home: The application's data folder; jobs live in `home/jobs`.
    """

    def __init__(self, home: Path) -> None:
        self.root = home / "jobs"
        self.root.mkdir(mode=0o700, parents=True, exist_ok=True)

    def create(self, job_id: str, job: JobSpec) -> Path:
        """Make the folder of a new job, with its spec, and point the project to it."""
        if not _KIND.fullmatch(job.kind):
            raise JobError(f"“{job.kind[:60]}” is no kind of job.")
        check_id(job.project_id)
        directory = self.root / check_id(job_id)
        directory.mkdir(mode=0o700)
        replace_text(directory / "spec.json", json.dumps(asdict(job)))
        return directory

    def directory(self, job_id: str) -> Path:
        """Find the folder of a job.

        Raises:
            JobError: The id is malformed, or there is no such job.
        """
        if not self.holds(job_id):
            raise JobError(
                f"There is no job {job_id}.", hint="It may have been removed; start it again."
            )
        return self.root / job_id

    def holds(self, job_id: str) -> bool:
        """Tell whether there is a job of this id."""
        return (self.root / check_id(job_id) / "status.json").is_file()

    def ids(self) -> Iterator[str]:
        """Go through the ids of all complete job folders."""
        for path in self.root.iterdir():
            if _ID.fullmatch(path.name) and self.holds(path.name):
                yield path.name

    def point_latest(self, project_id: str, kind: str, job_id: str) -> None:
        """Remember a job as the last of its kind in a project."""
        folder = self.root / "latest" / check_id(project_id)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_text(folder / kind, job_id)

    def latest(self, project_id: str, kind: str) -> str | None:
        """Find the last job of a kind in a project; None when there was none."""
        if not _KIND.fullmatch(kind):
            raise JobError(f"“{kind[:60]}” is no kind of job.")
        pointer = self.root / "latest" / check_id(project_id) / kind
        if not pointer.is_file():
            return None
        job_id = pointer.read_text(encoding="utf-8")
        return job_id if self.holds(job_id) else None


def claim(directory: Path) -> bool:
    """Take a queued job for starting; False when another server was first."""
    try:
        os.close(os.open(directory / "claim", os.O_CREAT | os.O_EXCL | os.O_WRONLY))
    except FileExistsError:
        return False
    return True


def clear_marks(directory: Path) -> None:
    """Remove claim and cancellation, so that a job can be queued again."""
    for name in ("claim", "CANCEL"):
        (directory / name).unlink(missing_ok=True)


def append_history(directory: Path, row: Mapping[str, Any]) -> None:
    """Add one row to the history; a half line that a killed worker left is closed first."""
    with (directory / "history.jsonl").open("ab+") as file:
        if file.tell() > 0:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                file.write(b"\n")
        file.write(json.dumps(row).encode() + b"\n")


def read_history(directory: Path) -> list[dict[str, Any]]:
    """Read all whole rows of the history; rows that were cut by a kill are left out."""
    path = directory / "history.jsonl"
    if not path.is_file():
        return []
    rows = (_row(line) for line in path.read_text(encoding="utf-8").splitlines())
    return [row for row in rows if row is not None]


def _row(line: str) -> dict[str, Any] | None:
    try:
        row = json.loads(line)
    except ValueError:
        return None
    return row if isinstance(row, dict) else None
