import json
from pathlib import Path

import pytest

from lib.core.errors import JobError
from lib.jobs.status import JobStatus
from lib.jobs.store import (
    JobSpec,
    JobStore,
    append_history,
    check_id,
    claim,
    clear_marks,
    read_history,
    read_spec,
    read_status,
    write_status,
)

ID = "0123456789abcdef" * 2
PROJECT = "f" * 32


def make_spec(**changes: object) -> JobSpec:
    values = {
        "kind": "train",
        "project_id": PROJECT,
        "needs_secret": True,
        "created": 12.5,
        "spec": {"seed": 3},
    }
    return JobSpec(**{**values, **changes})


@pytest.mark.parametrize(
    "text",
    ["", "..", "../" + "a" * 29, "A" * 32, "a" * 31, "a" * 33, "a" * 32 + "\n", "g" * 32],
)
def test_check_id_when_not_32_hex_digits_refuses(text: str) -> None:
    with pytest.raises(JobError, match="is no job or project id"):
        check_id(text)


def test_directory_when_id_is_a_path_touches_nothing_outside(tmp_path: Path) -> None:
    (tmp_path / "status.json").write_text("{}")

    with pytest.raises(JobError, match="is no job or project id"):
        JobStore(tmp_path).directory("..")


def test_directory_when_unknown_says_so(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=f"There is no job {ID}"):
        JobStore(tmp_path).directory(ID)


@pytest.mark.parametrize("kind", ["", "../x", "Train", "a b", "x" * 42])
def test_create_when_kind_is_no_word_refuses_and_makes_no_folder(tmp_path: Path, kind: str) -> None:
    store = JobStore(tmp_path)

    with pytest.raises(JobError, match="is no kind of job"):
        store.create(ID, make_spec(kind=kind))

    assert list(store.root.iterdir()) == []


def test_create_when_read_back_gives_the_same_spec(tmp_path: Path) -> None:
    directory = JobStore(tmp_path).create(ID, make_spec())

    assert read_spec(directory) == make_spec()
    assert directory == tmp_path / "jobs" / ID
    assert directory.stat().st_mode & 0o077 == 0


def test_latest_when_two_jobs_were_made_gives_the_second(tmp_path: Path) -> None:
    store = JobStore(tmp_path)
    for job_id in ("1" * 32, "2" * 32):
        write_status(
            store.create(job_id, make_spec()), JobStatus(id=job_id, kind="train", state="")
        )
        store.point_latest(PROJECT, "train", job_id)

    assert store.latest(PROJECT, "train") == "2" * 32
    assert store.latest(PROJECT, "deploy") is None
    assert store.latest("e" * 32, "train") is None
    assert sorted(store.ids()) == ["1" * 32, "2" * 32]


def test_claim_when_taken_is_refused_until_marks_are_cleared(tmp_path: Path) -> None:
    assert [claim(tmp_path), claim(tmp_path)] == [True, False]

    clear_marks(tmp_path)

    assert claim(tmp_path)


def test_history_when_a_row_was_cut_keeps_all_whole_rows(tmp_path: Path) -> None:
    append_history(tmp_path, {"epoch": 1})
    with (tmp_path / "history.jsonl").open("a") as file:
        file.write('{"epoch": 2, "lo')
    append_history(tmp_path, {"epoch": 2})

    assert read_history(tmp_path) == [{"epoch": 1}, {"epoch": 2}]


def test_status_when_written_by_a_newer_version_is_still_read(tmp_path: Path) -> None:
    status = JobStatus(id=ID, kind="train", state="running", fraction=0.5, pid=7)
    data = json.loads(status.to_json()) | {"colour": "green"}
    (tmp_path / "status.json").write_text(json.dumps(data))

    assert read_status(tmp_path) == status
