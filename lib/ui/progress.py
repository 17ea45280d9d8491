"""What runs: how far it is, what it does in words, how long it will take, and a way to stop it."""

import time
from collections.abc import Callable
from typing import Protocol

import streamlit as st

from lib.core.errors import AppError
from lib.core.formats import duration_words
from lib.ui import state
from lib.ui.guard import guard, plain, show
from lib.workflow.project import Workspace, step_statuses

LIVE = ("queued", "starting", "running")
POLL_S = 1.0
_LOOK_S = 0.05


class Running(Protocol):
    """What this module reads of a job's status; it writes nothing."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def state(self) -> str:
        """How far it is."""

    @property
    def stage(self) -> str:
        """What it does, in a word."""

    @property
    def message(self) -> str:
        """What it does, in a sentence."""

    @property
    def fraction(self) -> float:
        """Share done, 0 to 1."""

    @property
    def eta_s(self) -> float | None:
        """Seconds left; None where unknown."""

    @property
    def error_message(self) -> str:
        """What went wrong."""

    @property
    def error_hint(self) -> str:
        """What to do about it."""

    @property
    def error_field(self) -> str:
        """The setting concerned."""

    @property
    def queue_place(self) -> int | None:
        """Its place in the queue, or None."""


def is_live(job: Running | None) -> bool:
    """Return whether a job still runs or waits."""
    return job is not None and job.state in LIVE


def warm(ws: Workspace) -> None:
    """Let a worker get ready while the person still chooses, where training is yet to come."""
    states = {status.step: status.state for status in step_statuses(ws)}
    if states["train"] in ("todo", "stale"):
        ws.warm()


def watch(
    read: Callable[[], Running | None],
    cancel: Callable[[], object] | None,
    *,
    body: Callable[[], None] | None = None,
    fresh: bool = False,
    name: str = "",
) -> None:
    """Show a job while it runs, drawn again every second, and its error where it failed.

    Args:
        read: Gives the job's status now.
        cancel: Asks the job to stop; None for one that is not to be stopped half-way.
        body: Draws what grows with the job, such as learning curves.
        fresh: Whether an up-to-date result is there, so that nothing is said of how it ended.
        name: Tells it from others that are watched on the same page.
    """
    newest = read()
    live = is_live(newest)

    @st.fragment(run_every=POLL_S if live else None)
    def part() -> None:
        with guard():
            job = _seen_stopping(read) if live else read()
            if live and not is_live(job):
                st.rerun()
            # Each has a place of its own, so that neither is drawn where the other was before.
            with st.container():
                if live and job is not None:
                    _show(job, cancel, name)
            with st.container():
                if body is not None:
                    body()

    with st.container(key=f"watch{name}"):
        if not fresh:
            _tell_ending(newest)
        part()


def until(is_done: Callable[[], bool], *, body: Callable[[], None]) -> None:
    """Draw a part again every second until something is done, and then the whole page."""
    waits = not is_done()

    @st.fragment(run_every=POLL_S if waits else None)
    def part() -> None:
        with guard():
            if waits and is_done():
                st.rerun()
            body()

    part()


def _seen_stopping(read: Callable[[], Running | None]) -> Running | None:
    """Read a job's status; of one that is asked to stop as soon as it has, within a second."""
    job, limit = read(), time.monotonic() + POLL_S
    while is_live(job) and _is_stopping(job) and time.monotonic() < limit:
        time.sleep(_LOOK_S)
        job = read()
    return job


def _is_stopping(job: Running | None) -> bool:
    return job is not None and state.remembered(f"stopping-{job.id}", bool)


def _show(job: Running, cancel: Callable[[], object] | None, name: str) -> None:
    with st.container(key=f"progress{name}", horizontal=True, vertical_alignment="center"):
        st.progress(min(max(job.fraction, 0.0), 1.0), text=plain(sentence(job)))
        if cancel is None:
            return
        stopping = _is_stopping(job)
        st.button(
            "Stopping" if stopping else "Cancel",
            key=f"cancel{name}",
            icon=":material/stop_circle:",
            disabled=stopping,
            on_click=_stop,
            args=(job.id, cancel),
        )


def _stop(job_id: str, cancel: Callable[[], object]) -> None:
    cancel()
    state.remember(f"stopping-{job_id}", True)


def _tell_ending(job: Running | None) -> None:
    """Say how a job ended that did not finish, until a setting is changed."""
    if job is None or is_live(job) or job.state == "finished":
        return
    project = state.workspace().project
    if state.remembered(f"ended-{job.id}", lambda: project) != project:
        return
    if job.state == "failed":
        show(AppError(job.error_message, hint=job.error_hint, field=job.error_field))
    elif job.state == "cancelled":
        st.info(words(job), icon=":material/stop_circle:")
    elif job.state == "needs sign-in":
        st.warning(words(job), icon=":material/login:")


def words(job: Running | None) -> str:
    """Say what a job does, or how it ended; empty for none, and for one that is finished."""
    if job is None or job.state == "finished":
        return ""
    endings = {
        "failed": f"{job.error_message} {job.error_hint}".strip(),
        "cancelled": "This was cancelled. What was made before is kept.",
        "needs sign-in": "This waits until you sign in again on the first page.",
    }
    return endings.get(job.state) or sentence(job)


def sentence(job: Running) -> str:
    """Say in one line what a job does, such as "Epoch 12 of 40 · loss 0.42 · about 35 s left"."""
    if job.state == "queued":
        return f"Waiting for its turn · number {job.queue_place or 1} in the queue"
    if job.state == "starting":
        return "Starting a worker"
    left = f"{duration_words(job.eta_s)} left" if job.eta_s is not None else ""
    return " · ".join(part for part in (job.stage, job.message, left) if part)


def has_ended_badly(job: Running | None) -> bool:
    """Return whether the newest job failed, was cancelled or waits for a sign-in."""
    return job is not None and job.state in ("failed", "cancelled", "needs sign-in")
