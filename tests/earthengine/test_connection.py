import json
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ee
import pytest

from lib.core.errors import SignInError
from lib.earthengine.access import Connection, with_connection
from lib.earthengine.connection import (
    ServiceAccountKey,
    earth_engine,
    from_secret,
    local,
    over_http,
    secret_of,
    verify,
)
from tests.earthengine.conftest import Loopback

Keys = Callable[..., str]


@pytest.fixture
def key_text(private_key: str) -> Keys:
    def make(**changes: str | None) -> str:
        values = {
            "type": "service_account",
            "project_id": "field-trip-1",
            "private_key": private_key,
            "client_email": "walker@field-trip-1.iam.gserviceaccount.com",
            "token_uri": "http://127.0.0.1:1/stolen",
            **changes,
        }
        return json.dumps({name: value for name, value in values.items() if value is not None})

    return make


@pytest.fixture
def service(loopback: Loopback, monkeypatch: pytest.MonkeyPatch) -> Loopback:
    """One address that issues tokens and answers those who show the newest."""
    issued: list[str] = []

    def reply(path: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        if path == "/token":
            issued.append(f"token-{len(issued)}")
            return 200, {"access_token": issued[-1], "expires_in": 3600, "token_type": "Bearer"}
        if headers.get("authorization") != f"Bearer {issued[-1]}":
            return 401, {"error": {"message": "Request had invalid authentication credentials."}}
        return 200, {"result": issued[-1]}

    loopback.reply = reply
    monkeypatch.setenv("LOAM_TOKEN_URL", f"{loopback.url}/token")
    monkeypatch.setenv("LOAM_EARTHENGINE_URL", loopback.url)
    return loopback


@with_connection
def answer(connection: Connection) -> Any:
    return ee.Number(1).getInfo()


def token_requests(service: Loopback) -> int:
    return sum(path == "/token" for path, _ in service.asked)


def test_sign_in_with_a_key_asks_the_servers_token_address_and_not_the_keys(
    service: Loopback, key_text: Keys
) -> None:
    key = ServiceAccountKey.from_text(key_text())

    verify(earth_engine("", key))

    assert [path for path, _ in service.asked] == [
        "/token",
        "/v1/projects/field-trip-1/value:compute",
    ]


def test_token_when_many_threads_need_it_at_once_is_fetched_once(
    service: Loopback, key_text: Keys
) -> None:
    connection = earth_engine("", ServiceAccountKey.from_text(key_text()))
    threads = [threading.Thread(target=answer, args=(connection,)) for _ in range(8)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert token_requests(service) == 1


def test_token_when_it_has_expired_is_renewed_once_and_the_request_repeated(
    service: Loopback, key_text: Keys
) -> None:
    connection = earth_engine("", ServiceAccountKey.from_text(key_text()))
    assert answer(connection) == "token-0"
    other = earth_engine("", ServiceAccountKey.from_text(key_text()))
    assert answer(other) == "token-1"  # which makes the service forget token-0

    assert answer(connection) == "token-2"
    assert token_requests(service) == 3


def test_sign_in_when_google_refuses_the_key_says_so(service: Loopback, key_text: Keys) -> None:
    service.reply = lambda *_: (400, {"error": "invalid_grant", "error_description": "no"})

    with pytest.raises(SignInError, match="Google does not accept these credentials"):
        verify(earth_engine("", ServiceAccountKey.from_text(key_text())))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("not json", "no JSON"),
        ("[1]", "no key"),
        ("{}", "lacks client_email and private_key and project_id"),
    ],
)
def test_key_when_it_is_none_is_refused_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(SignInError, match=message) as caught:
        ServiceAccountKey.from_text(text)
    assert caught.value.field == "key"


def test_key_when_a_field_is_missing_names_it(key_text: Keys) -> None:
    with pytest.raises(SignInError, match="lacks client_email"):
        ServiceAccountKey.from_text(key_text(client_email=None))


def test_key_when_its_pem_is_broken_is_refused_at_the_first_request(
    service: Loopback, key_text: Keys
) -> None:
    key = ServiceAccountKey.from_text(key_text(private_key="-----BEGIN PRIVATE KEY-----\nno"))

    with pytest.raises(SignInError, match="private key of this service account cannot be read"):
        verify(earth_engine("", key))


@pytest.mark.parametrize("project", ["", "A", "no spaces here", "1234567"])
def test_earth_engine_when_the_project_is_no_id_is_refused(project: str, private_key: str) -> None:
    key = ServiceAccountKey("a@b.c", private_key, project)

    with pytest.raises(SignInError) as caught:
        earth_engine(project, key)
    assert caught.value.field == "project"


def test_connection_when_shown_or_compared_tells_nothing_secret(
    private_key: str, key_text: Keys
) -> None:
    key = ServiceAccountKey.from_text(key_text())
    connection = earth_engine("", key)

    shown = repr(connection) + repr(key) + str(connection) + connection.id

    assert "PRIVATE" not in shown
    assert private_key.splitlines()[1] not in shown
    assert earth_engine("", key).id != connection.id


def test_secret_when_opened_elsewhere_gives_the_same_connection(
    service: Loopback, key_text: Keys
) -> None:
    connection = earth_engine("other-trip-2", ServiceAccountKey.from_text(key_text()))

    opened = from_secret(json.loads(json.dumps(secret_of(connection))))

    assert opened == connection
    assert answer(opened) == "token-0"
    assert service.asked[-1][0].startswith("/v1/projects/other-trip-2/")


@pytest.mark.parametrize(
    "connection",
    [
        over_http("http://127.0.0.1:9", project="p", token="t"),  # noqa: S106
        local(Path("elsewhere")),
    ],
    ids=["http", "local"],
)
def test_connection_when_pickled_is_opened_again(connection: Connection) -> None:
    assert pickle.loads(pickle.dumps(connection)) == connection  # noqa: S301


def test_local_when_opened_twice_for_a_folder_is_the_same_for_caches(tmp_path: Path) -> None:
    assert local(tmp_path) == local(tmp_path)
    assert local(tmp_path).id != local(tmp_path / "other").id


def test_capabilities_tell_the_planet_from_google(private_key: str) -> None:
    key = ServiceAccountKey("a@b.c", private_key, "field-trip-1")

    assert local().can.planet
    assert local().can.file_import
    assert not earth_engine("", key).can.planet
    assert not earth_engine("", key).can.file_import
