"""Long operations of Vertex AI: asked for again and again until they are done."""

import contextlib
import time
from collections.abc import Callable
from typing import Any

from lib.core.errors import DeploymentError, ServiceError, UnreachableError
from lib.deploy.cloud import Cloud
from lib.deploy.cloud_words import sentence_for_operation
from lib.deploy.vertex.settings import VertexSettings

OnPoll = Callable[[float], None]
"""Called with the seconds that have gone by, before each wait."""

_GROWTH = 1.5
_SLICE_S = 0.25  # how soon a wish to stop is heard
_SILENT_POLLS = 5  # times in a row that the service may not answer


class Stopped(DeploymentError):
    """A person stopped the waiting; what was begun is still there."""


class Waiter:
    """Waits for operations.

    Args:
        cloud: Sends the questions.
        settings: How often, and how long at most.
        should_stop: Asked while waiting; true ends it.
    """

    def __init__(
        self,
        cloud: Cloud,
        settings: VertexSettings,
        *,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Ask nothing yet."""
        self._cloud = cloud
        self._settings = settings
        self._should_stop = should_stop

    def stop_if_asked(self) -> None:
        """Leave, if a person wants to.

        Raises:
            Stopped: One does.
        """
        if self._should_stop():
            raise Stopped(
                "The deployment was stopped.",
                hint="Take it down: what was begun may cost by the hour.",
            )

    def finish(
        self, operation: dict[str, Any], words: str, *, on_poll: OnPoll | None = None
    ) -> dict[str, Any]:
        """Wait until an operation is done and give its response.

        Args:
            operation: As the service answered it.
            words: What it does, such as "Deploying the model"; for sentences.
            on_poll: Told how long it takes.

        Raises:
            Stopped: `should_stop` said so.
            DeploymentError: It takes longer than the limit.
            ServiceError: It failed, or the service no longer answers.
        """
        done = self._until_done(operation, words, on_poll)
        if "error" in done:
            raise sentence_for_operation(
                done["error"], project=self._settings.project, place=self._settings.region
            )
        response: dict[str, Any] = done.get("response", {})
        return response

    def end(self, name: str) -> None:
        """Ask an operation to stop, and wait until it is over, however it ends.

        Raises:
            DeploymentError: It takes longer than the limit.
            ServiceError: The service no longer answers.
        """
        # Not every operation can be stopped; then it is waited for.
        with contextlib.suppress(ServiceError):
            self._cloud.ask("POST", f"{self._settings.api}/v1/{name}:cancel", body={})
        self._until_done({"name": name}, "Ending what was begun", None)

    def _until_done(
        self, operation: dict[str, Any], words: str, on_poll: OnPoll | None
    ) -> dict[str, Any]:
        begun, wait, silent = time.monotonic(), self._settings.first_wait_s, 0
        url = f"{self._settings.api}/v1/{operation['name']}"
        while not operation.get("done"):
            gone = time.monotonic() - begun
            if gone > self._settings.limit_s:
                raise _too_long(words, self._settings.limit_s)
            if on_poll:
                on_poll(gone)
            self._pause(wait)
            wait = min(wait * _GROWTH, self._settings.longest_wait_s)
            try:
                operation, silent = self._cloud.ask("GET", url), 0
            except UnreachableError:
                # A service that is silent for a moment is no reason to give up.
                silent += 1
                if silent >= _SILENT_POLLS:
                    raise
        return operation

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self.stop_if_asked()
        while (left := end - time.monotonic()) > 0:
            time.sleep(min(left, _SLICE_S))
            self.stop_if_asked()


def _too_long(words: str, limit_s: float) -> DeploymentError:
    return DeploymentError(
        f"{words} takes longer than {limit_s / 60:.0f} minutes.",
        hint="Take the deployment down, which stops the costs; then try again or choose another "
        "region.",
    )
