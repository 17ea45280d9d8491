"""What runs: how far it is, what it does in words, how long it will take, and a way to stop it."""

from collections.abc import Callable
from typing import Protocol

import streamlit as st

from lib.core.formats import duration_words
from lib.ui.guard import guard, plain

LIVE = ("queued", "starting", "running")
POLL_S = 1.0


class Running(Protocol):
    """What this module reads of a job's status."""

    state: str
    stage: str
    message: str
    fraction: float
    eta_s: float | None
    error_message: str
    error_hint: str
    queue_place: int | None


def is_live(job: Running | None) -> bool:
    """Return whether a job still runs or waits."""
    return job is not None and job.state in LIVE


def watch(
    read: Callable[[], Running | None],
    cancel: Callable[[], object],
    *,
    body: Callable[[], None] | None = None,
) -> None:
    """Show a job while it runs, drawn again every second, and its error where it failed.

    Args:
        read: Gives the job's status now.
        cancel: Asks the job to stop.
        body: Draws what grows with the job, such as learning curves.
    """
    live = is_live(read())

    @st.fragment(run_every=POLL_S if live else None)
    def part() -> None:
        with guard():
            job = read()
            if live and not is_live(job):
                st.rerun()
            if job is not None:
                _show(job, cancel)
            if body is not None:
                body()

    part()


def _show(job: Running, cancel: Callable[[], object]) -> None:
    if job.state in LIVE:
        with st.container(key="progress", horizontal=True, vertical_alignment="center"):
            st.progress(min(max(job.fraction, 0.0), 1.0), text=plain(sentence(job)))
            if st.button("Cancel", key="cancel", icon=":material/stop_circle:"):
                cancel()
    elif job.state == "failed":
        st.error(plain(f"{job.error_message} {job.error_hint}"), icon=":material/error:")
    elif job.state == "cancelled":
        st.info("This was cancelled. What was made before is kept.", icon=":material/stop_circle:")
    elif job.state == "needs sign-in":
        st.warning("This waits until you sign in again on the first page.", icon=":material/login:")


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
