import pytest

from lib.core.errors import JobError
from lib.jobs.supervisor import Supervisor
from lib.jobs.worker_loop import redact, run_job
from tests.jobs.helpers import PROJECT, ended

TOKEN = "ya29." + "x1" * 20


def test_job_when_handler_raises_app_error_fails_with_its_sentences(server: Supervisor) -> None:
    status = ended(server, server.submit("refuse", {}, project_id=PROJECT))

    assert status.state == "failed"
    assert status.error_message == "9 MB are too many."
    assert status.error_hint == "Ask for fewer."
    assert status.error_field == "per_class"


def test_job_when_handler_raises_anything_else_fails_and_logs_without_the_secret(
    server: Supervisor,
) -> None:
    job_id = server.submit("stumble", {}, project_id=PROJECT, secret={"token": TOKEN})
    status = ended(server, job_id)

    assert status.state == "failed"
    assert "ValueError: cannot use •••" in status.error_message
    log = (server.directory(job_id) / "log.txt").read_text()
    assert log.startswith("something printed\n")
    assert 'raise ValueError(f"cannot use' in log
    assert "ValueError: cannot use •••" in log


def test_job_when_kind_is_unknown_fails_naming_the_handlers(server: Supervisor) -> None:
    status = ended(server, server.submit("dance", {}, project_id=PROJECT))

    assert "no handler for “dance”; it knows ['count', " in status.error_message


def test_secret_when_job_has_run_is_in_no_file_of_the_home(server: Supervisor) -> None:
    job_id = server.submit("note", {"text": "hi"}, project_id=PROJECT, secret={"token": TOKEN})
    assert ended(server, job_id).state == "finished"

    result = (server.directory(job_id) / "result.txt").read_text().split()
    assert result[0] == "hi"
    assert int(result[2]) == len(TOKEN)
    files = [path for path in server.directory(job_id).parent.rglob("*") if path.is_file()]
    assert len(files) >= 4
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]


def test_run_job_when_called_directly_does_the_job_in_this_process(server: Supervisor) -> None:
    job_id = server.submit("refuse", {}, project_id=PROJECT)
    ended(server, job_id)

    def handler(context: object) -> None:
        raise JobError("Once more.", field="x")

    run_job(server.directory(job_id), {}, {"refuse": handler})

    assert server.status(job_id).error_message == "Once more."


@pytest.mark.parametrize(
    ("text", "secret", "expected"),
    [
        (f"a {TOKEN} b", {"token": TOKEN}, "a ••• b"),
        (f"a {TOKEN} b", {"key": ["short", {"pem": f"first\n{TOKEN}"}]}, "a ••• b"),
        ("my-project-1 is unknown", {"project": "my-project-1"}, "my-project-1 is unknown"),
    ],
    ids=["token", "line of a nested key", "short names stay"],
)
def test_redact_when_text_holds_a_key_blanks_it(text: str, secret: object, expected: str) -> None:
    assert redact(text, secret) == expected
