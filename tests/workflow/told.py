"""Somebody who follows a job that is done in this very process, and may end it."""

import io
from collections.abc import Callable

from lib.jobs.context import Cancelled
from lib.workflow.batch import Printed


class Told(Printed):
    """Remembers what is told, and may ask to stop.

    Attributes:
        rows: Stage with its sentence, and the share done.
    """

    def __init__(self, *, stops: Callable[[str], bool] = lambda _: False) -> None:
        """Ask to stop once `stops` says so of the words that were told last."""
        super().__init__(io.StringIO())
        self.rows: list[tuple[str, float]] = []
        self._stops = stops

    def report(self, stage, message="", fraction=0.0, eta_s=None):
        """Remember it."""
        self.rows.append((f"{stage}: {message}", fraction))

    def cancelled(self) -> bool:
        """Whether the last words were those to stop at."""
        return bool(self.rows) and self._stops(self.rows[-1][0])

    def stop_if_cancelled(self) -> None:
        """Leave as a job does that was cancelled."""
        if self.cancelled():
            raise Cancelled
