"""Long operations of Vertex AI: asked for again and again until they are done."""

import contextlib
from collections.abc import Callable
from typing import Any

from lib.core.errors import DeploymentError, ServiceError
from lib.deploy.cloud import Cloud
from lib.deploy.cloud_words import sentence_for_operation
from lib.deploy.vertex.settings import VertexSettings
from lib.deploy.waiting import Pace, until_done

OnPoll = Callable[[float], None]
"""Called with the seconds that have gone by, before each wait."""


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
        settings = self._settings

        def on_wait(_: dict[str, Any], gone: float) -> None:
            if gone > settings.limit_s:
                raise _too_long(words, settings.limit_s)
            if on_poll:
                on_poll(gone)

        url = f"{settings.api}/v1/{operation['name']}"
        return until_done(
            operation,
            lambda: self._cloud.ask("GET", url),
            is_done=lambda found: bool(found.get("done")),
            pace=Pace(settings.first_wait_s, settings.longest_wait_s),
            stop_if_asked=self.stop_if_asked,
            on_wait=on_wait,
        )


def _too_long(words: str, limit_s: float) -> DeploymentError:
    return DeploymentError(
        f"{words} takes longer than {limit_s / 60:.0f} minutes.",
        hint="Take the deployment down, which stops the costs; then try again or choose another "
        "region.",
    )
