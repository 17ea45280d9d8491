"""First contact: `python -m lib check` tries every form on a connection and prints what came."""

import sys
from pathlib import Path

from lib.core.errors import SignInError
from lib.deploy.check import CheckRow, run_checks
from lib.earthengine.connection import Connection
from lib.workflow.project import (
    connect_earth_engine,
    connect_local,
    connect_with_machine_credentials,
)


def run_check(project: str, key: Path | None) -> int:
    """Run all checks and print one line each; returns 1 if one failed."""
    rows = run_checks(_connect(project, key))
    for row in rows:
        sys.stdout.write(line_of(row) + "\n")
    failed = sum(not row.passed for row in rows)
    sys.stdout.write(f"{len(rows) - failed} as expected, {failed} not\n")
    return 1 if failed else 0


def _connect(project: str, key: Path | None) -> Connection:
    if key is not None:
        try:
            return connect_earth_engine(project, key.read_text())
        except OSError as error:
            raise SignInError(f"The key file {key} cannot be read: {error.strerror}.") from None
    if project:
        return connect_with_machine_credentials(project, from_loopback=True)
    return connect_local()


def line_of(row: CheckRow) -> str:
    """One check as a line: outcome, name, what was expected, what came, seconds."""
    mark = "ok  " if row.passed else "DIFF"
    return f"{mark}  {row.name}: expected {row.expected}, came {row.came} ({row.seconds:.2f} s)"
