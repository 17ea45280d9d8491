"""What is known of a job at one moment, as it stands in its `status.json`."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

QUEUED = "queued"
STARTING = "starting"
RUNNING = "running"
FINISHED = "finished"
FAILED = "failed"
CANCELLED = "cancelled"
NEEDS_SIGN_IN = "needs sign-in"

STATES = (QUEUED, STARTING, RUNNING, FINISHED, FAILED, CANCELLED, NEEDS_SIGN_IN)


@dataclass(frozen=True, kw_only=True)
class JobStatus:
    """State and progress of a job.

    Times are seconds since 1970 (UTC).

    Attributes:
        id: 32 hexadecimal digits.
        kind: What the job does, such as "train"; a word of whoever submitted it.
        state: One of `STATES`.
        stage: Short name of what is being done now.
        message: One sentence on it.
        fraction: Share that is done, 0 to 1.
        created: When the job was submitted.
        started: When a worker first took it up; None before.
        updated: When its process last showed life (every second while it runs).
        eta_s: Seconds that are left as the worker sees it; None when unknown.
        error_message: Why it failed; empty unless `state` is "failed".
        error_hint: What to do about it.
        error_field: The setting concerned, for showing the error beside its control.
        queue_place: 1 for the next job to start; None unless `state` is "queued".
        pid: The process that has the job: the server while it is queued, then the worker.
        process_started: When that process began; tells it from a later one with the same number.
    """

    id: str
    kind: str
    state: str
    stage: str = ""
    message: str = ""
    fraction: float = 0.0
    created: float = 0.0
    started: float | None = None
    updated: float = 0.0
    eta_s: float | None = None
    error_message: str = ""
    error_hint: str = ""
    error_field: str = ""
    queue_place: int | None = None
    pid: int | None = None
    process_started: float | None = None

    @property
    def live(self) -> bool:
        """Whether the job will still change by itself."""
        return self.state in (QUEUED, STARTING, RUNNING)

    @property
    def has_worker(self) -> bool:
        """Whether a worker process has the job."""
        return self.state in (STARTING, RUNNING)

    def to_json(self) -> str:
        """Write all fields as one JSON object."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote; unknown fields are left out."""
        data: Mapping[str, Any] = json.loads(text)
        known = {item.name for item in fields(cls)}
        return cls(**{key: value for key, value in data.items() if key in known})
