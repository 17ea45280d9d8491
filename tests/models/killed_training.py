"""A training that kills its own process: `python -m tests.models.killed_training DIR CASE`."""

import os
import signal
import sys
from pathlib import Path

from lib.models.progress import EpochRow
from tests.models.helpers import run_small
from tests.models.test_resume import KILLED

rows: list[EpochRow] = []
looks = 0


def die_within_the_fourth_epoch() -> bool:
    """Training looks here before each block of steps; with batches of one, twice an epoch."""
    global looks
    looks = looks + 1 if len(rows) == 3 else 0
    if looks == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return False


if __name__ == "__main__":
    run_small(
        Path(sys.argv[1]),
        **KILLED[sys.argv[2]],
        on_epoch=rows.append,
        should_stop=die_within_the_fourth_epoch,
    )
