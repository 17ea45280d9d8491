"""Uploads in pieces, against the stand-in for Cloud Storage."""

import os

import pytest
import requests

from lib.core.errors import AccessError, UnreachableError
from lib.deploy import storage
from lib.deploy.cloud import Cloud
from lib.deploy.storage import Bucket
from tests.deploy.vertex.standin import TOKEN, StandIn, running


@pytest.fixture
def cloud(tmp_path):
    with running(StandIn(tmp_path / "objects")) as state:
        yield state


@pytest.fixture
def bucket(cloud):
    session = requests.Session()
    session.headers["authorization"] = f"Bearer {TOKEN}"
    with session:
        yield Bucket(Cloud(session, "meadow-1"), "meadow", cloud.url)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A small and a large file, where 10 kB count as large."""
    monkeypatch.setattr(storage, "_SMALL_BYTES", 10_000)
    monkeypatch.setattr(storage, "_PIECE_BYTES", 4096)
    made = tmp_path / "model"
    (made / "variables").mkdir(parents=True)
    (made / "saved_model.pb").write_bytes(b"small")
    (made / "variables" / "data").write_bytes(os.urandom(20_000))
    return made


@pytest.mark.parametrize("broken", [0, 1, 3], ids=["whole", "one broken", "three broken"])
def test_upload_in_pieces_gives_the_same_bytes_and_tells_its_progress(
    cloud, bucket, folder, broken
):
    cloud.broken_pieces = broken
    told = []

    names = bucket.upload_folder(folder, "a b/net", on_progress=lambda s, w: told.append((s, w)))

    assert names == ("a b/net/saved_model.pb", "a b/net/variables/data")
    arrived = cloud.folder / "meadow" / "a b/net/variables/data"
    assert arrived.read_bytes() == (folder / "variables" / "data").read_bytes()
    # 20,000 bytes are five pieces of 4096, the last shorter; the small file is one.
    assert len(told) == 6
    assert told[-1] == (1.0, "Uploading data")


def test_upload_when_pieces_never_arrive_ends_with_an_error(cloud, bucket, folder):
    cloud.broken_pieces = 99

    with pytest.raises(UnreachableError, match="does not take data: nothing of it arrives"):
        bucket.upload_folder(folder, "net")


def test_upload_goes_on_where_the_service_says_that_it_is(cloud, bucket, folder):
    """Of the first piece 1000 bytes arrive; what follows begins with byte 1000."""
    cloud.kept_of_piece = 1000

    bucket.upload_folder(folder, "net")

    pieces = [headers for method, _, _, headers in cloud.seen if method == "PUT"]
    assert [piece["content-range"] for piece in pieces[:2]] == [
        "bytes 0-4095/20000",
        "bytes 1000-5095/20000",
    ]
    arrived = cloud.folder / "meadow" / "net/variables/data"
    assert arrived.read_bytes() == (folder / "variables" / "data").read_bytes()


def test_names_are_collected_over_pages_and_deleted(cloud, bucket, folder):
    for number in range(5):
        (folder / f"f{number}").write_bytes(b"x")
    names = bucket.upload_folder(folder, "net")
    bucket.upload_folder(folder, "other")

    found = bucket.names("net/")
    for name in found:
        bucket.delete(name)

    assert sorted(found) == sorted(names)
    assert len(found) == 7
    assert bucket.names("net/") == ()
    assert len(bucket.names("other/")) == 7


def test_bucket_when_it_may_not_be_seen_tells_the_reason(cloud, bucket):
    cloud.refuse["GET /b/meadow"] = (
        403,
        "loam@example.com does not have storage.buckets.get access to the bucket.",
    )

    with pytest.raises(AccessError, match=r"lacks the permission storage.buckets.get"):
        bucket.check()
