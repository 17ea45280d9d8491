"""A job's status in words."""

from dataclasses import dataclass

import pytest

from lib.ui import progress


@dataclass(frozen=True)
class Job:
    """What `progress` reads of a job's status."""

    id: str = "0" * 32
    state: str = "running"
    stage: str = ""
    message: str = ""
    fraction: float = 0.0
    eta_s: float | None = None
    error_message: str = ""
    error_hint: str = ""
    error_field: str = ""
    queue_place: int | None = None


@pytest.mark.parametrize(
    ("job", "words"),
    [
        (
            Job(stage="Epoch 12 of 40", message="validation loss 0.42", eta_s=35.0),
            "Epoch 12 of 40 · validation loss 0.42 · some 35 s left",
        ),
        (Job(stage="Reading"), "Reading"),
        (Job(state="queued", queue_place=2), "Waiting for its turn · number 2 in the queue"),
        (Job(state="starting"), "Starting a worker"),
    ],
    ids=["all that is known", "no time known", "queued", "starting"],
)
def test_sentence_says_what_is_known(job, words):
    assert progress.sentence(job) == words


@pytest.mark.parametrize("state", ["queued", "starting", "running"])
def test_job_that_will_change_is_live(state):
    assert progress.is_live(Job(state=state))
    assert not progress.has_ended_badly(Job(state=state))


@pytest.mark.parametrize("state", ["failed", "cancelled", "needs sign-in"])
def test_job_that_ended_badly_is_not_started_again_by_itself(state):
    assert not progress.is_live(Job(state=state))
    assert progress.has_ended_badly(Job(state=state))


def test_no_job_is_neither_live_nor_bad():
    assert not progress.is_live(None)
    assert not progress.has_ended_badly(None)
