import os
import signal
import sys
from pathlib import Path

import psutil
import pytest

from lib.core.errors import JobError
from lib.jobs.supervisor import Supervisor
from tests.jobs.helpers import OTHER_PROJECT, PROJECT, ROOT, Servers, ended, reached, until


def test_submit_when_handler_returns_finishes_and_is_the_latest(server: Supervisor) -> None:
    job_id = server.submit("count", {"to": 3}, project_id=PROJECT)
    status = ended(server, job_id)

    assert status.state == "finished"
    assert status.fraction == 1.0
    assert status.message == "3 of 3"
    assert status.eta_s is None
    assert status.created <= (status.started or 0) <= status.updated
    assert server.history(job_id) == [{"number": 0}, {"number": 1}, {"number": 2}]
    assert server.latest(PROJECT, "count") == job_id
    assert server.latest(OTHER_PROJECT, "count") is None


def test_status_when_running_tells_stage_and_shows_life_every_second(server: Supervisor) -> None:
    job_id = server.submit("hold", {}, project_id=PROJECT)
    first = reached(server, job_id, "holding")

    assert (first.state, first.message, first.fraction) == ("running", "Waits for a file.", 0.25)
    assert first.eta_s == 12.0
    assert first.pid not in (None, os.getpid())
    until(lambda: server.status(job_id).updated > first.updated + 0.9)


def test_second_job_when_first_has_ended_uses_the_same_worker(server: Supervisor) -> None:
    pids = []
    for text in ("one", "two"):
        job_id = server.submit("note", {"text": text}, project_id=PROJECT)
        assert ended(server, job_id).state == "finished"
        pids.append((server.directory(job_id) / "result.txt").read_text().split()[1])

    assert pids[0] == pids[1]


def test_job_when_another_projects_worker_is_idle_gets_its_own(server: Supervisor) -> None:
    pids = set()
    for project in (PROJECT, OTHER_PROJECT):
        job_id = server.submit("note", {"text": "x"}, project_id=project)
        ended(server, job_id)
        pids.add((server.directory(job_id) / "result.txt").read_text().split()[1])

    assert len(pids) == 2


def test_warm_when_asked_twice_starts_one_worker_that_then_takes_the_job(
    server: Supervisor, home: Path
) -> None:
    server.warm(PROJECT)
    server.warm(PROJECT)
    warm = until(lambda: (home / "warm.txt").exists() and (home / "warm.txt").read_text())

    job_id = server.submit("note", {"text": "x"}, project_id=PROJECT)
    ended(server, job_id)

    assert (server.directory(job_id) / "result.txt").read_text().split()[1] == warm
    assert len(server._pool.workers) == 1


def test_cancel_when_running_stops_the_job(server: Supervisor) -> None:
    job_id = server.submit("hold", {}, project_id=PROJECT)
    reached(server, job_id, "holding")

    server.cancel(job_id)

    assert ended(server, job_id).state == "cancelled"


def test_cancel_when_handler_ends_in_good_order_keeps_its_message(server: Supervisor) -> None:
    job_id = server.submit("keep", {}, project_id=PROJECT)
    until(lambda: server.status(job_id).state == "running")

    server.cancel(job_id)

    status = ended(server, job_id)
    assert (status.state, status.message) == ("cancelled", "Kept the best so far.")


def test_cancel_when_worker_does_not_listen_ends_it_after_the_grace(servers: Servers) -> None:
    server = servers.start(cancel_grace_s=0.3)
    job_id = server.submit("deaf", {}, project_id=PROJECT)
    pid = reached(server, job_id, "deaf").pid

    server.cancel(job_id)

    assert ended(server, job_id).state == "cancelled"
    assert pid is not None
    until(lambda: not psutil.pid_exists(pid))


def test_cancel_when_finished_changes_nothing(server: Supervisor) -> None:
    job_id = server.submit("count", {"to": 1}, project_id=PROJECT)
    before = ended(server, job_id)

    server.cancel(job_id)

    assert server.status(job_id) == before


def test_queue_when_all_places_are_taken_tells_the_place_and_moves_on(servers: Servers) -> None:
    server = servers.start(most_at_once=1)
    first, second, third = (server.submit("hold", {}, project_id=PROJECT) for _ in range(3))
    reached(server, first, "holding")

    assert [server.status(job).queue_place for job in (first, second, third)] == [None, 1, 2]
    server.cancel(second)
    assert server.status(second).state == "cancelled"
    assert server.status(third).queue_place == 1
    (server.directory(first) / "go").touch()
    assert reached(server, third, "holding").queue_place is None
    assert server.status(first).state == "finished"


def test_queue_when_memory_is_short_runs_one_job_and_holds_the_next(servers: Servers) -> None:
    server = servers.start(available=lambda: 100_000_000, worker_bytes=900_000_000)
    first = server.submit("hold", {}, project_id=PROJECT)
    second = server.submit("note", {"text": "x"}, project_id=OTHER_PROJECT)
    pid = reached(server, first, "holding").pid

    assert server.status(second).queue_place == 1
    (server.directory(first) / "go").touch()

    # The idle worker of the first project makes room for the second's.
    assert ended(server, second).state == "finished"
    assert pid is not None
    until(lambda: not psutil.pid_exists(pid))


def test_memory_when_workers_have_not_grown_yet_counts_what_they_will_take(
    servers: Servers,
) -> None:
    # Free: one and a half workers; the first has taken next to nothing of its share yet.
    server = servers.start(available=lambda: 1_350_000_000, worker_bytes=900_000_000)
    first = server.submit("hold", {}, project_id=PROJECT)
    second = server.submit("hold", {}, project_id=OTHER_PROJECT)
    reached(server, first, "holding")

    assert server.status(second).state == "queued"


def test_killed_worker_when_resumed_goes_on_where_it_was(server: Supervisor) -> None:
    job_id = server.submit("count", {"to": 4, "die_at": 2}, project_id=PROJECT)
    died = ended(server, job_id)
    assert died.state == "failed"
    assert "killed (signal 9), most likely because memory ran out" in died.error_message
    assert died.error_hint.startswith("Start it again")
    assert server.history(job_id) == [{"number": 0}, {"number": 1}]

    resumed = server.resume(job_id)

    assert resumed.error_message == ""
    assert ended(server, job_id).state == "finished"
    assert [row["number"] for row in server.history(job_id)] == [0, 1, 2, 3]


def test_worker_when_it_cannot_even_start_fails_with_its_last_words(home: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such thing')"]
    server = Supervisor(home, command, cwd=ROOT)

    status = ended(server, server.submit("note", {}, project_id=PROJECT))
    server.close()

    assert status.state == "failed"
    assert status.error_message == "The worker ended with exit code 1. no such thing"


def test_resume_when_finished_refuses(server: Supervisor) -> None:
    job_id = server.submit("count", {"to": 1}, project_id=PROJECT)
    ended(server, job_id)

    with pytest.raises(JobError, match="This job is finished; it cannot be resumed"):
        server.resume(job_id)


def test_resume_when_secret_is_needed_waits_for_sign_in_until_it_comes(server: Supervisor) -> None:
    job_id = server.submit("hold", {}, project_id=PROJECT, secret={"token": "t"}, needs_secret=True)
    pid = reached(server, job_id, "holding").pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert ended(server, job_id).state == "failed"

    assert server.resume(job_id).state == "needs sign-in"
    assert server.resume(job_id).state == "needs sign-in"
    (server.directory(job_id) / "go").touch()
    assert server.resume(job_id, {"token": "t"}).state in ("queued", "starting", "running")
    assert ended(server, job_id).state == "finished"


def test_restarted_server_when_a_job_runs_finds_it_and_its_end(servers: Servers) -> None:
    first = servers.start()
    job_id = first.submit("hold", {}, project_id=PROJECT)
    running = reached(first, job_id, "holding")
    first.close()

    second = servers.start()

    assert second.latest(PROJECT, "hold") == job_id
    assert second.status(job_id).state == "running"
    assert second.status(job_id).pid == running.pid
    (second.directory(job_id) / "go").touch()
    assert ended(second, job_id).state == "finished"


def test_restarted_server_when_it_cancels_a_deaf_job_ends_its_worker(servers: Servers) -> None:
    first = servers.start()
    job_id = first.submit("deaf", {}, project_id=PROJECT)
    reached(first, job_id, "deaf")
    first.close()
    second = servers.start(cancel_grace_s=0.3)

    second.cancel(job_id)

    assert ended(second, job_id).state == "cancelled"


def test_restarted_server_when_the_worker_died_meanwhile_says_failed(servers: Servers) -> None:
    first = servers.start()
    job_id = first.submit("hold", {}, project_id=PROJECT)
    pid = reached(first, job_id, "holding").pid
    first.close()
    assert pid is not None
    os.kill(pid, signal.SIGKILL)

    status = ended(servers.start(), job_id)

    assert status.state == "failed"
    assert status.error_message == "The worker of this job is gone."


def test_restarted_server_when_jobs_waited_queues_them_or_asks_to_sign_in(
    servers: Servers,
) -> None:
    first = servers.start(most_at_once=1)
    running = first.submit("hold", {}, project_id=PROJECT)
    reached(first, running, "holding")
    waits = first.submit("note", {"text": "x"}, project_id=PROJECT)
    secret = first.submit(
        "note", {"text": "x"}, project_id=PROJECT, secret={"token": "t"}, needs_secret=True
    )
    first.close()

    second = servers.start(most_at_once=1)

    assert second.status(secret).state == "needs sign-in"
    # The running job of the former server still takes the only place.
    assert second.status(waits).queue_place == 1
    (second.directory(running) / "go").touch()
    assert ended(second, waits).state == "finished"


def test_close_when_a_worker_is_idle_ends_it(servers: Servers) -> None:
    server = servers.start()
    ended(server, server.submit("count", {"to": 1}, project_id=PROJECT))
    pid = server._pool.workers[0].pid

    server.close()

    until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie")


def test_worker_when_its_server_dies_finishes_its_job_and_ends(servers: Servers) -> None:
    server = servers.start()
    job_id = server.submit("hold", {}, project_id=PROJECT)
    pid = reached(server, job_id, "holding").pid
    assert pid is not None
    # What the operating system does when a server dies: its end of the pipe is closed.
    server.close()

    (server.directory(job_id) / "go").touch()

    assert ended(server, job_id).state == "finished"
    until(lambda: psutil.Process(pid).status() == "zombie")


@pytest.mark.parametrize("job_id", ["..", "../../etc", "x", "A" * 32])
def test_every_door_when_id_is_malformed_refuses(server: Supervisor, job_id: str) -> None:
    for door in (server.status, server.history, server.cancel, server.resume, server.directory):
        with pytest.raises(JobError, match="is no job or project id"):
            door(job_id)


def test_submit_when_project_id_is_malformed_refuses(server: Supervisor) -> None:
    with pytest.raises(JobError, match="is no job or project id"):
        server.submit("note", {}, project_id="../x")
